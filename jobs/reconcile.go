package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/reconcile"
)

// reconcileBack is how far back the nightly reconciliation looks: past the day in
// which rows are committed late.
const reconcileBack = 3 * 24 * time.Hour

// ReconcileIngest holds the last days against the service's own counts, and asks
// again for what may be mended.
type ReconcileIngest struct{}

// Kind names the job.
func (ReconcileIngest) Kind() string { return "reconcile_ingest" }

// InsertOpts keeps it from standing in the queue twice.
func (ReconcileIngest) InsertOpts() river.InsertOpts { return once(queuePull) }

type reconcileIngest struct {
	river.WorkerDefaults[ReconcileIngest]
	c *Client
}

func (*reconcileIngest) Timeout(*river.Job[ReconcileIngest]) time.Duration { return time.Hour }

func (*reconcileIngest) NextRetry(job *river.Job[ReconcileIngest]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work compares and mends; an alert tells what does not fit.
func (w *reconcileIngest) Work(ctx context.Context, _ *river.Job[ReconcileIngest]) error {
	now := w.c.now()
	span := uptime.SpanOf(now.Add(-reconcileBack), now)
	if _, err := reconcile.Read(ctx, w.c.pool, w.c.feed, span, now); err != nil {
		return err
	}
	if _, err := w.c.Mend(ctx, span); err != nil {
		return err
	}
	return w.c.begin(ctx, func(tx pgx.Tx) error {
		state, err := reconcile.StateOf(ctx, tx, span)
		if err == nil && !state.Fits() {
			w.c.log.Warn("ingest does not fit", "from", span.From.Start(), "to", span.To.Start(), "found", state.String(),
				"next", "uptally reconcile ingest")
		}
		return err
	})
}

// Mend asks again for the slots of the span of which less was read than the service
// counts. It returns the jobs that do it; Wait for them.
func (c *Client) Mend(ctx context.Context, span uptime.Span) ([]int64, error) {
	var ids []int64
	err := c.begin(ctx, func(tx pgx.Tx) error {
		spans, err := reconcile.Mend(ctx, tx, span, c.now())
		if err != nil || len(spans) == 0 {
			return err
		}
		var params []river.InsertManyParams
		for _, again := range spans {
			for _, w := range windows(again, c.hoursPerWindow()) {
				params = append(params, river.InsertManyParams{Args: PullWindow{From: w.From.Start(), To: w.To.Start()}})
			}
		}
		ids, err = c.insert(ctx, tx, params)
		return err
	})
	return ids, err
}
