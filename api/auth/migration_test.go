package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
)

// served is a development issuer on loopback, configured as any other would be.
type served struct {
	*devissuer.Issuer
	*httptest.Server
}

func serveIssuer(t *testing.T) served {
	t.Helper()
	key, err := devissuer.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	issuer := devissuer.New(key, "http://"+server.Listener.Addr().String())
	server.Config.Handler = issuer.Handler()
	server.Start()
	t.Cleanup(server.Close)
	return served{issuer, server}
}

func (s served) configured() auth.Issuer {
	return auth.Issuer{URL: s.Issuer.URL(), Algorithms: []string{"ES256"}, Audience: devissuer.Audience}
}

// load verifies fresh tokens by many at once while f runs, each of the issuer that
// pick says. None may be refused.
func load(t *testing.T, verifier *auth.Verifier, drain *sync.RWMutex, pick func(i int) *devissuer.Issuer, f func()) {
	t.Helper()
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 12 {
				drain.RLock()
				signed, err := pick(i).Token(devissuer.Claims{Subject: strconv.Itoa(worker)})
				if err == nil {
					_, err = verifier.Verify(t.Context(), signed)
				}
				drain.RUnlock()
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	f()
	group.Wait()
}

// A key is published and signs at once, the one before it is withdrawn once nothing
// that it signed is about: no token is refused.
func TestKeyRotationUnderLoad(t *testing.T) {
	one := serveIssuer(t)
	config := auth.Config{Issuers: []auth.Issuer{one.configured()}, Cooldown: 2 * time.Millisecond}
	verifier, err := auth.New(t.Context(), config, nil)
	if err != nil {
		t.Fatal(err)
	}
	var drain sync.RWMutex
	before := one.Keys().Keys[0].KeyID
	for range 8 {
		load(t, verifier, &drain, func(int) *devissuer.Issuer { return one.Issuer }, func() {
			key, err := devissuer.NewKey()
			if err != nil {
				t.Error(err)
				return
			}
			after := one.Rotate(key)
			drain.Lock()
			one.Retire(before)
			drain.Unlock()
			before = after
		})
	}
}

// Holders move from one issuer to another while both are configured; in the end the
// first is switched off.
func TestTwoIssuerMigrationUnderLoad(t *testing.T) {
	one, other := serveIssuer(t), serveIssuer(t)
	config := auth.Config{Issuers: []auth.Issuer{one.configured(), other.configured()}, Cooldown: 2 * time.Millisecond}
	verifier, err := auth.New(t.Context(), config, nil)
	if err != nil {
		t.Fatal(err)
	}
	var drain sync.RWMutex
	for moved := range 5 {
		load(t, verifier, &drain, func(i int) *devissuer.Issuer {
			if i%4 < moved {
				return other.Issuer
			}
			return one.Issuer
		}, func() {
			if moved == 3 {
				one.Close()
			}
		})
	}
}

// An issuer that is down when the verifier starts is asked again when its tokens come.
func TestIssuerThatIsDownStopsNoOther(t *testing.T) {
	up, late := serveIssuer(t), serveIssuer(t)
	var isUp atomic.Bool
	handler := late.Config.Handler
	late.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isUp.Load() {
			http.Error(w, "starting", http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, r)
	})
	clock := &movingClock{now: time.Now()}
	verifier, err := auth.New(t.Context(), auth.Config{Issuers: []auth.Issuer{up.configured(), late.configured()}, Now: clock.Now, Cooldown: time.Second}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(t.Context(), token(t, up.Issuer, devissuer.Claims{Subject: "ada"})); err != nil {
		t.Errorf("of the issuer that is up: %v", err)
	}
	clock.set(clock.Now().Add(time.Second)) // the cool-down is over
	waiting := token(t, late.Issuer, devissuer.Claims{Subject: "ada"})
	if _, err := verifier.Verify(t.Context(), waiting); !errors.Is(err, auth.ErrIssuerDown) || errors.Is(err, auth.ErrToken) {
		t.Errorf("of the issuer that is down: %v, want ErrIssuerDown", err)
	}
	isUp.Store(true)
	clock.set(clock.Now().Add(time.Second))
	if caller, err := verifier.Verify(t.Context(), waiting); err != nil || caller.Subject != "ada" {
		t.Errorf("once it is up: %+v, %v", caller, err)
	}
}

// movingClock is moved by the test.
type movingClock struct {
	mutex sync.Mutex
	now   time.Time
}

func (c *movingClock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

func (c *movingClock) set(now time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = now
}
