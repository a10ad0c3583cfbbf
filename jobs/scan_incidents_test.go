package jobs_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// The attack and the cut-over of 25 April are found by themselves, and an alert is
// raised for each of them once.
func TestIncidentsRaiseAnAlertOnce(t *testing.T) {
	t.Parallel()
	w := settle(t, serve(t, 60, simulator.Options{}))
	var alerts bytes.Buffer
	c := w.client(jobs.Options{Log: slog.New(slog.NewTextHandler(&alerts, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	w.check(c.Work(t.Context(), jobs.ScanIncidents{}, 1))
	if alerts.Len() > 0 {
		t.Errorf("of an empty database: %s", alerts.String())
	}
	worker := w.started(jobs.Options{})
	ids, err := worker.Backfill(t.Context(), uptime.SpanOf(day(4, 24), day(4, 26)))
	w.check(err)
	w.check(worker.Wait(t.Context(), ids, nil))
	for range 2 {
		w.check(c.Work(t.Context(), jobs.ScanIncidents{}, 1))
	}
	for _, want := range []string{"kind=surge opened=2024-04-25T08:05:00.000Z", "kind=collapse opened=2024-04-25T09:10:00.000Z"} {
		if n := strings.Count(alerts.String(), want); n != 1 {
			t.Errorf("%d alerts of %s in\n%s", n, want, alerts.String())
		}
	}
	if n := strings.Count(alerts.String(), "\n"); n != 2 {
		t.Errorf("%d alerts:\n%s", n, alerts.String())
	}
	w.expect("incidents", `SELECT kind FROM incident ORDER BY opened`, "surge", "collapse")
	w.expect("scans", `SELECT count(*)::text FROM incident_scan`, "3")
}

// A take that finds them first raises the alert, and the scan after it none.
func TestATakeRaisesTheAlert(t *testing.T) {
	t.Parallel()
	w := settle(t, serve(t, 60, simulator.Options{}))
	worker := w.client(jobs.Options{})
	w.check(worker.Start(t.Context()))
	ids, err := worker.Backfill(t.Context(), uptime.SpanOf(day(4, 24), day(4, 26)))
	w.check(err)
	w.check(worker.Wait(t.Context(), ids, nil))
	w.check(worker.Stop(t.Context()))

	season := snapshot.Season{Code: "spring", FirstDay: day(4, 24), LastDay: day(4, 25), Pool: 100}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.CreateSeason(ctx, tx, season, snapshot.Embedded()[0].TOML, w.ada)
	})
	var alerts bytes.Buffer
	c := w.client(jobs.Options{Log: slog.New(slog.NewTextHandler(&alerts, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	taken, err := c.Take(t.Context(), season.Code, w.ada)
	w.check(err)
	w.check(c.Work(t.Context(), jobs.ScoreGroup{Snapshot: taken.ID}, 1))
	w.check(c.Work(t.Context(), jobs.Allocate{Snapshot: taken.ID}, 1))
	w.check(c.Work(t.Context(), jobs.ScanIncidents{}, 1))
	if n := strings.Count(alerts.String(), "\n"); n != 2 || !strings.Contains(alerts.String(), "kind=surge") || !strings.Contains(alerts.String(), "kind=collapse") {
		t.Errorf("%d alerts:\n%s", n, alerts.String())
	}
}

// Without a feed, what needs none is due by the clock all the same.
func TestThePeriodicTableWithoutAFeed(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	c, err := jobs.New(w.App, jobs.Options{Work: jobs.All, Periodic: true, Now: func() time.Time { return day(5, 10) }})
	w.check(err)
	w.check(c.Start(context.Background()))
	t.Cleanup(func() { w.check(c.Stop(context.Background())) })
	w.until(`SELECT count(*) FROM river_job WHERE metadata @> '{"periodic": true}' AND state = 'completed'`, 8)
	w.expect("periodic jobs", `SELECT kind FROM river_job ORDER BY 1`, "activate_wallets", "cut_days", "estimate_seasons", "forget_replays", "reconcile_chain", "scan_incidents", "verify_ledger", "watch_audit")
}
