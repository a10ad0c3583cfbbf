package uptime

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// hijack answers with these bytes and then cuts the connection: with a reset if
// it says so, else in order.
func hijack(reset bool, bytes string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, bytes)
		if reset {
			_ = conn.(*net.TCPConn).SetLinger(0)
		}
		_ = conn.Close()
	}
}

// drip sends a byte a millisecond for as long as the client listens.
func drip(w http.ResponseWriter, r *http.Request) {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for _, _ = io.WriteString(w, `{"heartbeats":[`); ; _, _ = io.WriteString(w, " ") {
		_ = http.NewResponseController(w).Flush()
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		}
	}
}

// endless sends blanks as fast as they are taken.
func endless(w http.ResponseWriter, _ *http.Request) {
	for blanks := strings.Repeat(" ", 64<<10); ; {
		if _, err := io.WriteString(w, blanks); err != nil {
			return
		}
	}
}

// hang answers nothing for as long as the client waits.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

// TestFeedFailures gives the client one kind of reply only, to see the error it
// ends with, and then one such reply before a good one, to see whether it passes.
func TestFeedFailures(t *testing.T) {
	t.Parallel()
	const attempts = 3
	short := FeedConfig{RequestTimeout: 200 * time.Millisecond}
	small := FeedConfig{MaxBodyBytes: 4096}
	gz := func(body string) http.HandlerFunc { return replyWith("Content-Encoding", "gzip", reply(200, body)) }
	packed := zipped(okPage)
	tests := []struct {
		name   string
		reply  http.HandlerFunc
		kind   error
		cause  string
		once   bool // not tried again
		config FeedConfig
	}{
		{name: "too many requests", reply: reply(429, ""), kind: ErrUnavailable, cause: "status 429"},
		{name: "internal error", reply: reply(500, okPage), kind: ErrUnavailable, cause: "status 500"},
		{name: "bad gateway", reply: reply(502, "<html>"), kind: ErrUnavailable, cause: "status 502"},
		{name: "unavailable", reply: reply(503, ""), kind: ErrUnavailable, cause: "status 503"},
		{name: "not found", reply: reply(404, okPage), kind: ErrUnavailable, cause: "status 404", once: true},
		{name: "bad request", reply: reply(400, ""), kind: ErrUnavailable, cause: "status 400", once: true},
		{name: "no content", reply: reply(204, ""), kind: ErrUnavailable, cause: "status 204", once: true},
		{name: "401 of a static token", reply: reply(401, ""), kind: ErrUnauthorised, cause: "status 401", once: true},
		{name: "forbidden", reply: reply(403, ""), kind: ErrUnauthorised, cause: "status 403", once: true},
		{name: "cursor expired", reply: reply(410, ""), kind: ErrCursorExpired, cause: "status 410", once: true},

		{name: "not JSON", reply: reply(200, "<html>ok</html>"), kind: ErrMalformed, cause: "want {"},
		{name: "empty body", reply: reply(200, ""), kind: ErrMalformed, cause: "want {"},
		{name: "one bad row", reply: reply(200, `{"heartbeats":[`+row(idA, "soon")+`]}`), kind: ErrMalformed, cause: "heartbeats[0]"},
		{name: "half a page that claims to be whole", reply: reply(200, okPage[:40]), kind: ErrMalformed, cause: "byte 40"},
		{name: "a cursor that leads to itself", reply: reply(200, `{"heartbeats":[],"next_cursor":"c1"}`), kind: ErrMalformed, cause: "never end"},
		{name: "gzip that is none", reply: gz(okPage), kind: ErrMalformed, cause: "gzip"},
		{name: "gzip cut off before it was sent", reply: gz(packed[:len(packed)-9]), kind: ErrMalformed, cause: "unexpected EOF"},
		{name: "gzip with a wrong sum", reply: gz(packed[:len(packed)-8] + "12345678"), kind: ErrMalformed, cause: "checksum"},
		{name: "an encoding not asked for", reply: replyWith("Content-Encoding", "br", reply(200, okPage)), kind: ErrMalformed, cause: `"br"`},
		{name: "too large", reply: reply(200, `{"x":"`+strings.Repeat("x", 5000)+`"}`), kind: ErrMalformed, cause: "MaxBodyBytes is 4096", config: small},
		{name: "too large when decompressed", reply: gz(zipped(strings.Repeat(" ", 5000))), kind: ErrMalformed, cause: "MaxBodyBytes is 4096", config: small},
		{name: "many empty gzip members", reply: gz(strings.Repeat(zipped(""), 300)), kind: ErrMalformed, cause: "MaxBodyBytes is 4096", config: small},
		{name: "an endless body", reply: endless, kind: ErrMalformed, cause: "MaxBodyBytes is 4096", config: small},

		{name: "a body that drips for ever", reply: drip, kind: ErrUnavailable, cause: "no whole reply within 200ms", config: short},
		{name: "no reply", reply: hang, kind: ErrUnavailable, cause: "no whole reply within 200ms", config: short},
		{name: "cut off by length", reply: hijack(false, head+"Content-Length: 500\r\n\r\n"+okPage), kind: ErrUnavailable, cause: "cut off"},
		{name: "cut off in a chunk", reply: hijack(false, head+"Transfer-Encoding: chunked\r\n\r\n50\r\n"+okPage[:40]), kind: ErrUnavailable, cause: "cut off"},
		{name: "cut off between chunks", reply: hijack(false, head+"Transfer-Encoding: chunked\r\n\r\n5\r\n     \r\n"), kind: ErrUnavailable, cause: "cut off"},
		{name: "cut off within gzip", reply: hijack(false, head+"Content-Encoding: gzip\r\nContent-Length: 500\r\n\r\n"+packed[:30]), kind: ErrUnavailable, cause: "cut off"},
		{name: "closed before the reply", reply: hijack(false, ""), kind: ErrUnavailable, cause: "EOF"},
		{name: "reset before the reply", reply: hijack(true, ""), kind: ErrUnavailable, cause: "reset"},
		{name: "not HTTP", reply: hijack(false, "220 mail\r\n\r\n"), kind: ErrUnavailable, cause: "malformed HTTP"},
		{name: "an echo of the token", reply: hijack(false, secretToken+"\r\n\r\n"), kind: ErrUnavailable, cause: "[secret]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.config.Attempts = attempts
			want := attempts
			if tt.once {
				want = 1
			}

			s := serve(t, tt.reply)
			feed, pauses := s.feed(t, tt.config)
			page, err := askPage(t, feed, "c1")
			if !errors.Is(err, tt.kind) {
				t.Fatalf("error %v, want %v", err, tt.kind)
			}
			for _, part := range []string{
				"/v1/heartbeats from 2024-04-25T08:05:00Z to 2024-04-25T08:10:00Z", `cursor "c1"`, tt.cause,
			} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if strings.Contains(err.Error(), secretToken) {
				t.Errorf("error %q shows the token", err)
			}
			if len(page.Heartbeats) != 0 || page.Next != "" {
				t.Errorf("rows %v and cursor %q with an error", page.Heartbeats, page.Next)
			}
			// A request that is timed may be over before a busy machine has sent it.
			timed := tt.config.RequestTimeout > 0
			if seen := len(s.seen()); seen > want || seen < want && !timed || len(*pauses) != want-1 {
				t.Errorf("%d requests and %d pauses, want %d and %d", seen, len(*pauses), want, want-1)
			}

			if tt.once || timed {
				return
			}
			s = serve(t, tt.reply, reply(200, okPage))
			feed, _ = s.feed(t, tt.config)
			page, err = askPage(t, feed, "c1")
			if err != nil {
				t.Fatalf("one failure before a good reply: %v", err)
			}
			checkRows(t, page.Heartbeats, okRows)
			if len(s.seen()) != 2 {
				t.Errorf("%d requests, want 2", len(s.seen()))
			}
		})
	}
}

func TestFeedConnectionRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(200, okPage))
	s.Close()
	feed, pauses := s.feed(t, FeedConfig{Attempts: 4})
	_, err := askPage(t, feed, "")
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "refused") || !strings.Contains(err.Error(), "tries: 4") {
		t.Errorf("error %v, want ErrUnavailable after 4 tries", err)
	}
	if len(*pauses) != 3 || len(s.seen()) != 0 {
		t.Errorf("%d pauses, %d requests; want 3, 0", len(*pauses), len(s.seen()))
	}
}

// 410 means an expired cursor only where one was sent: the first page would
// otherwise be asked for again for ever.
func TestFeedGoneWithoutCursor(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(410, ""))
	feed, _ := s.feed(t, FeedConfig{})
	if _, err := askPage(t, feed, ""); !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrCursorExpired) || len(s.seen()) != 1 {
		t.Errorf("%d requests, error %v; want 1 and ErrUnavailable", len(s.seen()), err)
	}
}

func TestFeedFollowsNoRedirectToAnotherHost(t *testing.T) {
	t.Parallel()
	thief := serve(t, reply(200, okPage))
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, thief.URL+"/v1/heartbeats", http.StatusFound)
	})
	feed, _ := s.feed(t, FeedConfig{})
	_, err := askPage(t, feed, "")
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "redirected") || strings.Contains(err.Error(), secretToken) {
		t.Errorf("error %v, want ErrUnavailable that speaks of the redirect", err)
	}
	if len(s.seen()) != 1 || len(thief.seen()) != 0 {
		t.Errorf("%d requests, %d to the other host; want 1, 0", len(s.seen()), len(thief.seen()))
	}
}

func TestFeedFollowsAFewRedirectsToItsOwnHost(t *testing.T) {
	t.Parallel()
	around := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.RequestURI(), http.StatusTemporaryRedirect)
	}
	s := serve(t, around, reply(200, okPage))
	feed, _ := s.feed(t, FeedConfig{})
	if page, err := askPage(t, feed, ""); err != nil || len(page.Heartbeats) != 1 || len(s.seen()) != 2 {
		t.Errorf("%d rows after %d requests, error %v; want 1 after 2", len(page.Heartbeats), len(s.seen()), err)
	}
	s = serve(t, around)
	feed, _ = s.feed(t, FeedConfig{})
	if _, err := askPage(t, feed, ""); !errors.Is(err, ErrUnavailable) || len(s.seen()) != redirectsMax+1 {
		t.Errorf("%d requests, error %v; want %d and ErrUnavailable", len(s.seen()), err, redirectsMax+1)
	}
}
