package simulator

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
)

// cursor is where a listing goes on. Callers see it as opaque text, bound to the
// listing and the world it came from.
//
//	place 8 bytes | seal 8 bytes      URL-safe base64, 22 characters
type cursor uint64

// seal binds a cursor to a listing: an endpoint and what was asked of it.
func (w *World) seal(c cursor, listing string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(listing)) // never fails
	return w.key(traitCursor).child(h.Sum64()).at(uint64(c))
}

func (w *World) formatCursor(c cursor, listing string) string {
	var text [16]byte
	binary.BigEndian.PutUint64(text[:], uint64(c))
	binary.BigEndian.PutUint64(text[8:], w.seal(c, listing))
	return base64.RawURLEncoding.EncodeToString(text[:])
}

// parseCursor reads a cursor, and returns false if it is not one of the listing.
func (w *World) parseCursor(text, listing string) (cursor, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != 16 {
		return 0, false
	}
	c := cursor(binary.BigEndian.Uint64(raw))
	return c, binary.BigEndian.Uint64(raw[8:]) == w.seal(c, listing)
}

// A place among the heartbeats, as a cursor, and whether its page is a repetition:
//
//	tick 32 bits | step 30 bits | repeat 1 bit | again 1 bit
func placeCursor(p place, again bool) cursor {
	c := cursor(p.tick)<<32 | cursor(p.step)<<2 | cursor(p.repeat)<<1
	if again {
		c |= 1
	}
	return c
}

func (c cursor) place() (p place, again bool) {
	return place{tick: tick(c >> 32), step: int(uint32(c) >> 2), repeat: int(c >> 1 & 1)}, c&1 == 1
}
