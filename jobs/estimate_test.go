package jobs_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime/simulator"
)

// The seasons that run are estimated; those to come are not.
func TestEstimateSeasons(t *testing.T) {
	t.Parallel()
	w := settle(t, serve(t, 8, simulator.Options{}))
	for _, s := range []snapshot.Season{
		{Code: "runs", FirstDay: day(5, 1), LastDay: day(5, 31), Pool: 100},
		{Code: "is-to-come", FirstDay: day(6, 1), LastDay: day(6, 30), Pool: 100},
	} {
		w.tx(func(ctx context.Context, tx pgx.Tx) error {
			return snapshot.CreateSeason(ctx, tx, s, snapshot.Embedded()[0].TOML, w.ada)
		})
	}
	c := w.client(jobs.Options{Now: func() time.Time { return day(5, 10) }})
	w.check(c.Work(context.Background(), jobs.EstimateSeasons{}, 1))
	w.expect("estimates", `SELECT season FROM estimate`, "runs")
}
