package jobs

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/api/webhook"
)

// CollectEvents finds what suppliers' endpoints are to be told, and asks for each to be
// told of it.
type CollectEvents struct{}

// Kind names the job.
func (CollectEvents) Kind() string { return "collect_events" }

// InsertOpts keeps it from standing in the queue twice.
func (CollectEvents) InsertOpts() river.InsertOpts { return once(queueWallet) }

type collectEvents struct {
	river.WorkerDefaults[CollectEvents]
	c *Client
}

func (*collectEvents) Timeout(*river.Job[CollectEvents]) time.Duration { return 10 * time.Minute }

func (*collectEvents) NextRetry(job *river.Job[CollectEvents]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work goes on until nothing is left, and then looks for messages that lost their job.
func (w *collectEvents) Work(ctx context.Context, _ *river.Job[CollectEvents]) error {
	for more := true; more; {
		if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
			var messages []uuid.UUID
			if messages, more, err = webhook.Collect(ctx, tx); err != nil {
				return err
			}
			return w.c.RequestDeliveries(ctx, tx, messages...)
		}); err != nil {
			return err
		}
	}
	return w.c.begin(ctx, func(tx pgx.Tx) error {
		stranded, err := webhook.Stranded(ctx, tx)
		if err != nil {
			return err
		}
		return w.c.RequestDeliveries(ctx, tx, stranded...)
	})
}
