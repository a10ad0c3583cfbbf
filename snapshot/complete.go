package snapshot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"
)

// StageGroup writes a scored group, replacing it whole, and reports whether no
// group is open any longer: then the caller enqueues the allocation in the same
// transaction. The lock on the snapshot lets only one group find that.
func StageGroup(ctx context.Context, tx pgx.Tx, scored *Scored) (last bool, err error) {
	s, err := lockSnapshot(ctx, tx, scored.snapshot)
	if err != nil || s.State != Taking {
		return false, err
	}
	if err := updateScored(ctx, tx, s.ID, scored.group); err != nil {
		return false, err
	}
	open, err := countOpenGroups(ctx, tx, s.ID)
	return open == 0, err
}

// Complete turns the points of all groups into amounts, inserts the lines once,
// group by group, and makes the snapshot a draft with its digest. It does nothing
// if the snapshot is no longer being taken.
func Complete(ctx context.Context, tx pgx.Tx, id int64) error {
	s, err := lockSnapshot(ctx, tx, id)
	if err != nil || s.State != Taking {
		return err
	}
	b, released, err := loadBasis(ctx, tx, s.Season, s.AsOf)
	if err != nil {
		return err
	}
	_, reopenings, err := closings(ctx, tx, b)
	if err != nil {
		return err
	}
	if reopenings != s.Reopenings {
		return fmt.Errorf("snapshot %s: %w: an hour was reopened while it was being taken; take it again", s.Name(), ErrImpossible)
	}
	points, groups, err := sumPoints(ctx, tx, id)
	if err != nil {
		return err
	}
	total, err := uint256.FromDecimal(points)
	if err != nil {
		return fmt.Errorf("snapshot %s: points %s: %w", s.Name(), points, err)
	}
	digest := digester{Hash: sha256.New()}
	digest.basis(b, released)
	for number := range groups {
		group, err := allocateGroup(ctx, tx, &s, b.Season.Pool, total, number)
		if err != nil {
			return fmt.Errorf("snapshot %s, group %d: %w", s.Name(), number, err)
		}
		digest.buf = append(digest.buf, group...)
	}
	s.Points, s.Residual = points, b.Season.Pool-s.Allocated
	digest.text(points)
	digest.number(s.Allocated)
	digest.number(s.Residual)
	digest.number(s.Lines)
	digest.flush()
	s.Digest = digest.Sum(nil)
	s.ObservedSlots, s.SeasonSlots = int32(b.Observed.Count(b.Season.Span())), int32(b.Season.Span().Len())
	if s.Suppliers, err = countSuppliers(ctx, tx, id); err != nil {
		return err
	}
	return updateDraft(ctx, tx, s)
}

// allocateGroup inserts a group's lines with their amounts, adds them to the
// snapshot's figures, and returns the group's digest: SHA-256 over the digest of
// what went in and the lines that came out.
func allocateGroup(ctx context.Context, tx pgx.Tx, s *Snapshot, pool int64, total *uint256.Int, number int) ([]byte, error) {
	inputs, staged, err := selectStaged(ctx, tx, s.ID, number)
	if err != nil {
		return nil, err
	}
	lines, err := DecodeLines(nil, staged)
	if err != nil {
		return nil, err
	}
	s.Allocated += Allocate(pool, total, lines)
	s.Lines += int64(len(lines))
	out := staged[:0]
	stream := append(make([]byte, 0, len(lines)*160+64), copyHeader...)
	for i := range lines {
		out = AppendLine(out, &lines[i])
		stream = appendCopyLine(stream, s.ID, &lines[i])
	}
	if err := copyLines(ctx, tx, bytes.NewReader(append(stream, copyTrailer...))); err != nil {
		return nil, err
	}
	digest := sha256.New()
	digest.Write(inputs)
	digest.Write(out)
	sum := digest.Sum(nil)
	return sum, updateAllocated(ctx, tx, s.ID, number, sum)
}

// Fail ends a take that cannot be finished.
func Fail(ctx context.Context, tx pgx.Tx, id int64, cause error) error {
	return updateFailed(ctx, tx, id, cause.Error())
}
