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

// rules keeps what rulesets say of exclusion, by their digests: they never change, and
// there are few.
type rules struct{ known sync.Map } // of [32]byte: snapshot.Exclude

// exclude returns what the ruleset with the digest lets a verdict take out.
func (r *rules) exclude(ctx context.Context, reader wire.Reader, sha256 []byte) (snapshot.Exclude, error) {
	digest := [32]byte(sha256)
	if known, ok := r.known.Load(digest); ok {
		return known.(snapshot.Exclude), nil
	}
	var file []byte
	ask := &pgx.Batch{}
	queueRuleset(ask, sha256, &file)
	if err := reader.Ask(ctx, ask); err != nil {
		return "", err
	}
	ruleset, err := snapshot.LoadRuleset(file)
	if err != nil {
		return "", err
	}
	r.known.Store(digest, ruleset.Eligibility.Exclude)
	return ruleset.Eligibility.Exclude, nil
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
