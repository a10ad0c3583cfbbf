package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	settling "github.com/uptally/uptally/ledger/distribution/settle"
)

// SettleLanded settles from the chain what landed, and returns what is set aside, of
// every distribution that has any. Its journals are in the name of the person who
// approved the distribution, and their reason names the job: it posts what that
// approval led to, and only what the chain proves.
type SettleLanded struct{}

// Kind names the job.
func (SettleLanded) Kind() string { return "settle_landed" }

// InsertOpts keeps it from standing in the queue twice.
func (SettleLanded) InsertOpts() river.InsertOpts { return once(queueChain) }

type settleLanded struct {
	river.WorkerDefaults[SettleLanded]
	c *Client
}

func (*settleLanded) Timeout(*river.Job[SettleLanded]) time.Duration { return time.Hour }

func (*settleLanded) NextRetry(job *river.Job[SettleLanded]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work settles one distribution after another: what fails of one does not keep the
// others.
func (w *settleLanded) Work(ctx context.Context, _ *river.Job[SettleLanded]) error {
	var dues []settling.Due
	if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		dues, err = settling.Dues(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	var failed error
	for _, d := range dues {
		result, err := settling.FromChain(ctx, w.c.pool, w.c.solana, settling.Request{
			Distribution: d.Distribution, Actor: d.ApprovedBy, Reason: "settled from the chain by the job settle_landed",
		})
		failed = errors.Join(failed, err)
		for _, m := range result.Misfits {
			w.c.log.Error("payment does not fit", "distribution", d.Distribution, "where", m.Where, "why", m.Why,
				"next", "uptally reconcile chain")
		}
	}
	return failed
}
