package auth

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"
)

// However many tokens come, two generations are kept, and what is asked for stays.
func TestCacheIsBounded(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	valid := validity{expires: now.Add(time.Hour)}
	var c cache
	digest := func(i uint64) (d [sha256.Size]byte) {
		binary.LittleEndian.PutUint64(d[:], i)
		return d
	}
	for i := range uint64(4 * cacheMax) {
		c.put(digest(i), Caller{Subject: "ada"}, valid, now)
		if i%1000 == 0 {
			if found, ok := c.get(digest(0), now); !ok || found.caller.Subject != "ada" {
				t.Fatalf("what is asked for is gone after %d others", i)
			}
		}
	}
	if len(c.younger) > cacheMax || len(c.older) > cacheMax {
		t.Errorf("%d and %d are kept, want at most %d each", len(c.younger), len(c.older), cacheMax)
	}
	if _, ok := c.get(digest(1), now); ok {
		t.Error("what nobody asks for is kept for ever")
	}
}
