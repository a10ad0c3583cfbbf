package public_test

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/public"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func april(day, hour int) time.Time { return time.Date(2024, 4, day, hour, 0, 0, 0, time.UTC) }

var (
	pulled = uptime.SpanOf(april(24, 0), april(27, 0))
	dark   = uptime.SpanOf(april(25, 6), april(25, 8))
	season = snapshot.Season{Code: "test-s1", FirstDay: april(24, 0), LastDay: april(26, 0), Pool: 1_000_000_000_000_007}
)

// square is a season that was sealed, and who says what to everybody about it.
type square struct {
	*apitest.Server
	t          testing.TB
	ada, grace int64
	sealed     snapshot.Snapshot
}

func (q *square) tx(f func(context.Context, pgx.Tx) error) {
	q.t.Helper()
	ctx := context.Background()
	if err := pgx.BeginFunc(ctx, q.DB.App, func(tx pgx.Tx) error { return f(ctx, tx) }); err != nil {
		q.t.Fatal(err)
	}
}

func (q *square) check(err error) {
	q.t.Helper()
	if err != nil {
		q.t.Fatal(err)
	}
}

func open(t testing.TB) *square {
	db := pgtest.New(t)
	q := &square{Server: apitest.On(t, db), t: t, ada: pgtest.Person(t, db.Owner, "ada"), grace: pgtest.Person(t, db.Owner, "grace")}
	q.read()
	rules, err := os.ReadFile("../../snapshot/rulesets/ignition-s1.toml")
	q.check(err)
	q.tx(func(ctx context.Context, tx pgx.Tx) error {
		if err := snapshot.CreateSeason(ctx, tx, season, rules, q.ada); err != nil {
			return err
		}
		_, err := ledger.Fund(ctx, tx, ledger.SeasonPool(season.Code), ledger.Amount(season.Pool), q.ada, "funds", "fund")
		return err
	})
	return q
}

// read pulls the world but for the dark hours; the last day stays open.
func (q *square) read() {
	world, err := simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: 40, Seed: 7})
	q.check(err)
	server := httptest.NewServer(world.Handler(simulator.Options{Token: "token"}))
	defer server.Close()
	feed, err := uptime.NewFeed(uptime.FeedConfig{URL: server.URL, Token: "token"})
	q.check(err)
	ctx := q.t.Context()
	q.check(uptime.SyncChanges(ctx, q.DB.App, feed))
	q.check(uptime.SyncVerdicts(ctx, q.DB.App, feed))
	q.tx(func(ctx context.Context, tx pgx.Tx) error { return uptime.RequestSpan(ctx, tx, pulled) })
	var devices uptime.Registry
	for _, span := range []uptime.Span{{From: pulled.From, To: dark.From}, {From: dark.To, To: pulled.To}} {
		pass, err := uptime.ReadWindow(ctx, q.DB.App, feed, &devices, span, func() time.Time { return april(30, 12) })
		q.check(err)
		q.tx(func(ctx context.Context, tx pgx.Tx) error {
			_, err := uptime.Merge(ctx, tx, pass)
			return err
		})
	}
	q.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := uptime.GiveUp(ctx, tx, dark, april(30, 12), nil, "never observed")
		return err
	})
}

// closes closes the hours that ended a day before.
func (q *square) closes(at time.Time) {
	q.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := uptime.CloseHours(ctx, tx, at)
		return err
	})
}

func (q *square) seal() {
	var s snapshot.Snapshot
	var groups int
	q.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		s, groups, err = snapshot.Take(ctx, tx, season.Code, q.ada)
		return err
	})
	for number := range groups {
		scored, err := snapshot.ScoreGroup(q.t.Context(), q.DB.App, s.ID, number)
		q.check(err)
		q.tx(func(ctx context.Context, tx pgx.Tx) error {
			_, err := snapshot.StageGroup(ctx, tx, s.ID, scored)
			return err
		})
	}
	q.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := snapshot.Complete(ctx, tx, s.ID)
		if err == nil {
			s, err = snapshot.ByID(ctx, tx, s.ID)
		}
		var o snapshot.Override
		if err == nil {
			o, err = snapshot.AskOverride(ctx, tx, s, "a test", q.ada)
		}
		if err == nil {
			err = snapshot.ApproveOverride(ctx, tx, s, o.ID, q.grace)
		}
		if err == nil {
			err = snapshot.Approve(ctx, tx, s.ID, s.Digest, q.grace, "looked at it")
		}
		if err == nil {
			_, err = snapshot.Seal(ctx, tx, s.ID, q.grace)
		}
		if err == nil {
			q.sealed, err = snapshot.ByID(ctx, tx, s.ID)
		}
		return err
	})
}

func get[T any](q *square, path string) (v T) {
	q.t.Helper()
	q.Anyone().Get(path).Want(q.t, http.StatusOK).Into(q.t, &v)
	return v
}

func TestEverybodyReads(t *testing.T) {
	q := open(t)
	t.Run("nothing is sealed", func(t *testing.T) {
		if s := get[public.Season](q, "/v1/public/seasons/test-s1"); s.Sealed != nil || s.Pool != wire.MoneyOf(ledger.Amount(season.Pool)) {
			t.Errorf("%+v", s)
		}
	})
	t.Run("hours that are open are not told", func(t *testing.T) {
		q.closes(april(27, 0)) // leaves the last day open
		c := get[public.Curve](q, "/v1/public/seasons/test-s1/population")
		if len(c.Items) != 3 || c.Items[0].Observed != 288 || c.Items[1].Observed != 264 || c.Items[2].Observed != 0 || c.Items[2].Lowest != nil {
			t.Errorf("%+v", c.Items)
		}
	})
	q.closes(april(30, 12))
	q.seal()
	t.Run("seasons", func(t *testing.T) { testSeason(t, q) })
	t.Run("population", func(t *testing.T) { testPopulation(t, q) })
	t.Run("rulesets", func(t *testing.T) { testRuleset(t, q) })
	t.Run("no one is named", func(t *testing.T) { testNobodyNamed(t, q) })
	t.Run("refusals", func(t *testing.T) {
		for _, path := range []string{"/v1/public/seasons/nowhere", "/v1/public/seasons/nowhere/population", "/v1/public/rulesets/nowhere",
			"/v1/public/rulesets/ignition-s1?version=9"} {
			q.Anyone().Get(path).Problem(t, http.StatusNotFound, "not-found")
		}
		for query, field := range map[string]string{
			"?step=0": "query.step", "?step=289": "query.step", "?from=2024-04-24T00:01:00Z": "query.from", "?from=2024-04-23T00:00:00Z": "query.from",
			"?to=2024-04-28T00:00:00Z": "query.to", "?from=2024-04-26T00:00:00Z&to=2024-04-25T00:00:00Z": "query.to",
		} {
			a := q.Anyone().Get("/v1/public/seasons/test-s1/population"+query).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
			if !strings.Contains(string(a.Body), field) {
				t.Errorf("%s: %s", query, a.Body)
			}
		}
	})
}

func testSeason(t *testing.T, q *square) {
	got := get[public.Season](q, "/v1/public/seasons/test-s1")
	s, devices, outcomes := got.Sealed, map[string]bool{}, map[string]int64{}
	q.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachLine(ctx, tx, q.sealed, func(l *snapshot.Line) error {
			devices[l.DeviceID.String()] = true
			outcomes[l.Outcome.String()]++
			return nil
		})
	})
	if s == nil || s.Revision != 1 || s.Points != q.sealed.Points || s.Allocated != wire.MoneyOf(ledger.Amount(q.sealed.Allocated)) ||
		s.Residual != wire.MoneyOf(ledger.Amount(q.sealed.Residual)) || s.Lines != q.sealed.Lines || s.Suppliers != q.sealed.Suppliers ||
		s.Devices != int64(len(devices)) || s.Observed != q.sealed.ObservedSlots || s.Digest != hex.EncodeToString(q.sealed.Digest) {
		t.Errorf("%+v, want %+v", s, q.sealed)
	}
	withheld := 0
	for _, o := range s.Outcomes {
		want := outcomes[o.Outcome]
		switch {
		case o.Lines == nil:
			withheld++
		case *o.Lines != want || want > 0 && want < 5:
			t.Errorf("%s: %d lines, want %d", o.Outcome, *o.Lines, want)
		}
	}
	if withheld == 1 {
		t.Errorf("one count is withheld, and the others give it away: %+v", s.Outcomes)
	}
	all := get[wire.Page[public.Season]](q, "/v1/public/seasons?limit=1")
	if len(all.Items) != 1 || fmt.Sprint(all.Items[0].Sealed.Points) != s.Points || all.NextCursor != "" {
		t.Errorf("%+v", all)
	}
}

func testPopulation(t *testing.T, q *square) {
	var want []uptime.Population
	q.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		want, err = uptime.PopulationOf(ctx, tx, season.Span(), q.sealed.AsOf)
		return err
	})
	for _, step := range []int{1, 7, 12, 288} {
		c := get[public.Curve](q, fmt.Sprintf("/v1/public/seasons/test-s1/population?step=%d", step))
		if len(c.Items) != (len(want)+step-1)/step {
			t.Fatalf("%d points in steps of %d", len(c.Items), step)
		}
		for i, p := range c.Items {
			observed, lowest, highest := 0, int64(1<<60), int64(-1)
			for _, slot := range want[i*step : min(len(want), (i+1)*step)] {
				if slot.Observed {
					observed, lowest, highest = observed+1, min(lowest, slot.Up), max(highest, slot.Up)
				}
			}
			if p.Observed != observed || (p.Lowest == nil) != (observed == 0) || observed > 0 && (int64(*p.Lowest) != lowest || int64(*p.Highest) != highest) {
				t.Fatalf("point %d of steps of %d: %+v, want %d observed, %d to %d", i, step, p, observed, lowest, highest)
			}
			if !p.From.Equal(want[i*step].Slot.Start()) {
				t.Fatalf("point %d begins %s", i, p.From)
			}
		}
	}
	part := get[public.Curve](q, "/v1/public/seasons/test-s1/population?step=12&from=2024-04-25T05:55:00Z&to=2024-04-25T08:05:00Z")
	if len(part.Items) != 3 || part.Items[0].Observed != 1 || part.Items[1].Observed != 0 || part.Items[2].Observed != 1 {
		t.Errorf("around the dark: %+v", part.Items)
	}
	answer := q.Anyone().Do(http.MethodGet, "/v1/public/seasons/test-s1/population", nil, http.Header{"Accept": {"text/csv"}}).Want(t, http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(string(answer.Body))).ReadAll()
	if err != nil || len(rows) != 4 || rows[2][2] != "264" {
		t.Errorf("as CSV: %v (%v)", rows, err)
	}
}

func testRuleset(t *testing.T, q *square) {
	got := get[public.Ruleset](q, "/v1/public/rulesets/ignition-s1?version=1")
	file, err := os.ReadFile("../../snapshot/rulesets/ignition-s1.toml")
	q.check(err)
	if digest := sha256.Sum256([]byte(got.TOML)); got.TOML != string(file) || got.SHA256 != hex.EncodeToString(digest[:]) || len(got.Versions) != 1 {
		t.Errorf("%+v", got)
	}
}

// testNobodyNamed looks for every id of a device or supplier in every answer.
func testNobodyNamed(t *testing.T, q *square) {
	rows, err := q.DB.Owner.Query(t.Context(), `SELECT id::text FROM device UNION SELECT supplier_id::text FROM supplier_device`)
	q.check(err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	q.check(err)
	for _, path := range []string{"/v1/public/seasons", "/v1/public/seasons/test-s1", "/v1/public/seasons/test-s1/population?step=12", "/v1/public/rulesets/ignition-s1"} {
		body := string(q.Anyone().Get(path).Want(t, http.StatusOK).Body)
		for _, id := range ids {
			if strings.Contains(body, id) {
				t.Errorf("%s names %s", path, id)
			}
		}
	}
}
