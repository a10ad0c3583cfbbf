package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// NotifyWallets tells the hook what happened to wallets and it was not told of. It is
// enqueued with what there is to tell, and every minute for what could not be told.
type NotifyWallets struct{}

// Kind names the job.
func (NotifyWallets) Kind() string { return "notify_wallets" }

// InsertOpts keeps it from standing in the queue twice.
func (NotifyWallets) InsertOpts() river.InsertOpts { return once(queueWallet) }

type notifyWallets struct {
	river.WorkerDefaults[NotifyWallets]
	c *Client
}

func (*notifyWallets) Timeout(*river.Job[NotifyWallets]) time.Duration { return 30 * time.Minute }

func (*notifyWallets) NextRetry(job *river.Job[NotifyWallets]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work delivers until nothing is left. Each delivery is committed by itself.
func (w *notifyWallets) Work(ctx context.Context, _ *river.Job[NotifyWallets]) error {
	for told := 1; told > 0; {
		if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
			told, err = wallet.Deliver(ctx, tx, w.c.hook)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// RequestNotices asks in the transaction of what is to be told that it be told.
func (c *Client) RequestNotices(ctx context.Context, tx pgx.Tx) error {
	_, err := c.insert(ctx, tx, []river.InsertManyParams{{Args: NotifyWallets{}}})
	return err
}
