package uptime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

const (
	secretToken = "static-token-3f9c"
	okPage      = `{"heartbeats":[{"device_id":"` + idA + `","at":"2024-04-25T08:05:12Z"}]}`
)

var (
	windowFrom = time.Date(2024, 4, 25, 8, 5, 0, 0, time.UTC)
	windowTo   = windowFrom.Add(SlotLength)
	okRows     = []Heartbeat{heartbeat(idA, "2024-04-25T08:05:12Z")}
)

// service is a real HTTP server that gives its replies one after the other, the
// last of them for ever, and remembers what it was asked.
type service struct {
	*httptest.Server
	replies []http.HandlerFunc

	mu       sync.Mutex
	requests []*http.Request
	served   map[string]int // requests by connection
}

func serve(t *testing.T, replies ...http.HandlerFunc) *service {
	t.Helper()
	s := &service{replies: replies, served: map[string]int{}}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	reply := s.replies[min(len(s.requests), len(s.replies)-1)]
	s.requests = append(s.requests, r)
	s.served[r.RemoteAddr]++
	s.mu.Unlock()
	reply(w, r)
}

// seen returns the requests so far.
func (s *service) seen() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Request(nil), s.requests...)
}

// connections returns how many connections the requests came over.
func (s *service) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.served)
}

// feed returns a client of the service that does not pause, and what it would
// have paused.
func (s *service) feed(t *testing.T, config FeedConfig) (*Feed, *[]time.Duration) {
	t.Helper()
	config.URL = s.URL
	return newTestFeed(t, config)
}

func newTestFeed(t *testing.T, config FeedConfig) (*Feed, *[]time.Duration) {
	t.Helper()
	if config.Token == "" && config.TokenURL == "" {
		config.Token = secretToken
	}
	feed, err := NewFeed(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(feed.client.CloseIdleConnections)
	var pauses []time.Duration
	feed.wait = func(ctx context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return ctx.Err()
	}
	return feed, &pauses
}

// askPage asks the feed for the window's page at the cursor.
func askPage(t *testing.T, feed *Feed, cursor string) (HeartbeatPage, error) {
	t.Helper()
	var page HeartbeatPage
	err := feed.Heartbeats(t.Context(), windowFrom, windowTo, cursor, &page)
	return page, err
}

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func replyWith(header, value string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(header, value)
		next(w, r)
	}
}

func zipped(body string) string {
	var b strings.Builder
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, body)
	_ = w.Close()
	return b.String()
}

func TestFeedReadsPagesToTheLast(t *testing.T) {
	t.Parallel()
	first := `{"heartbeats":[` + row(idA, "2024-04-25T08:05:12Z") + `,` + row(idA, "2024-04-25T08:05:12Z") + `],"next_cursor":"a b+c/=&"}`
	second := `{"more":{"in":["future"]},"heartbeats":[` + row(idA, "2024-04-25T08:05:12Z") + `,{"device_id":"` + idB + `","at":"2023-01-01T00:00:00.5Z","rssi":-3}]}`
	s := serve(t, reply(200, first), replyWith("Content-Encoding", "gzip", reply(200, zipped(second))))
	feed, pauses := s.feed(t, FeedConfig{})

	var page HeartbeatPage
	if err := feed.Heartbeats(t.Context(), windowFrom.In(time.FixedZone("Kathmandu", 20700)), windowTo, "", &page); err != nil {
		t.Fatal(err)
	}
	checkRows(t, page.Heartbeats, []Heartbeat{okRows[0], okRows[0]})
	if string(page.Body) != first {
		t.Errorf("body %q", page.Body)
	}
	if err := feed.Heartbeats(t.Context(), windowFrom, windowTo, page.Next, &page); err != nil {
		t.Fatal(err)
	}
	checkRows(t, page.Heartbeats, []Heartbeat{okRows[0], heartbeat(idB, "2023-01-01T00:00:00Z")})
	if page.Next != "" || string(page.Body) != second {
		t.Errorf("last page: next %q, body %q", page.Next, page.Body)
	}

	seen := s.seen()
	const query = "from=2024-04-25T08%3A05%3A00Z&limit=10000&to=2024-04-25T08%3A10%3A00Z"
	if len(seen) != 2 || seen[0].URL.RequestURI() != "/v1/heartbeats?"+query ||
		seen[1].URL.Query().Get("cursor") != "a b+c/=&" {
		t.Errorf("requests: %v", seen)
	}
	for _, r := range seen {
		if r.Header.Get("Authorization") != "Bearer "+secretToken || r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("headers: %v", r.Header)
		}
	}
	if s.connections() != 1 || len(*pauses) != 0 {
		t.Errorf("%d connections and %d pauses for two good replies, want 1 and 0", s.connections(), len(*pauses))
	}
}

func TestFeedURLMayHaveAPath(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(200, `{"slots":[]}`))
	feed, _ := newTestFeed(t, FeedConfig{URL: s.URL + "/network/"})
	if _, err := feed.Summary(t.Context(), windowFrom, windowTo); err != nil {
		t.Fatal(err)
	}
	if got := s.seen()[0].URL.Path; got != "/network/v1/heartbeats/summary" {
		t.Errorf("asked for %s", got)
	}
}

// A connection must be used again after a refusal too, or every 429 would cost a
// handshake.
func TestFeedKeepsItsConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(429, `{"error":"slow down"}`), reply(503, ``), reply(200, okPage))
	feed, _ := s.feed(t, FeedConfig{})
	for range 3 {
		if _, err := askPage(t, feed, ""); err != nil {
			t.Fatal(err)
		}
	}
	if s.connections() != 1 {
		t.Errorf("%d connections, want 1", s.connections())
	}
}

func TestFeedPausesGrowToTheirBound(t *testing.T) {
	t.Parallel()
	feed, _ := newTestFeed(t, FeedConfig{URL: "https://host", BackoffMin: 100, BackoffMax: 1000})
	for attempt, bound := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
		shortest, longest := bound, time.Duration(0)
		for range 500 { // all in one half: once in 10^150
			pause := feed.pauseAfter(attempt+1, 0)
			shortest, longest = min(shortest, pause), max(longest, pause)
		}
		if shortest < 0 || shortest > bound/2 || longest <= bound/2 || longest > bound {
			t.Errorf("pauses after attempt %d are %d to %d, want 0 to %d", attempt+1, shortest, longest, bound)
		}
	}
	if pause := feed.pauseAfter(1_000_000, 0); pause > 1000 {
		t.Errorf("a pause of %d after a million attempts, want at most 1000", pause)
	}
	if pause := feed.pauseAfter(1, 5000); pause != 5000 {
		t.Errorf("a pause of %d where the service asked for 5000", pause)
	}
}

func TestFeedHonoursRetryAfter(t *testing.T) {
	t.Parallel()
	const sent = "Thu, 25 Apr 2024 08:05:12 GMT"
	tests := []struct {
		name, retryAfter string
		status           int
		want             time.Duration
	}{
		{"seconds", "7", 429, 7 * time.Second},
		{"date", "Thu, 25 Apr 2024 08:05:32 GMT", 429, 20 * time.Second},
		{"seconds with 503", "7", 503, 7 * time.Second},
		{"date with 503", "Thu, 25 Apr 2024 08:05:32 GMT", 503, 20 * time.Second},
		{"too long", "86400", 429, time.Minute},
		{"a date too far", "Fri, 26 Apr 2024 08:05:32 GMT", 503, time.Minute},
		{"a date gone by", "Thu, 25 Apr 2024 08:05:11 GMT", 503, 0},
		{"zero", "0", 429, 0},
		{"negative", "-3", 429, 0},
		{"nonsense", "soon", 429, 0},
		{"none", "", 429, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, replyWith("Retry-After", tt.retryAfter, replyWith("Date", sent, reply(tt.status, ""))), reply(200, okPage))
			feed, pauses := s.feed(t, FeedConfig{BackoffMin: 1, BackoffMax: 1})
			page, err := askPage(t, feed, "")
			if err != nil {
				t.Fatal(err)
			}
			checkRows(t, page.Heartbeats, okRows)
			if len(s.seen()) != 2 || len(*pauses) != 1 || (*pauses)[0] < tt.want || (*pauses)[0] > tt.want+1 {
				t.Errorf("%d requests, pauses %v; want 2, one of %v", len(s.seen()), *pauses, tt.want)
			}
		})
	}
}

func TestPauseEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	if err := pause(ctx, 0); err != nil {
		t.Errorf("a pause of nothing: %v", err)
	}
	cancel()
	if err := pause(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestFeedStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	feed, _ := s.feed(t, FeedConfig{Attempts: 1})
	err := feed.Heartbeats(ctx, windowFrom, windowTo, "", new(HeartbeatPage))
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) || len(s.seen()) != 1 {
		t.Errorf("%d requests, error %v; want 1 and the context's", len(s.seen()), err)
	}
}

func TestFeedConfigIsChecked(t *testing.T) {
	t.Parallel()
	const secret = "do-not-show-1f"
	good := FeedConfig{URL: "https://host", Token: secret}
	tests := []struct {
		name, field string
		edit        func(*FeedConfig)
	}{
		{"no URL", "URL is empty", func(c *FeedConfig) { c.URL = "" }},
		{"relative URL", "URL is not", func(c *FeedConfig) { c.URL = "host/path" }},
		{"other scheme", "URL is not", func(c *FeedConfig) { c.URL = "ftp://host" }},
		{"no host", "URL is not", func(c *FeedConfig) { c.URL = "https:///v1" }},
		{"bad URL", "URL is not", func(c *FeedConfig) { c.URL = "https://me:" + secret + "@host:port" }},
		{"user in the URL", "URL of host", func(c *FeedConfig) { c.URL = "https://me:" + secret + "@host" }},
		{"query in the URL", "URL of host", func(c *FeedConfig) { c.URL = "https://host?key=" + secret }},
		{"no credentials", "no credentials", func(c *FeedConfig) { c.Token = "" }},
		{"token with a line end", "Token (not shown)", func(c *FeedConfig) { c.Token = secret + "\n" }},
		{"both kinds", "both Token and client", func(c *FeedConfig) { c.ClientID = "id" }},
		{"no token URL", "TokenURL is empty", func(c *FeedConfig) { c.Token, c.ClientID, c.ClientSecret = "", "id", secret }},
		{"bad token URL", "TokenURL is not", func(c *FeedConfig) {
			c.Token, c.TokenURL, c.ClientID, c.ClientSecret = "", "host", "id", secret
		}},
		{"no client id", "ClientID is empty", func(c *FeedConfig) { c.Token, c.TokenURL, c.ClientSecret = "", "https://host", secret }},
		{"no client secret", "ClientSecret is empty", func(c *FeedConfig) { c.Token, c.TokenURL, c.ClientID = "", "https://host", "id" }},
		{"page too large", "PageLimit is 10001", func(c *FeedConfig) { c.PageLimit = 10_001 }},
		{"page negative", "PageLimit is -1", func(c *FeedConfig) { c.PageLimit = -1 }},
		{"tries negative", "Attempts is -1", func(c *FeedConfig) { c.Attempts = -1 }},
		{"size negative", "MaxBodyBytes is -1", func(c *FeedConfig) { c.MaxBodyBytes = -1 }},
		{"time-out negative", "RequestTimeout is -1s", func(c *FeedConfig) { c.RequestTimeout = -time.Second }},
		{"backoff negative", "BackoffMin is -1ns", func(c *FeedConfig) { c.BackoffMin = -1 }},
		{"backoff reversed", "BackoffMin is 2ns and BackoffMax 1ns", func(c *FeedConfig) { c.BackoffMin, c.BackoffMax = 2, 1 }},
		{"cap negative", "RetryAfterMax is -1ns", func(c *FeedConfig) { c.RetryAfterMax = -1 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config := good
			tt.edit(&config)
			_, err := NewFeed(config)
			if err == nil || !strings.Contains(err.Error(), tt.field) || strings.Contains(err.Error(), secret) {
				t.Errorf("error %v, want one that says %q and no secret", err, tt.field)
			}
		})
	}
	if _, err := NewFeed(good); err != nil {
		t.Errorf("a good configuration: %v", err)
	}
}

func TestPrintingShowsNoSecret(t *testing.T) {
	t.Parallel()
	config := FeedConfig{URL: "https://host", TokenURL: "https://host/token", ClientID: "id", ClientSecret: secretToken}
	feed, err := NewFeed(config)
	if err != nil {
		t.Fatal(err)
	}
	static, err := NewFeed(FeedConfig{URL: "https://host", Token: secretToken})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, value := range []any{config, &config, feed, static} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, secretToken) {
				t.Errorf("%s of %T shows the secret: %s", verb, value, text)
			}
		}
	}
}
