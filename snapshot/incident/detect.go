package incident

import (
	"sort"

	"github.com/uptally/uptally/uptime"
)

// The rule of a collapse. Shares are tenths and hundredths, compared exactly.
const (
	baselineSlots = uptime.SlotsPerDay // that a baseline looks back
	baselineLeast = baselineSlots / 2  // observed ones of them, without which there is none
	openingSlots  = 3                  // observed, in a row, below
	recoverySlots = 12                 // observed, in a row, at or above
)

// below reports whether a population is less than 0.7 of a baseline.
func below(population, baseline int64) bool { return 10*population < 7*baseline }

// recovered reports whether a population is at least 0.85 of a baseline.
func recovered(population, baseline int64) bool { return 100*population >= 85*baseline }

// Collapse is a collapse of the genuine population.
type Collapse struct {
	Opened    uptime.Slot  // the first of the three slots below
	Baseline  int64        // devices: that of the slot Opened, kept
	Lowest    int64        // devices, least of its observed slots
	LowestAt  uptime.Slot  // the first slot that had so few
	Recovered *uptime.Slot // the first of the twelve good slots; nil while it has not
	Closed    *uptime.Slot // the slot after the last of the twelve
	EndedAt   *uptime.Slot // the slot from which on a person accepted the level
}

// AcceptedEnd says that a person accepted the level of the population from the slot
// At on, as the end of the collapse that opened at the slot Opened.
type AcceptedEnd struct{ Opened, At uptime.Slot }

// End returns the slot at which the collapse is over, exclusive; nil while it lasts.
func (c Collapse) End() *uptime.Slot {
	if c.EndedAt != nil {
		return c.EndedAt
	}
	return c.Recovered
}

// Collapses finds the collapses in populations that are in the order of their
// slots. Slots that are missing count as unobserved. Of accepted ends, the last of
// a collapse counts; one that is not after its opening, or of a slot at which none
// opened, says nothing.
func Collapses(population []uptime.Population, ends []AcceptedEnd) []Collapse {
	accepted := make(map[uptime.Slot]uptime.Slot, len(ends))
	for _, e := range ends {
		if e.At > e.Opened {
			accepted[e.Opened] = e.At
		}
	}
	var found []Collapse
	day := &baseline{population: population}
	for next := 0; ; {
		c, at, some := opening(population, next, day)
		if !some {
			return found
		}
		if end, byPerson := accepted[c.Opened]; byPerson {
			next = sort.Search(len(population), func(i int) bool { return population[i].Slot >= end })
			c.EndedAt = &end
			day = &baseline{population: population, next: next, oldest: next} // afresh
		} else {
			next = c.recover(population, at)
		}
		c.measure(population[at:next])
		found = append(found, c)
	}
}

// opening looks for a collapse from the index next on, and returns it with the
// index of its first slot.
func opening(population []uptime.Population, next int, day *baseline) (c Collapse, at int, some bool) {
	row := 0 // slots below in a row
	for i := next; i < len(population); i++ {
		p := population[i]
		if !p.Observed {
			continue
		}
		median, defined := day.before(i)
		if !defined || !below(p.Genuine, median) {
			row = 0
			continue
		}
		if row++; row == 1 {
			c, at = Collapse{Opened: p.Slot, Baseline: median}, i
		}
		if row == openingSlots {
			return c, at, true
		}
	}
	return Collapse{}, 0, false
}

// recover looks for the end of a collapse that opened at the index at. It returns
// the index after the twelfth good slot, or that of the end.
func (c *Collapse) recover(population []uptime.Population, at int) (next int) {
	row, first := 0, uptime.Slot(0)
	for i := at; i < len(population); i++ {
		p := population[i]
		switch {
		case !p.Observed:
		case !recovered(p.Genuine, c.Baseline):
			row = 0
		default:
			if row++; row == 1 {
				first = p.Slot
			}
			if row == recoverySlots {
				c.Recovered, c.Closed = &first, new(p.Slot+1)
				return i + 1
			}
		}
	}
	return len(population)
}

// measure finds the lowest population of the collapse.
func (c *Collapse) measure(population []uptime.Population) {
	end := c.End()
	for i, p := range population {
		if end != nil && p.Slot >= *end {
			return
		}
		if i == 0 || p.Observed && p.Genuine < c.Lowest {
			c.Lowest, c.LowestAt = p.Genuine, p.Slot
		}
	}
}
