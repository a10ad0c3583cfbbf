package jobs

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/uptime"
)

// settle is how long after its end a slot is first read: the network needs a
// moment to write what it received.
const settle = 30 * time.Second

// catchUpMax bounds the gap that RequestLatest closes by itself: a longer one is a
// person's to pull.
const catchUpMax = 7 * 24 * time.Hour

// RequestLatest requests the last slot that is over, and the hours before it that
// passed while nothing ran.
type RequestLatest struct{}

// Kind names the job.
func (RequestLatest) Kind() string { return "request_latest" }

// InsertOpts keeps it from standing in the queue twice.
func (RequestLatest) InsertOpts() river.InsertOpts { return once(queuePull) }

type requestLatest struct {
	river.WorkerDefaults[RequestLatest]
	c *Client
}

func (*requestLatest) Timeout(*river.Job[RequestLatest]) time.Duration { return time.Minute }

// Work notes that the slots are wanted and enqueues their windows.
func (w *requestLatest) Work(ctx context.Context, _ *river.Job[RequestLatest]) error {
	now := w.c.now().Add(-settle)
	end := uptime.SlotOf(now)
	return w.c.begin(ctx, func(tx pgx.Tx) error {
		latest := uptime.Span{From: end - 1, To: end}
		last, some, err := uptime.LastRequested(ctx, tx, now)
		if err != nil {
			return err
		}
		if missed := (last + 1).First(); some && missed < latest.From && now.Sub(missed.Start()) <= catchUpMax {
			latest.From = missed
		}
		return w.c.request(ctx, tx, windows(latest, w.c.hoursPerWindow()))
	})
}

// RequestAwaited requests again what was requested and is neither observed nor
// given up: windows that failed while a process was down or refused.
type RequestAwaited struct{}

// Kind names the job.
func (RequestAwaited) Kind() string { return "request_awaited" }

// InsertOpts keeps it from standing in the queue twice.
func (RequestAwaited) InsertOpts() river.InsertOpts { return once(queuePull) }

type requestAwaited struct {
	river.WorkerDefaults[RequestAwaited]
	c *Client
}

func (*requestAwaited) Timeout(*river.Job[RequestAwaited]) time.Duration { return time.Minute }

// Work enqueues a window for each run of awaited slots that no window in the queue
// is about to read.
func (w *requestAwaited) Work(ctx context.Context, _ *river.Job[RequestAwaited]) error {
	return w.c.begin(ctx, func(tx pgx.Tx) error {
		// The queue first: a window that is read between the two questions is then
		// either known from the queue or awaited no longer.
		queued, err := selectQueuedWindows(ctx, tx)
		if err != nil {
			return err
		}
		spans, err := uptime.Awaited(ctx, tx, w.c.now().Add(-settle))
		if err != nil {
			return err
		}
		spans = slices.DeleteFunc(spans, func(awaited uptime.Span) bool {
			return slices.ContainsFunc(queued, func(w PullWindow) bool { return !w.span().Intersect(awaited).Empty() })
		})
		if len(spans) == 0 {
			return nil
		}
		return w.c.request(ctx, tx, spans)
	})
}

// request notes that the spans are wanted and enqueues a window for each.
func (c *Client) request(ctx context.Context, tx pgx.Tx, spans []uptime.Span) error {
	params := make([]river.InsertManyParams, len(spans))
	for i, s := range spans {
		if err := uptime.RequestSpan(ctx, tx, s); err != nil {
			return err
		}
		params[i].Args = PullWindow{From: s.From.Start(), To: s.To.Start()}
	}
	_, err := c.insert(ctx, tx, params)
	return err
}

// insert enqueues jobs and returns their ids; one that stands in the queue already
// is not enqueued again, and its id is that of the one that stands.
func (c *Client) insert(ctx context.Context, tx pgx.Tx, params []river.InsertManyParams) ([]int64, error) {
	results, err := c.river.InsertManyTx(ctx, tx, params)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(results))
	for i, r := range results {
		ids[i] = r.Job.ID
	}
	return ids, nil
}

// needs says what a process has of what jobs need.
type needs struct{ feed, hook, chain, webhooks bool }

// periodicTable is what is due by the clock: what needs something that the process has,
// and what needs nothing.
func periodicTable(now func() time.Time, has needs) []*river.PeriodicJob {
	every := func(d time.Duration, args func() river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(d), func() (river.JobArgs, *river.InsertOpts) { return args(), nil },
			&river.PeriodicJobOpts{RunOnStart: true})
	}
	daysAgo := func(n int) func() river.JobArgs {
		return func() river.JobArgs {
			return ReadJobMinutes{Day: uptime.SlotOf(now()).Day().AddDate(0, 0, -n)}
		}
	}
	table := []*river.PeriodicJob{
		every(15*time.Minute, func() river.JobArgs { return CutDays{} }),
		every(time.Hour, func() river.JobArgs { return ScanIncidents{} }),
		every(24*time.Hour, func() river.JobArgs { return EstimateSeasons{} }),
		every(24*time.Hour, func() river.JobArgs { return ReconcileChain{} }),
		every(24*time.Hour, func() river.JobArgs { return VerifyLedger{} }),
		every(time.Minute, func() river.JobArgs { return ActivateWallets{} }),
		every(15*time.Second, func() river.JobArgs { return WatchAudit{} }),
		every(time.Hour, func() river.JobArgs { return ForgetReplays{} }),
	}
	if has.hook {
		table = append(table,
			every(time.Minute, func() river.JobArgs { return NotifyWallets{} }),
			every(time.Minute, func() river.JobArgs { return NotifyAlerts{} }))
	}
	if has.webhooks {
		table = append(table, every(time.Minute, func() river.JobArgs { return CollectEvents{} }))
	}
	if has.chain {
		table = append(table,
			every(time.Minute, func() river.JobArgs { return PollAttempts{} }),
			every(3*time.Minute, func() river.JobArgs { return SettleLanded{} }))
	}
	if !has.feed {
		return table
	}
	return append(table,
		every(uptime.SlotLength, func() river.JobArgs { return RequestLatest{} }),
		every(15*time.Minute, func() river.JobArgs { return SyncVerdicts{} }),
		every(15*time.Minute, func() river.JobArgs { return CloseHours{} }),
		every(15*time.Minute, func() river.JobArgs { return RequestAwaited{} }),
		every(24*time.Hour, func() river.JobArgs { return ReconcileIngest{} }),
		every(time.Hour, daysAgo(1)),
		every(time.Hour, daysAgo(2)),
	)
}
