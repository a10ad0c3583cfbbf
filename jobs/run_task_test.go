package jobs_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	tasks "github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/jobs"
)

// A task is enqueued with what records it, once however often it is asked for, and
// worked to its end.
func TestATaskIsWorked(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ann := pgtest.Person(t, db.Owner, "ann")
	client, err := jobs.New(db.App, jobs.Options{Work: jobs.All})
	if err != nil {
		t.Fatal(err)
	}
	var asked tasks.Task
	in := func(f func(ctx context.Context, tx pgx.Tx) error) {
		t.Helper()
		if err := pgx.BeginFunc(t.Context(), db.App, func(tx pgx.Tx) error { return f(t.Context(), tx) }); err != nil {
			t.Fatal(err)
		}
	}
	in(func(ctx context.Context, tx pgx.Tx) (err error) {
		if asked, err = tasks.Ask(ctx, tx, tasks.Prepare, tasks.Arguments{Reason: "pay"}, nil, ann); err != nil {
			return err
		}
		for range 2 {
			if err := client.RequestTask(ctx, tx, asked.ID); err != nil {
				return err
			}
		}
		return nil
	})
	rows, err := db.Owner.Query(t.Context(), `SELECT id FROM river_job WHERE kind = 'run_task'`)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(ids) != 1 {
		t.Fatalf("%d jobs, error %v", len(ids), err)
	}
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := client.Wait(t.Context(), ids, nil); err != nil {
		t.Fatal(err)
	}
	in(func(ctx context.Context, tx pgx.Tx) (err error) {
		asked, err = tasks.Show(ctx, tx, asked.ID)
		return err
	})
	if asked.State != tasks.Failed || asked.Refusal != "guard" {
		t.Errorf("nothing was earned, and the task is %s: %s %s", asked.State, asked.Refusal, asked.Error)
	}
}

// A task whose last try can put no end on record is tried again until it can.
func TestATaskIsNotLeftWithoutAnEnd(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	c := w.noFeed(jobs.Options{})
	var asked tasks.Task
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		asked, err = tasks.Ask(ctx, tx, tasks.Prepare, tasks.Arguments{Reason: "pay"}, nil, w.ada)
		return err
	})
	job := jobs.RunTask{Task: asked.ID}
	w.owner(`ALTER TABLE task_end RENAME TO elsewhere`)
	if err := c.Work(t.Context(), job, jobs.AttemptsMax-1); err == nil || errors.Is(err, &river.JobSnoozeError{}) {
		t.Errorf("before the last try: %v", err)
	}
	if err := c.Work(t.Context(), job, jobs.AttemptsMax); !errors.Is(err, &river.JobSnoozeError{}) {
		t.Errorf("in the last try: %v, which ends the job", err)
	}
	w.owner(`ALTER TABLE elsewhere RENAME TO task_end`)
	w.check(c.Work(t.Context(), job, jobs.AttemptsMax))
	w.expect("ends", `SELECT refusal FROM task_end`, "guard")
	unknown := jobs.RunTask{Task: uuid.UUID{15: 1}}
	if err := c.Work(t.Context(), unknown, jobs.AttemptsMax); !errors.Is(err, tasks.ErrUnknown) {
		t.Errorf("one that is on no record: %v", err)
	}
}
