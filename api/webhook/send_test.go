package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/webhook"
)

var (
	key     = webhook.Key{1, 2, 3}
	sentAt  = time.Date(2024, 6, 5, 12, 0, 0, 999, time.UTC)
	message = uuid.UUID{1}
)

// to is a delivery to an address, signed by the secrets 2 and 1.
func to(address string) webhook.Delivery {
	return webhook.Delivery{Message: message, Webhook: uuid.UUID{2}, URL: address, Body: []byte(`{"type":"webhook.test"}`), Number: 1, Secrets: []int{2, 1}}
}

// answering returns the address of a server that answers so.
func answering(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

func send(t *testing.T, s *webhook.Sender, d webhook.Delivery) webhook.Result {
	t.Helper()
	result, err := s.Send(t.Context(), d, sentAt)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// The headers are those of the Standard Webhooks specification, checked as a receiver
// does who knows nothing but the secret.
func TestMessagesAreSigned(t *testing.T) {
	t.Parallel()
	s := webhook.New(webhook.Config{Key: key, Loopback: true})
	var got *http.Request
	var body []byte
	address := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	})
	if r := send(t, s, to(address)); r.Outcome != webhook.Delivered || r.Status != 200 {
		t.Fatalf("%+v", r)
	}
	if got.Method != http.MethodPost || got.Header.Get("Content-Type") != "application/json" || string(body) != `{"type":"webhook.test"}` {
		t.Errorf("%s %v %s", got.Method, got.Header, body)
	}
	if got.Header.Get("Webhook-Id") != message.String() || got.Header.Get("Webhook-Timestamp") != strconv.FormatInt(sentAt.Unix(), 10) {
		t.Errorf("%v", got.Header)
	}
	signatures := strings.Split(got.Header.Get("Webhook-Signature"), " ")
	if len(signatures) != 2 {
		t.Fatalf("signatures %q", signatures)
	}
	for i, number := range []int{2, 1} {
		secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Secret(uuid.UUID{2}, number), "whsec_"))
		if err != nil || len(secret) != 32 {
			t.Fatalf("secret of %d bytes (%v)", len(secret), err)
		}
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%s.%s.%s", got.Header.Get("Webhook-Id"), got.Header.Get("Webhook-Timestamp"), body)
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); signatures[i] != want {
			t.Errorf("signature of secret %d: %s, want %s", number, signatures[i], want)
		}
	}
}

// Every endpoint has secrets of its own, and every server.
func TestSecretsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, key := range []webhook.Key{{1}, {2}} {
		for _, id := range []uuid.UUID{{1}, {2}} {
			for number := range 3 {
				seen[webhook.New(webhook.Config{Key: key}).Secret(id, number)] = true
			}
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d secrets of 12 are different", len(seen))
	}
}

func TestWhatComesOfATry(t *testing.T) {
	t.Parallel()
	s := webhook.New(webhook.Config{Key: key, Loopback: true})
	closed := httptest.NewServer(nil)
	closed.Close()
	var followed atomic.Bool
	trap := answering(t, func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	status := func(code int) string {
		return answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", trap)
			w.WriteHeader(code)
		})
	}
	raw := func(answer string) string {
		return answering(t, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			}
		})
	}
	endless := answering(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	})
	for name, want := range map[string]struct {
		address string
		webhook.Result
	}{
		"200": {status(200), webhook.Result{Outcome: webhook.Delivered, Status: 200}}, "204": {status(204), webhook.Result{Outcome: webhook.Delivered, Status: 204}},
		"299": {status(299), webhook.Result{Outcome: webhook.Delivered, Status: 299}}, "404": {status(404), webhook.Result{Outcome: webhook.Refused, Status: 404}},
		"500": {status(500), webhook.Result{Outcome: webhook.Refused, Status: 500}}, "999": {status(999), webhook.Result{Outcome: webhook.Refused, Status: 999}},
		"301": {status(301), webhook.Result{Outcome: webhook.Redirected, Status: 301}}, "302": {status(302), webhook.Result{Outcome: webhook.Redirected, Status: 302}},
		"307": {status(307), webhook.Result{Outcome: webhook.Redirected, Status: 307}}, "308": {status(308), webhook.Result{Outcome: webhook.Redirected, Status: 308}},
		"nobody listens":      {closed.URL, webhook.Result{Outcome: webhook.Unreachable, Cause: webhook.Unconnected}},
		"no HTTP":             {raw("SSH-2.0-x\r\n"), webhook.Result{Outcome: webhook.Unreachable, Cause: webhook.Broken}},
		"an empty answer":     {raw(""), webhook.Result{Outcome: webhook.Unreachable, Cause: webhook.Broken}},
		"a status of 0":       {raw("HTTP/1.1 000 x\r\n\r\n"), webhook.Result{Outcome: webhook.Unreachable, Cause: webhook.Broken}},
		"headers without end": {raw("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 1<<17)), webhook.Result{Outcome: webhook.Unreachable, Cause: webhook.Broken}},
		"a body without end":  {endless, webhook.Result{Outcome: webhook.Delivered, Status: 200}},
		"no address":          {"https://10.0.0.1/", webhook.Result{Outcome: webhook.Unreachable, Cause: webhook.ForbiddenAddress}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := send(t, s, to(want.address)); got != want.Result {
				t.Errorf("got %+v, want %+v", got, want.Result)
			}
		})
	}
	if followed.Load() {
		t.Error("a redirect was followed")
	}
}

// Who does not answer is not waited for; who stops us is not told as a failure.
func TestWhoDoesNotAnswer(t *testing.T) {
	t.Parallel()
	end, asked := make(chan struct{}), make(chan struct{}, 2)
	address := answering(t, func(_ http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-end
	})
	t.Cleanup(func() { close(end) })
	hasty := webhook.New(webhook.Config{Loopback: true, Timeout: 50 * time.Millisecond})
	if got := send(t, hasty, to(address)); got.Outcome != webhook.TimedOut || got.Status != 0 {
		t.Errorf("%+v", got)
	}
	<-asked
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		<-asked
		stop()
	}()
	if got, err := webhook.New(webhook.Config{Loopback: true}).Send(ctx, to(address), sentAt); err == nil {
		t.Errorf("stopped: %+v", got)
	}
}

// A name that leads inside is found out when it is dialled, and nobody is called.
func TestNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	var called atomic.Bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Store(true) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	for _, inside := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"} {
		s := webhook.New(webhook.Config{Resolver: resolving(t, inside)})
		if got := send(t, s, to("https://hooks.example.org/")); got != (webhook.Result{Outcome: webhook.Unreachable, Cause: webhook.ForbiddenAddress}) {
			t.Errorf("a name of %s: %+v", inside, got)
		}
	}
	// In development loopback is called; its certificate is checked all the same.
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	if got := send(t, webhook.New(webhook.Config{Loopback: true}), to(server.URL)); got != (webhook.Result{Outcome: webhook.Unreachable, Cause: webhook.Broken}) || called.Load() {
		t.Errorf("an authority that nobody knows: %+v", got)
	}
	if got := send(t, webhook.New(webhook.Config{Loopback: true, Roots: roots}), to(server.URL)); got.Outcome != webhook.Delivered || !called.Load() {
		t.Errorf("one that is known: %+v", got)
	}
}

// Whoever chooses names does not learn from what is told which of them lead inside: to
// be turned away there is as if nobody were there, or nobody knew the name.
func TestReachingNobodyIsOneOutcome(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	mute := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	for name, try := range map[string]struct {
		sender webhook.Config
		url    string
		cause  webhook.Cause
	}{
		"a name that leads inside":   {webhook.Config{Resolver: resolving(t, "10.0.0.1")}, "https://hooks.example.org/", webhook.ForbiddenAddress},
		"a name that leads nowhere":  {webhook.Config{Resolver: resolving(t, "")}, "https://hooks.example.org/", webhook.Unresolved},
		"a name that nobody answers": {webhook.Config{Resolver: mute, Timeout: 50 * time.Millisecond}, "https://hooks.example.org/", webhook.Unconnected},
		"nobody listens":             {webhook.Config{Loopback: true}, closed.URL, webhook.Unconnected},
		"an address inside":          {webhook.Config{}, "https://10.0.0.1/", webhook.ForbiddenAddress},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := send(t, webhook.New(try.sender), to(try.url)); got.Outcome != webhook.Unreachable || got.Status != 0 || got.Cause != try.cause {
				t.Errorf("%+v, want unreachable for the cause %s", got, try.cause)
			}
		})
	}
}

// resolving returns a resolver that asks a name server of the test, which knows every
// name by one address, or none if that is empty.
func resolving(t *testing.T, address string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		query := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(answerTo(query[:n], net.ParseIP(address).To4()), from)
		}
	}()
	return &net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// answerTo answers a question for an address of IPv4 with one, and any other with none.
// Source: RFC 1035, section 4.1.
func answerTo(query []byte, address net.IP) []byte {
	const header = 12
	end := header
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 1 + 4 // the root, type and class
	answer := append([]byte{}, query[:end]...)
	isA := binary.BigEndian.Uint16(query[end-4:]) == 1
	copy(answer[2:], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}) // a response, one question
	if isA && address != nil {
		answer[7] = 1
		answer = append(answer, 0xc0, header, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		answer = append(answer, address...)
	}
	return answer
}

func TestKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "webhook.key")
	made, err := webhook.EnsureKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}
	if again, err := webhook.EnsureKey(path); err != nil || again != made || made == (webhook.Key{}) {
		t.Errorf("read again it is another (%v)", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%d files are left (%v)", len(files), err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", made, made, made, made); strings.Contains(text, "[") || strings.Contains(text, fmt.Sprint(made[0], " ", made[1])) {
		t.Errorf("printed as %s", text)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := webhook.LoadKey(path); err == nil || !strings.Contains(err.Error(), "0640") {
		t.Errorf("open to others: %v", err)
	}
	for _, text := range []string{"", "secret", base64.StdEncoding.EncodeToString(make([]byte, 31)), base64.StdEncoding.EncodeToString(make([]byte, 33))} {
		if _, err := webhook.ParseKey(text); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
