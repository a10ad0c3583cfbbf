package snapshot_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// row is one row of a log, as the network serves it.
type row map[string]any

// facts are all that a network tells of its devices.
type facts struct {
	changes  []any // rows, in the order of their seq
	verdicts []any
	minutes  map[string][]any // by day
	up       map[uuid.UUID]uptime.Timeline
}

// network serves facts by the uptime API, behind a real HTTP server.
type network struct {
	mu sync.Mutex
	facts
}

// rowsPerPage is how many heartbeats a page has when it is not cut short any more.
const rowsPerPage = 5000

func serve(t *testing.T, f facts) (*network, *uptime.Feed) {
	t.Helper()
	n := &network{facts: f}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/devices/changes", n.log("changes", &n.changes))
	mux.HandleFunc("GET /v1/verdicts", n.log("verdicts", &n.verdicts))
	mux.HandleFunc("GET /v1/heartbeats", n.heartbeats)
	mux.HandleFunc("GET /v1/heartbeats/summary", n.summary)
	mux.HandleFunc("GET /v1/job-minutes", func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		reply(w, row{"job_minutes": append([]any{}, n.minutes[r.URL.Query().Get("day")]...)})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	feed, err := uptime.NewFeed(uptime.FeedConfig{URL: server.URL, Token: "token-of-the-tests", BackoffMin: 1, BackoffMax: 1})
	if err != nil {
		t.Fatal(err)
	}
	return n, feed
}

// do changes the facts while nothing is being served.
func (n *network) do(f func(*facts)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f(&n.facts)
}

func (n *network) log(name string, rows *[]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		to := min(from+50, len(*rows))
		reply(w, row{name: append([]any{}, (*rows)[from:to]...), "next_cursor": strconv.Itoa(to)})
	}
}

// heartbeats serves a beat for every slot that a device was up in. A cursor is the
// slot that the next page begins with.
func (n *network) heartbeats(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	query := r.URL.Query()
	from, _ := time.Parse(time.RFC3339, query.Get("from"))
	to, _ := time.Parse(time.RFC3339, query.Get("to"))
	span := uptime.SpanOf(from, to)
	if cursor, err := strconv.Atoi(query.Get("cursor")); err == nil {
		span.From = uptime.Slot(cursor)
	}
	page, rows := []byte(`{"heartbeats":[`), 0
	for ; span.From < span.To && rows < rowsPerPage; span.From++ {
		for id, up := range n.up {
			if !up.Has(span.From) {
				continue
			}
			if rows++; rows > 1 {
				page = append(page, ',')
			}
			page = append(append(page, `{"device_id":"`...), id.String()...)
			page = append(span.From.Start().Add(83*time.Second).AppendFormat(append(page, `","at":"`...), time.RFC3339), `"}`...)
		}
	}
	page = append(page, ']')
	if !span.Empty() {
		page = append(strconv.AppendInt(append(page, `,"next_cursor":"`...), int64(span.From), 10), '"')
	}
	_, _ = w.Write(append(page, '}'))
}

// summary counts the beats that heartbeats serves.
func (n *network) summary(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	from, _ := time.Parse(time.RFC3339, r.URL.Query().Get("from"))
	to, _ := time.Parse(time.RFC3339, r.URL.Query().Get("to"))
	slots := []row{}
	for k := uptime.SlotOf(from); k < uptime.SlotOf(to); k++ {
		devices := 0
		for _, up := range n.up {
			if up.Has(k) {
				devices++
			}
		}
		slots = append(slots, row{"slot": k.Start(), "devices": devices, "heartbeats": devices})
	}
	reply(w, row{"slots": slots})
}

func reply(w http.ResponseWriter, body row) {
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}
