package uptime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
)

// network is a small uptime API behind a real HTTP server, whose logs and
// heartbeats a test writes.
type network struct {
	mu         sync.Mutex
	heartbeats []map[string]any
	changes    []map[string]any
	verdicts   []map[string]any
	minutes    map[string][]map[string]any // by day
	refuse     int                         // the status that heartbeats are refused with; 0: none
	onPage     func()                      // called before heartbeats are served
	feed       *uptime.Feed
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	n := &network{minutes: map[string][]map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/heartbeats", n.serveHeartbeats)
	mux.HandleFunc("GET /v1/devices/changes", n.serveLog("changes", func() []map[string]any { return n.changes }))
	mux.HandleFunc("GET /v1/verdicts", n.serveLog("verdicts", func() []map[string]any { return n.verdicts }))
	mux.HandleFunc("GET /v1/job-minutes", func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		rows := n.minutes[r.URL.Query().Get("day")]
		reply(w, map[string]any{"job_minutes": append([]map[string]any{}, rows...)})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	feed, err := uptime.NewFeed(uptime.FeedConfig{
		URL: server.URL, Token: "secret", Attempts: 2, BackoffMin: time.Microsecond, BackoffMax: time.Microsecond, RetryAfterMax: time.Microsecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.feed = feed
	return n
}

func reply(w http.ResponseWriter, body any) {
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}

func (n *network) serveHeartbeats(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	onPage := n.onPage
	n.mu.Unlock()
	if onPage != nil {
		onPage()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuse != 0 {
		w.WriteHeader(n.refuse)
		return
	}
	rows := []map[string]any{}
	from, to := r.URL.Query().Get("from"), r.URL.Query().Get("to")
	for _, h := range n.heartbeats {
		if at := h["at"].(string); from <= at && at < to || h["stray"] != nil {
			rows = append(rows, h)
		}
	}
	reply(w, map[string]any{"heartbeats": rows})
}

func (n *network) serveLog(name string, rows func() []map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		to := min(from+1000, len(rows()))
		reply(w, map[string]any{name: append([]map[string]any{}, rows()[from:to]...), "next_cursor": strconv.Itoa(to)})
	}
}

// do changes the network while nothing is being served.
func (n *network) do(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
}

// deviceID is the id of the test's device of that number.
func deviceID(i int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("%08x-0000-4000-8000-000000000000", i))
}

var supplier = uuid.MustParse("99999999-0000-4000-8000-000000000000")

// register appends registrations of so many devices, numbered on from the last.
func (n *network) register(devices ...int) {
	n.do(func() {
		for _, i := range devices {
			n.changes = append(n.changes, map[string]any{
				"seq": len(n.changes) + 1, "device_id": deviceID(i), "changed_at": "2024-03-01T10:00:00Z", "channel": "registration",
				"supplier_id": supplier, "gpu_model": "NVIDIA T4", "gpu_count": 1, "connectivity": "high",
			})
		}
	})
}

// beat makes the device up in the slot.
func (n *network) beat(device int, slot uptime.Slot) {
	n.do(func() {
		n.heartbeats = append(n.heartbeats, map[string]any{
			"device_id": deviceID(device), "at": slot.Start().Add(7 * time.Second).Format(time.RFC3339),
		})
	})
}

// hour is the hour that most tests pull.
var hour = uptime.HourOf(time.Date(2024, 4, 25, 8, 0, 0, 0, time.UTC))

func slots(from, to int) uptime.Span {
	return uptime.Span{From: hour.First() + uptime.Slot(from), To: hour.First() + uptime.Slot(to)}
}

// clock is a test's own time.
func clock(at time.Time) func() time.Time { return func() time.Time { return at } }

var (
	soon  = hour.Start().Add(2 * time.Hour)  // after the hour: its slots are not final yet
	later = hour.Start().Add(26 * time.Hour) // a day after the hour
)

// bench is a database, a network, and what a pull needs of them.
type bench struct {
	*network
	*pgtest.DB
	devices uptime.Registry
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{network: newNetwork(t), DB: pgtest.New(t)}
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error { return uptime.RequestSpan(ctx, tx, slots(-12, 24)) })
	return b
}

// tx runs f in a transaction of the application, which must succeed.
func (b *bench) tx(t *testing.T, f func(context.Context, pgx.Tx) error) {
	t.Helper()
	ctx := context.Background()
	if err := pgx.BeginFunc(ctx, b.App, func(tx pgx.Tx) error { return f(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}

// read reads a window and resolves it.
func (b *bench) read(t *testing.T, window uptime.Span, now time.Time) *uptime.Pass {
	t.Helper()
	pass, err := uptime.ReadWindow(context.Background(), b.App, b.feed, &b.devices, window, clock(now))
	if err != nil {
		t.Fatal(err)
	}
	return pass
}

func (b *bench) merge(t *testing.T, pass *uptime.Pass) (pull uptime.Pull) {
	t.Helper()
	b.tx(t, func(ctx context.Context, tx pgx.Tx) (err error) {
		pull, err = uptime.Merge(ctx, tx, pass)
		return err
	})
	return pull
}

func (b *bench) coverage(t *testing.T, span uptime.Span) (hours []uptime.Coverage, totals uptime.CoverageTotals) {
	t.Helper()
	b.tx(t, func(ctx context.Context, tx pgx.Tx) (err error) {
		hours, err = uptime.CoverageOf(ctx, tx, span)
		return err
	})
	return hours, uptime.SumCoverage(hours, span)
}

// up returns the device's up slots of the span, counted from the hour's first.
func (b *bench) up(t *testing.T, device uptime.DeviceNumber, span uptime.Span) (up []int) {
	t.Helper()
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		block, err := uptime.ReadBlock(ctx, tx, span, device.Shard(), 1)
		if err != nil {
			return err
		}
		var lanes uptime.Lanes
		block.Transpose(device.Shard(), &lanes)
		for k := range lanes.Timeline(device.Lane()).Slots(span) {
			up = append(up, int(k-hour.First()))
		}
		return nil
	})
	return up
}
