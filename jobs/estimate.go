package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/snapshot"
)

// EstimateSeasons estimates every season that has begun and is not sealed.
type EstimateSeasons struct{}

// Kind names the job.
func (EstimateSeasons) Kind() string { return "estimate_seasons" }

// InsertOpts keeps it from standing in the queue twice.
func (EstimateSeasons) InsertOpts() river.InsertOpts { return once(queueUpkeep) }

type estimateSeasons struct {
	river.WorkerDefaults[EstimateSeasons]
	c *Client
}

func (*estimateSeasons) Timeout(*river.Job[EstimateSeasons]) time.Duration { return time.Hour }

func (*estimateSeasons) NextRetry(job *river.Job[EstimateSeasons]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work replaces one estimate after the other. One that cannot be computed keeps none
// of the others from being.
func (w *estimateSeasons) Work(ctx context.Context, _ *river.Job[EstimateSeasons]) error {
	var seasons []snapshot.PinnedSeason
	if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		seasons, err = snapshot.Running(ctx, tx, w.c.now())
		return err
	}); err != nil {
		return err
	}
	var failed []error
	for _, s := range seasons {
		if _, err := snapshot.Reestimate(ctx, w.c.pool, s.Code); err != nil {
			failed = append(failed, fmt.Errorf("season %s: %w", s.Code, err))
		}
	}
	return errors.Join(failed...)
}
