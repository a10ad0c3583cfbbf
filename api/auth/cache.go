package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

// The bounds of the cache.
const (
	cacheFor = time.Minute
	cacheMax = 1 << 15 // tokens in a generation, of which there are two
)

// cache keeps who holds the tokens that were verified, by their SHA-256: the tokens
// themselves are nowhere in memory. It has two generations. A full one becomes the older,
// and what is found there moves to the younger: what is asked for stays. An entry that no
// longer counts stays, too: that its token was good once is worth knowing.
type cache struct {
	mutex          sync.RWMutex
	younger, older map[[sha256.Size]byte]entry
}

// entry counts in [from, until).
type entry struct {
	caller      Caller
	from, until time.Time
}

// counts reports whether the token need not be verified again.
func (e entry) counts(now time.Time) bool { return !now.Before(e.from) && now.Before(e.until) }

// get returns what is known of a token, whether it counts or not.
func (c *cache) get(digest [sha256.Size]byte, now time.Time) (e entry, found bool) {
	c.mutex.RLock()
	e, found = c.younger[digest]
	old := false
	if !found {
		e, old = c.older[digest]
	}
	c.mutex.RUnlock()
	if old && e.counts(now) {
		c.keep(digest, e)
	}
	return e, found || old
}

// forget drops a token that is good no longer.
func (c *cache) forget(digest [sha256.Size]byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.younger, digest)
	delete(c.older, digest)
}

// put keeps a token that was verified now: for a minute, and not past its own times. A
// token that counts by leeway alone is not kept.
func (c *cache) put(digest [sha256.Size]byte, caller Caller, valid validity, now time.Time) {
	until := now.Add(cacheFor)
	if valid.expires.Before(until) {
		until = valid.expires
	}
	if now.Before(until) && !now.Before(valid.notBefore) {
		c.keep(digest, entry{caller: caller, from: now, until: until})
	}
}

func (c *cache) keep(digest [sha256.Size]byte, e entry) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.younger == nil || len(c.younger) >= cacheMax {
		c.younger, c.older = make(map[[sha256.Size]byte]entry), c.younger
	}
	c.younger[digest] = e
}
