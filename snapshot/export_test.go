package snapshot

import (
	"context"

	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"
)

// ScoreWithin scores a group in the caller's transaction.
func ScoreWithin(ctx context.Context, tx pgx.Tx, s Snapshot, number int) (*Scored, error) {
	b, err := BasisOf(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	group, err := LoadGroup(ctx, tx, b, number)
	if err != nil {
		return nil, err
	}
	return group.Score(b)
}

// Encoded is what a group was scored from, as a digest, and its lines.
func (s *Scored) Encoded() string { return string(s.Inputs) + string(s.Staged) }

// TakeWithin takes a snapshot as far as a draft, all in one transaction.
func TakeWithin(ctx context.Context, tx pgx.Tx, season string, person int64) (Snapshot, error) {
	s, groups, err := Take(ctx, tx, season, person)
	for number := 0; number < groups && err == nil; number++ {
		var scored *Scored
		if scored, err = ScoreWithin(ctx, tx, s, number); err == nil {
			_, err = StageGroup(ctx, tx, s.ID, scored)
		}
	}
	if err == nil {
		_, err = Complete(ctx, tx, s.ID)
	}
	if err != nil {
		return s, err
	}
	return ByID(ctx, tx, s.ID)
}

// Rescore scores a group of a snapshot as of its moment, whatever has become of it,
// and returns the digest of what went in and the lines with their amounts.
func Rescore(ctx context.Context, tx pgx.Tx, s Snapshot, group int) (inputs []byte, lines []Line, err error) {
	scored, err := ScoreWithin(ctx, tx, s, group)
	if err != nil {
		return nil, nil, err
	}
	if lines, err = DecodeLines(nil, scored.Staged); err != nil {
		return nil, nil, err
	}
	b, err := BasisOf(ctx, tx, s)
	if err != nil {
		return nil, nil, err
	}
	total, err := uint256.FromDecimal(s.Points)
	if err == nil {
		_, err = b.Rate(total).Allocate(lines)
	}
	return scored.Inputs, lines, err
}

// Allocate divides the pool over lines whose points sum to total at most.
func Allocate(pool int64, total *uint256.Int, lines []Line) int64 {
	allocated, err := Rate{pool, total}.Allocate(lines)
	if err != nil {
		panic(err)
	}
	return allocated
}
