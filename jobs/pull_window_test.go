package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// clock is a story's time, which only the test moves on.
type clock struct{ at atomic.Pointer[time.Time] }

func clockAt(at time.Time) *clock {
	c := new(clock)
	c.set(at)
	return c
}

func (c *clock) set(at time.Time) { c.at.Store(&at) }
func (c *clock) now() time.Time   { return *c.at.Load() }

// hours are whole hours of 24 April.
func hours(from, to int) uptime.Span {
	return uptime.SpanOf(day(4, 24).Add(time.Duration(from)*time.Hour), day(4, 24).Add(time.Duration(to)*time.Hour))
}

// truth is the world that serve serves.
func truth(t *testing.T, devices int) *simulator.World {
	t.Helper()
	world, err := simulator.New(simulator.Config{Scenario: "april-2024", Devices: devices, Seed: 424})
	if err != nil {
		t.Fatal(err)
	}
	return world
}

// upIn is how many device-slots of the span are up in truth.
func upIn(world *simulator.World, span uptime.Span) (up int) {
	for k := span.From; k < span.To; k++ {
		honest, virtual := world.Population(k)
		up += honest + virtual
	}
	return up
}

func (w *town) texts(query string, arguments ...any) []string {
	w.t.Helper()
	rows, err := w.Owner.Query(context.Background(), query, arguments...)
	w.check(err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.check(err)
	return got
}

func (w *town) expect(what, query string, want ...string) {
	w.t.Helper()
	if got := w.texts(query); !slices.Equal(got, want) {
		w.t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// coverage is what is known of the span.
func (w *town) coverage(span uptime.Span) (totals uptime.CoverageTotals) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		hours, err := uptime.CoverageOf(ctx, tx, span)
		totals = uptime.SumCoverage(hours, span)
		return err
	})
	return totals
}

// up is how many device-slots of the whole database are up.
func (w *town) up() int {
	w.t.Helper()
	return w.count(`SELECT coalesce(sum(bit_count(up)), 0) FROM uptime_chunk`)
}

// queued returns the windows that stand in the queue, in order.
func (w *town) queued() (windows []jobs.PullWindow) {
	w.t.Helper()
	for _, text := range w.texts(`SELECT args::text FROM river_job WHERE kind = 'pull_window' AND finalized_at IS NULL ORDER BY id`) {
		var window jobs.PullWindow
		w.check(json.Unmarshal([]byte(text), &window))
		windows = append(windows, window)
	}
	return windows
}

// An outage that stays is given up slot by slot, with the reason on record; the
// slots beside it are read, and the hours close.
func TestAnOutageIsGivenUpSlotBySlot(t *testing.T) {
	t.Parallel()
	outage := uptime.Span{From: hours(10, 11).From + 2, To: hours(10, 11).From + 5}
	w := settle(t, serve(t, 8, simulator.Options{Faults: simulator.Faults{Outages: []uptime.Span{outage}}}))
	c, span := w.started(jobs.Options{Hours: 1}), hours(9, 12)
	ids, err := c.Backfill(t.Context(), span)
	w.check(err)
	w.check(c.Wait(t.Context(), ids, nil))
	if got := w.coverage(span); got.GivenUp != 3 || got.Observed != 33 || got.Awaited() != 0 {
		t.Errorf("coverage: %+v", got)
	}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		given, err := uptime.GivenUpOf(ctx, tx, span)
		for i, g := range given {
			if g.Slot != outage.From+uptime.Slot(i) || g.PersonID != nil || !strings.Contains(g.Reason, "after one try of its window and 2 of its own") || !strings.Contains(g.Reason, "503") {
				t.Errorf("given up: %+v", g)
			}
		}
		return err
	})
	w.expect("passes", `SELECT outcome || ' ' || extract(epoch FROM window_to - window_from)::int / 300 || ' ' || count(*) || ' ' || (min(cause) LIKE '%503%')
		FROM uptime_pull GROUP BY outcome, window_to - window_from ORDER BY 1`,
		"merged 1 9 false", "merged 12 2 false", "unavailable 1 6 true", "unavailable 12 1 true")
	world := truth(t, 8)
	if want := upIn(world, span) - upIn(world, outage); w.up() != want {
		t.Errorf("%d device-slots up, want %d", w.up(), want)
	}
	w.check(c.CloseHours(t.Context()))
	if got := w.coverage(span); got.Closed != 3 {
		t.Errorf("%d hours closed of 3", got.Closed)
	}
}

// That we are refused says nothing of the network: nothing is given up, the caller
// is told why, and what is still awaited is brought in by itself later.
func TestNothingIsGivenUpWhileWeAreRefused(t *testing.T) {
	t.Parallel()
	refused := new(atomic.Bool)
	w := settle(t, serve(t, 8, simulator.Options{Unauthorised: refused}))
	story := clockAt(day(5, 20)) // so much later that the gap up to then is a person's to pull
	span := hours(0, 3)
	c := w.client(jobs.Options{Hours: 1})
	ids, err := c.Backfill(t.Context(), span)
	w.check(err)
	refused.Store(true)
	if _, err := c.Backfill(t.Context(), hours(3, 4)); !errors.Is(err, uptime.ErrUnauthorised) {
		t.Errorf("asking for more: %v", err)
	}
	worker := w.started(jobs.Options{Now: story.now})
	if err := c.Wait(t.Context(), ids, nil); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("waiting ended with %v", err)
	}
	w.check(worker.CloseHours(t.Context()))
	if got := w.coverage(span); got.GivenUp != 0 || got.Observed != 0 || got.Awaited() != 36 || got.Closed != 0 {
		t.Errorf("while refused: %+v", got)
	}
	w.expect("passes", `SELECT DISTINCT outcome FROM uptime_pull`, "unauthorised")

	refused.Store(false)
	w.started(jobs.Options{Periodic: true, Now: story.now})
	w.until(`SELECT count(*) FROM uptime_coverage WHERE hour < '2024-04-24 03:00+00' AND observed = B'111111111111'`, 3)
	w.expect("windows of what was awaited", `SELECT DISTINCT args ->> 'from' FROM river_job WHERE kind = 'pull_window' AND state <> 'discarded'
		AND args ->> 'from' < '2024-05' ORDER BY 1`, "2024-04-24T00:00:00Z", "2024-04-24T01:00:00Z", "2024-04-24T02:00:00Z")
}

// until returns when the query counts as many as wanted.
func (w *town) until(query string, want int) {
	w.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	stuck, cancel := context.WithTimeout(w.t.Context(), time.Minute) // so that a failure does not hang
	defer cancel()
	for w.count(query) != want {
		select {
		case <-stuck.Done():
			w.t.Fatalf("never %d: %s\nThe jobs:\n%s", want, query, strings.Join(w.texts(`
				SELECT kind || ' ' || args || ' ' || state || ' attempt ' || attempt || ' ' || coalesce(errors[1] ->> 'error', '')
				FROM river_job ORDER BY id`), "\n"))
		case <-tick.C:
		}
	}
}

// A young window that cannot be had is not given up: it is read again later, and
// given up when it is old. The slots beside the outage do not wait for that.
func TestAYoungWindowIsNotGivenUp(t *testing.T) {
	t.Parallel()
	span := hours(11, 12)
	outage := uptime.Span{From: span.From, To: span.From + 2}
	w := settle(t, serve(t, 8, simulator.Options{Faults: simulator.Faults{Outages: []uptime.Span{outage}}}))
	story := clockAt(span.To.Start().Add(time.Minute))
	c := w.client(jobs.Options{Hours: 1, Now: story.now})
	_, err := c.Backfill(t.Context(), span)
	w.check(err)
	window := w.queued()[0]
	for attempt := 1; attempt <= jobs.AttemptsMax; attempt++ {
		if err := c.Work(t.Context(), window, attempt); !errors.Is(err, uptime.ErrUnavailable) {
			t.Fatalf("attempt %d: %v", attempt, err)
		}
		if got := w.coverage(span); got.GivenUp != 0 || got.Observed > 0 != (attempt > 1) { // from the second on slot by slot
			t.Errorf("after attempt %d: %+v", attempt, got)
		}
	}
	if got := w.coverage(span); got.Observed != 10 || got.Awaited() != 2 {
		t.Errorf("while young: %+v", got)
	}

	w.owner(`DELETE FROM river_job`)
	story.set(outage.To.Start().Add(uptime.LateCommits - time.Second)) // one slot of the two is old
	w.check(c.Work(t.Context(), jobs.RequestAwaited{}, 1))
	again := w.queued()
	if len(again) != 1 || again[0].From != outage.From.Start() || again[0].To != outage.To.Start() {
		t.Fatalf("requested again: %+v", again)
	}
	if err := c.Work(t.Context(), again[0], jobs.AttemptsMax); !errors.Is(err, uptime.ErrUnavailable) {
		t.Errorf("with a slot still young: %v", err)
	}
	story.set(outage.To.Start().Add(uptime.LateCommits))
	w.check(c.Work(t.Context(), again[0], jobs.AttemptsMax))
	if got := w.coverage(span); got.Observed != 10 || got.GivenUp != 2 {
		t.Errorf("when old: %+v", got)
	}
	w.owner(`DELETE FROM river_job`)
	w.check(c.Work(t.Context(), jobs.RequestAwaited{}, 1))
	if again := w.queued(); len(again) != 0 {
		t.Errorf("requested though nothing is awaited: %+v", again)
	}
}

func (w *town) owner(statement string, arguments ...any) {
	w.t.Helper()
	_, err := w.Owner.Exec(context.Background(), statement, arguments...)
	w.check(err)
}

// What was read young is read again after an hour and a day, for what is committed
// late; only then can its hour close.
func TestAYoungWindowIsReadAgain(t *testing.T) {
	t.Parallel()
	const devices = 16
	span := hours(12, 13)
	read := span.To.Start().Add(time.Minute)
	story := clockAt(read)
	w := settle(t, serve(t, devices, simulator.Options{Now: story.now, Faults: simulator.Faults{Late: 300}}))
	c := w.client(jobs.Options{Hours: 1, Now: story.now})
	_, err := c.Backfill(t.Context(), span)
	w.check(err)
	first := w.queued()[0]
	w.owner(`DELETE FROM river_job`) // its job is worked here, twice, as after a kill
	w.check(c.Work(t.Context(), first, 1))
	w.check(c.Work(t.Context(), first, 2))
	w.expect("readings to come", `SELECT args ->> 'from' || ' ' || (args ->> 'reread') || ' ' || to_char(scheduled_at AT TIME ZONE 'UTC', 'DD HH24:MI:SS')
		FROM river_job ORDER BY id`, "2024-04-24T12:00:00Z 1 24 14:01:00", "2024-04-24T12:00:00Z 2 25 13:01:00")
	rereads := w.queued()
	w.owner(`DELETE FROM river_job`)

	up, want := w.up(), upIn(truth(t, devices), span)
	story.set(read.Add(time.Hour))
	w.check(c.Work(t.Context(), rereads[0], 1))
	upAfterAnHour := w.up()
	story.set(read.Add(uptime.LateCommits))
	close := func() (closed int64) {
		w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
			closed, err = uptime.CloseHours(ctx, tx, story.now())
			return err
		})
		return closed
	}
	if got := w.coverage(span); got.Observed != 12 || close() != 0 {
		t.Errorf("closed before the last reading: %+v", got)
	}
	w.check(c.Work(t.Context(), rereads[1], 1))
	if 0 >= up || up >= upAfterAnHour || upAfterAnHour >= want || w.up() != want {
		t.Errorf("device-slots up: %d, %d after an hour, %d after a day, of %d", up, upAfterAnHour, w.up(), want)
	}
	if closed := close(); closed != 1 {
		t.Errorf("%d hours closed after the last reading", closed)
	}
	if left := w.queued(); len(left) != 0 {
		t.Errorf("a reading again asked for more: %+v", left)
	}
}

// A last reading that fails at first is not forgotten because its slots have been
// observed before.
func TestAReadingAgainIsTriedAgain(t *testing.T) {
	t.Parallel()
	span := hours(12, 13)
	story := clockAt(span.To.Start().Add(time.Minute))
	calm := serve(t, 8, simulator.Options{})
	w := settle(t, calm)
	c := w.client(jobs.Options{Hours: 1, Now: story.now})
	_, err := c.Backfill(t.Context(), span)
	w.check(err)
	w.check(c.Work(t.Context(), w.queued()[0], 1))
	last := w.queued()[2] // after the window itself and the first of the two

	story.set(span.To.Start().Add(uptime.LateCommits + time.Minute))
	w.feedURL = serve(t, 8, simulator.Options{Faults: simulator.Faults{Outages: []uptime.Span{{From: span.From + 3, To: span.From + 4}}}})
	disturbed := w.client(jobs.Options{Now: story.now})
	if err := disturbed.Work(t.Context(), last, 1); !errors.Is(err, uptime.ErrUnavailable) {
		t.Errorf("the window: %v", err)
	}
	if err := disturbed.Work(t.Context(), last, 2); !errors.Is(err, uptime.ErrUnavailable) {
		t.Errorf("its slots: %v", err)
	}
	w.expect("final", `SELECT final::text FROM uptime_coverage`, "111011111111")
	w.check(c.Work(t.Context(), last, 3))
	w.expect("final", `SELECT final::text FROM uptime_coverage`, "111111111111")
}
