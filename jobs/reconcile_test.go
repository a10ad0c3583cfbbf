package jobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/reconcile"
	"github.com/uptally/uptally/uptime/simulator"
)

// serveThrough serves the world behind a handler of the test's.
func serveThrough(t *testing.T, devices int, options simulator.Options, through func(w http.ResponseWriter, r *http.Request, world http.Handler)) string {
	t.Helper()
	options.Token = feedToken
	world := truth(t, devices).Handler(options)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { through(w, r, world) }))
	t.Cleanup(server.Close)
	return server.URL
}

func isSummary(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/summary") }

// lying serves the world's summaries as lie changes their counts of devices.
func lying(t *testing.T, devices int, lie func(slot time.Time, devices int64) int64) string {
	t.Helper()
	return serveThrough(t, devices, simulator.Options{}, func(w http.ResponseWriter, r *http.Request, world http.Handler) {
		if !isSummary(r) {
			world.ServeHTTP(w, r)
			return
		}
		var body struct {
			Slots []struct {
				Slot       time.Time `json:"slot"`
				Devices    int64     `json:"devices"`
				Heartbeats int64     `json:"heartbeats"`
			} `json:"slots"`
		}
		recorder := httptest.NewRecorder()
		world.ServeHTTP(recorder, r)
		if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
			t.Error(err)
		}
		for i, s := range body.Slots {
			body.Slots[i].Devices = lie(s.Slot, s.Devices)
		}
		if err := json.NewEncoder(w).Encode(body); err != nil {
			t.Error(err)
		}
	})
}

// pull reads the span to its end, and leaves its hours open.
func (w *town) pull(c *jobs.Client, span uptime.Span) {
	w.t.Helper()
	ids, err := c.Backfill(w.t.Context(), span)
	w.check(err)
	w.check(c.Wait(w.t.Context(), ids, nil))
}

// summarise reads what the service counts at the moment.
func (w *town) summarise(span uptime.Span, now time.Time) (refusal string) {
	w.t.Helper()
	refusal, err := reconcile.Read(w.t.Context(), w.App, w.feed(), span, now)
	w.check(err)
	return refusal
}

func (w *town) state(span uptime.Span) (s *reconcile.State) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		s, err = reconcile.StateOf(ctx, tx, span)
		return err
	})
	return s
}

// finds fails unless the span differs in these runs, each by how its line begins:
// "verdict [slots,size,fits] cause".
func (w *town) finds(what string, span uptime.Span, want ...string) *reconcile.State {
	w.t.Helper()
	s := w.state(span)
	var got []string
	for _, d := range s.Differences {
		got = append(got, fmt.Sprintf("%s [%d,%d,%v] %s", d.Verdict, d.Len(), d.Size, d.Fits, d.Cause))
	}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		w.t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return s
}

// lose takes the bits of slots out of their chunks.
func (w *town) lose(slots uptime.Span) (bits int) {
	w.t.Helper()
	before := w.up()
	for k := slots.From; k < slots.To; k++ {
		w.owner(`UPDATE uptime_chunk SET up = overlay(up PLACING B'0'::bit(1024) FROM $2 FOR 1024) WHERE hour = $1`,
			k.Hour().Start(), k.InHour()*uptime.LanesPerShard+1)
	}
	return before - w.up()
}

func (w *town) closed(span uptime.Span) bool {
	c := w.coverage(span)
	return c.Closed == c.Hours
}

// A world that is read as it is: the service counts what we have, but for a device
// that nobody registered.
func TestWhatWasReadWholeIsEqual(t *testing.T) {
	t.Parallel()
	w := settle(t, serve(t, 8, simulator.Options{Faults: simulator.Faults{Seed: 3, RepeatRows: 200, OutOfWindow: 200, NotJSON: 50, CutOff: 50}}))
	c, span := w.started(jobs.Options{Hours: 24}), uptime.SpanOf(day(4, 8), day(4, 11)) // the stranger is there on the 9th
	w.pull(c, span)
	w.check(c.CloseHours(t.Context()))
	s := w.state(span)
	if s.Slots != span.Len() || !s.Fits() || s.Equal+s.OursShort != s.Slots || s.Refusal != "" || !w.closed(span) {
		t.Errorf("%s, refused with %q", s, s.Refusal)
	}
	if s.OursShort == 0 || s.Short() != 0 {
		t.Errorf("no stranger: %s", s)
	}
	for _, d := range s.Differences {
		if !strings.HasPrefix(d.Cause, "ids that no registration names: ") {
			t.Errorf("%+v", d)
		}
	}
	if s.HeartbeatSlots != s.Slots || s.OurHeartbeats < s.TheirHeartbeats || s.TheirHeartbeats == 0 {
		t.Errorf("heartbeats of %d slots: %d, theirs %d", s.HeartbeatSlots, s.OurHeartbeats, s.TheirHeartbeats)
	}
	w.expect("asked again", `SELECT count(*)::text FROM uptime_mend`, "0")
}

// Rows that are committed late make a young slot short, which mends itself.
func TestAYoungSlotIsShortUntilItIsReadAgain(t *testing.T) {
	t.Parallel()
	span := hours(12, 13)
	begun := span.To.Start().Add(time.Minute)
	story := clockAt(begun)
	w := settle(t, serve(t, 16, simulator.Options{Now: story.now, Faults: simulator.Faults{Late: 300}}))
	var alerts bytes.Buffer
	c := w.client(jobs.Options{Hours: 1, Now: story.now, Log: slog.New(slog.NewTextHandler(&alerts, nil))})
	_, err := c.Backfill(t.Context(), span)
	w.check(err)
	first := w.queued()[0]
	w.owner(`DELETE FROM river_job`)
	w.check(c.Work(t.Context(), first, 1))
	rereads := w.queued()
	w.summarise(span, story.now())
	w.finds("both sides as early", span)

	story.set(begun.Add(time.Hour))
	w.summarise(span, story.now())
	s := w.state(span)
	if s.OursShort == 0 || s.OursShort+s.Equal != 12 || s.Misfits != s.OursShort || s.Awaited != s.Misfits || s.Short() != s.OursShort || !errors.Is(s.Check(), reconcile.ErrMisfit) {
		t.Errorf("after an hour: %s, %d awaited", s, s.Awaited)
	}
	for _, d := range s.Differences {
		if !strings.HasPrefix(d.Cause, "it is read again: rows are committed for a day") || d.Size < int64(d.Len()) || d.Largest > d.Size {
			t.Errorf("%+v", d)
		}
	}
	if ids, err := c.Mend(t.Context(), span); err != nil || len(ids) != 0 {
		t.Errorf("asked for again at once: %v, %v", ids, err)
	}
	// A summary of then is behind what is read later, until it is asked for again.
	story.set(begun.Add(uptime.LateCommits))
	w.check(c.Work(t.Context(), rereads[1], 1))
	if s := w.state(span); s.TheirsShort == 0 || s.Awaited != s.TheirsShort || s.Misfits != s.Awaited {
		t.Errorf("counted early, read late: %s, %d awaited", s, s.Awaited)
	}
	alerts.Reset()
	w.check(c.Work(t.Context(), jobs.CloseHours{}, 1))
	if s := w.finds("after a day", span); s.Equal != 12 || !w.closed(span) {
		t.Errorf("after a day: %s", s)
	}
	if strings.Contains(alerts.String(), "does not fit") {
		t.Errorf("alerts:\n%s", alerts.String())
	}
}

// What was lost on the way is read again before its hour can close.
func TestWhatLacksIsReadAgainBeforeItsHourCloses(t *testing.T) {
	t.Parallel()
	w := settle(t, serve(t, 16, simulator.Options{}))
	c, span := w.started(jobs.Options{Hours: 3}), hours(9, 12)
	w.pull(c, span)
	whole := w.up()
	lost := uptime.Span{From: span.From + 10, To: span.From + 14} // over the bound of an hour
	bits := w.lose(lost)
	if w.summarise(span, time.Now()); bits == 0 {
		t.Fatal("nothing is up")
	}
	w.finds("lost", span, `ours_short [4,`)
	if d := w.state(span).Differences[0]; d.Span != lost || d.Size != int64(bits) || d.Fits || d.Awaited || d.Cause != "committed after its last reading" {
		t.Errorf("%+v, want %v of %d", d, lost, bits)
	}
	w.check(c.CloseHours(t.Context()))
	w.finds("read again", span)
	if w.up() != whole || !w.closed(span) {
		t.Errorf("%d up of %d; %+v", w.up(), whole, w.coverage(span))
	}
	w.expect("asked for again", `SELECT slot::text FROM uptime_mend ORDER BY slot`, w.texts(`SELECT s::text FROM generate_series($1::timestamptz, $2, '5 min') s`, lost.From.Start(), (lost.To-1).Start())...)
	w.expect("windows", `SELECT args ->> 'from' || ' ' || (args ->> 'to') FROM river_job WHERE kind = 'pull_window' ORDER BY id`,
		"2024-04-24T09:00:00Z 2024-04-24T12:00:00Z", "2024-04-24T09:50:00Z 2024-04-24T10:10:00Z")
}

// A service that counts what it does not deliver, or less than it delivers.
func TestASummaryThatLies(t *testing.T) {
	t.Parallel()
	span := hours(9, 11)
	more, less := span.From+3, span.From+7
	w := settle(t, lying(t, 16, func(slot time.Time, devices int64) int64 {
		switch uptime.SlotOf(slot) {
		case more:
			return devices + 2
		case less:
			return devices - 1
		}
		return devices
	}))
	c := w.started(jobs.Options{Hours: 2})
	w.pull(c, span)
	w.check(c.CloseHours(t.Context()))
	for range 2 {
		s := w.finds("asked again as often as may be", span,
			`ours_short [1,2,false] the service counts what it did not deliver when it was asked again 2 times`,
			`theirs_short [1,1,false] the service counts less than it delivered`)
		if s.Short() != 1 || s.Awaited != 0 || s.Equal != 22 {
			t.Errorf("%s", s)
		}
		ids, err := c.Mend(t.Context(), span)
		if err != nil || len(ids) != 0 || !w.closed(span) {
			t.Errorf("asked for again: %v, %v, closed %v", ids, err, w.closed(span))
		}
	}
	w.expect("asked again", `SELECT (extract(epoch FROM slot) / 300)::bigint - `+fmt.Sprint(span.From)+` || ' ' || count(*) FROM uptime_mend GROUP BY slot`, "3 2")
}

// What lacks in a closed hour is late: listed, and left to two people.
func TestWhatComesAfterClosingIsLate(t *testing.T) {
	t.Parallel()
	w := settle(t, serve(t, 16, simulator.Options{}))
	c, span := w.started(jobs.Options{Hours: 2}), hours(9, 11)
	w.pull(c, span)
	w.check(c.CloseHours(t.Context()))
	whole, slot := w.up(), uptime.Span{From: span.From + 5, To: span.From + 6}
	w.lose(slot)
	lacking := w.up()
	mended := func(want int) {
		t.Helper()
		ids, err := c.Mend(t.Context(), span)
		w.check(err)
		w.check(c.CloseHours(t.Context()))
		if len(ids) != 0 || w.up() != want {
			t.Errorf("asked for %v again, %d up, want %d", ids, w.up(), want)
		}
	}
	w.finds("lost", span, `ours_short [1,`)
	if d := w.state(span).Differences[0]; !strings.HasPrefix(d.Cause, "late: committed after its last reading") || d.Fits {
		t.Errorf("%+v", d)
	}
	mended(lacking)
	w.check(c.Work(t.Context(), jobs.PullWindow{From: slot.From.Start(), To: slot.To.Start()}, 1))
	if d := w.state(span).Differences[0]; !strings.HasPrefix(d.Cause, "late: rows came after its hour was closed; two people can open it") || d.Fits {
		t.Errorf("%+v", d)
	}
	mended(lacking)

	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		id, err := uptime.ProposeReopening(ctx, tx, hours(9, 10), "rows came late", w.ada)
		if err != nil {
			return err
		}
		_, err = uptime.ApproveReopening(ctx, tx, id, w.grace)
		return err
	})
	w.pull(c, span)
	mended(whole)
	w.finds("reopened", span)
	if !w.closed(span) {
		t.Errorf("%+v", w.coverage(span))
	}
}

// What was never read: given up by itself, by a person, and while we are refused.
func TestWhatWasNeverReadIsListedWithItsReason(t *testing.T) {
	t.Parallel()
	span := hours(9, 12)
	outage := uptime.Span{From: span.From + 2, To: span.From + 5}
	var mute, refused atomic.Bool
	mute.Store(true)
	w := settle(t, serveThrough(t, 16, simulator.Options{Unauthorised: &refused}, func(rw http.ResponseWriter, r *http.Request, world http.Handler) {
		from, _ := time.Parse(time.RFC3339, r.URL.Query().Get("from"))
		to, _ := time.Parse(time.RFC3339, r.URL.Query().Get("to"))
		if strings.HasSuffix(r.URL.Path, "/heartbeats") && mute.Load() && !uptime.SpanOf(from, to).Intersect(outage).Empty() {
			http.Error(rw, "the heartbeats are being moved", http.StatusServiceUnavailable)
			return
		}
		world.ServeHTTP(rw, r)
	}))
	c := w.started(jobs.Options{Hours: 1})
	byPerson := uptime.Span{From: span.To - 2, To: span.To}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		if err := uptime.RequestSpan(ctx, tx, hours(11, 12)); err != nil {
			return err
		}
		_, err := uptime.GiveUp(ctx, tx, byPerson, time.Now(), &w.ada, "its hour is not paid for")
		return err
	})
	w.pull(c, hours(9, 11))
	w.summarise(span, time.Now())
	w.finds("read but for an outage", span,
		`unobserved [3,`, `unobserved [10,`, `unobserved [2,`)
	s := w.state(span)
	for i, want := range []struct {
		cause                string
		fits, awaited, mends bool
	}{
		{"given up by itself after bounded tries", true, false, true},
		{"it was not read yet", false, true, false},
		{"given up: its hour is not paid for", true, false, false},
	} {
		if d := s.Differences[i]; !strings.HasPrefix(d.Cause, want.cause) || d.Fits != want.fits || d.Awaited != want.awaited || d.Mend != want.mends || d.Size == 0 {
			t.Errorf("%+v, want %+v", d, want)
		}
	}

	// Asked again while it is refused, the outage is ours: nothing is given up.
	refused.Store(true)
	ids, err := c.Mend(t.Context(), span)
	w.check(err)
	if err := c.Wait(t.Context(), ids, nil); err == nil || len(ids) != 1 {
		t.Errorf("%v ended with %v", ids, err)
	}
	w.finds("while refused", span, `unobserved [3,`, `unobserved [10,`, `unobserved [2,`)
	if d := w.state(span).Differences[0]; d.Fits || !d.Awaited || d.Cause != "it was not read yet" || d.Span != outage {
		t.Errorf("%+v", d)
	}
	refused.Store(false)

	// It is given up again, and had at the last try that it gets.
	w.pull(c, hours(9, 10))
	if d := w.state(span).Differences[0]; !d.Fits || !d.Mend {
		t.Errorf("%+v", d)
	}
	mute.Store(false)
	w.check(c.CloseHours(t.Context()))
	w.finds("delivered after all", span, `unobserved [10,`, `unobserved [2,`)
	if !w.closed(hours(9, 11)) || w.closed(hours(11, 12)) {
		t.Errorf("%+v", w.coverage(span))
	}
	w.pull(c, uptime.Span{From: span.From, To: byPerson.From})
	w.check(c.CloseHours(t.Context()))
	s = w.finds("all but what a person gave up", span, `unobserved [2,`)
	if !s.Fits() || !w.closed(span) || s.Unobserved != 2 {
		t.Errorf("%s; %+v", s, w.coverage(span))
	}
	w.expect("asked again for what a person gave up", `SELECT count(*)::text FROM uptime_mend WHERE slot >= '2024-04-24 11:00+00'`, "0")
}

// A service without a summary is read as any other; nothing is compared, and the
// reason is on record.
func TestAServiceWithoutASummary(t *testing.T) {
	t.Parallel()
	w := settle(t, serveThrough(t, 8, simulator.Options{}, func(rw http.ResponseWriter, r *http.Request, world http.Handler) {
		if isSummary(r) {
			http.NotFound(rw, r)
			return
		}
		world.ServeHTTP(rw, r)
	}))
	c, span := w.started(jobs.Options{Hours: 2}), hours(9, 11)
	w.pull(c, span)
	w.check(c.CloseHours(t.Context()))
	s := w.finds("without a summary", span, `not_compared [24,0,true] the service's count was not had`)
	if !s.Fits() || s.NotCompared != 24 || !strings.Contains(s.Refusal, "404") || !w.closed(span) {
		t.Errorf("%s, refused with %q", s, s.Refusal)
	}
}

// The nightly job reads the last days, mends what is open, and says what is left.
func TestTheNightlyReconciliation(t *testing.T) {
	t.Parallel()
	span := uptime.SpanOf(day(4, 21), day(4, 24))
	story := clockAt(span.To.Start())
	w := settle(t, serve(t, 8, simulator.Options{Now: story.now}))
	var alerts bytes.Buffer
	c := w.client(jobs.Options{Hours: 24, Now: story.now, Log: slog.New(slog.NewTextHandler(&alerts, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	worker := w.started(jobs.Options{Hours: 24, Now: story.now})
	w.pull(worker, span)
	night := func() string {
		t.Helper()
		alerts.Reset()
		w.check(c.Work(t.Context(), jobs.ReconcileIngest{}, 1))
		w.until(`SELECT count(*) FROM river_job WHERE kind = 'pull_window' AND state IN ('available', 'running', 'retryable')`, 0)
		return alerts.String()
	}
	if said := night(); said != "" {
		t.Errorf("an equal world: %s", said)
	}
	w.expect("the state is kept", `SELECT count(*) || ' hours to ' || to_char(max(hour) AT TIME ZONE 'UTC', 'DD HH24') FROM uptime_summary`, "72 hours to 23 23")
	w.expect("and its reading", `SELECT concat_ws(' ', span_from AT TIME ZONE 'UTC', span_to AT TIME ZONE 'UTC', refusal) FROM uptime_summary_read`, "2024-04-21 00:00:00 2024-04-24 00:00:00 ")

	young := uptime.Span{From: span.To - 3, To: span.To - 2} // it is read again by itself
	if w.lose(young); w.state(span).Short() != 1 {
		t.Fatal("nothing was up")
	}
	if said := night(); said != "" {
		t.Errorf("of a young slot: %s", said)
	}
	open := uptime.Span{From: span.From + 100, To: span.From + 101}
	w.lose(open)
	if said := night(); said != "" || w.state(open).Short() != 0 {
		t.Errorf("of what is read again at once: %s; %s", said, w.state(open))
	}
	w.check(worker.CloseHours(t.Context()))
	w.lose(open)
	if said := night(); strings.Count(said, "ingest does not fit") != 1 || !strings.Contains(said, "2 ours short") || !strings.Contains(said, "uptally reconcile ingest") {
		t.Errorf("of what is late: %s", said)
	}

	w.feedURL = serveThrough(t, 8, simulator.Options{}, func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) { rw.WriteHeader(http.StatusGone) })
	c = w.client(jobs.Options{Now: story.now})
	if err := c.Work(t.Context(), jobs.ReconcileIngest{}, 1); err != nil || !strings.Contains(w.state(span).Refusal, "410") {
		t.Errorf("a service that refuses: %v, %q", err, w.state(span).Refusal)
	}
}
