package merkle

import (
	"fmt"
	"math"
	"slices"
)

// scanner reads JSON of one known shape: objects of known fields, arrays, and
// whole numbers. It is stricter than JSON, so that nobody else can read anything
// else in the same bytes: no field twice, none that is not known, no escapes in
// names, no fractions or exponents. After its first error it stands still.
type scanner struct {
	text []byte
	at   int
	err  error
}

// field is one of an object's fields.
type field struct {
	name     string
	optional bool
	read     func()
}

// fail notes what is wrong at the scanner's place.
func (s *scanner) fail(format string, arguments ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("merkle: %w, byte %d: %s", ErrMalformed, s.at, fmt.Sprintf(format, arguments...))
	}
}

// space passes over white space.
func (s *scanner) space() {
	for s.at < len(s.text) && s.text[s.at] <= ' ' {
		switch s.text[s.at] {
		case ' ', '\n', '\t', '\r':
			s.at++
		default:
			return
		}
	}
}

// skip passes over white space and then over b, if that comes next.
func (s *scanner) skip(b byte) bool {
	s.space()
	if s.err != nil || s.at == len(s.text) || s.text[s.at] != b {
		return false
	}
	s.at++
	return true
}

func (s *scanner) want(b byte) {
	if !s.skip(b) {
		s.fail("want %q", b)
	}
}

// array reads elements, one a call, up to the closing bracket.
func (s *scanner) array(element func(i int)) {
	s.want('[')
	if s.skip(']') {
		return
	}
	for i := 0; s.err == nil; i++ {
		element(i)
		if s.skip(']') {
			return
		}
		s.want(',')
	}
}

// object reads the fields in any order. Those that are not optional must be there.
func (s *scanner) object(fields []field) {
	s.want('{')
	var seen uint // a bit a field
	for s.err == nil && !s.skip('}') {
		if seen > 0 {
			s.want(',')
		}
		name := s.name()
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == string(name) })
		switch {
		case s.err != nil:
		case i < 0:
			s.fail("field %q is unknown", name)
		case seen>>i&1 > 0:
			s.fail("field %q comes twice", name)
		default:
			seen |= 1 << i
			s.want(':')
			fields[i].read()
		}
	}
	for i, f := range fields {
		if !f.optional && seen>>i&1 == 0 {
			s.fail("field %q is missing", f.name)
		}
	}
}

func (s *scanner) name() []byte {
	s.want('"')
	from := s.at
	for s.at < len(s.text) && s.text[s.at] != '"' {
		s.at++
	}
	name := s.text[from:s.at]
	s.want('"')
	return name
}

// number reads a whole number of at most limit, in decimal as it is written.
func (s *scanner) number(limit uint64) (n uint64) {
	s.space()
	from, fits := s.at, true
	for ; s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9'; s.at++ {
		digit := uint64(s.text[s.at] - '0')
		fits = fits && n <= (math.MaxUint64-digit)/10 && (n > 0 || s.at == from)
		n = n*10 + digit
	}
	if s.at == from || !fits || n > limit {
		s.fail("want a whole number of 0 to %d, without leading zeros", limit)
	}
	return n
}

// hash reads an array of 32 numbers of a byte each.
func (s *scanner) hash() (hash Hash) {
	n := 0
	s.array(func(i int) {
		if i == len(hash) {
			s.fail("want an array of %d numbers, it has more", len(hash))
			return
		}
		hash[i] = byte(s.number(math.MaxUint8))
		n++
	})
	if n < len(hash) {
		s.fail("want an array of %d numbers, it has %d", len(hash), n)
	}
	return hash
}
