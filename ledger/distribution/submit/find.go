package submit

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Find looks for what of a distribution landed, also of batches that were signed by
// hand from the exported file, before somebody says that nothing did. It ends the
// attempts whose fate is proven and records what it finds as landed. It signs and
// sends nothing, and knows nothing of rails but transactions.
//
// Of a distribution that somebody asked to cancel nothing more can be recorded as an
// attempt: what was paid by hand is then ErrMisfit, to be settled by a receipt.
func Find(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, id string, actor int64) error {
	if err := find(ctx, pool, client, id, actor); err != nil {
		return fmt.Errorf("distribution: what landed of %s: %w", id, err)
	}
	return nil
}

func find(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, id string, actor int64) error {
	var d distribution.Distribution
	if err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		d, err = distribution.Show(ctx, tx, id)
		return err
	}); err != nil || d.Source == nil {
		return err
	}
	s := &submitter{watch: newWatch(pool, client, id, *d.Source), Options: Options{Actor: actor}, blocked: map[int]bool{}}
	if _, err := s.look(ctx); err != nil {
		return err
	}
	_, err := s.adopt(ctx)
	if isRefusal(err) {
		return fmt.Errorf("%w: a batch of it was paid by hand while it is being cancelled: settle that by a receipt first", ErrMisfit)
	}
	return errors.Join(err, s.misfit())
}
