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

// byteTexts[n] is n as 8 binary digits: the text of eight slots.
var byteTexts = func() (texts [1 << 8][8]byte) {
	for n := range texts {
		for i := range texts[n] {
			texts[n][i] = '0' + byte(n>>(7-i)&1)
		}
	}
	return texts
}()

// The parts of a day as the function supplier_timeline returns it.
const (
	dayBytes = uptime.SlotsPerDay / 8
	dayUp    = 0
	daySeen  = dayBytes
)

// text returns a 0 or 1 a slot of the span, first slot first: from the part of whole
// days, and from hours, as supplier_timeline returns them.
func (r *timelineRow) text(part int, hours []int32) []byte {
	from, to := r.span.Hours()
	begins := uptime.SlotOf(r.span.From.Day())
	ends := max(to.First(), begins+uptime.Slot(len(r.days)*uptime.SlotsPerDay))
	text := sameText('0', int(ends-begins))
	for i, day := range r.days {
		for j, eight := range day[part : part+dayBytes] {
			copy(text[i*uptime.SlotsPerDay+j*8:], byteTexts[eight][:])
		}
	}
	for _, hour := range hours {
		twelve := text[(from+uptime.Hour(hour>>uptime.SlotsPerHour)).First()-begins:]
		copy(twelve, byteTexts[hour>>4&0xff][:])
		copy(twelve[8:], byteTexts[hour&0xf][4:])
	}
	return text[r.span.From-begins:][:r.span.Len()]
}

// slots turns what was read into texts.
func (r *timelineRow) slots() slots {
	s := slots{span: r.span, up: r.text(dayUp, r.up), observed: r.text(daySeen, r.observed), grace: sameText('0', r.span.Len())}
	if r.owned == nil {
		s.owned = sameText('1', r.span.Len())
	} else {
		s.owned = r.text(dayUp, r.owned)
	}
	return s
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
