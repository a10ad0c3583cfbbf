package uptime

import "time"

// Slots are five minutes of UTC, [t, t+5m).
const (
	SlotLength   = 5 * time.Minute
	SlotSeconds  = 300
	SlotsPerHour = 12
	SlotsPerDay  = 288
)

// Slot is a slot's number: Unix seconds / 300. Slots before 1970 are negative.
type Slot int64

// SlotOf returns the slot that t lies in.
func SlotOf(t time.Time) Slot { return Slot(floorDiv(t.Unix(), SlotSeconds)) }

// SlotAtOrAfter returns the first slot that starts at or after t: what an
// instant (a registration, a change, a bound of a window) stands for when it is
// set against slots.
func SlotAtOrAfter(t time.Time) Slot {
	s := SlotOf(t)
	if s.Start().Before(t) {
		s++
	}
	return s
}

// Start returns the instant at which the slot begins, in UTC.
func (s Slot) Start() time.Time { return time.Unix(int64(s)*SlotSeconds, 0).UTC() }

// End returns the instant at which the slot is over, exclusive, in UTC.
func (s Slot) End() time.Time { return (s + 1).Start() }

// Hour returns the hour that the slot lies in.
func (s Slot) Hour() Hour { return Hour(floorDiv(int64(s), SlotsPerHour)) }

// InHour returns the slot's place in its hour, 0 to 11.
func (s Slot) InHour() int { return int(int64(s) - int64(s.Hour())*SlotsPerHour) }

// Day returns midnight UTC of the day that the slot lies in.
func (s Slot) Day() time.Time {
	return Slot(floorDiv(int64(s), SlotsPerDay) * SlotsPerDay).Start()
}

// Hour is an hour's number: Unix seconds / 3600.
type Hour int64

// HourOf returns the hour that t lies in.
func HourOf(t time.Time) Hour { return SlotOf(t).Hour() }

// First returns the first slot of the hour.
func (h Hour) First() Slot { return Slot(h * SlotsPerHour) }

// Start returns the instant at which the hour begins, in UTC.
func (h Hour) Start() time.Time { return h.First().Start() }

// Span is a half-open run of slots, [From, To). It is empty if To <= From.
type Span struct{ From, To Slot }

// SpanOf returns the slots that stand for the instants [from, to).
func SpanOf(from, to time.Time) Span {
	return Span{From: SlotAtOrAfter(from), To: SlotAtOrAfter(to)}
}

// Len returns the number of slots, never negative.
func (s Span) Len() int { return int(max(0, s.To-s.From)) }

// Empty reports whether the span has no slot.
func (s Span) Empty() bool { return s.To <= s.From }

// Contains reports whether slot k lies in the span.
func (s Span) Contains(k Slot) bool { return s.From <= k && k < s.To }

// Intersect returns the slots common to both; the result may be empty.
func (s Span) Intersect(o Span) Span {
	return Span{From: max(s.From, o.From), To: min(s.To, o.To)}
}

// Hours returns the whole hours that hold the span: [first, end). An empty span
// has none.
func (s Span) Hours() (first, end Hour) {
	if s.Empty() {
		return s.From.Hour(), s.From.Hour()
	}
	return s.From.Hour(), (s.To - 1).Hour() + 1
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
