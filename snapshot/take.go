package snapshot

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Take begins a new revision of the season: it fixes the moment as of which facts
// count, supersedes a revision that is under way, and makes the groups, which are
// open until ScoreGroup has been called for each. It returns their number.
func Take(ctx context.Context, tx pgx.Tx, season string, person int64) (s Snapshot, groups int, err error) {
	if err := lockSeason(ctx, tx, season); err != nil {
		return s, 0, err
	}
	asOf, err := fixAsOf(ctx, tx)
	if err != nil {
		return s, 0, err
	}
	b, err := LoadBasis(ctx, tx, season, Next, asOf)
	if err != nil {
		return s, 0, err
	}
	s = Snapshot{Season: season, State: Taking, AsOf: asOf, TakenBy: person}
	if s.Estimate, s.Reopenings, err = closings(ctx, tx, b); err != nil {
		return s, 0, err
	}
	if groups, err = Groups(ctx, tx, asOf); err != nil {
		return s, 0, err
	}
	if err := supersede(ctx, tx, season); err != nil {
		return s, 0, err
	}
	if s.ID, s.Revision, err = insertSnapshot(ctx, tx, s); err != nil {
		return s, 0, err
	}
	return s, groups, insertGroups(ctx, tx, s.ID, groups)
}
