package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"syscall"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
)

// persistent is a client that tries again until it has a whole page, and begins
// a window again when its cursor has expired. It counts what it met.
type persistent struct {
	base string
	met  map[string]int
}

var errExpired = errors.New("expired")

// page reads one page, trying a bounded number of times.
func (c *persistent) page(t *testing.T, query url.Values) (p page, err error) {
	t.Helper()
	for range 10 {
		reply, err := http.Get(c.base + heartbeatsPath + "?" + query.Encode())
		if err != nil {
			c.count(err)
			continue
		}
		body, err := io.ReadAll(io.LimitReader(reply.Body, 4<<20))
		_ = reply.Body.Close()
		switch {
		case reply.StatusCode == http.StatusGone:
			c.met["410"]++
			return p, errExpired
		case reply.StatusCode != http.StatusOK:
			c.met[fmt.Sprint(reply.StatusCode)]++
			if again := reply.Header.Get("Retry-After"); reply.StatusCode != 500 && again == "" {
				t.Errorf("%d without Retry-After", reply.StatusCode)
			}
		case err != nil:
			c.count(err)
		case len(body) == 4<<20:
			c.met["endless"]++
		case json.Unmarshal(body, &p) != nil:
			c.met["malformed"]++
			p = page{}
		default:
			return p, nil
		}
	}
	t.Fatalf("%s was refused ten times", query.Encode())
	return p, nil
}

func (c *persistent) count(err error) {
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF):
		c.met["reset"]++
	case errors.Is(err, io.ErrUnexpectedEOF):
		c.met["cut off"]++
	default:
		c.met[err.Error()]++
	}
}

// window reads a window to its last page.
func (c *persistent) window(t *testing.T, from, to time.Time, limit int) []beatRow {
	t.Helper()
	query, all := window(from, to), []beatRow(nil)
	query.Set("limit", fmt.Sprint(limit))
	for {
		p, err := c.page(t, query)
		if errors.Is(err, errExpired) {
			query.Del("cursor")
			all = nil
			continue
		}
		all = append(all, p.Heartbeats...)
		if p.NextCursor == nil {
			return all
		}
		query.Set("cursor", *p.NextCursor)
	}
}

func serveForTest(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func TestWhoTriesAgainGetsEverything(t *testing.T) {
	w := newWorld(t, 40, 21)
	client := &persistent{met: map[string]int{}, base: serveForTest(t, w.Handler(Options{Faults: Faults{
		Seed: 2, TooMany: 50, Unavailable: 50, Internal: 50, CursorExpired: 50, CutOff: 100, NotJSON: 50, Reset: 50, Endless: 50,
		RepeatPage: 100, RepeatRows: 200, OutOfWindow: 200, ExtraFields: 200,
	}}))}
	for hour := range 6 {
		from := AttackAt.Truncate(time.Hour).Add(time.Duration(hour-3) * time.Hour)
		span := uptime.SpanOf(from, from.Add(time.Hour))
		rows := map[beatRow]bool{}
		for _, b := range client.window(t, from, from.Add(time.Hour), 97) {
			if span.Contains(uptime.SlotOf(b.At)) {
				rows[b] = true
			}
		}
		distinct := make([]beatRow, 0, len(rows))
		for b := range rows {
			distinct = append(distinct, b)
		}
		assertTruth(t, w, span, distinct)
	}
	for _, fault := range []string{"429", "503", "500", "410", "cut off", "malformed", "reset", "endless"} {
		if client.met[fault] == 0 {
			t.Errorf("never met %q: %v", fault, client.met)
		}
	}
	if len(client.met) != 8 {
		t.Errorf("met something else: %v", client.met)
	}
}

func TestFaultsFollowFromTheRequestAlone(t *testing.T) {
	w := newWorld(t, 5, 1)
	codes := func(order []int) map[int][3]int {
		h, got := w.Handler(Options{Faults: Faults{Seed: 3, Unavailable: 300, Internal: 300}}), map[int][3]int{}
		for round := range 3 {
			for _, limit := range order {
				reply := ask(t, h, "GET", fmt.Sprintf("%s?limit=%d", verdictsPath, limit), nil)
				rounds := got[limit]
				rounds[round] = reply.Code
				got[limit] = rounds
			}
		}
		return got
	}
	forward, backward := codes([]int{1, 2, 3, 4, 5, 6, 7, 8}), codes([]int{8, 7, 6, 5, 4, 3, 2, 1})
	refused := 0
	for limit, rounds := range forward {
		if rounds != backward[limit] {
			t.Errorf("limit %d: %v in one order, %v in another", limit, rounds, backward[limit])
		}
		if rounds[2] != http.StatusOK {
			t.Errorf("limit %d: %v, want it served after two faults", limit, rounds)
		}
		if rounds[0] != http.StatusOK {
			refused++
		}
	}
	if refused == 0 || refused == len(forward) {
		t.Errorf("%d of %d requests refused", refused, len(forward))
	}
}

func TestOutagesAreNeverObservable(t *testing.T) {
	outage := uptime.SpanOf(AttackAt, AttackAt.Add(15*time.Minute))
	h := newWorld(t, 5, 1).Handler(Options{Faults: Faults{Outages: []uptime.Span{outage, {}}}})
	for _, c := range []struct {
		from, to time.Duration
		want     int
	}{
		{-5 * time.Minute, 0, 200},
		{-5 * time.Minute, time.Second, 503},
		{0, 5 * time.Minute, 503},
		{-time.Hour, time.Hour, 503},
		{14*time.Minute + 59*time.Second, 20 * time.Minute, 503},
		{15 * time.Minute, 20 * time.Minute, 200},
	} {
		query := window(AttackAt.Add(c.from), AttackAt.Add(c.to)).Encode()
		for range 4 {
			if reply := ask(t, h, "GET", heartbeatsPath+"?"+query, nil); reply.Code != c.want {
				t.Errorf("%s: %d, want %d", query, reply.Code, c.want)
			}
		}
	}
}

func TestOddPagesHoldTheirLimit(t *testing.T) {
	w := newWorld(t, 60, 2)
	h := w.Handler(Options{Faults: Faults{RepeatPage: 1000, RepeatRows: 1000, OutOfWindow: 1000}})
	from, to := AttackAt, AttackAt.Add(10*time.Minute)
	query, pages := window(from, to), 0
	query.Set("limit", "50")
	seen, outside, repeated := map[beatRow]int{}, 0, 0
	for {
		p := get(t, h, heartbeatsPath, query)
		pages++
		if len(p.Heartbeats) > 50 {
			t.Fatalf("%d rows on a page of 50", len(p.Heartbeats))
		}
		for _, b := range p.Heartbeats {
			if b.At.Before(from) || !b.At.Before(to) {
				outside++
				continue
			}
			if seen[b]++; seen[b] > 1 {
				repeated++
			}
		}
		if p.NextCursor == nil {
			break
		}
		query.Set("cursor", *p.NextCursor)
	}
	whole := readAll(t, w.Handler(Options{}), from, to, limitMax)
	if outside != 2*pages || len(seen) != len(whole) || repeated < len(whole) {
		t.Errorf("%d pages: %d rows outside, %d repeated, %d of %d heartbeats", pages, outside, repeated, len(seen), len(whole))
	}
}

func TestExtraFieldsAreExtra(t *testing.T) {
	h := newWorld(t, 5, 1).Handler(Options{Faults: Faults{ExtraFields: 1000}})
	for _, target := range []string{changesPath, verdictsPath, jobMinutesPath + "?day=2024-01-01",
		heartbeatsPath + "?" + window(AttackAt, AttackEnd).Encode()} {
		body := ask(t, h, "GET", target, nil).Body.Bytes()
		if !json.Valid(body) || !bytes.Contains(body, []byte(`"served_by"`)) {
			t.Errorf("%s: %.80s", target, body)
		}
	}
}

func TestAnEndlessReplyEndsWithItsCaller(t *testing.T) {
	base := serveForTest(t, newWorld(t, 5, 1).Handler(Options{Faults: Faults{Endless: 1000}}))
	ctx, cancel := context.WithCancel(t.Context())
	request, _ := http.NewRequestWithContext(ctx, "GET", base+verdictsPath, nil)
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.CopyN(io.Discard, reply.Body, 8<<20); err != nil {
		t.Errorf("the reply ended after %d bytes: %v", n, err)
	}
	cancel()
	_ = reply.Body.Close() // the server's Close at the end waits for the handler
}

func TestRecordersSeeAnAbortForAReset(t *testing.T) {
	h := newWorld(t, 5, 1).Handler(Options{Faults: Faults{Reset: 1000}})
	defer func() {
		if got := recover(); got != http.ErrAbortHandler { //nolint:errorlint // the very value
			t.Errorf("recovered %v", got)
		}
	}()
	ask(t, h, "GET", verdictsPath, nil)
}
