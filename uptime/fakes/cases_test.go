package fakes_test

import (
	"strings"
	"testing"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/fakes"
)

// flawless adds machines that are up all the time but for the cuts, which they share.
func (w *town) flawless(machines, cuts int) {
	var all []int
	for range machines {
		up := uptime.NewTimeline(span)
		up.AddSpan(span)
		all = append(all, len(w.up))
		w.add(up)
	}
	for cut := range cuts {
		w.cut(all, span.From+uptime.Slot(301+cut*200), 3)
	}
}

// What the rule gives away, and what it does not, in a fleet of 300 other devices.
func TestTheBenefitOfTheDoubt(t *testing.T) {
	for _, c := range []struct {
		name   string
		plant  func(w *town)
		listed int
	}{
		{"flawless machines, never out", func(w *town) { w.flawless(50, 0) }, 0},
		{"a few, with one cut", func(w *town) { w.flawless(8, 1) }, 0},
		{"a few, with two cuts", func(w *town) { w.flawless(8, 2) }, 0},
		{"a few, with six cuts", func(w *town) { w.flawless(8, 6) }, 8},
		{"a household, with ten cuts", func(w *town) { w.flawless(4, 10) }, 0},
		{"one more than a household", func(w *town) { w.flawless(5, 10) }, 5},
		{"many, with one cut", func(w *town) { w.flawless(40, 1) }, 40},
		{"three in four switches in common", func(w *town) { w.farm(60, 9, 1) }, 60},
		{"two in three switches in common", func(w *town) { w.farm(60, 9, 5) }, 0},
		{"three farms from one slot", func(w *town) {
			w.farmFrom(span.From+500, 40, 0, 0) // is seen for what it is once the others are listed
			w.farmFrom(span.From+500, 50, 1, 0)
			w.farmFrom(span.From+500, 50, 2, 0)
		}, 140},
		{"two farms", func(w *town) { w.farm(30, 0, 0); w.farm(40, 2, 0) }, 70},
	} {
		w := newTown(5, 300)
		c.plant(w)
		if found := w.search(); len(found.Suspects) != c.listed {
			t.Errorf("%s: %d listed, not %d: %+v", c.name, len(found.Suspects), c.listed, found.Cohorts)
		}
	}
}

// Members that an outage of the platform takes at different slots, and gives back
// at others, are identical still, and none of that is a switch of theirs.
func TestWhatThePlatformDidIsNoSwitch(t *testing.T) {
	w := newTown(5, 300)
	first := len(w.up)
	w.farm(40, 1, 0)
	from := span.To - 500
	for d := range w.up {
		w.cut([]int{d}, from+uptime.Slot(w.dice.IntN(3)), 30+w.dice.IntN(3))
	}
	w.flawless(1, 0)
	found := w.search()
	if len(found.Suspects) != len(w.up)-1-first || len(found.Cohorts) != 1 || len(found.Platform) == 0 {
		t.Fatalf("%d listed in %d cohorts, the platform moved %d times", len(found.Suspects), len(found.Cohorts), len(found.Platform))
	}
	if c := found.Cohorts[0]; len(c.Switches) != 3 || !c.Switches[0].Up || c.Switches[1].Up || c.Through != 0 {
		t.Errorf("%+v: want the start and the pause", c)
	}
	for _, p := range found.Platform {
		for _, s := range found.Cohorts[0].Switches {
			if p.Contains(s.Slot) {
				t.Errorf("%+v is a switch while the platform moved, %+v", s, p)
			}
		}
	}
}

// Whoever sails through is shown so, and is not listed for that alone.
func TestSailingThroughIsASign(t *testing.T) {
	w := newTown(5, 300)
	w.cut(w.some(1000), span.To-500, 40)
	w.flawless(50, 0)
	mustListNobody(t, w)
	w.farm(40, 1, 0)
	found := w.search()
	if len(found.Cohorts) != 1 || len(found.Suspects) != 40 {
		t.Fatalf("%d listed: %+v", len(found.Suspects), found.Cohorts)
	}
	if through := found.Cohorts[0].Through; through < 600 || through > 800 {
		t.Errorf("sailed through an outage of %d per mille; 300 of 390 devices went down", through)
	}
}

func TestVerdictsToImport(t *testing.T) {
	w := newTown(5, 100)
	w.farm(20, 3, 0)
	suspects := w.search().Suspects
	for i := range suspects {
		suspects[i].Device.RegisteredAt = day(4, 18)
	}
	suspects[1].Device.Spoofed = true
	var table strings.Builder
	rows, err := fakes.WriteVerdicts(&table, suspects)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(table.String(), "\n")
	if rows != 19 || len(lines) != 1+19+1 || lines[0] != "device_id,verdict,effective_at,reason,evidence" {
		t.Errorf("%d rows, in %d lines that begin with %q", rows, len(lines), lines[0])
	}
	want := suspects[0].Device.ID.String() +
		`,spoofed,2024-04-18T00:00:00Z,likely_fake,"cohort 1: 20 devices, 7 switches in common of 7, up to 1156 slots without a gap, 1000 per mille of the slots alike"`
	if lines[1] != want {
		t.Errorf("the first is\n%s, not\n%s", lines[1], want)
	}
	if strings.Contains(table.String(), suspects[1].Device.ID.String()) {
		t.Error("a device that is spoofed by verdict already is in the table")
	}
}
