package supplier

import (
	"bytes"

	"github.com/uptally/uptally/uptime"
)

// State is what a slot was for the caller.
type State string

// The states, in the order in which they are tried.
const (
	NotYours   State = "not_yours"  // another's, or not registered yet
	Unobserved State = "unobserved" // we could not look: neither up nor down
	Excluded   State = "excluded"   // taken out by a verdict
	Up         State = "up"         // at least one heartbeat
	Grace      State = "grace"      // missed, and granted by a grace window
	Down       State = "down"       // observed, without a heartbeat
)

// hourBits are the slots of whole hours as the function supplier_timeline returns them:
// a number of 12 bits an hour, whose highest is the hour's first slot.
type hourBits []int32

// hourTexts[n] is n as 12 binary digits: the text of an hour.
var hourTexts = func() (texts [1 << uptime.SlotsPerHour][uptime.SlotsPerHour]byte) {
	for n := range texts {
		for i := range texts[n] {
			texts[n][i] = '0' + byte(n>>(uptime.SlotsPerHour-1-i)&1)
		}
	}
	return texts
}()

// text returns a 0 or 1 a slot of the span, first slot first.
func (b hourBits) text(span uptime.Span) []byte {
	text := make([]byte, 0, len(b)*uptime.SlotsPerHour)
	for _, hour := range b {
		text = append(text, hourTexts[hour&(1<<uptime.SlotsPerHour-1)][:]...)
	}
	skip := span.From.InHour()
	return text[skip : skip+span.Len()]
}

// slots are the texts of a span, 0 or 1 a slot.
type slots struct {
	span                       uptime.Span
	up, observed, owned, grace []byte
	excluded                   []uptime.Span
}

// sameText is the same for each of n slots.
func sameText(digit byte, n int) []byte { return bytes.Repeat([]byte{digit}, n) }

// grant marks the slots that are granted, of those that are the caller's and were
// observed down.
func (s *slots) grant(granted uptime.Timeline) {
	within := s.span.Intersect(granted.Span())
	for k := within.From; k < within.To; k++ {
		if i := k - s.span.From; granted.Has(k) && s.owned[i] == '1' && s.observed[i] == '1' && s.up[i] == '0' {
			s.grace[i] = '1'
		}
	}
}

// owns says whether a slot of them lies in the other span.
func (s *slots) owns(other uptime.Span) bool {
	within := s.span.Intersect(other)
	return !within.Empty() && bytes.IndexByte(s.owned[within.From-s.span.From:within.To-s.span.From], '1') >= 0
}

// state returns the state of the i-th slot.
func (s *slots) state(i int) State {
	switch {
	case s.owned[i] == '0':
		return NotYours
	case s.observed[i] == '0':
		return Unobserved
	case s.isExcluded(s.span.From + uptime.Slot(i)):
		return Excluded
	case s.up[i] == '1':
		return Up
	case s.grace[i] == '1':
		return Grace
	}
	return Down
}

func (s *slots) isExcluded(k uptime.Slot) bool {
	for _, span := range s.excluded {
		if span.Contains(k) {
			return true
		}
	}
	return false
}

// run is a maximal run of slots of one state.
type run struct {
	span  uptime.Span
	state State
}

// runs returns the maximal runs of one state, which partition the span.
func (s *slots) runs() []run {
	runs := make([]run, 0, 16)
	for i := range s.span.Len() {
		k, state := s.span.From+uptime.Slot(i), s.state(i)
		if n := len(runs); n > 0 && runs[n-1].state == state {
			runs[n-1].span.To = k + 1
		} else {
			runs = append(runs, run{uptime.Span{From: k, To: k + 1}, state})
		}
	}
	return runs
}

// both counts the slots that are 1 in both texts.
func both(a, b []byte) (n int) {
	for i := range a {
		n += int(a[i] & b[i] & 1) // '0' is even, '1' odd
	}
	return n
}
