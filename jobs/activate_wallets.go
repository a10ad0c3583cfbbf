package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// ActivateWallets puts on record that wallets' holds are over, and, where there is a
// node to ask, asks the chain once more: a supplier whose wallet has become something
// else is frozen. A wallet counts by its time alone, whenever this runs.
type ActivateWallets struct{}

// Kind names the job.
func (ActivateWallets) Kind() string { return "activate_wallets" }

// InsertOpts keeps it from standing in the queue twice.
func (ActivateWallets) InsertOpts() river.InsertOpts { return once(queueWallet) }

type activateWallets struct {
	river.WorkerDefaults[ActivateWallets]
	c *Client
}

func (*activateWallets) Timeout(*river.Job[ActivateWallets]) time.Duration { return 30 * time.Minute }

func (*activateWallets) NextRetry(job *river.Job[ActivateWallets]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work goes on until no hold is left that is over.
func (w *activateWallets) Work(ctx context.Context, _ *river.Job[ActivateWallets]) error {
	for {
		more, err := w.c.activateSome(ctx)
		if err != nil || !more {
			return err
		}
	}
}

func (c *Client) activateSome(ctx context.Context) (more bool, err error) {
	var dues []wallet.Due
	if err := c.begin(ctx, func(tx pgx.Tx) error {
		now, err := wallet.Now(ctx, tx)
		if err != nil {
			return err
		}
		dues, err = wallet.Dues(ctx, tx, now)
		return err
	}); err != nil || len(dues) == 0 {
		return false, err
	}
	refused := map[wallet.Wallet]error{}
	if c.solana != nil { // asked outside the transactions: it takes its time
		if refused, err = wallet.RefusedOnChain(ctx, c.solana, walletsOf(dues)); err != nil {
			return false, err
		}
	}
	var frozen []wallet.Due
	if err := c.begin(ctx, func(tx pgx.Tx) (err error) {
		frozen, err = activate(ctx, tx, dues, refused)
		if err != nil {
			return err
		}
		return c.RequestNotices(ctx, tx)
	}); err != nil {
		return false, err
	}
	for _, d := range frozen {
		c.log.Warn("wallet frozen", "supplier", d.Supplier, "wallet", d.Wallet, "because", refused[d.Wallet],
			"next", "uptally wallet history "+d.Supplier.String())
	}
	return len(dues) == wallet.DueMax, nil
}

// activate puts on record that holds are over, and stops the payouts of whoever is
// frozen for it: a distribution may have been prepared since the hold ended.
func activate(ctx context.Context, tx pgx.Tx, dues []wallet.Due, refused map[wallet.Wallet]error) ([]wallet.Due, error) {
	if len(refused) > 0 {
		if err := ledger.Lock(ctx, tx); err != nil {
			return nil, err
		}
	}
	frozen, err := wallet.Activate(ctx, tx, dues, refused)
	if err != nil {
		return nil, err
	}
	for _, d := range frozen {
		if _, err := distribution.StopPayouts(ctx, tx, d.Supplier, refused[d.Wallet].Error(), wallet.TheProgram); err != nil {
			return nil, err
		}
	}
	return frozen, nil
}

func walletsOf(dues []wallet.Due) []wallet.Wallet {
	wallets := make([]wallet.Wallet, len(dues))
	for i, d := range dues {
		wallets[i] = d.Wallet
	}
	return wallets
}
