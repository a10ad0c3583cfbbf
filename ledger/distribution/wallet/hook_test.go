package wallet

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

const hookKey = "a key of the tests"

// listener is a hook's server, which answers with a status and keeps what it took.
type listener struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	ids    []int64
	bodies []string
}

func listen(t *testing.T) *listener {
	l := &listener{status: http.StatusNoContent}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, []byte(hookKey))
		mac.Write(body)
		var n struct {
			Format string
			Events []struct {
				ID         int64
				SupplierID string `json:"supplier_id"`
			}
		}
		if r.Header.Get("Uptally-Signature") != "sha256="+hex.EncodeToString(mac.Sum(nil)) || r.Method != http.MethodPost ||
			json.Unmarshal(body, &n) != nil || n.Format != "uptally-wallet-events/1" {
			t.Errorf("a bad request: %s %v %s", r.Method, r.Header, body)
		}
		if r.URL.Path == "/elsewhere" {
			t.Error("a redirect was followed")
		}
		if l.status == http.StatusTemporaryRedirect {
			http.Redirect(w, r, "/elsewhere", l.status)
			return
		}
		w.WriteHeader(l.status)
		if l.status < 300 {
			l.bodies = append(l.bodies, string(body))
			for _, e := range n.Events {
				l.ids = append(l.ids, e.ID)
			}
		}
	}))
	t.Cleanup(l.Close)
	return l
}

func (l *listener) answer(status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status = status
}

func (b *bundle) deliver(hook *Hook) (n int, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		n, err = Deliver(ctx, tx, hook)
		return err
	})
	return n, err
}

func TestTheHookIsToldOfEveryEvent(t *testing.T) {
	t.Parallel()
	b, l := setup(t), listen(t)
	hook, err := NewHook(l.URL+"/wallets?token=secret", hookKey)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := b.deliver(hook); n != 0 || err != nil {
		t.Fatalf("nothing to tell: %d, %v", n, err)
	}
	b.prove(0, 0, start, hold)
	must(t, "freeze", b.freeze(0, "taken over", b.ann), nil)
	for _, status := range []int{http.StatusInternalServerError, http.StatusTemporaryRedirect, http.StatusNotModified} {
		l.answer(status)
		n, err := b.deliver(hook)
		if n != 0 || !errors.Is(err, ErrHook) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("it answers %d: %d, %v", status, n, err)
		}
	}
	if e := b.history(0)[0]; !e.Delivered.IsZero() {
		t.Errorf("on record as delivered: %+v", e)
	}
	l.answer(http.StatusOK)
	if n, err := b.deliver(hook); n != 3 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	if n, err := b.deliver(hook); n != 0 || err != nil {
		t.Fatalf("a second time: %d, %v", n, err)
	}
	if e := b.history(0)[2]; e.Delivered.IsZero() || e.Kind != EventFrozen {
		t.Errorf("on record as not delivered: %+v", e)
	}
	want := `{"format":"uptally-wallet-events/1","events":[` +
		`{"id":1,"event":"proved","supplier_id":"` + supplier(0).String() + `","wallet":"` + address(0) + `","person":1,"at":"2026-11-21T09:00:00Z"},` +
		`{"id":2,"event":"pending","supplier_id":"` + supplier(0).String() + `","wallet":"` + address(0) + `","active_from":"2026-11-24T09:00:00Z","person":1,"at":"2026-11-21T09:00:00Z"},` +
		`{"id":3,"event":"frozen","supplier_id":"` + supplier(0).String() + `","reason":"taken over","person":1,"at":"`
	if !strings.HasPrefix(l.bodies[0], want) {
		t.Errorf("got  %s\nwant %s", l.bodies[0], want)
	}
}

func TestManyEventsGoInParts(t *testing.T) {
	t.Parallel()
	b, l := setup(t), listen(t)
	hook, err := NewHook(l.URL, hookKey)
	if err != nil {
		t.Fatal(err)
	}
	table := tableHeader
	for i := range 60 {
		table += rowOf(i, i)
	}
	if _, err := b.tryImport(table, start, 0); err != nil {
		t.Fatal(err)
	}
	var sent []int
	for n := 1; n > 0; {
		if n, err = b.deliver(hook); err != nil {
			t.Fatal(err)
		}
		sent = append(sent, n)
	}
	if !slices.Equal(sent, []int{100, 20, 0}) || !slices.IsSorted(l.ids) || len(slices.Compact(l.ids)) != 120 {
		t.Errorf("sent %v: %v", sent, l.ids)
	}
}

// TestWhatIsNotCommittedIsToldAgain: the hook took the events, and then we were
// killed.
func TestWhatIsNotCommittedIsToldAgain(t *testing.T) {
	t.Parallel()
	b, l := setup(t), listen(t)
	hook, err := NewHook(l.URL, hookKey)
	if err != nil {
		t.Fatal(err)
	}
	b.prove(0, 0, start, 0)
	killed := errors.New("killed")
	err = b.try(func(ctx context.Context, tx pgx.Tx) error {
		if n, err := Deliver(ctx, tx, hook); n != 2 || err != nil {
			t.Errorf("got %d, %v", n, err)
		}
		deliver := b.deliver                               // another, in a transaction of its own
		if n, err := deliver(hook); n != 0 || err != nil { // leaves it to us meanwhile
			t.Errorf("at the same time: %d, %v", n, err)
		}
		return killed
	})
	if !errors.Is(err, killed) {
		t.Fatal(err)
	}
	if n, err := b.deliver(hook); n != 2 || err != nil || !slices.Equal(l.ids, []int64{1, 2, 1, 2}) {
		t.Errorf("got %d, %v; told %v", n, err, l.ids)
	}
}

func TestAHookThatIsNotThere(t *testing.T) {
	t.Parallel()
	b, l := setup(t), listen(t)
	hook, err := NewHook(l.URL+"/secret", hookKey)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	b.prove(0, 0, start, 0)
	if _, err := b.deliver(hook); !errors.Is(err, ErrHook) || strings.Contains(err.Error(), "127") || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	for _, address := range []string{"", "hooks.example", "ftp://hooks.example/secret", "http://", "://secret", "http://a\x7fsecret"} {
		if _, err := NewHook(address, hookKey); !errors.Is(err, ErrHookConfig) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v", address, err)
		}
	}
	if _, err := NewHook(l.URL, "short-secret"); !errors.Is(err, ErrHookConfig) || strings.Contains(err.Error(), "short-secret") {
		t.Errorf("a short key: got %v", err)
	}
}
