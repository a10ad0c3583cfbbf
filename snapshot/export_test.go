package snapshot

import (
	"context"

	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"
)

// LineBytes is the size of an encoded line.
const LineBytes = lineBytes

// ScoreWithin scores a group in the caller's transaction.
func ScoreWithin(ctx context.Context, tx pgx.Tx, s Snapshot, group int) (*Scored, error) {
	b, _, err := loadBasis(ctx, tx, s.Season, s.AsOf)
	if err != nil {
		return nil, err
	}
	scored, err := scoreGroup(ctx, tx, b, group)
	return &Scored{snapshot: s.ID, group: scored}, err
}

// Encoded is what a group was scored from, as a digest, and its lines.
func (s *Scored) Encoded() string { return string(s.group.inputs) + string(s.group.staged) }

// TakeWithin takes a snapshot as far as a draft, all in one transaction.
func TakeWithin(ctx context.Context, tx pgx.Tx, season string, person int64) (Snapshot, error) {
	s, groups, err := Take(ctx, tx, season, person)
	for number := 0; number < groups && err == nil; number++ {
		var scored *Scored
		if scored, err = ScoreWithin(ctx, tx, s, number); err == nil {
			_, err = StageGroup(ctx, tx, scored)
		}
	}
	if err == nil {
		err = Complete(ctx, tx, s.ID)
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
	if lines, err = DecodeLines(nil, scored.group.staged); err != nil {
		return nil, nil, err
	}
	season, err := SeasonByCode(ctx, tx, s.Season)
	if err != nil {
		return nil, nil, err
	}
	total, err := uint256.FromDecimal(s.Points)
	if err == nil {
		Allocate(season.Pool, total, lines)
	}
	return scored.group.inputs, lines, err
}
