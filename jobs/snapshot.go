package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/incident"
)

// Take begins a snapshot of the season and enqueues its groups, in one
// transaction. WaitTaken waits for it.
func (c *Client) Take(ctx context.Context, season string, person int64) (taken snapshot.Snapshot, err error) {
	err = c.begin(ctx, func(tx pgx.Tx) error {
		taken, err = c.TakeTx(ctx, tx, season, person)
		return err
	})
	return taken, err
}

// TakeTx is Take in the caller's transaction: the jobs are there once it commits.
func (c *Client) TakeTx(ctx context.Context, tx pgx.Tx, season string, person int64) (snapshot.Snapshot, error) {
	s, groups, err := snapshot.Take(ctx, tx, season, person)
	if err != nil {
		return s, err
	}
	params := make([]river.InsertManyParams, groups)
	for number := range params {
		params[number].Args = ScoreGroup{Snapshot: s.ID, Group: number}
	}
	_, err = c.insert(ctx, tx, params)
	return s, err
}

// WaitTaken returns the snapshot once it is no longer being taken. It calls
// progress with how many groups are scored, of how many, each time it asks.
func (c *Client) WaitTaken(ctx context.Context, id int64, progress func(scored, groups int)) (snapshot.Snapshot, error) {
	tick := time.NewTicker(waitEvery)
	defer tick.Stop()
	for {
		var s snapshot.Snapshot
		if err := c.begin(ctx, func(tx pgx.Tx) (err error) {
			if s, err = snapshot.ByID(ctx, tx, id); err != nil || progress == nil {
				return err
			}
			scored, groups, err := snapshot.Progress(ctx, tx, id)
			progress(scored, groups)
			return err
		}); err != nil || s.State != snapshot.Taking {
			return s, err
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-tick.C:
		}
	}
}

// ScoreGroup scores one group of shards of a snapshot.
type ScoreGroup struct {
	Snapshot int64 `json:"snapshot"`
	Group    int   `json:"group"`
}

// Kind names the job.
func (ScoreGroup) Kind() string { return "score_group" }

// InsertOpts keeps a group from standing in the queue twice.
func (ScoreGroup) InsertOpts() river.InsertOpts { return once(queueSnapshot) }

type scoreGroup struct {
	river.WorkerDefaults[ScoreGroup]
	c *Client
}

func (*scoreGroup) Timeout(*river.Job[ScoreGroup]) time.Duration { return 15 * time.Minute }

func (*scoreGroup) NextRetry(job *river.Job[ScoreGroup]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work scores the group; the last one enqueues the allocation with its own write.
func (w *scoreGroup) Work(ctx context.Context, job *river.Job[ScoreGroup]) error {
	scored, err := snapshot.ScoreGroup(ctx, w.c.pool, job.Args.Snapshot, job.Args.Group)
	if err != nil {
		return w.c.giveUpTake(ctx, job.JobRow, job.Args.Snapshot, err)
	}
	if scored == nil {
		return nil
	}
	err = w.c.begin(ctx, func(tx pgx.Tx) error {
		last, err := snapshot.StageGroup(ctx, tx, job.Args.Snapshot, scored)
		if err != nil || !last {
			return err
		}
		_, err = w.c.river.InsertTx(ctx, tx, Allocate{Snapshot: job.Args.Snapshot}, nil)
		return err
	})
	if err != nil {
		return w.c.giveUpTake(ctx, job.JobRow, job.Args.Snapshot, err)
	}
	return nil
}

// Allocate turns the points of a snapshot into amounts and makes it a draft.
type Allocate struct {
	Snapshot int64 `json:"snapshot"`
}

// Kind names the job.
func (Allocate) Kind() string { return "allocate" }

// InsertOpts keeps it from standing in the queue twice.
func (Allocate) InsertOpts() river.InsertOpts { return once(queueSnapshot) }

type allocate struct {
	river.WorkerDefaults[Allocate]
	c *Client
}

func (*allocate) Timeout(*river.Job[Allocate]) time.Duration { return time.Hour }

func (*allocate) NextRetry(job *river.Job[Allocate]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work allocates in one transaction.
func (w *allocate) Work(ctx context.Context, job *river.Job[Allocate]) error {
	var news []incident.Incident
	err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		news, err = snapshot.Complete(ctx, tx, job.Args.Snapshot)
		return err
	})
	if err != nil {
		return w.c.giveUpTake(ctx, job.JobRow, job.Args.Snapshot, err)
	}
	w.c.alertOf(news)
	return nil
}

// giveUpTake ends the take when trying again is in vain: it cannot be computed,
// or this was the last try. Otherwise the job is tried again, as it is when the end
// could not be put on record.
func (c *Client) giveUpTake(ctx context.Context, job *rivertype.JobRow, id int64, cause error) error {
	tried := errors.Is(cause, snapshot.ErrImpossible) || job.Attempt >= job.MaxAttempts
	if cutOff(ctx) || !tried { // a job whose time is up has failed
		return cause
	}
	ctx = context.WithoutCancel(ctx)
	if err := c.begin(ctx, func(tx pgx.Tx) error { return snapshot.Fail(ctx, tx, id, cause) }); err != nil {
		c.log.Error("take has no end yet", "snapshot", id, "error", errors.Join(cause, err))
		return river.JobSnooze(againAfter)
	}
	return river.JobCancel(cause)
}
