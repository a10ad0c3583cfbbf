package snapshot

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"
)

// reading is one view of the database, shared by transactions that read side by
// side: each sees what was committed when the view was made, and nothing else.
type reading struct {
	pool *pgxpool.Pool
	view string    // as Postgres names an exported snapshot
	now  time.Time // above every stamp of a fact in the view
}

var readOnly = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// readTogether calls f with a new view, and a transaction that reads it. The view
// lasts until f returns.
func readTogether(ctx context.Context, pool *pgxpool.Pool, f func(tx pgx.Tx, r *reading) error) error {
	return pgx.BeginTxFunc(ctx, pool, readOnly, func(tx pgx.Tx) (err error) {
		r := &reading{pool: pool}
		if r.view, err = exportView(ctx, tx); err != nil {
			return err
		}
		if r.now, err = selectNow(ctx, tx); err != nil {
			return err
		}
		return f(tx, r)
	})
}

// begin runs f in another transaction with the same view.
func (r *reading) begin(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, r.pool, readOnly, func(tx pgx.Tx) error {
		if err := importView(ctx, tx, r.view); err != nil {
			return err
		}
		return f(tx)
	})
}

// each runs f for every number below n, each with a transaction of its own, at most
// workers at once.
func (r *reading) each(ctx context.Context, n, workers int, f func(ctx context.Context, tx pgx.Tx, number int) error) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(max(1, workers))
	for number := range n {
		all.Go(func() error {
			return r.begin(ctx, func(tx pgx.Tx) error { return f(ctx, tx, number) })
		})
	}
	return all.Wait()
}
