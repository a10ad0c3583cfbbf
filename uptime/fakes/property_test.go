package fakes_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/uptime"
)

func drawTown(t *rapid.T) *town {
	return newTown(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 400).Draw(t, "honest"))
}

func TestHonestDevicesAreNotListed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { mustListNobody(t, drawTown(t)) })
}

// An outage of the platform, or of a part of it, with devices back at once or each
// in its own time. Those that sail through have done nothing.
func TestAnOutageListsNoHonestDevice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawTown(t)
		struck := w.some(rapid.SampledFrom([]int{50, 100, 300, 500, 800, 980, 1000}).Draw(t, "per mille"))
		from, slots := w.slot(), rapid.IntRange(1, 200).Draw(t, "slots")
		late := rapid.SampledFrom([]int{1, 3, 100}).Draw(t, "late by at most")
		for _, d := range struck {
			w.cut([]int{d}, from+uptime.Slot(w.dice.IntN(3)), slots+w.dice.IntN(late))
		}
		mustListNobody(t, w)
	})
}

// Machines of one building that start together, and share some power cuts.
func TestABuildingIsNotListed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawTown(t)
		first, on := len(w.up), w.slot()
		var building []int
		for i := range rapid.IntRange(2, 60).Draw(t, "machines") {
			up := honest(w.dice, span)
			remove(up, uptime.Span{From: span.From, To: on})
			w.add(up)
			building = append(building, first+i)
		}
		for range rapid.IntRange(0, 5).Draw(t, "power cuts") {
			w.cut(building, w.slot(), 1+w.dice.IntN(20))
		}
		mustListNobody(t, w)
	})
}

// A farm is listed whole, and nobody else, if there are honest devices to compare
// with: a farm as large as everyone else together would pass for the platform.
func TestAPlantedFarmIsListed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newTown(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(100, 400).Draw(t, "honest"))
		farm := w.farm(rapid.IntRange(16, 60).Draw(t, "devices"), rapid.IntRange(0, 6).Draw(t, "pauses"), 0)
		if got := listed(w.search()); !slices.Equal(got, sorted(farm)) {
			t.Fatalf("%d are listed, not the farm's %d", len(got), len(farm))
		}
	})
}

// Noise of their own does not hide devices that share sixteen pauses.
func TestANoisyFarmIsListed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newTown(rapid.Uint64().Draw(t, "seed"), rapid.IntRange(150, 300).Draw(t, "honest"))
		farm := w.farm(rapid.IntRange(30, 80).Draw(t, "devices"), 16, 1)
		found := w.search()
		got := listed(found)
		for _, id := range got {
			if !slices.Contains(farm, id) {
				t.Fatalf("honest %s is listed", id)
			}
		}
		if 10*len(got) < 9*len(farm) {
			t.Fatalf("%d of the farm's %d are listed", len(got), len(farm))
		}
		for _, s := range found.Suspects {
			if s.Identical < 900 || 4*s.Shared < 3*s.Own {
				t.Fatalf("%+v is not as the cohort", s)
			}
		}
	})
}

func TestTheOrderOfDevicesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawTown(t)
		w.farm(20, 2, 0)
		w.farm(40, 9, 1)
		before := w.search()
		numbers := map[uuid.UUID]uptime.DeviceNumber{}
		for i, id := range w.ids {
			numbers[id] = uptime.DeviceNumber(i)
		}
		w.dice.Shuffle(len(w.up), func(i, j int) {
			w.ids[i], w.ids[j] = w.ids[j], w.ids[i]
			w.up[i], w.up[j] = w.up[j], w.up[i]
		})
		after := w.search()
		for i := range after.Suspects {
			after.Suspects[i].Device.Number = numbers[after.Suspects[i].Device.ID]
		}
		if !reflect.DeepEqual(before, after) {
			t.Fatalf("%d suspects in %d cohorts, shuffled %d in %d", len(before.Suspects), len(before.Cohorts), len(after.Suspects), len(after.Cohorts))
		}
	})
}

// More honest devices take nobody off the list and put none of theirs on it.
func TestMoreHonestDevicesChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newTown(rapid.Uint64().Draw(t, "seed"), 100)
		w.farm(30, 1, 0)
		before := listed(w.search())
		for range rapid.IntRange(1, 300).Draw(t, "more") {
			w.add(honest(w.dice, span))
		}
		if after := listed(w.search()); !slices.Equal(before, after) {
			t.Fatalf("%d listed, with more %d", len(before), len(after))
		}
	})
}

// What was not observed is neither up nor down: its bits are not looked at, and
// what devices have in common for it lists none of them.
func TestUnobservedSlotsSayNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawTown(t)
		if rapid.Bool().Draw(t, "with a farm") {
			w.farm(30, 3, 0)
		}
		whole := uptime.NewTimeline(span)
		whole.AddSpan(span)
		gone := uptime.NewTimeline(span)
		for range rapid.IntRange(1, 12).Draw(t, "stretches") {
			from := w.slot()
			gone.AddSpan(uptime.Span{From: from, To: from + uptime.Slot(1+w.dice.IntN(150))})
		}
		w.observed = whole.AndNot(gone)
		bare := w.search()
		for i := range w.up {
			if w.dice.IntN(2) == 0 {
				w.up[i] = w.up[i].Or(gone)
			} else {
				w.up[i] = w.up[i].AndNot(gone)
			}
		}
		if painted := w.search(); !reflect.DeepEqual(bare, painted) {
			t.Fatalf("%d listed, and %d when unobserved slots were painted", len(bare.Suspects), len(painted.Suspects))
		}
		for _, s := range bare.Suspects {
			for _, first := range s.First {
				if gone.Has(first.Slot) || gone.Has(first.Slot-1) {
					t.Fatalf("%+v is a switch at an unobserved slot", first)
				}
			}
		}
	})
}

func TestUnobservedStretchesListNoHonestDevice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawTown(t)
		for range rapid.IntRange(1, 40).Draw(t, "stretches") {
			from := w.slot()
			remove(w.observed, uptime.Span{From: from, To: from + uptime.Slot(1+w.dice.IntN(50))})
		}
		mustListNobody(t, w)
	})
}
