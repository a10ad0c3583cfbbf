package uptime

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// nestingMax is how deep objects and arrays may lie in one another in a page.
const nestingMax = 128

// scanner reads one JSON text (RFC 8259) in a single pass, without building a
// tree. What stands at the next value is said by the caller, who knows the shape:
//
//	for more := s.enter('{', '}'); more; more = s.more('}') {
//		switch string(s.key()) {
//		case "seq":
//			seq = s.integer(1, math.MaxInt64)
//		default:
//			s.skip()
//		}
//	}
//
// The first error sticks: from then on every method returns its zero value and
// every loop ends, so only err has to be looked at, once.
type scanner struct {
	src    []byte
	pos    int
	depth  int
	err    error
	failed int // the byte at which err arose
}

// fail keeps the first error, with the place of it, and ends the text.
func (s *scanner) fail(what string) {
	if s.err == nil {
		s.err, s.failed = fmt.Errorf("byte %d: %s", s.pos, what), s.pos
	}
	s.pos = len(s.src)
}

// peek passes white space and returns the byte after it, or 0 at the end. No
// value and no separator begins with a byte 0, so that one fails like the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.src); s.pos++ {
		switch c := s.src[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// enter passes the opening bracket of an object or array and reports whether it
// has a first element; an empty one is passed whole.
func (s *scanner) enter(opening, closing byte) bool {
	if s.peek() != opening {
		s.fail("want " + string(opening))
		return false
	}
	if s.depth == nestingMax {
		s.fail(fmt.Sprintf("nested deeper than %d", nestingMax))
		return false
	}
	s.depth++
	s.pos++
	if s.peek() == closing {
		s.leave()
		return false
	}
	return true
}

// more passes what follows an element, a comma or the closing bracket, and
// reports whether another element must follow.
func (s *scanner) more(closing byte) bool {
	switch s.peek() {
	case ',':
		s.pos++
		return true
	case closing:
		s.leave()
	default:
		s.fail("want , or " + string(closing))
	}
	return false
}

func (s *scanner) leave() {
	s.depth--
	s.pos++
}

// end fails unless nothing but white space is left.
func (s *scanner) end() {
	if s.peek(); s.pos < len(s.src) {
		s.fail("data after the object")
	}
}

// key passes an object's key and its colon, and returns the key, valid as long
// as the source is.
func (s *scanner) key() []byte {
	if s.peek() != '"' {
		s.fail("want a key in quotes")
		return nil
	}
	key := s.text()
	if s.peek() != ':' {
		s.fail("want a colon after the key")
		return nil
	}
	s.pos++
	return key
}

// null passes the value null and reports whether it was one.
func (s *scanner) null() bool {
	if s.peek() != 'n' {
		return false
	}
	s.literal("null")
	return true
}

// text passes a string and returns what it says. The bytes are the source's own
// unless they held escapes or broken UTF-8, which is replaced as encoding/json
// does.
func (s *scanner) text() []byte {
	if s.peek() != '"' {
		s.fail("want a string")
		return nil
	}
	start := s.pos
	plain := s.quoted()
	if s.err != nil {
		return nil
	}
	raw := s.src[start:s.pos]
	if plain {
		return raw[1 : len(raw)-1]
	}
	var decoded string
	if err := json.Unmarshal(raw, &decoded); err != nil {
		s.fail("a string that is not JSON")
		return nil
	}
	return []byte(decoded)
}

// quoted passes a string and reports whether it is ASCII without escapes, or
// valid UTF-8 without escapes: the same inside the quotes as what it says.
func (s *scanner) quoted() (plain bool) {
	start, escaped, high := s.pos+1, false, byte(0)
	for s.pos++; s.pos < len(s.src); s.pos++ {
		switch c := s.src[s.pos]; {
		case c == '"':
			inside := s.src[start:s.pos]
			s.pos++
			return !escaped && (high < utf8.RuneSelf || utf8.Valid(inside))
		case c == '\\':
			escaped = true
			s.escape()
		case c < ' ':
			s.fail("a control character in a string")
		default:
			high |= c
		}
	}
	s.fail("a string without end")
	return false
}

// escape checks the escape whose backslash stands at pos and stops at its last
// byte.
func (s *scanner) escape() {
	s.pos++
	if s.pos >= len(s.src) {
		return
	}
	switch s.src[s.pos] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
	case 'u':
		for range 4 {
			s.pos++
			if s.pos >= len(s.src) || !isHex(s.src[s.pos]) {
				s.fail("an escape \\u without four hexadecimal digits")
				return
			}
		}
	default:
		s.fail("an escape that JSON does not have")
	}
}

// skip passes any value, checking that it is JSON.
func (s *scanner) skip() {
	switch s.peek() {
	case '{':
		for more := s.enter('{', '}'); more; more = s.more('}') {
			s.key()
			s.skip()
		}
	case '[':
		for more := s.enter('[', ']'); more; more = s.more(']') {
			s.skip()
		}
	case '"':
		s.quoted()
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	case 'n':
		s.literal("null")
	default:
		s.number()
	}
}

func (s *scanner) literal(word string) {
	end := s.pos + len(word)
	if end > len(s.src) || string(s.src[s.pos:end]) != word {
		s.fail("want " + word)
		return
	}
	s.pos = end
}

// number passes a number and returns its text.
func (s *scanner) number() []byte {
	start := s.pos
	s.accept('-')
	if !s.accept('0') && s.digits() == 0 {
		s.fail("want a value")
		return nil
	}
	if s.accept('.') && s.digits() == 0 {
		s.fail("want digits after the point")
		return nil
	}
	if s.accept('e') || s.accept('E') {
		if !s.accept('-') {
			s.accept('+')
		}
		if s.digits() == 0 {
			s.fail("want digits in the exponent")
			return nil
		}
	}
	return s.src[start:s.pos]
}

func (s *scanner) accept(c byte) bool {
	if s.pos < len(s.src) && s.src[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) digits() (n int) {
	for ; s.pos < len(s.src) && isDigit(s.src[s.pos]); s.pos++ {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
