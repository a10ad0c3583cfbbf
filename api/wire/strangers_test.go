package wire_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/limit"
	"github.com/uptally/uptally/internal/apitest"
)

// street is a server whose callers come from the addresses that they say, and whose
// clock is the test's. Its issuer counts who asks for its keys.
type street struct {
	*apitest.Server
	t     *testing.T
	now   atomic.Int64 // seconds of Unix time
	asked atomic.Int64
	away  atomic.Bool // the issuer
	bad   int         // tokens that were made up
}

// onStreet opens it: an address has three reads a minute, an actor twenty.
func onStreet(t *testing.T) *street {
	t.Helper()
	s := &street{t: t}
	s.now.Store(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).Unix())
	key, err := devissuer.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	issuer := devissuer.New(key, "http://"+server.Listener.Addr().String()).At(s.clock)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if s.away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		issuer.Handler().ServeHTTP(w, r)
	})
	server.Start()
	t.Cleanup(server.Close)
	s.Server = apitest.New(t, func(c *api.Config) {
		c.Now = s.clock
		c.Limits = limit.New(limit.Budgets{Actor: limit.Budget{Reads: 20}, Address: limit.Budget{Reads: 3}})
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		trusted := auth.Issuer{URL: issuer.URL(), Algorithms: []string{"ES256"}, Development: true}
		config := auth.Config{Audience: apitest.Audience, Cooldown: time.Nanosecond, Now: s.clock, Issuers: []auth.Issuer{trusted}}
		if c.Verifier, err = auth.New(t.Context(), config, nil); err != nil {
			t.Fatal(err)
		}
	})
	s.Issuer = issuer
	return s
}

func (s *street) clock() time.Time { return time.Unix(s.now.Load(), 0) }

// from asks who the client is, from an address.
func (s *street) from(address string, c *apitest.Client) apitest.Answer {
	s.t.Helper()
	return c.Do(http.MethodGet, "/v1/me", nil, http.Header{"X-Forwarded-For": {address}})
}

// madeUp is a client whose token names a key that nobody published.
func (s *street) madeUp() *apitest.Client {
	s.t.Helper()
	key, err := devissuer.NewKey()
	if err != nil {
		s.t.Fatal(err)
	}
	client := s.Anyone()
	s.bad++
	client.Token, err = devissuer.New(key, s.Issuer.URL()).At(s.clock).Token(devissuer.Claims{Subject: strconv.Itoa(s.bad), Audience: apitest.Audience})
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

// flood spends the budget of an address on tokens that are made up.
func (s *street) flood(address string) {
	s.t.Helper()
	for range 3 {
		s.from(address, s.madeUp()).Problem(s.t, http.StatusUnauthorized, "token-refused")
	}
}

const (
	cafe = "203.0.113.1" // one address for many
	home = "203.0.113.2"
)

// Who floods an address with tokens that are made up makes us check no more of them than
// its budget, and locks out nobody who was there before.
func TestStrangersPayBeforeTheirTokenIsChecked(t *testing.T) {
	t.Parallel()
	s := onStreet(t)
	ada, bob := s.As("ada", auth.Rewards), s.As("bob", auth.Rewards)
	s.from(cafe, ada).Want(t, http.StatusOK)
	s.flood(cafe)
	checked := s.asked.Load()
	if checked < 4 {
		t.Fatalf("the issuer was asked %d times: the tokens were not checked", checked)
	}
	for range 5 {
		if over := s.from(cafe, s.madeUp()).Problem(t, http.StatusTooManyRequests, "rate-limited"); over.Header.Get("Retry-After") != "20" {
			t.Errorf("told to wait %q s", over.Header.Get("Retry-After"))
		}
	}
	if asked := s.asked.Load(); asked != checked {
		t.Errorf("%d tokens were checked without a budget", asked-checked)
	}
	s.from(cafe, ada).Want(t, http.StatusOK) // known
	s.from(cafe, bob).Problem(t, http.StatusTooManyRequests, "rate-limited")
	s.from(home, bob).Want(t, http.StatusOK)
	s.from(cafe, bob).Want(t, http.StatusOK) // known by now

	s.now.Add(90) // what was verified has to be again, and the neighbour goes on
	s.flood(cafe)
	s.from(cafe, s.madeUp()).Problem(t, http.StatusTooManyRequests, "rate-limited")
	s.from(cafe, ada).Want(t, http.StatusOK)
	s.from(cafe, bob).Want(t, http.StatusOK)
}

// Good tokens cost their address nothing, however many they are; their holder's budget
// is one, wherever they call from, and whichever of their tokens they send.
func TestGoodTokensCostTheirHolderAlone(t *testing.T) {
	t.Parallel()
	s := onStreet(t)
	for i := range 10 {
		got := s.from(cafe, s.As("ada", auth.Rewards)).Want(t, http.StatusOK)
		if want := `"read";r=` + strconv.Itoa(19-i) + `;t=` + strconv.Itoa(3*(i+1)); got.Header.Get("Ratelimit") != want {
			t.Errorf("told %s, want %s", got.Header.Get("Ratelimit"), want)
		}
	}
	for i := range 10 {
		s.from("198.51.100."+strconv.Itoa(i), s.As("ada", auth.Rewards)).Want(t, http.StatusOK)
	}
	hopping := s.As("ada", auth.Rewards)
	s.from("198.51.100.99", hopping).Problem(t, http.StatusTooManyRequests, "rate-limited")
	s.from("198.51.100.98", hopping).Problem(t, http.StatusTooManyRequests, "rate-limited")
	s.from(cafe, s.As("bob", auth.Rewards)).Want(t, http.StatusOK)
}

// A token that is good no longer is its holder's no more: who sends it pays as any
// stranger does.
func TestATokenThatWasWithdrawnIsAStrangers(t *testing.T) {
	t.Parallel()
	s := onStreet(t)
	ada := s.As("ada", auth.Rewards)
	s.from(cafe, ada).Want(t, http.StatusOK)
	key, err := devissuer.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	before := s.Issuer.Keys().Keys[0].KeyID
	s.Issuer.Rotate(key)
	s.Issuer.Retire(before)
	s.now.Add(90)
	s.from(home, s.madeUp()).Problem(t, http.StatusUnauthorized, "token-refused") // whereupon the keys are read again
	for range 4 {
		s.from(cafe, ada).Problem(t, http.StatusUnauthorized, "token-refused")
	}
	s.from(cafe, ada).Problem(t, http.StatusTooManyRequests, "rate-limited")
	if got := s.from(cafe, s.As("ada", auth.Rewards)); got.Status != http.StatusTooManyRequests {
		t.Errorf("a new token from there: %d", got.Status)
	}
	if got := s.from(home, s.As("ada", auth.Rewards)).Want(t, http.StatusOK); got.Header.Get("Ratelimit") != `"read";r=18;t=6` {
		t.Errorf("the holder is left with %s", got.Header.Get("Ratelimit"))
	}
}
