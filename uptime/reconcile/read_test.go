package reconcile

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
)

// counter serves summaries as the test wants them, and remembers what it was asked.
type counter struct {
	mu    sync.Mutex
	reply func(from time.Time) (status int, body string)
	asked []string // "from to", without the year
	*pgtest.DB
	feed *uptime.Feed
	t    *testing.T
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{DB: pgtest.New(t), t: t}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		query := r.URL.Query()
		from, _ := time.Parse(time.RFC3339, query.Get("from"))
		c.asked = append(c.asked, strings.NewReplacer("2024-", "", ":00Z", "").Replace(query.Get("from")+" "+query.Get("to")))
		status, body := c.reply(from)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	var err error
	c.feed, err = uptime.NewFeed(uptime.FeedConfig{URL: server.URL, Token: "token-of-the-tests", BackoffMin: 1, BackoffMax: 1})
	c.check(err)
	return c
}

func (c *counter) check(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// replies makes every summary hold these slots: "05:05 7 8" has seven devices and
// eight heartbeats, on the day that is asked for.
func (c *counter) replies(slots ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reply = func(from time.Time) (int, string) {
		rows := make([]string, len(slots))
		for i, slot := range slots {
			words := strings.Fields(slot)
			rows[i] = fmt.Sprintf(`{"slot":"%sT%s:00Z","devices":%s,"heartbeats":%s}`, from.Format(time.DateOnly), words[0], words[1], words[2])
		}
		return http.StatusOK, `{"slots":[` + strings.Join(rows, ",") + `]}`
	}
}

func (c *counter) fails(status int, body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reply = func(time.Time) (int, string) { return status, body }
}

func (c *counter) requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := c.asked
	c.asked = nil
	return asked
}

// kept is what is kept of the hours, a line each.
func (c *counter) kept() string {
	c.t.Helper()
	rows, err := c.Owner.Query(context.Background(), `
		SELECT to_char(hour AT TIME ZONE 'UTC', 'DD HH24') || ' ' || array_to_string(devices, ' ') || ' / ' || array_to_string(heartbeats, ' ')
		FROM uptime_summary ORDER BY hour`)
	c.check(err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	c.check(err)
	return strings.Join(lines, "\n")
}

func (c *counter) state(span uptime.Span) (s *State) {
	c.t.Helper()
	c.check(pgx.BeginFunc(c.t.Context(), c.App, func(tx pgx.Tx) (err error) {
		s, err = StateOf(c.t.Context(), tx, span)
		return err
	}))
	return s
}

// at is an instant of April 2024, UTC.
func at(day, hour, minute int) time.Time {
	return time.Date(2024, 4, day, hour, minute, 0, 0, time.UTC)
}

func TestReadKeepsWhatIsOver(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.replies("10:00 7 8", "10:25 9 9", "10:30 5 5") // the last is not over, and served all the same
	span := uptime.SpanOf(at(24, 10, 10), at(24, 12, 0))
	refusal, err := Read(t.Context(), c.App, c.feed, span, at(24, 10, 33))
	if refusal != "" || err != nil {
		t.Fatal(refusal, err)
	}
	const want = "24 10 7 0 0 0 0 9 -1 -1 -1 -1 -1 -1 / 8 0 0 0 0 9 -1 -1 -1 -1 -1 -1"
	if got := c.kept(); got != want {
		t.Errorf("kept\n%s\nwant\n%s", got, want)
	}
	if got := c.requests(); !slices.Equal(got, []string{"04-24T10:00 04-24T10:30"}) {
		t.Errorf("asked for %q", got)
	}
	if refusal, err := Read(t.Context(), c.App, c.feed, uptime.SpanOf(at(24, 11, 0), at(24, 12, 0)), at(24, 10, 33)); refusal != "" || err != nil || len(c.requests()) != 0 {
		t.Errorf("asked for what has not come: %q, %v", refusal, err)
	}
}

// What a service refuses, or garbles, is on record with the reason, and what it
// counted before stays.
func TestReadRecordsRefusals(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	now := at(30, 0, 0)
	span := uptime.SpanOf(at(24, 10, 0), at(24, 11, 0))
	c.replies("10:00 7 8")
	if _, err := Read(t.Context(), c.App, c.feed, span, now); err != nil {
		t.Fatal(err)
	}
	kept := c.kept()
	for _, bad := range []struct {
		name   string
		status int
		body   string
		says   string
	}{
		{"no summary", 404, `{}`, "404"},
		{"refused", 401, `{}`, "not authorised"},
		{"down", 503, ``, "503"},
		{"no JSON", 200, `<html>`, "malformed"},
		{"no slots", 200, `{"slot":[]}`, "slots"},
		{"a negative count", 200, `{"slots":[{"slot":"2024-04-24T10:00:00Z","devices":-7,"heartbeats":8}]}`, "slots[0]: byte 51: want a whole number"},
		{"no start of a slot", 200, `{"slots":[{"slot":"2024-04-24T10:01:00Z","devices":7,"heartbeats":8}]}`, "start of a slot"},
		{"a good slot and a bad one", 200, `{"slots":[{"slot":"2024-04-24T10:00:00Z","devices":1,"heartbeats":1},{"slot":"x"}]}`, "slots[1]"},
		{"a slot twice", 200, `{"slots":[{"slot":"2024-04-24T10:00:00Z","devices":1,"heartbeats":1},{"slot":"2024-04-24T10:00:00Z","devices":2,"heartbeats":2}]}`,
			"slots[1]: 2024-04-24T10:00:00Z comes twice"},
		{"more slots than numbers have", 200, `{"slots":[{"slot":"2024-04-24T10:00:00Z","devices":9223372036854775808,"heartbeats":8}]}`, "slots[0]: byte 51: want a whole number"},
	} {
		c.fails(bad.status, bad.body)
		refusal, err := Read(t.Context(), c.App, c.feed, span, now)
		if err != nil || !strings.Contains(refusal, bad.says) {
			t.Errorf("%s: refused with %q (%v), want %q", bad.name, refusal, err, bad.says)
		}
		if got := c.kept(); got != kept {
			t.Errorf("%s: kept\n%s", bad.name, got)
		}
		if s := c.state(span); s.Refusal != refusal {
			t.Errorf("%s: the state says %q", bad.name, s.Refusal)
		}
	}
	c.replies("10:05 1 1")
	if refusal, err := Read(t.Context(), c.App, c.feed, span, now); refusal != "" || err != nil {
		t.Fatal(refusal, err)
	}
	if s := c.state(span); s.Refusal != "" || c.kept() == kept {
		t.Errorf("mended, the state says %q", s.Refusal)
	}

	stopped, stop := context.WithCancel(t.Context())
	stop()
	if refusal, err := Read(stopped, c.App, c.feed, span, now); !errors.Is(err, context.Canceled) || refusal != "" {
		t.Errorf("a stop of ours is recorded as %q (%v)", refusal, err)
	}
}

// A day that fails is left out; after three in a row the service is let be.
func TestReadGoesOnAfterARefusal(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.mu.Lock()
	c.reply = func(from time.Time) (int, string) {
		if from.Day() == 25 {
			return http.StatusNotFound, ``
		}
		return http.StatusOK, `{"slots":[]}`
	}
	c.mu.Unlock()
	refusal, err := Read(t.Context(), c.App, c.feed, uptime.SpanOf(at(24, 22, 0), at(26, 3, 0)), at(30, 0, 0))
	if err != nil || !strings.Contains(refusal, "404") {
		t.Fatal(refusal, err)
	}
	if got := c.requests(); !slices.Equal(got, []string{"04-24T22:00 04-25T00:00", "04-25T00:00 04-26T00:00", "04-26T00:00 04-26T03:00"}) {
		t.Errorf("asked for %q", got)
	}
	if got := strings.Count(c.kept(), "\n") + 1; got != 5 {
		t.Errorf("%d hours are kept", got)
	}
	c.fails(404, "")
	if refusal, err := Read(t.Context(), c.App, c.feed, uptime.SpanOf(at(1, 0, 0), at(20, 0, 0)), at(30, 0, 0)); err != nil || refusal == "" {
		t.Fatal(refusal, err)
	}
	if got := c.requests(); len(got) != refusalsMax {
		t.Errorf("asked in vain for %q", got)
	}
}

// What was counted before all of it was committed is counted again, and nothing else.
func TestReadMissingAsksForTheLastWord(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.replies()
	span := uptime.SpanOf(at(24, 0, 0), at(24, 12, 0))
	for _, step := range []struct {
		name string
		span uptime.Span
		now  time.Time
		want []string
	}{
		{"a part, when it is old", uptime.SpanOf(at(24, 3, 0), at(24, 5, 0)), at(25, 6, 0), []string{"04-24T03:00 04-24T05:00"}},
		{"the rest, when half of it is", span, at(25, 6, 0), []string{"04-24T00:00 04-24T03:00", "04-24T05:00 04-24T12:00"}},
		{"what was young, a moment too early", span, at(25, 11, 59), []string{"04-24T06:00 04-24T12:00"}},
		{"what was young still", span, at(25, 12, 0), []string{"04-24T11:00 04-24T12:00"}},
		{"nothing", span, at(28, 0, 0), nil},
	} {
		if refusal, err := ReadMissing(t.Context(), c.App, c.feed, step.span, step.now); refusal != "" || err != nil {
			t.Fatal(refusal, err)
		}
		if got := c.requests(); !slices.Equal(got, step.want) {
			t.Errorf("%s: asked for %q, want %q", step.name, got, step.want)
		}
	}
	c.fails(404, "")
	if refusal, err := ReadMissing(t.Context(), c.App, c.feed, uptime.SpanOf(at(20, 0, 0), at(25, 0, 0)), at(28, 0, 0)); err != nil || !strings.Contains(refusal, "404") {
		t.Errorf("refused with %q, %v", refusal, err)
	}
	if got := c.requests(); len(got) != refusalsMax+1 { // four days in one piece, and half a day
		t.Errorf("asked in vain for %q", got)
	}
}

// What is not over has no verdict; what nobody asked for is unobserved, whatever the
// service counts in it.
func TestTheStateOfWhatWasNeverRead(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.replies("10:00 7 8")
	span := uptime.SpanOf(at(24, 9, 0), at(24, 11, 0))
	_, err := Read(t.Context(), c.App, c.feed, span, at(30, 0, 0))
	c.check(err)
	s := c.state(span)
	if s.Slots != 24 || s.Unobserved != 24 || s.Misfits != 24 || len(s.Differences) != 1 || s.Differences[0].Size != 7 || s.Differences[0].Largest != 7 {
		t.Errorf("%+v", s)
	}
	var again []uptime.Span
	c.check(pgx.BeginFunc(t.Context(), c.App, func(tx pgx.Tx) (err error) {
		again, err = Mend(t.Context(), tx, span)
		return err
	}))
	var requested int
	c.check(c.Owner.QueryRow(t.Context(), `SELECT count(*) FROM uptime_coverage`).Scan(&requested))
	if len(again) != 0 || requested != 0 {
		t.Errorf("asked for %v, and %d hours by the way", again, requested)
	}
	next := uptime.SlotOf(time.Now()) + 12*uptime.SlotsPerHour
	if s := c.state(uptime.Span{From: next, To: next + 24}); s.Slots != 0 || !s.Fits() {
		t.Errorf("of what is to come: %+v", s)
	}
}
