package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/uptime"
)

// CloseHours closes the hours that nothing is awaited of any longer. What a closed
// hour lacks can only be mended by two people: so each is held against the service's
// own counts before, and left open while it is read again.
type CloseHours struct{}

// Kind names the job.
func (CloseHours) Kind() string { return "close_hours" }

// InsertOpts keeps it from standing in the queue twice.
func (CloseHours) InsertOpts() river.InsertOpts { return once(queuePull) }

type closeHours struct {
	river.WorkerDefaults[CloseHours]
	c *Client
}

func (*closeHours) Timeout(*river.Job[CloseHours]) time.Duration { return time.Hour }

// Work compares and closes.
func (w *closeHours) Work(ctx context.Context, _ *river.Job[CloseHours]) error {
	if _, err := w.c.mendClosable(ctx); err != nil {
		return err
	}
	return w.c.begin(ctx, func(tx pgx.Tx) error {
		_, err := uptime.CloseHours(ctx, tx, w.c.now())
		return err
	})
}
