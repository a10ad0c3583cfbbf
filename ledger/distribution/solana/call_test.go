package solana

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// height is an answer of getEpochInfo.
const height = `{"absoluteSlot":353000000,"blockHeight":331000000,"epoch":817,"slotIndex":56000,"slotsInEpoch":432000,"transactionCount":22661093}`

func TestReadsAreMadeAgain(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]http.HandlerFunc{
		"429":               status(http.StatusTooManyRequests),
		"429 as an error":   rpcError(429, "Too many requests"),
		"500":               status(http.StatusInternalServerError),
		"503":               status(http.StatusServiceUnavailable, "Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),
		"a node behind":     rpcError(-32005, "Node is behind by 42 slots"),
		"a slot to come":    rpcError(-32016, "Minimum context slot has not been reached"),
		"garbage":           body("<html>"),
		"nothing":           body(""),
		"neither":           body(`{"jsonrpc":"2.0","id":1}`),
		"half an answer":    cut,
		"a hang-up":         hangUp,
		"another type":      result(`"no object"`),
		"a number too long": result(`{"blockHeight":1e400}`),
	} {
		n := startNode(t, trouble, trouble, result(height))
		got, err := n.client(t).Height(t.Context())
		if err != nil || got != 331000000 || len(n.asked()) != 3 {
			t.Errorf("%s: height %d, error %v after %d calls", name, got, err, len(n.asked()))
		}
	}
}

func TestReadsGiveUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
		calls  int
	}{
		{"429 for ever", status(429), ErrUnreachable, tries},
		{"500 for ever", status(500), ErrUnreachable, tries},
		{"garbage for ever", body("\x00\xff"), ErrUnreachable, tries},
		{"hang-ups for ever", hangUp, ErrUnreachable, tries},
		{"null", result("null"), ErrUnreachable, 1},
		{"behind for ever", rpcError(-32005, "Node is behind"), ErrRefused, tries},
		{"a wrong method", rpcError(-32601, "Method not found"), ErrRefused, 1},
		{"a wrong token", status(401), ErrRefused, 1},
		{"a redirect", status(307, "Location", "http://127.0.0.1:1/"+secretToken), ErrRefused, 1},
		{"an error that quotes the URL", rpcError(-32000, "upstream https://x.example/"+secretToken+"/ said no"), ErrRefused, 1},
		{"a long error", rpcError(-32000, strings.Repeat("x", 290)+secretToken+strings.Repeat("x", 9000)), ErrRefused, 1},
	} {
		n := startNode(t, test.answer)
		_, err := n.client(t).Height(t.Context())
		if !errors.Is(err, test.want) || len(n.asked()) != test.calls {
			t.Errorf("%s: error %v after %d calls, want %v after %d", test.name, err, len(n.asked()), test.want, test.calls)
		}
		if text := fmt.Sprint(err); strings.Contains(text, secretToken[:10]) || len(text) > 500 {
			t.Errorf("%s: the error shows the token or is too long: %s", test.name, text)
		}
	}
}

func TestNothingOfABrokenAnswerIsKept(t *testing.T) {
	t.Parallel()
	n := startNode(t, result(`{"blockHeight":5,"absoluteSlot":"x"}`), result(`{"absoluteSlot":1}`))
	if got, err := n.client(t).Height(t.Context()); err != nil || got != 0 {
		t.Errorf("height %d, %v, want the 0 of the answer that was taken", got, err)
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "2": 2 * time.Second, "3600": pauseMax, "99999999999": pauseMax, "-1": 0, "soon": 0,
		"99999999999999999999": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}); got != want {
			t.Errorf("Retry-After %q: a pause of %s, want %s", value, got, want)
		}
	}
	n := startNode(t, status(429, "Retry-After", "30"))
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	n.script = []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
		status(429, "Retry-After", "30")(w, r)
		time.AfterFunc(time.Millisecond, func() { cancel(stopped) })
	}}
	if _, err := n.client(t).Height(ctx); !errors.Is(err, stopped) || len(n.asked()) != 1 {
		t.Errorf("error %v after %d calls, want the context's after 1: it did not wait", err, len(n.asked()))
	}
}

func TestPausesDoubleAndAreSpread(t *testing.T) {
	t.Parallel()
	c := caller{pause: firstPause}
	for try, whole := range map[int]time.Duration{
		1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 3: time.Second, 7: 16 * time.Second, 8: pauseMax, 20: pauseMax,
	} {
		for range 100 {
			if pause := c.backoff(try); pause < whole/2 || pause > whole {
				t.Fatalf("after try %d: a pause of %s, want half of %s to all of it", try, pause, whole)
			}
		}
	}
}

func TestANodeThatIsNotThere(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close() // its port is free, and nobody answers
	n := &node{URL: "http://user:" + secretToken + "@" + listener.Addr().String() + "/?api-key=" + secretToken}
	_, err = n.client(t).Height(t.Context())
	if !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), secretToken) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("error %v, want ErrUnreachable with its cause and without the token", err)
	}
}

func TestANodeThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-held }))
	t.Cleanup(func() { close(held); server.Close() })
	c, err := Dial(server.URL, Options{PerSecond: 1000, Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	c.calls.pause = time.Microsecond
	if _, err := c.Height(t.Context()); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "within 1ms") {
		t.Errorf("error %v, want ErrUnreachable that names the timeout", err)
	}
}

func TestCallsKeepToTheirRate(t *testing.T) {
	t.Parallel()
	n := startNode(t, result(height))
	c, err := Dial(n.URL, Options{PerSecond: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Height(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The second call would have to wait for longer than there is.
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.Height(ctx); !errors.Is(err, context.DeadlineExceeded) || len(n.asked()) != 1 {
		t.Errorf("error %v after %d calls, want context.DeadlineExceeded after 1", err, len(n.asked()))
	}
}

func TestDialRefuses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "devnet", "127.0.0.1:8899", "ftp://x/" + secretToken, "https://", "ws://x/" + secretToken, "http://%zz/" + secretToken,
	} {
		if _, err := Dial(address, Options{}); !errors.Is(err, ErrURL) || strings.Contains(err.Error(), secretToken) {
			t.Errorf("%q: error %v, want ErrURL that does not show it", address, err)
		}
	}
	if _, err := Dial("https://x", Options{PerSecond: -1}); err == nil {
		t.Error("-1 calls a second are accepted")
	}
}

func TestAClientDoesNotShowItsURL(t *testing.T) {
	t.Parallel()
	c, err := Dial("https://"+secretToken+".example/"+secretToken, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, c); strings.Contains(text, secretToken) {
			t.Errorf("%s shows %s", verb, text)
		}
	}
}
