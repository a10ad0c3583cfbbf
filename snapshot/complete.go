package snapshot

import (
	"bytes"
	"context"
	"fmt"

	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot/incident"
)

// StageGroup writes a scored group of the snapshot, replacing it whole, and reports
// whether no group is open any longer: then the caller enqueues the allocation in
// the same transaction. The lock on the snapshot lets only one group find that.
func StageGroup(ctx context.Context, tx pgx.Tx, id int64, scored *Scored) (last bool, err error) {
	s, err := lockSnapshot(ctx, tx, id)
	if err != nil || s.State != Taking {
		return false, err
	}
	if err := updateScored(ctx, tx, id, scored); err != nil {
		return false, err
	}
	open, err := countOpenGroups(ctx, tx, id)
	return open == 0, err
}

// Complete turns the points of all groups into amounts, inserts the lines once,
// group by group, and makes the snapshot a draft with its digest. It returns the
// incidents that nobody had found before. It does nothing if the snapshot is no
// longer being taken.
func Complete(ctx context.Context, tx pgx.Tx, id int64) (news []incident.Incident, err error) {
	s, err := lockSnapshot(ctx, tx, id)
	if err != nil || s.State != Taking {
		return nil, err
	}
	if news, err = complete(ctx, tx, &s); err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", s.Name(), err)
	}
	return news, updateDraft(ctx, tx, s)
}

// complete sets what the snapshot comes to, and looks for what nothing is to be sealed
// over.
func complete(ctx context.Context, tx pgx.Tx, s *Snapshot) ([]incident.Incident, error) {
	b, err := BasisOf(ctx, tx, *s)
	if err != nil {
		return nil, err
	}
	_, reopenings, err := closings(ctx, tx, b)
	if err != nil {
		return nil, err
	}
	if reopenings != s.Reopenings {
		return nil, fmt.Errorf("%w: an hour was reopened while it was being taken; take it again", ErrImpossible)
	}
	if err := reckon(ctx, tx, b, s); err != nil {
		return nil, err
	}
	s.ObservedSlots, s.SeasonSlots = int32(b.Observed.Count(b.Season.Span())), int32(b.Season.Span().Len())
	if s.Suppliers, err = countSuppliers(ctx, tx, s.ID); err != nil {
		return nil, err
	}
	if err := settleAgainst(ctx, tx, b, s); err != nil {
		return nil, err
	}
	found, err := incident.Look(ctx, tx, s.AsOf)
	if err != nil {
		return nil, fmt.Errorf("looking for incidents: %w", err)
	}
	return found.New, nil
}

// reckon inserts the lines of all groups with their amounts and sets what the
// snapshot comes to.
func reckon(ctx context.Context, tx pgx.Tx, b *Basis, s *Snapshot) error {
	points, groups, err := sumPoints(ctx, tx, s.ID)
	if err != nil {
		return err
	}
	total, err := uint256.FromDecimal(points)
	if err != nil {
		return fmt.Errorf("points %s: %w", points, err)
	}
	r := b.Reckon(total)
	for number := range groups {
		if err := reckonGroup(ctx, tx, r, s.ID, number); err != nil {
			return fmt.Errorf("group %d: %w", number, err)
		}
	}
	s.Points, s.Allocated, s.Lines, s.Digest = points, r.Allocated, r.Lines, r.Digest()
	return nil
}

func reckonGroup(ctx context.Context, tx pgx.Tx, r *Reckoning, id int64, number int) error {
	inputs, staged, err := selectStaged(ctx, tx, id, number)
	if err != nil {
		return err
	}
	lines, digest, err := r.Group(inputs, staged)
	if err != nil {
		return err
	}
	stream := append(make([]byte, 0, len(lines)*160+64), copyHeader...)
	for i := range lines {
		stream = appendCopyLine(stream, id, &lines[i])
	}
	if err := copyLines(ctx, tx, bytes.NewReader(append(stream, copyTrailer...))); err != nil {
		return err
	}
	return updateAllocated(ctx, tx, id, number, digest)
}

// restate returns the digest that the snapshot would have on the basis: of its groups
// as they were allocated, and its figures.
func restate(ctx context.Context, tx pgx.Tx, b *Basis, s Snapshot) ([]byte, error) {
	points, err := uint256.FromDecimal(s.Points)
	if err != nil {
		return nil, fmt.Errorf("points %s: %w", s.Points, err)
	}
	groups, err := selectAllocatedDigests(ctx, tx, s.ID)
	if err != nil {
		return nil, err
	}
	r := b.Reckon(points)
	r.Allocated, r.Lines = s.Allocated, s.Lines
	for _, digest := range groups {
		r.digest.buf = append(r.digest.buf, digest...)
	}
	return r.Digest(), nil
}

// settleAgainst sets what is left of the pool and, for a correction, what it draws
// from the reserve. All that went in is all that came out:
//
//	pool + drawn = allocated + residual
//
// where drawn are all increases and residual all that went back, since and with the
// first sealed revision.
func settleAgainst(ctx context.Context, tx pgx.Tx, b *Basis, s *Snapshot) error {
	if b.Corrects == nil {
		s.Residual = b.Season.Pool - s.Allocated
		return nil
	}
	sealed := b.Corrects.Sealed
	differences, err := selectDifferences(ctx, tx, sealed.ID, s.ID)
	if err != nil {
		return err
	}
	s.Corrects, s.Drawn, s.Residual = &sealed.ID, sealed.Drawn, sealed.Residual
	for _, d := range differences {
		s.Drawn += max(d.Amount, 0)
		s.Residual -= min(d.Amount, 0)
	}
	return nil
}

// Fail ends a take that cannot be finished.
func Fail(ctx context.Context, tx pgx.Tx, id int64, cause error) error {
	return updateFailed(ctx, tx, id, cause.Error())
}
