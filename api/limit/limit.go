package limit

import (
	"hash/maphash"
	"math"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Kind says which of a key's budgets a call is charged to.
type Kind uint8

// The kinds of calls.
const (
	Read  Kind = iota // GET and HEAD
	Write             // everything else
)

// String returns "read" or "write".
func (k Kind) String() string {
	if k == Write {
		return "write"
	}
	return "read"
}

// Budget is how many calls of each kind may be made in a Window, at once or spread.
// 0 is no limit.
type Budget struct{ Reads, Writes int }

// Budgets are those of an actor and of an address.
type Budgets struct{ Actor, Address Budget }

// DefaultBudgets let a busy client through and no flood.
var DefaultBudgets = Budgets{Actor: Budget{Reads: 1200, Writes: 120}, Address: Budget{Reads: 300, Writes: 60}}

// Window is the time in which a spent budget is whole again.
const Window = time.Minute

// Key is who is charged. Make one with Actor or Network.
type Key struct {
	actor   string
	network netip.Prefix
}

// Actor is the key of a signed-in caller, whatever address they come from: issuer and
// subject of their token.
func Actor(actor string) Key { return Key{actor: actor} }

// Network is the key of everybody at an address: an IPv4 address by itself, an IPv6
// address with its /64, as one customer has all of that. What is no address shares
// one key.
func Network(address netip.Addr) Key {
	address = address.Unmap().WithZone("")
	bits := 64
	if address.Is4() {
		bits = 32
	}
	network, _ := address.Prefix(bits) // of no address: the zero Prefix
	return Key{network: network}
}

// keysMax bounds the buckets that are kept, by table: tens of megabytes at most.
const (
	shards   = 16
	keysMax  = 1 << 17
	shardMax = keysMax / shards / 2 // of a generation
)

// Limiter counts calls. It may be used by many at once.
type Limiter struct {
	budgets  Budgets
	seed     maphash.Seed
	actors   [shards]shard[string]
	networks [shards]shard[netip.Prefix]
}

// New returns a limiter for which every budget is whole.
func New(budgets Budgets) *Limiter { return &Limiter{budgets: budgets, seed: maphash.MakeSeed()} }

// Allow charges one call to the key and reports whether it is within the budget. A
// call that is not costs nothing. limit is the budget and remaining what is left of
// it; reset is when the budget is whole again, or of a call that is refused when the
// next will be allowed. A budget without a limit has limit 0.
func (l *Limiter) Allow(key Key, kind Kind, now time.Time) (ok bool, limit, remaining int, reset time.Duration) {
	if key.actor != "" {
		limit = l.budgets.Actor.of(kind)
		if limit <= 0 {
			return true, 0, 0, 0
		}
		return l.actors[maphash.String(l.seed, key.actor)%shards].allow(key.actor, kind, limit, now)
	}
	limit = l.budgets.Address.of(kind)
	if limit <= 0 {
		return true, 0, 0, 0
	}
	return l.networks[maphash.Comparable(l.seed, key.network)%shards].allow(key.network, kind, limit, now)
}

// Restore gives the key back one call that Allow let in.
func (l *Limiter) Restore(key Key, kind Kind, now time.Time) {
	if key.actor != "" {
		l.actors[maphash.String(l.seed, key.actor)%shards].restore(key.actor, kind, now)
		return
	}
	l.networks[maphash.Comparable(l.seed, key.network)%shards].restore(key.network, kind, now)
}

func (b Budget) of(kind Kind) int {
	if kind == Write {
		return b.Writes
	}
	return b.Reads
}

// shard keeps the buckets of some keys in two generations. When the younger is full
// the older is forgotten and the younger takes its place; a key that is asked for
// moves to the younger, so what is in use stays.
type shard[K comparable] struct {
	mu             sync.Mutex
	younger, older map[K]*buckets
}

type buckets [2]*rate.Limiter

func (s *shard[K]) allow(key K, kind Kind, limit int, now time.Time) (ok bool, _, remaining int, reset time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.find(key)
	if b[kind] == nil {
		b[kind] = rate.NewLimiter(rate.Limit(float64(limit)/Window.Seconds()), limit)
	}
	ok = b[kind].AllowN(now, 1)
	tokens := b[kind].TokensAt(now)
	missing := float64(limit) - tokens
	if !ok {
		missing = 1 - tokens
	}
	return ok, limit, max(int(tokens), 0), time.Duration(math.Ceil(missing / float64(limit) * float64(Window)))
}

func (s *shard[K]) restore(key K, kind Kind, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if bucket := s.find(key)[kind]; bucket != nil { // else nothing was taken, or it is forgotten
		bucket.AllowN(now, -1) // its bound holds: it is looked to whenever time goes on
	}
}

// find returns the key's buckets, new ones if it has none.
func (s *shard[K]) find(key K) *buckets {
	if b, found := s.younger[key]; found {
		return b
	}
	b, found := s.older[key]
	if !found {
		b = &buckets{}
	}
	if len(s.younger) >= shardMax || s.younger == nil {
		s.younger, s.older = map[K]*buckets{}, s.younger
	}
	s.younger[key] = b
	return b
}
