package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/uptally/uptally/uptime"
)

// CutDays cuts days that are closed into strips. It is no part of closing hours: whoever
// waits for that is not to wait for months that are cut for the first time.
type CutDays struct{}

// Kind names the job.
func (CutDays) Kind() string { return "cut_days" }

// InsertOpts keeps it from standing in the queue twice.
func (CutDays) InsertOpts() river.InsertOpts { return once(queueUpkeep) }

type cutDays struct {
	river.WorkerDefaults[CutDays]
	c *Client
}

func (*cutDays) Timeout(*river.Job[CutDays]) time.Duration { return time.Hour }

func (*cutDays) NextRetry(job *river.Job[CutDays]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work cuts one day after the other.
func (w *cutDays) Work(ctx context.Context, _ *river.Job[CutDays]) error {
	return uptime.CutDays(ctx, w.c.pool)
}
