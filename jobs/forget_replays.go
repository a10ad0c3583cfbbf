package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/api/replay"
)

// ForgetReplays deletes what acting calls of the API were answered, once no caller can
// want it again.
type ForgetReplays struct{}

// Kind names the job.
func (ForgetReplays) Kind() string { return "forget_replays" }

// InsertOpts keeps it from standing in the queue twice.
func (ForgetReplays) InsertOpts() river.InsertOpts { return once(queueUpkeep) }

type forgetReplays struct {
	river.WorkerDefaults[ForgetReplays]
	c *Client
}

func (*forgetReplays) Timeout(*river.Job[ForgetReplays]) time.Duration { return time.Minute }

// Work forgets them.
func (w *forgetReplays) Work(ctx context.Context, _ *river.Job[ForgetReplays]) error {
	return w.c.begin(ctx, func(tx pgx.Tx) error {
		forgotten, err := replay.Forget(ctx, tx)
		if err == nil && forgotten > 0 {
			w.c.log.Info("forgot answers of the API", "answers", forgotten)
		}
		return err
	})
}
