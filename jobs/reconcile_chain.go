package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	settling "github.com/uptally/uptally/ledger/distribution/settle"
)

// ReconcileChain holds what was earned, paid and is owed against each other and, where
// there is a node, against the chain.
type ReconcileChain struct{}

// Kind names the job.
func (ReconcileChain) Kind() string { return "reconcile_chain" }

// InsertOpts keeps it from standing in the queue twice.
func (ReconcileChain) InsertOpts() river.InsertOpts { return once(queueChain) }

type reconcileChain struct {
	river.WorkerDefaults[ReconcileChain]
	c *Client
}

// Timeout is long: each transaction is asked for, some ten a second.
func (*reconcileChain) Timeout(*river.Job[ReconcileChain]) time.Duration { return 12 * time.Hour }

func (*reconcileChain) NextRetry(job *river.Job[ReconcileChain]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// alertsMax bounds the alerts of one night.
const alertsMax = 20

// Work raises an alert for what does not fit. It writes nothing.
func (w *reconcileChain) Work(ctx context.Context, _ *river.Job[ReconcileChain]) error {
	statement, err := settling.Reconcile(ctx, w.c.pool, w.c.solana, settling.Asked{Payer: w.c.payer})
	if err != nil {
		return err
	}
	for _, m := range statement.Misfits[:min(len(statement.Misfits), alertsMax)] {
		w.c.log.Error("money does not fit", "where", m.Where, "why", m.Why, "findings", len(statement.Misfits), "next", "uptally reconcile chain")
	}
	return nil
}
