package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/uptime"
)

// CloseHours closes the hours that nothing is awaited of any longer.
type CloseHours struct{}

// Kind names the job.
func (CloseHours) Kind() string { return "close_hours" }

// InsertOpts keeps it from standing in the queue twice.
func (CloseHours) InsertOpts() river.InsertOpts { return once(queuePull) }

type closeHours struct {
	river.WorkerDefaults[CloseHours]
	c *Client
}

func (*closeHours) Timeout(*river.Job[CloseHours]) time.Duration { return 5 * time.Minute }

// Work closes them.
func (w *closeHours) Work(ctx context.Context, _ *river.Job[CloseHours]) error {
	return w.c.begin(ctx, func(tx pgx.Tx) error {
		_, err := uptime.CloseHours(ctx, tx, w.c.now())
		return err
	})
}
