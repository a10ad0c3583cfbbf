package limit

import (
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func address(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

func TestABudgetIsSpentAndRestored(t *testing.T) {
	t.Parallel()
	l := New(Budgets{Actor: Budget{Reads: 60, Writes: 3}})
	ada := Actor("issuer ada")
	for _, c := range []struct {
		name      string
		after     time.Duration
		kind      Kind
		ok        bool
		limit     int
		remaining int
		reset     time.Duration
	}{
		{"the first write", 0, Write, true, 3, 2, 20 * time.Second},
		{"the second", 0, Write, true, 3, 1, 40 * time.Second},
		{"the third", 0, Write, true, 3, 0, time.Minute},
		{"one too many", 0, Write, false, 3, 0, 20 * time.Second},
		{"which cost nothing", 5 * time.Second, Write, false, 3, 0, 15 * time.Second},
		{"reads are apart", 5 * time.Second, Read, true, 60, 59, time.Second},
		{"one is restored", 20 * time.Second, Write, true, 3, 0, time.Minute},
		{"all are, and no more", time.Hour, Write, true, 3, 2, 20 * time.Second},
		{"a clock that is set back takes nothing away", 0, Read, true, 60, 58, 2 * time.Second},
	} {
		ok, limit, remaining, reset := l.Allow(ada, c.kind, noon.Add(c.after))
		if ok != c.ok || limit != c.limit || remaining != c.remaining || reset.Round(time.Millisecond) != c.reset {
			t.Errorf("%s: got %v, %d, %d, %s; want %v, %d, %d, %s", c.name, ok, limit, remaining, reset, c.ok, c.limit, c.remaining, c.reset)
		}
	}
}

func TestWhoIsChargedWithWhom(t *testing.T) {
	t.Parallel()
	ip := netip.MustParseAddr
	for _, c := range []struct {
		name       string
		one, other Key
		same       bool
	}{
		{"an actor", Actor("i ada"), Actor("i ada"), true},
		{"two actors", Actor("i ada"), Actor("i bob"), false},
		{"neighbours", Network(ip("192.0.2.1")), Network(ip("192.0.2.2")), false},
		{"one address, written in two ways", Network(ip("192.0.2.1")), Network(ip("::ffff:192.0.2.1")), true},
		{"a /64", Network(ip("2001:db8:0:1::1")), Network(ip("2001:db8:0:1:ffff::2%eth0")), true},
		{"two of them", Network(ip("2001:db8:0:1::1")), Network(ip("2001:db8:0:2::1")), false},
		{"nobody known", Network(netip.Addr{}), Network(netip.Addr{}), true},
		{"an actor and an address", Actor("192.0.2.1"), Network(ip("192.0.2.1")), false},
	} {
		l := New(Budgets{Actor: Budget{Reads: 1}, Address: Budget{Reads: 1}})
		l.Allow(c.one, Read, noon)
		if ok, _, _, _ := l.Allow(c.other, Read, noon); ok == c.same {
			t.Errorf("%s: charged to one another: %v, want %v", c.name, !ok, c.same)
		}
	}
}

// What is given back can be spent again, and makes no budget larger than it is.
func TestACallIsGivenBack(t *testing.T) {
	t.Parallel()
	for _, key := range []Key{Actor("i ada"), Network(address(1))} {
		budget := Budget{Reads: 2, Writes: 1}
		l := New(Budgets{Actor: budget, Address: budget})
		allow := func(kind Kind, after time.Duration, want bool) {
			t.Helper()
			if ok, _, _, _ := l.Allow(key, kind, noon.Add(after)); ok != want {
				t.Errorf("%+v, %s after %s: allowed %v, want %v", key, kind, after, ok, want)
			}
		}
		l.Restore(key, Read, noon) // of nothing
		allow(Read, 0, true)
		allow(Read, 0, true)
		allow(Read, 0, false)
		l.Restore(key, Write, noon) // another budget
		allow(Read, 0, false)
		l.Restore(key, Read, noon.Add(time.Second))
		allow(Read, time.Second, true)
		allow(Read, time.Second, false)
		for range 5 {
			l.Restore(key, Read, noon.Add(time.Second))
		}
		allow(Read, 2*time.Second, true)
		allow(Read, 2*time.Second, true)
		allow(Read, 2*time.Second, false)
	}
	New(Budgets{}).Restore(Actor("i ada"), Read, noon) // without a limit
}

func TestNoLimit(t *testing.T) {
	t.Parallel()
	l := New(Budgets{Actor: Budget{Reads: 1}, Address: Budget{Writes: 1}})
	for range 5 {
		for _, c := range []struct {
			key  Key
			kind Kind
		}{{Actor("a"), Write}, {Network(address(1)), Read}} {
			if ok, limit, remaining, reset := l.Allow(c.key, c.kind, noon); !ok || limit != 0 || remaining != 0 || reset != 0 {
				t.Errorf("%+v: %v, %d, %d, %s", c, ok, limit, remaining, reset)
			}
		}
	}
}

// Hopping between addresses is no way around an actor's budget, nor does a flood of
// addresses make it whole, or take memory without bound.
func TestHoppingGainsAnActorNothing(t *testing.T) {
	t.Parallel()
	l := New(Budgets{Actor: Budget{Writes: 10}, Address: Budget{Writes: 10}})
	allowed := 0
	for i := range 3 * keysMax {
		l.Allow(Network(address(i)), Write, noon)
		if i%1000 == 0 {
			if ok, _, _, _ := l.Allow(Actor("i mallory"), Write, noon); ok {
				allowed++
			}
		}
	}
	if allowed != 10 {
		t.Errorf("%d writes were allowed, want 10", allowed)
	}
	kept := 0
	for i := range l.networks {
		kept += len(l.networks[i].younger) + len(l.networks[i].older)
	}
	if kept > keysMax {
		t.Errorf("%d addresses are kept, want at most %d", kept, keysMax)
	}
}

// What is in use is not forgotten, however many others come.
func TestAnAddressInUseIsRemembered(t *testing.T) {
	t.Parallel()
	l := New(Budgets{Address: Budget{Reads: 2}})
	busy := Network(netip.MustParseAddr("192.0.2.1"))
	l.Allow(busy, Read, noon)
	l.Allow(busy, Read, noon)
	for i := range 2 * keysMax {
		l.Allow(Network(address(i)), Read, noon)
		if i%1000 == 0 {
			if ok, _, _, _ := l.Allow(busy, Read, noon); ok {
				t.Fatalf("forgotten after %d others", i)
			}
		}
	}
}

func TestManyAtOnceGetTheBudgetAndNoMore(t *testing.T) {
	t.Parallel()
	l := New(Budgets{Actor: Budget{Reads: 1000}})
	var allowed atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 500 {
				if ok, _, _, _ := l.Allow(Actor("i ada"), Read, noon); ok {
					allowed.Add(1)
				}
			}
		})
	}
	group.Wait()
	if allowed.Load() != 1000 {
		t.Errorf("%d were allowed, want 1000", allowed.Load())
	}
}

// However calls are spread, what is allowed within any window is at most the budget and
// what the time restored, and what is told is within its bounds.
func TestNeverMoreThanTheBudget(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		budget := rapid.IntRange(1, 50).Draw(r, "budget")
		l := New(Budgets{Actor: Budget{Reads: budget}})
		now, allowed := noon, 0
		for range rapid.IntRange(1, 200).Draw(r, "calls") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(5*time.Second)).Draw(r, "pause")))
			ok, limit, remaining, reset := l.Allow(Actor("a"), Read, now)
			if ok {
				allowed++
			}
			most := budget + int(float64(budget)*now.Sub(noon).Seconds()/Window.Seconds()) + 1
			if allowed > most || limit != budget || remaining < 0 || remaining >= budget || reset <= 0 || reset > Window+time.Millisecond {
				r.Fatalf("allowed %d of at most %d; told %d, %d, %s", allowed, most, limit, remaining, reset)
			}
			if !ok {
				if again, _, _, _ := l.Allow(Actor("a"), Read, now.Add(reset)); !again {
					r.Fatalf("refused %s later, as it was told", reset)
				}
				now = now.Add(reset)
				allowed++
			}
		}
	})
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		set  func(h http.Header)
		want string
	}{
		{"allowed", func(h http.Header) { SetHeaders(h, Read, true, 1200, 1199, 50*time.Millisecond) },
			`map[Ratelimit:["read";r=1199;t=1] Ratelimit-Policy:["read";q=1200;w=60]]`},
		{"refused", func(h http.Header) { SetHeaders(h, Write, false, 120, 0, 1500*time.Millisecond) },
			`map[Ratelimit:["write";r=0;t=2] Ratelimit-Policy:["write";q=120;w=60] Retry-After:[2]]`},
		{"no limit", func(h http.Header) { SetHeaders(h, Write, true, 0, 0, 0) }, `map[]`},
		{"no limit after one", func(h http.Header) {
			SetHeaders(h, Write, true, 120, 1, time.Second)
			SetHeaders(h, Write, true, 0, 0, 0)
		}, `map[]`},
	} {
		h := http.Header{}
		c.set(h)
		if got := fmt.Sprint(h); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func BenchmarkAllow(b *testing.B) {
	b.ReportAllocs()
	l := New(DefaultBudgets)
	key := Actor("https://issuer.example/ auth0|5f7c8ec7c33c6c004bbafe82")
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l.Allow(key, Read, noon)
		}
	})
}

func BenchmarkAllowHopping(b *testing.B) {
	b.ReportAllocs()
	l := New(DefaultBudgets)
	for i := 0; b.Loop(); i++ {
		l.Allow(Network(address(i)), Read, noon)
	}
}
