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
// which rows are committed late, and more than once at every slot.
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

// Work compares and mends; an alert tells what does not fit and will not by itself.
func (w *reconcileIngest) Work(ctx context.Context, _ *river.Job[ReconcileIngest]) error {
	now := w.c.now()
	span := uptime.SpanOf(now.Add(-reconcileBack), now)
	if _, err := reconcile.Read(ctx, w.c.pool, w.c.feed, span, now); err != nil {
		return err
	}
	if _, err := w.c.Mend(ctx, span); err != nil {
		return err
	}
	var state *reconcile.State
	if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		state, err = reconcile.StateOf(ctx, tx, span)
		return err
	}); err != nil {
		return err
	}
	if state.Misfits > state.Awaited {
		w.c.log.Warn("ingest does not fit", "from", span.From.Start(), "to", span.To.Start(), "found", state.String(),
			"next", "uptally reconcile ingest")
	}
	return nil
}

// Mend asks again for the slots of the span of which less was read than the service
// counts. It returns the jobs that do it; Wait for them.
func (c *Client) Mend(ctx context.Context, span uptime.Span) (ids []int64, err error) {
	err = c.begin(ctx, func(tx pgx.Tx) error {
		spans, err := reconcile.Mend(ctx, tx, span)
		if err != nil || len(spans) == 0 {
			return err
		}
		if err := c.devices.Refresh(ctx, tx); err != nil { // how large a window may be depends on them
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

// mendClosable holds what could be closed against the service's last word on it, and
// asks again for what it lacks, which then cannot be closed yet. It returns the jobs.
func (c *Client) mendClosable(ctx context.Context) (ids []int64, err error) {
	var closable []uptime.Span
	if err := c.begin(ctx, func(tx pgx.Tx) (err error) {
		closable, err = uptime.Closable(ctx, tx, c.now())
		return err
	}); err != nil {
		return nil, err
	}
	refusal := ""
	for _, hours := range closable {
		if refusal == "" { // a service that gave no count is not asked for another at once
			if refusal, err = reconcile.ReadMissing(ctx, c.pool, c.feed, hours, c.now()); err != nil {
				return nil, err
			}
		}
		again, err := c.Mend(ctx, hours)
		if err != nil {
			return nil, err
		}
		ids = append(ids, again...)
	}
	return ids, nil
}
