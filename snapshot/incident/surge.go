package incident

import (
	"cmp"
	"slices"

	"github.com/uptally/uptally/uptime"
)

// The rule of a surge. An hour is one when so many devices changed in it: at least
// surgeLeast of them, one in surgeShare of those registered, and surgeFactor times
// the median hour of the week before.
const (
	surgeLeast  = 10
	surgeShare  = 1000
	surgeFactor = 10
	surgeHours  = 7 * 24
)

const hour = uptime.Slot(uptime.SlotsPerHour)

// Tally is how many devices did something in a slot.
type Tally struct {
	Slot    uptime.Slot
	Devices int64
}

// Surge is a surge of changes through the untrusted channel.
type Surge struct {
	Span    uptime.Span // from the first slot with such a change to the end of the last one
	Devices int64       // changed in it
	Changes int64       // of them
}

// Surges finds the spans in which changes surged. Both tallies are in the order of
// their slots, and leave out those without any: the devices changed in a slot, and
// those registered in it. The log of both begins with the first registration.
func Surges(changed, registered []Tally) []uptime.Span {
	if len(registered) == 0 {
		return nil // nobody is there to change
	}
	changes, devices := sums(changed), sums(registered)
	var found []uptime.Span
	for _, c := range changed {
		last := uptime.Span{From: c.Slot + 1 - hour, To: c.Slot + 1} // the hour that ends with the slot
		count := changes.within(last)
		if count < surgeLeast || surgeShare*count < devices.before(last.To) || count < surgeFactor*changes.medianHour(last.From, registered[0].Slot) {
			continue
		}
		if n := len(found); n > 0 && last.From < found[n-1].To+hour {
			found[n-1].To = last.To
			continue
		}
		first := changed[changes.search(last.From)].Slot
		found = append(found, uptime.Span{From: first, To: last.To})
	}
	return found
}

// running are tallies with their sums from the first on.
type running struct {
	tallies []Tally
	sums    []int64 // sums[i] is that of the first i
}

func sums(tallies []Tally) running {
	r := running{tallies, make([]int64, len(tallies)+1)}
	for i, t := range tallies {
		r.sums[i+1] = r.sums[i] + t.Devices
	}
	return r
}

// search returns the index of the first tally at or after the slot.
func (r running) search(slot uptime.Slot) int {
	at, _ := slices.BinarySearchFunc(r.tallies, slot, func(t Tally, s uptime.Slot) int { return cmp.Compare(t.Slot, s) })
	return at
}

// before sums the tallies of slots before the one given.
func (r running) before(slot uptime.Slot) int64 { return r.sums[r.search(slot)] }

// within sums the tallies of the span.
func (r running) within(s uptime.Span) int64 { return r.before(s.To) - r.before(s.From) }

// medianHour is the lower median of the sums of the hours of the week before the
// slot, as far as they lie after the log began; 0 if none does.
func (r running) medianHour(slot, began uptime.Slot) int64 {
	hours := make([]int64, 0, surgeHours)
	for to := slot; len(hours) < surgeHours && to-hour >= began; to -= hour {
		hours = append(hours, r.within(uptime.Span{From: to - hour, To: to}))
	}
	if len(hours) == 0 {
		return 0
	}
	slices.Sort(hours)
	return hours[(len(hours)-1)/2]
}
