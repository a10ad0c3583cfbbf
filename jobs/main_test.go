package jobs_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"

	"github.com/jackc/pgx/v5"
)

// workerEnv, set, makes the test binary a worker process that a test may kill.
const workerEnv = "UPTALLY_TEST_WORKER"

// task is what a worker process does: jobs until it is killed, or one seal.
type task struct {
	DatabaseURL string
	FeedURL     string
	Workers     int
	Zone        string // the process's time zone; none: the test's
	Seal        int64  // the snapshot to seal, instead of working jobs
	Person      int64
}

func TestMain(m *testing.M) {
	if text := os.Getenv(workerEnv); text != "" {
		if err := work(text); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	// Far from UTC, by no whole hour, and set before anybody looks at the time.
	zone, err := time.LoadLocation("America/St_Johns")
	if err != nil {
		panic(err)
	}
	time.Local = zone
	pgtest.Main(m)
}

func work(text string) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, t.DatabaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	if t.Seal != 0 {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			_, err := snapshot.Seal(ctx, tx, t.Seal, t.Person)
			return err
		})
	}
	feed, err := uptime.NewFeed(feedConfig(t.FeedURL))
	if err != nil {
		return err
	}
	client, err := jobs.New(pool, jobs.Options{Work: jobs.All, Feed: feed, Workers: t.Workers})
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	select {} // until killed
}
