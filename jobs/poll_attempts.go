package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/uptally/uptally/ledger/distribution/submit"
)

// PollAttempts looks at the transactions of every distribution that may still land,
// records those that have or never can, and sends the same bytes of the others
// again. It signs nothing.
type PollAttempts struct{}

// Kind names the job.
func (PollAttempts) Kind() string { return "poll_attempts" }

// InsertOpts keeps it from standing in the queue twice.
func (PollAttempts) InsertOpts() river.InsertOpts { return once(queueChain) }

type pollAttempts struct {
	river.WorkerDefaults[PollAttempts]
	c *Client
}

func (*pollAttempts) Timeout(*river.Job[PollAttempts]) time.Duration { return 15 * time.Minute }

func (*pollAttempts) NextRetry(job *river.Job[PollAttempts]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work looks once, and raises an alert for what a person must look at.
func (w *pollAttempts) Work(ctx context.Context, _ *river.Job[PollAttempts]) error {
	polled, err := submit.Poll(ctx, w.c.pool, w.c.solana)
	for _, p := range polled {
		for _, misfit := range p.Misfits {
			w.c.log.Error("payment does not fit", "distribution", p.Distribution, "why", misfit, "next", "uptally reconcile chain")
		}
		if p.Landed+p.Failed+p.Expired > 0 {
			w.c.log.Info("attempts ended", "distribution", p.Distribution,
				"landed", p.Landed, "failed", p.Failed, "expired", p.Expired, "live", p.Live)
		}
	}
	return err
}
