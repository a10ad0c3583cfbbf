package submit

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger/distribution/solana"
)

// At has f called between any two steps of a run, by many goroutines.
func (o Options) At(f func(step string)) Options {
	o.hook = f
	return o
}

// RunUnlocked is Run by a process that wrongly believes to hold the lock.
func RunUnlocked(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, id string, o Options) (Result, error) {
	s, err := openSubmitter(ctx, pool, client, id, o)
	if err != nil {
		return Result{}, err
	}
	return s.result, s.pay(ctx)
}
