package uptime

import (
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// Heartbeat is one sign of life of a device.
type Heartbeat struct {
	Device uuid.UUID
	At     int64 // Unix seconds, rounded down, when the service received it
}

// HeartbeatPage is one page of heartbeats. A page that is used again keeps its
// memory, so that reading page after page leaves no garbage; what it held before
// is then gone.
type HeartbeatPage struct {
	Heartbeats []Heartbeat // in the order of the page, repeats and all
	Next       string      // the cursor of the next page, "" on the last
	Body       []byte      // the page as it came, decompressed
}

// Decode reads the page from its body, which it keeps. The body must be exactly
// one JSON object with an array "heartbeats", whose every row is an object with a
// "device_id", a lower-case UUID, and an "at", an RFC 3339 time ending in Z; its
// "next_cursor" may be absent, null, or a string. Names are compared to the byte,
// of a name that stands twice the last counts (each must be valid), and other
// fields may hold any JSON nested at most 128 deep. Anything else is
// ErrMalformed, and the page then has no rows.
func (p *HeartbeatPage) Decode(body []byte) error {
	if err := p.decode(body); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

func (p *HeartbeatPage) decode(body []byte) error {
	p.Body = body
	rows := slices.Grow(p.Heartbeats[:0], len(body)/plainRowLength)
	rows, next, err := decodeRows(body, "heartbeats", rows, (*scanner).heartbeat)
	p.Heartbeats, p.Next = rows, next.value
	return err
}

// decodeRows reads a page of any kind: one JSON object with the array and a
// "next_cursor". The rows replace those of the slice, whose memory is used. A
// page that is not so gives no rows, and an error that names the row.
func decodeRows[T any](body []byte, array string, rows []T, row func(*scanner) T) ([]T, optional[string], error) {
	var next optional[string]
	found := false
	s := scanner{src: body}
	for more := s.enter('{', '}'); more; more = s.more('}') {
		switch string(s.key()) {
		case array:
			if found = !s.null(); found {
				rows = readRows(&s, array, rows[:0], row)
			}
		case "next_cursor":
			next = s.verbatim()
		default:
			s.skip()
		}
	}
	s.end()
	if !found {
		s.fail("no array " + array)
	}
	if s.err != nil {
		return rows[:0], optional[string]{}, s.err
	}
	return rows, next, nil
}

func readRows[T any](s *scanner, array string, rows []T, row func(*scanner) T) []T {
	for more := s.enter('[', ']'); more; more = s.more(']') {
		read := row(s)
		if s.err != nil {
			s.err = fmt.Errorf("%s[%d]: %w", array, len(rows), s.err)
			break
		}
		rows = append(rows, read)
	}
	return rows
}

// heartbeat reads a row of heartbeats.
func (s *scanner) heartbeat() Heartbeat {
	s.peek()
	if beat, ok := plainHeartbeat(s.src[s.pos:]); ok {
		s.pos += plainRowLength
		return beat
	}
	return s.anyHeartbeat()
}

// anyHeartbeat reads a row of heartbeats of any form.
func (s *scanner) anyHeartbeat() (beat Heartbeat) {
	var hasDevice, hasAt bool
	for more := s.enter('{', '}'); more; more = s.more('}') {
		switch string(s.key()) {
		case "device_id":
			device := s.id()
			beat.Device, hasDevice = device.value, device.present
		case "at":
			at := s.instant()
			beat.At, hasAt = at.value.Unix(), at.present
		default:
			s.skip()
		}
	}
	s.require(hasDevice, "device_id")
	s.require(hasAt, "at")
	return beat
}

// The two plain forms of a row, of one length: nearly every row of every page
// has one of them, to the byte.
const (
	plainDeviceFirst = `{"device_id":"ffffffff-ffff-ffff-ffff-ffffffffffff","at":"2006-01-02T15:04:05Z"}`
	plainAtFirst     = `{"at":"2006-01-02T15:04:05Z","device_id":"ffffffff-ffff-ffff-ffff-ffffffffffff"}`
	plainRowLength   = len(plainDeviceFirst)
)

// plainHeartbeat reads the row that src begins with if it has one of the plain
// forms and is valid, and reports whether it has.
func plainHeartbeat(src []byte) (beat Heartbeat, ok bool) {
	if len(src) < plainRowLength {
		return beat, false
	}
	row := src[:plainRowLength]
	var device, at []byte
	switch {
	case string(row[:14]) == `{"device_id":"` && string(row[50:58]) == `","at":"` && string(row[77:]) == `Z"}`:
		device, at = row[14:50], row[58:78]
	case string(row[:7]) == `{"at":"` && string(row[26:42]) == `Z","device_id":"` && string(row[78:]) == `"}`:
		device, at = row[42:78], row[7:27]
	default:
		return beat, false
	}
	var validAt bool
	beat.Device, ok = parseID(device)
	beat.At, validAt = parseSeconds(at)
	return beat, ok && validAt
}
