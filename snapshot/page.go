package snapshot

import (
	"bytes"
	"cmp"
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// LineKey is the place of a line among those that are sorted by device id, then
// first slot. The zero key is before every line.
type LineKey struct {
	DeviceID uuid.UUID
	First    uptime.Slot
}

// Key returns the line's place.
func (l *Line) Key() LineKey { return LineKey{l.DeviceID, l.Span.From} }

// Compare orders keys as lines are sorted.
func (k LineKey) Compare(other LineKey) int {
	return cmp.Or(bytes.Compare(k.DeviceID[:], other.DeviceID[:]), cmp.Compare(k.First, other.First))
}

// LineFilter says which lines are meant: those that everything given holds for. The
// zero value means all.
type LineFilter struct {
	Device   *uuid.UUID
	Supplier *uuid.UUID
	Outcome  Outcome // 0: any
}

// LinesAfter returns the revision's lines behind the key, at most limit, in the order
// of EachLine: a page of them. It reads as many devices as it returns lines, unless
// the filter names a supplier or an outcome.
func LinesAfter(ctx context.Context, tx pgx.Tx, s Snapshot, f LineFilter, after LineKey, limit int) ([]Line, error) {
	return selectLinesAfter(ctx, tx, s.ID, f, after, limit)
}

// EstimatedAfter returns a page of the lines of the season's estimate, as LinesAfter
// does of a revision's.
func EstimatedAfter(ctx context.Context, tx pgx.Tx, season string, f LineFilter, after LineKey, limit int) ([]Line, error) {
	return selectEstimatedAfter(ctx, tx, season, f, after, limit)
}

// SupplierTotal is what the lines of one supplier amount to, paid or not.
type SupplierTotal struct {
	SupplierID uuid.UUID
	Lines      int64
	Eligible   int64 // of the lines
	Amount     int64 // base units
}

// SupplierTotalsAfter adds up the revision's lines by supplier, for those behind the
// id, at most limit of them, by id.
func SupplierTotalsAfter(ctx context.Context, tx pgx.Tx, s Snapshot, after uuid.UUID, limit int) ([]SupplierTotal, error) {
	return selectSupplierTotals(ctx, tx, s.ID, after, limit)
}

// EstimatedTotalsAfter adds up the lines of the season's estimate, as
// SupplierTotalsAfter does a revision's.
func EstimatedTotalsAfter(ctx context.Context, tx pgx.Tx, season string, after uuid.UUID, limit int) ([]SupplierTotal, error) {
	return selectEstimatedTotals(ctx, tx, season, after, limit)
}
