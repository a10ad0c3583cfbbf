package fakes_test

import (
	"testing"
	"time"

	"github.com/uptally/uptally/uptime/fakes"
	"github.com/uptally/uptally/uptime/simulator"
)

// Of seeds and sizes that nothing was chosen by.
func TestVirtualDevicesOfUnseenWorldsAreListed(t *testing.T) {
	for _, c := range []struct {
		devices  int
		seed     uint64
		from, to time.Time
	}{
		{1_200, 707, day(4, 13), day(4, 27)},
		{3_000, 808, day(4, 10), day(4, 30)},
	} {
		world, fleet := labelled(t, simulator.April2024, c.devices, c.seed, c.from, c.to)
		found := fakes.Find(fleet)
		virtual, listed, right := marks(world, found)
		if 100*right < 99*listed || 10*right < 9*virtual || right == 0 {
			t.Errorf("seed %d: %d listed, %d of them virtual, of %d", c.seed, listed, right, virtual)
		}
		if found.Devices != world.Devices() || found.NoOpinion == 0 || len(found.Platform) == 0 {
			t.Errorf("seed %d: %d devices looked at, %d without opinion, the platform moved %d times: want %d, some, and the cut-over",
				c.seed, found.Devices, found.NoOpinion, len(found.Platform), world.Devices())
		}
	}
}

func TestNobodyIsListedInASteadyWorld(t *testing.T) {
	for _, c := range []struct {
		seed     uint64
		from, to time.Time
	}{
		{707, day(4, 13), day(4, 27)},
		{808, day(4, 13), day(4, 14)}, // so short that many were never out
		{909, day(4, 13), day(4, 16)},
	} {
		_, fleet := labelled(t, simulator.Steady, 3_000, c.seed, c.from, c.to)
		if found := fakes.Find(fleet); len(found.Suspects) > 0 {
			t.Errorf("seed %d: %d honest devices are listed: %+v", c.seed, len(found.Suspects), found.Cohorts)
		}
	}
}

// The honest months, and the weeks in which they come back from the cut-over.
func TestNobodyIsListedBeforeTheFarmsNorAfterThem(t *testing.T) {
	for _, c := range []struct{ from, to time.Time }{{day(2, 1), day(2, 15)}, {day(4, 26), day(5, 9)}} {
		world, fleet := labelled(t, simulator.April2024, 1_500, 707, c.from, c.to)
		if _, listed, right := marks(world, fakes.Find(fleet)); listed > right {
			t.Errorf("from %s: %d of %d listed are honest", c.from, listed-right, listed)
		}
	}
}

// Worlds smaller than a cohort, down to one device: too little to judge by, and
// nothing that breaks.
func TestTinyWorlds(t *testing.T) {
	for devices := 1; devices <= 16; devices += 5 {
		world, fleet := labelled(t, simulator.April2024, devices, 707, day(4, 13), day(4, 27))
		found := fakes.Find(fleet)
		if _, listed, right := marks(world, found); listed > right {
			t.Errorf("of %d devices %d honest ones are listed", world.Devices(), listed-right)
		}
	}
	if found := fakes.Find(fakes.NewFleet(wholly(span))); found.Devices != 0 || len(found.Suspects) != 0 {
		t.Errorf("in an empty fleet: %+v", found)
	}
}
