package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/api/audit"
)

// headEvery is how often the audit log's newest entry is marked, and told to the
// process's log.
const headEvery = 10 * time.Minute

// WatchAudit looks for surges in the audit log and raises an alert for what is new.
type WatchAudit struct{}

// Kind names the job.
func (WatchAudit) Kind() string { return "watch_audit" }

// InsertOpts keeps it from standing in the queue twice.
func (WatchAudit) InsertOpts() river.InsertOpts { return once(queueAlarm) }

type watchAudit struct {
	river.WorkerDefaults[WatchAudit]
	c *Client
}

func (*watchAudit) Timeout(*river.Job[WatchAudit]) time.Duration { return 30 * time.Second }

func (*watchAudit) NextRetry(job *river.Job[WatchAudit]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work puts surges on record, and asks in the same transaction that the hook be told.
// What is logged and counted comes after the commit: an alert is new once.
func (w *watchAudit) Work(ctx context.Context, _ *river.Job[WatchAudit]) error {
	var alerts []audit.Alert
	var head audit.Head
	var marked bool
	if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		if alerts, err = audit.Watch(ctx, tx, w.c.surges); err != nil {
			return err
		}
		if head, marked, err = audit.Mark(ctx, tx, headEvery); err != nil || len(alerts) == 0 || w.c.hook == nil {
			return err
		}
		_, err = w.c.insert(ctx, tx, []river.InsertManyParams{{Args: NotifyAlerts{}}})
		return err
	}); err != nil {
		return err
	}
	if marked {
		w.c.log.Info("head of the audit log", "entry", head.Number, "digest", head.Digest)
	}
	for _, a := range alerts {
		w.c.log.Warn("surge in the audit log", "alert", a.ID, "kind", a.Kind, "subject", a.Subject, "count", a.Count, "threshold", a.Threshold,
			"within", a.Span, "first", a.First, "last", a.Last, "next", "uptally audit list, uptally halt")
		if w.c.alerted != nil {
			w.c.alerted(a)
		}
	}
	return nil
}

// NotifyAlerts tells the hook of the alerts that it was not told of. It is enqueued
// with what there is to tell, and every minute for what could not be told.
type NotifyAlerts struct{}

// Kind names the job.
func (NotifyAlerts) Kind() string { return "notify_alerts" }

// InsertOpts keeps it from standing in the queue twice.
func (NotifyAlerts) InsertOpts() river.InsertOpts { return once(queueAlarm) }

type notifyAlerts struct {
	river.WorkerDefaults[NotifyAlerts]
	c *Client
}

func (*notifyAlerts) Timeout(*river.Job[NotifyAlerts]) time.Duration { return 5 * time.Minute }

func (*notifyAlerts) NextRetry(job *river.Job[NotifyAlerts]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work delivers until nothing is left. Each delivery is committed by itself.
func (w *notifyAlerts) Work(ctx context.Context, _ *river.Job[NotifyAlerts]) error {
	for told := 1; told > 0; {
		if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
			told, err = audit.Deliver(ctx, tx, w.c.hook.Post)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
