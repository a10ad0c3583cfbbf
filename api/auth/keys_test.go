package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// publisher is an issuer's server, as far as keys go.
type publisher struct {
	*httptest.Server

	mutex   sync.Mutex
	names   []string
	answer  http.HandlerFunc // instead of the keys, if set
	fetches atomic.Int64
}

func publish(t *testing.T, names ...string) *publisher {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &publisher{names: names}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer": %q, "jwks_uri": %q}`, p.URL, p.URL+"/jwks")
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, r *http.Request) {
		p.fetches.Add(1)
		p.mutex.Lock()
		defer p.mutex.Unlock()
		if p.answer != nil {
			p.answer(w, r)
			return
		}
		var set jose.JSONWebKeySet
		for _, name := range p.names {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: name, Use: "sig"})
		}
		_ = json.NewEncoder(w).Encode(set)
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) set(names ...string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.names, p.answer = names, nil
}

func (p *publisher) fail() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
}

// clock is the tests' time: cool-downs end when the test says so.
type clock struct {
	mutex sync.Mutex
	now   time.Time
	over  chan time.Time
}

func (c *clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(d)
}

// watch returns the keys of the publisher, warmed, by a clock of the test's.
func watch(t *testing.T, p *publisher) (*remoteKeys, *clock) {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), over: make(chan time.Time)}
	k := newRemoteKeys(t.Context(), p.URL, p.Client(), Config{Cooldown: CooldownDefault, Now: c.Now})
	k.after = func(time.Duration) <-chan time.Time { return c.over }
	k.warm(t.Context())
	return k, c
}

// awaitWaiters waits until so many wait for the fetch that has not begun.
func (k *remoteKeys) awaitWaiters(n int) {
	for {
		k.mutex.Lock()
		waiting := 0
		if k.coming != nil {
			waiting = k.coming.waiters
		}
		k.mutex.Unlock()
		if waiting >= n {
			return
		}
		runtime.Gosched()
	}
}

func TestKnownKeysAreFetchedOnce(t *testing.T) {
	p := publish(t, "one")
	k := newRemoteKeys(t.Context(), p.URL, nil, Config{Cooldown: time.Hour, Now: time.Now})
	var group sync.WaitGroup
	for range 50 { // nobody has warmed it
		group.Go(func() {
			if keys, err := k.find(t.Context(), "one"); err != nil || len(keys) != 1 {
				t.Errorf("%d keys, error %v", len(keys), err)
			}
		})
	}
	group.Wait()
	if got := p.fetches.Load(); got != 1 {
		t.Errorf("the issuer was asked %d times, want once", got)
	}
}

// A key that was published a moment ago is waited for by all who need it, together.
func TestRotationWithinTheCooldown(t *testing.T) {
	p := publish(t, "old")
	k, clock := watch(t, p)
	p.set("old", "new")
	const callers = 100
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			if _, err := k.find(t.Context(), "new"); err != nil {
				t.Error(err)
			}
		})
	}
	k.awaitWaiters(callers)
	if _, err := k.find(t.Context(), "old"); err != nil {
		t.Errorf("the old key, meanwhile: %v", err)
	}
	if got := p.fetches.Load(); got != 1 {
		t.Errorf("asked %d times within the cool-down", got)
	}
	clock.pass(CooldownDefault)
	clock.over <- clock.Now()
	group.Wait()
	if got := p.fetches.Load(); got != 2 {
		t.Errorf("asked %d times, want 2", got)
	}
}

// Made-up key names cost the issuer one request a cool-down, and few can wait.
func TestUnknownKeysCostLittle(t *testing.T) {
	p := publish(t, "one")
	k, clock := watch(t, p)
	var unknown, down atomic.Int64
	var group sync.WaitGroup
	ask := func(i int) {
		_, err := k.find(t.Context(), fmt.Sprint("made-up ", i))
		switch {
		case errors.Is(err, ErrUnknownKey):
			unknown.Add(1)
		case errors.Is(err, ErrIssuerDown):
			down.Add(1)
		}
	}
	for i := range waitersMax {
		group.Go(func() { ask(i) })
	}
	k.awaitWaiters(waitersMax)
	for i := range 10 {
		ask(-i)
	}
	clock.pass(CooldownDefault)
	clock.over <- clock.Now()
	group.Wait()
	if unknown.Load() != waitersMax || down.Load() != 10 || p.fetches.Load() != 2 {
		t.Errorf("%d unknown, %d told to come again, %d fetches; want %d, 10, 2", unknown.Load(), down.Load(), p.fetches.Load(), waitersMax)
	}
}

func TestKeysOutliveTheirIssuer(t *testing.T) {
	p := publish(t, "one")
	k, clock := watch(t, p)
	p.fail()
	clock.pass(refreshAfter + time.Second)
	if _, err := k.find(t.Context(), "one"); err != nil {
		t.Errorf("an old key: %v", err)
	}
	k.settle()
	if got := p.fetches.Load(); got != 2 {
		t.Errorf("asked %d times, want again once the keys were old", got)
	}
	if _, err := k.find(t.Context(), "two"); !errors.Is(err, ErrIssuerDown) || errors.Is(err, ErrToken) {
		t.Errorf("a key that nobody can know of: %v, want ErrIssuerDown", err)
	}
	clock.pass(staleAfter)
	clock.over <- clock.Now() // the look that was begun for it
	k.settle()
	if _, err := k.find(t.Context(), "one"); !errors.Is(err, ErrIssuerDown) {
		t.Errorf("a key of yesterday: %v, want ErrIssuerDown", err)
	}
}

// settle waits for the fetch that is coming or under way.
func (k *remoteKeys) settle() {
	k.mutex.Lock()
	chosen := k.running
	if k.coming != nil {
		chosen = k.coming
	}
	k.mutex.Unlock()
	if chosen != nil {
		<-chosen.done
	}
}

func TestWithdrawnKeysAreForgotten(t *testing.T) {
	p := publish(t, "one", "stolen")
	k, clock := watch(t, p)
	p.set("one")
	clock.pass(refreshAfter + time.Second)
	if _, err := k.find(t.Context(), "stolen"); err != nil {
		t.Fatal(err)
	}
	k.settle()
	clock.pass(CooldownDefault)
	if _, err := k.find(t.Context(), "stolen"); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("got %v, want ErrUnknownKey", err)
	}
}

// Where nobody called for long, a key is looked up before it is used: by then it may have
// been withdrawn. If the issuer cannot be reached it is used on.
func TestKeysOfAnIdleIssuer(t *testing.T) {
	p := publish(t, "one")
	k, clock := watch(t, p)
	clock.pass(lateAfter + time.Second)
	if _, err := k.find(t.Context(), "one"); err != nil {
		t.Errorf("a key that is published: %v", err)
	}
	if got := p.fetches.Load(); got != 2 {
		t.Errorf("asked %d times, want 2", got)
	}
	clock.pass(lateAfter + time.Second)
	p.set("two")
	if _, err := k.find(t.Context(), "one"); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a key that was withdrawn: %v, want ErrUnknownKey", err)
	}
	p.fail()
	clock.pass(lateAfter + time.Second)
	for range 2 { // it is asked, and then known to be away
		if _, err := k.find(t.Context(), "two"); err != nil {
			t.Errorf("a key of an issuer that is away: %v", err)
		}
	}
}

func TestWhoWaitsCanLeave(t *testing.T) {
	p := publish(t, "one")
	k, _ := watch(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := k.find(ctx, "two")
		left <- err
	}()
	k.awaitWaiters(1)
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) || !errors.Is(err, ErrIssuerDown) {
		t.Errorf("got %v", err)
	}
}

// ed25519Key is the public key of RFC 8037, appendix A.2, under a name.
const ed25519Key = `{"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`

func TestAnswersThatAreNoKeys(t *testing.T) {
	p := publish(t)
	for name, answer := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/.well-known/openid-configuration", http.StatusFound)
		},
		"no JSON": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"no keys": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys": []}`) },
		"a secret": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"keys": [{"kty": "oct", "kid": "one", "k": "c2VjcmV0"}]}`)
		},
		"a short RSA": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"keys": [{"kty": "RSA", "kid": "one", "n": "sXchDaQ", "e": "AQAB"}]}`)
		},
		"good keys, at the end of all time": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"keys": [`, ed25519Key, strings.Repeat(" ", answerMax), `]}`)
		},
		"keys without end": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"keys": [`, strings.Repeat(`{"kty": "x"},`, keysMax), `{"kty": "x"}]}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p.mutex.Lock()
			p.answer = answer
			p.mutex.Unlock()
			k, _ := watch(t, p)
			if _, err := k.find(t.Context(), "one"); !errors.Is(err, ErrIssuerDown) {
				t.Errorf("got %v, want ErrIssuerDown", err)
			}
		})
	}
	p.answer = func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"keys": [{"kty": "x"}, `, ed25519Key, `]}`)
	}
	k, _ := watch(t, p)
	if _, err := k.find(t.Context(), "one"); err != nil {
		t.Errorf("a good key beside one of another kind: %v", err)
	}
}

func TestDiscoveryIsHeldAgainstTheIssuer(t *testing.T) {
	for name, c := range map[string]struct{ document, says string }{
		"another issuer":     {`{"issuer": "https://mallory.example", "jwks_uri": "URL/jwks"}`, "did not match"},
		"keys over http":     {`{"issuer": "URL", "jwks_uri": "http://192.0.2.1/jwks"}`, "must be https"},
		"no place of keys":   {`{"issuer": "URL"}`, "must be a plain one"},
		"keys in a file":     {`{"issuer": "URL", "jwks_uri": "file:///etc/passwd"}`, "must be a plain one"},
		"something for ever": {`{"issuer": "URL", "jwks_uri": "URL/jwks", "padding": "` + strings.Repeat("x", answerMax) + `"}`, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			var server *httptest.Server
			server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/jwks" {
					t.Error("its keys were asked for")
				}
				fmt.Fprint(w, strings.ReplaceAll(c.document, "URL", server.URL))
			}))
			t.Cleanup(server.Close)
			k := newRemoteKeys(t.Context(), server.URL, server.Client(), Config{Cooldown: time.Hour, Now: time.Now})
			_, err := k.find(t.Context(), "one")
			if !errors.Is(err, ErrIssuerDown) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want ErrIssuerDown and %q", err, c.says)
			}
			if err != nil && len(err.Error()) > 500 {
				t.Errorf("the error is %d bytes long", len(err.Error()))
			}
		})
	}
}
