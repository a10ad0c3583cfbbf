package simulator

import (
	"time"

	"github.com/uptally/uptally/uptime"
)

// The key dates of the scenario april-2024. The world covers [Start, End); a
// season is from its first day 00:00 to the day after its last, exclusive.
var (
	Start         = date(2023, time.November, 4)
	End           = date(2024, time.June, 2)
	Season1Start  = Start
	Season1End    = date(2024, time.April, 26) // exclusive: its last day is the 25th
	VirtualsFrom  = date(2024, time.April, 16) // the first virtual device registers
	VirtualsUntil = date(2024, time.April, 22) // the last one has registered
	VerdictsFrom  = date(2024, time.April, 23).Add(6 * time.Hour)
	AttackAt      = date(2024, time.April, 25).Add(8*time.Hour + 5*time.Minute)
	AttackEnd     = date(2024, time.April, 25).Add(9 * time.Hour) // exclusive
	CutOverAt     = date(2024, time.April, 25).Add(9*time.Hour + 10*time.Minute)
	WaveEnd       = date(2024, time.April, 29) // most spoofed verdicts are before it
	Season2Start  = date(2024, time.May, 1)
	Season2End    = date(2024, time.May, 31) // exclusive: its last day is the 30th
)

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// The world counts seconds and slots from its origin, a whole number of days
// before Start, so that both are small and never negative.
const (
	secondsPerHour = 3600
	secondsPerDay  = 24 * secondsPerHour
	daysBefore     = 31 // registrations before the first heartbeats
)

var (
	origin     = Start.Add(-daysBefore * 24 * time.Hour)
	originSlot = uptime.SlotOf(origin)

	firstTick   = tickOf(Start)
	endTick     = tickOf(End)
	cutOverTick = tickOf(CutOverAt)
)

// moment is a time in seconds since the origin.
type moment int32

// momentAtOrAfter returns the first whole second at or after t. Times before the
// world stand for its origin, times long after it for two days past its end: every
// row is committed by then, and no sum of moments overflows.
func momentAtOrAfter(t time.Time) moment {
	if t.Before(origin) {
		return 0
	}
	if last := End.AddDate(0, 0, 2); t.After(last) {
		t = last
	}
	return moment((t.Sub(origin) + time.Second - 1) / time.Second)
}

func (m moment) time() time.Time { return origin.Add(time.Duration(m) * time.Second) }

// tick returns the slot that the moment lies in.
func (m moment) tick() tick { return tick(m / uptime.SlotSeconds) }

// tick is a slot's number, counted from the origin.
type tick int32

func tickOf(t time.Time) tick { return tick(uptime.SlotOf(t) - originSlot) }

func (t tick) slot() uptime.Slot { return originSlot + uptime.Slot(t) }
func (t tick) start() moment     { return moment(t) * uptime.SlotSeconds }
func (t tick) day() uint64       { return uint64(t) / uptime.SlotsPerDay }
func (t tick) inDay() int32      { return int32(t) % uptime.SlotsPerDay }

// ticks is a half-open run of slots.
type ticks struct{ from, until tick }

func (s ticks) contains(t tick) bool { return s.from <= t && t < s.until }
