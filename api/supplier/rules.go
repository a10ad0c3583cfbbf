package supplier

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

// rules keeps, by the seasons' codes, what a verdict may take out of them: a season and
// its ruleset never change, and there are few.
type rules struct{ known sync.Map } // of string: excluding

type excluding struct {
	season excludingSeason
	rule   snapshot.Exclude
}

// of returns the season with the code, and what its ruleset lets a verdict take out.
func (r *rules) of(ctx context.Context, reader wire.Reader, code string) (excludingSeason, snapshot.Exclude, error) {
	if known, ok := r.known.Load(code); ok {
		return known.(excluding).season, known.(excluding).rule, nil
	}
	var found excluding
	ask := &pgx.Batch{}
	queueExcluding(ask, code, &found.season)
	if err := reader.Ask(ctx, ask); err != nil {
		return found.season, "", err
	}
	var file []byte
	ask = &pgx.Batch{}
	queueRuleset(ask, found.season.ruleset, &file)
	if err := reader.Ask(ctx, ask); err != nil {
		return found.season, "", err
	}
	ruleset, err := snapshot.LoadRuleset(file)
	if err != nil {
		return found.season, "", err
	}
	found.rule = ruleset.Eligibility.Exclude
	r.known.Store(code, found)
	return found.season, found.rule, nil
}

// windows keeps approved grace windows, by the ids that are asked for together: they do
// not change, and there are few.
type windows struct{ known sync.Map } // of string: []snapshot.Grace

func (w *windows) of(ctx context.Context, tx pgx.Tx, ids []int64) ([]snapshot.Grace, error) {
	slices.Sort(ids)
	key := fmt.Sprint(ids)
	if known, ok := w.known.Load(key); ok {
		return known.([]snapshot.Grace), nil
	}
	found, err := snapshot.GraceOf(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	w.known.Store(key, found)
	return found, nil
}
