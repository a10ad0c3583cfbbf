package archive_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/archivetest"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// The season lies in the middle of what is read; its halves meet within an hour, and
// within the outage.
var (
	allRead = uptime.SpanOf(april(23, 0, 0), april(29, 0, 0))
	half    = uptime.SlotAtOrAfter(april(25, 12, 35))
	season  = snapshot.Season{Code: "april", FirstDay: april(24, 0, 0), LastDay: april(26, 0, 0), Pool: 1_000_000_000_007}
)

// A world that was pulled in its second half, and imported of its first, scores as
// one that was pulled in full: to the digest over all that went in and came out.
func TestAnImportedHalfScoresAsAPulledOne(t *testing.T) {
	network := world(t, 24, simulator.Options{Gzip: true})
	pulled := open(t)
	pulled.pull(pulled.syncLogs(network), allRead)

	imported := open(t)
	feed := imported.syncLogs(network)
	imported.pull(feed, uptime.Span{From: half, To: allRead.To})
	odd := world(t, 24, simulator.Options{Faults: simulator.Faults{Seed: 5, RepeatPage: 100, RepeatRows: 300, OutOfWindow: 300, ExtraFields: 300}})
	// The archive holds more than it declares: pages do not end where spans do.
	dir := archivetest.Export(t, odd, uptime.Span{From: allRead.From, To: half + 3}, 31, uptime.Span{From: allRead.From, To: half})
	if r := imported.load(dir); r.Accepted == 0 || r.Late != 0 || r.OutOfWindow == 0 {
		t.Errorf("imported %+v", r)
	}
	if live := imported.texts(fmt.Sprintf(`SELECT window_from::text FROM uptime_pull WHERE archive IS NULL AND window_from < '%s'`, half.Start().Format("2006-01-02 15:04:05Z07:00"))); len(live) > 0 {
		t.Fatalf("the first half was pulled: %q", live)
	}
	if got, want := imported.texts(merged), pulled.texts(merged); !slices.Equal(got, want) {
		t.Error("other chunks, or another coverage")
	}
	got, want := imported.score(), pulled.score()
	if got != want {
		t.Errorf("scored\n%s\nwant\n%s", got, want)
	}
}

// score closes the hours and returns the season's result.
func (o *office) score() string {
	o.t.Helper()
	if closed := o.closeHours(); closed != int64(allRead.Len()/uptime.SlotsPerHour) {
		o.t.Errorf("%d hours closed", closed)
	}
	rules, err := os.ReadFile("../../snapshot/rulesets/ignition-s1.toml")
	o.check(err)
	var (
		s      snapshot.Snapshot
		groups int
	)
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		if err := snapshot.CreateSeason(ctx, tx, season, rules, o.ada); err != nil {
			return err
		}
		s, groups, err = snapshot.Take(ctx, tx, season.Code, o.ada)
		return err
	})
	for group := range groups {
		scored, err := snapshot.ScoreGroup(o.t.Context(), o.App, s.ID, group)
		o.check(err)
		o.tx(func(ctx context.Context, tx pgx.Tx) error {
			_, err := snapshot.StageGroup(ctx, tx, s.ID, scored)
			return err
		})
	}
	var result []byte
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		if _, err := snapshot.Complete(ctx, tx, s.ID); err != nil {
			return err
		}
		if s, err = snapshot.ByID(ctx, tx, s.ID); err != nil {
			return err
		}
		return snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
			result = snapshot.AppendCSV(result, *l)
			return nil
		})
	})
	if s.Estimate || s.Allocated == 0 {
		o.t.Errorf("a worthless comparison: %+v", s)
	}
	return fmt.Sprintf("%sdigest %x, allocated %d", result, s.Digest, s.Allocated)
}
