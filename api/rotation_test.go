package api_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/internal/apitest"
)

// The load while issuers change.
const (
	loadWorkers = 8
	loadCalls   = 60 // of each
)

// issued is an issuer that is found by discovery, as any other would be.
func issued(t *testing.T) (*devissuer.Issuer, auth.Issuer) {
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
	return issuer, auth.Issuer{URL: issuer.URL(), Algorithms: []string{"ES256"}, Audience: devissuer.Audience}
}

// Two issuers side by side, both changing keys again and again, holders moving from one
// to the other: no call with a valid token is refused.
func TestIssuersChangeUnderLoad(t *testing.T) {
	t.Parallel()
	one, first := issued(t)
	other, second := issued(t)
	verifier, err := auth.New(t.Context(), auth.Config{Issuers: []auth.Issuer{first, second}, Cooldown: time.Millisecond}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := apitest.New(t, func(c *api.Config) { c.Verifier = verifier })
	var issuing sync.RWMutex // an old key goes once no call with its tokens is under way
	var calls atomic.Int64
	supplier := uuid.New()
	call := func(i int) {
		issuing.RLock()
		defer issuing.RUnlock()
		issuer := one
		if int64(i)*loadWorkers < calls.Add(1) { // more and more have moved
			issuer = other
		}
		client := s.Anyone()
		var err error
		if client.Token, err = issuer.Token(devissuer.Claims{Subject: "sam", Roles: []auth.Role{auth.Supplier}, Supplier: supplier}); err != nil {
			t.Error(err)
			return
		}
		if got, err := client.Try(http.MethodGet, "/v1/me", nil, nil); err != nil || got.Status != http.StatusOK {
			t.Errorf("a valid token: %d, error %v: %s", got.Status, err, got.Body)
		}
	}
	var crowd sync.WaitGroup
	for range loadWorkers {
		crowd.Go(func() {
			for i := range loadCalls {
				call(i)
			}
		})
	}
	rotations := 0
	for done := make(chan struct{}); ; rotations++ {
		if rotations == 0 {
			go func() { crowd.Wait(); close(done) }()
		}
		select {
		case <-done:
			t.Logf("%d calls, %d rotations of two issuers", calls.Load(), rotations)
			if rotations < 2 {
				t.Error("nothing was rotated under load")
			}
			return
		default:
			rotate(t, &issuing, one)
			rotate(t, &issuing, other)
		}
	}
}

// rotate publishes a key, signs with it at once, and withdraws the one before it.
func rotate(t *testing.T, issuing *sync.RWMutex, issuer *devissuer.Issuer) {
	key, err := devissuer.NewKey()
	if err != nil {
		t.Error(err)
		return
	}
	before := issuer.Keys().Keys[0].KeyID
	issuer.Rotate(key)
	issuing.Lock()
	issuer.Retire(before)
	issuing.Unlock()
}
