package snapshot

import (
	"bytes"
	"cmp"
	"context"
	"errors"

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

// holds reports whether the filter means the line, as far as a page has not been read
// by it, and whether it is behind the key.
func (f LineFilter) holds(l *Line, after LineKey) bool {
	return (f.Supplier == nil || *f.Supplier == l.SupplierID) && (f.Outcome == 0 || f.Outcome == l.Outcome) && l.Key().Compare(after) > 0
}

// LinesAfter returns the revision's lines behind the key, at most limit, in the order
// of EachLine: a page of them. It reads as many devices as it returns lines, unless
// the filter names an outcome that few have; of a device or a supplier, only theirs.
func LinesAfter(ctx context.Context, tx pgx.Tx, s Snapshot, f LineFilter, after LineKey, limit int) ([]Line, error) {
	switch {
	case f.Device != nil:
		return pageOf(f, after, limit, func(visit func(*Line) error) error { return eachDeviceLine(ctx, tx, s, *f.Device, visit) })
	case f.Supplier != nil:
		return selectSupplierLinesAfter(ctx, tx, s.ID, *f.Supplier, f.Outcome, after, limit)
	}
	return selectLinesAfter(ctx, tx, s.ID, f.Outcome, after, limit)
}

// EstimatedAfter returns a page of the lines of the season's estimate, as LinesAfter
// does of a revision's.
func EstimatedAfter(ctx context.Context, tx pgx.Tx, season string, f LineFilter, after LineKey, limit int) ([]Line, error) {
	if f.Device == nil && f.Supplier == nil {
		return selectEstimatedAfter(ctx, tx, season, f.Outcome, after, limit)
	}
	return pageOf(f, after, limit, func(visit func(*Line) error) error {
		return eachEstimated(ctx, tx, season, f.Supplier, f.Device, visit)
	})
}

// eachDeviceLine visits the revision's lines of one device; of one that nobody knows,
// none.
func eachDeviceLine(ctx context.Context, tx pgx.Tx, s Snapshot, id uuid.UUID, visit func(*Line) error) error {
	number, err := selectNumber(ctx, tx, id, s.AsOf)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	} else if err != nil {
		return err
	}
	lines, err := selectDeviceLines(ctx, tx, s.ID, number)
	for i := range lines {
		err = errors.Join(err, visit(&lines[i]))
	}
	return err
}

// pageOf keeps of the lines that each visits in their order those of a page.
func pageOf(f LineFilter, after LineKey, limit int, each func(visit func(*Line) error) error) ([]Line, error) {
	page := []Line{}
	err := each(func(l *Line) error {
		if len(page) < limit && f.holds(l, after) {
			page = append(page, *l)
		}
		return nil
	})
	return page, err
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
