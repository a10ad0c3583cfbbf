package submit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Polled is what a look at a distribution's live attempts came to.
type Polled struct {
	Distribution            string
	Landed, Failed, Expired int
	Live                    int      // may still land
	Misfits                 []string // what a person must look at
}

// Poll looks once at the live attempts of every distribution, cancelled ones too,
// records those that ended, and sends the same bytes of those again that the chain
// knows nothing of. It signs nothing. A distribution that fails does not keep the
// others from being looked at.
func Poll(ctx context.Context, pool *pgxpool.Pool, client *solana.Client) ([]Polled, error) {
	var ids []string
	if err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		ids, err = distributionsWithLive(ctx, tx)
		return err
	}); err != nil {
		return nil, fmt.Errorf("distribution: poll: %w", err)
	}
	var all []Polled
	var failures []error
	for _, id := range ids {
		polled, err := poll(ctx, pool, client, id)
		if err != nil {
			failures = append(failures, fmt.Errorf("distribution: poll %s: %w", id, err))
			continue
		}
		all = append(all, polled)
	}
	return all, errors.Join(failures...)
}

func poll(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, id string) (Polled, error) {
	var d distribution.Distribution
	if err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		d, err = distribution.Show(ctx, tx, id)
		return err
	}); err != nil {
		return Polled{}, err
	}
	w := newWatch(pool, client, id, *d.Source) // what has attempts has a source
	l, err := w.look(ctx)
	if err != nil {
		return Polled{}, err
	}
	p := Polled{Distribution: id, Landed: l.ended[landed] + l.ended[elsewhere], Failed: l.ended[failed], Expired: l.ended[expired], Live: len(l.live)}
	p.Misfits = slices.Sorted(maps.Values(w.misfits))
	return p, w.resend(ctx, l.unseen)
}
