package jobs_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

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
