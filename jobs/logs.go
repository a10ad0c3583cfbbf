package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/uptally/uptally/uptime"
)

// SyncVerdicts reads the logs of verdicts and of changes to their ends.
type SyncVerdicts struct{}

// Kind names the job.
func (SyncVerdicts) Kind() string { return "sync_verdicts" }

// InsertOpts keeps it from standing in the queue twice.
func (SyncVerdicts) InsertOpts() river.InsertOpts { return once(queuePull) }

type syncVerdicts struct {
	river.WorkerDefaults[SyncVerdicts]
	c *Client
}

func (*syncVerdicts) Timeout(*river.Job[SyncVerdicts]) time.Duration { return time.Hour }

func (*syncVerdicts) NextRetry(job *river.Job[SyncVerdicts]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work reads the changes first: a verdict then finds its device registered.
func (w *syncVerdicts) Work(ctx context.Context, _ *river.Job[SyncVerdicts]) error {
	if err := uptime.SyncChanges(ctx, w.c.pool, w.c.feed); err != nil {
		return err
	}
	return uptime.SyncVerdicts(ctx, w.c.pool, w.c.feed)
}

// ReadJobMinutes reads the job minutes of one UTC day.
type ReadJobMinutes struct {
	Day time.Time `json:"day"` // midnight UTC
}

// Kind names the job.
func (ReadJobMinutes) Kind() string { return "read_job_minutes" }

// InsertOpts keeps a day from standing in the queue twice.
func (ReadJobMinutes) InsertOpts() river.InsertOpts { return once(queuePull) }

type readJobMinutes struct {
	river.WorkerDefaults[ReadJobMinutes]
	c *Client
}

func (*readJobMinutes) Timeout(*river.Job[ReadJobMinutes]) time.Duration { return 30 * time.Minute }

func (*readJobMinutes) NextRetry(job *river.Job[ReadJobMinutes]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work reads the day to its last page.
func (w *readJobMinutes) Work(ctx context.Context, job *river.Job[ReadJobMinutes]) error {
	return uptime.ReadJobMinutes(ctx, w.c.pool, w.c.feed, job.Args.Day)
}
