package uptime

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// optional is a field's value, or the want of one: a field that is null is as
// good as absent.
type optional[T any] struct {
	value   T
	present bool
}

func some[T any](value T) optional[T] { return optional[T]{value: value, present: true} }

// pointer returns the value's address in a copy, nil if there is none.
func (o optional[T]) pointer() *T {
	if !o.present {
		return nil
	}
	return &o.value
}

// verbatim reads a string or null.
func (s *scanner) verbatim() (o optional[string]) {
	if s.null() {
		return o
	}
	return some(string(s.text()))
}

// words reads a string or null that people are to read. The character U+0000,
// which Postgres's text cannot hold, becomes U+FFFD: a log is append-only, and
// one such name typed by an attacker must not stop it for everyone.
func (s *scanner) words() (o optional[string]) {
	o = s.verbatim()
	o.value = strings.ReplaceAll(o.value, "\x00", "\uFFFD")
	return o
}

// integer reads a whole number of [least, most], or null.
func (s *scanner) integer(least, most int64) (o optional[int64]) {
	if s.null() {
		return o
	}
	s.peek()
	start := s.pos
	n, err := strconv.ParseInt(string(s.number()), 10, 64)
	if s.err == nil && (err != nil || n < least || n > most) {
		s.pos = start
		s.fail("want a whole number of " + strconv.FormatInt(least, 10) + " to " + strconv.FormatInt(most, 10))
	}
	return some(n)
}

// count reads a whole number of [least, 2147483647], or null.
func (s *scanner) count(least int64) optional[int32] {
	n := s.integer(least, math.MaxInt32)
	return optional[int32]{value: int32(n.value), present: n.present}
}

// id reads a UUID or null.
func (s *scanner) id() (o optional[uuid.UUID]) {
	if s.null() {
		return o
	}
	id, ok := parseID(s.text())
	if !ok {
		s.fail("want a UUID in lower case, 8-4-4-4-12")
	}
	return some(id)
}

// instant reads a time or null, in UTC, cut to the microseconds that Postgres
// keeps.
func (s *scanner) instant() (o optional[time.Time]) {
	if s.null() {
		return o
	}
	seconds, nanos, ok := parseInstant(s.text())
	if !ok {
		s.fail("want an RFC 3339 time in UTC, ending in Z")
	}
	return some(time.Unix(seconds, int64(nanos)).UTC().Truncate(time.Microsecond))
}

// require fails if a field that must be there is not.
func (s *scanner) require(present bool, field string) {
	if !present {
		s.fail("a row without " + field)
	}
}

// hexValues holds the value of each lower-case hexadecimal digit, 0xFF for any
// other byte.
var hexValues = func() (table [256]byte) {
	for c := range table {
		table[c] = 0xFF
	}
	for value, c := range []byte("0123456789abcdef") {
		table[c] = byte(value)
	}
	return table
}()

const idLength = len("00000000-0000-0000-0000-000000000000")

// parseID reads a UUID's text, lower-case hexadecimal 8-4-4-4-12 (RFC 9562,
// section 4), and reports whether it was one. uuid.Parse takes upper case, URNs
// and braces as well, and so cannot be used.
func parseID(text []byte) (id uuid.UUID, ok bool) {
	if len(text) != idLength || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return id, false
	}
	var digits [2 * len(id)]byte
	copy(digits[:8], text[:8])
	copy(digits[8:12], text[9:13])
	copy(digits[12:16], text[14:18])
	copy(digits[16:20], text[19:23])
	copy(digits[20:], text[24:36])
	bad := byte(0)
	for i := range id {
		high, low := hexValues[digits[2*i]], hexValues[digits[2*i+1]]
		bad |= high | low
		id[i] = high<<4 | low
	}
	return id, bad != 0xFF
}
