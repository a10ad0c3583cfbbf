package incident

import (
	"slices"

	"github.com/uptally/uptally/uptime"
)

// baseline is the running median of the day before a slot: a window over the
// populations, and what its observed slots count in order of size. Moving it by one
// slot moves at most 288 numbers.
type baseline struct {
	population []uptime.Population
	oldest     int // index of the first population in the window
	next       int // index of the first one after it
	sorted     []int64
}

// before moves the window to the day before the slot of the index i, which never
// goes back, and returns the lower median of its observed slots, and whether
// there are enough of them.
func (b *baseline) before(i int) (median int64, defined bool) {
	for ; b.next < i; b.next++ {
		if p := b.population[b.next]; p.Observed {
			at, _ := slices.BinarySearch(b.sorted, p.Genuine)
			b.sorted = slices.Insert(b.sorted, at, p.Genuine)
		}
	}
	for from := b.population[i].Slot - baselineSlots; b.population[b.oldest].Slot < from; b.oldest++ {
		if p := b.population[b.oldest]; p.Observed {
			at, _ := slices.BinarySearch(b.sorted, p.Genuine)
			b.sorted = slices.Delete(b.sorted, at, at+1)
		}
	}
	if len(b.sorted) < baselineLeast {
		return 0, false
	}
	return b.sorted[(len(b.sorted)-1)/2], true
}
