package fakes_test

import (
	"testing"
	"time"

	"github.com/uptally/uptally/uptime/fakes"
	"github.com/uptally/uptally/uptime/simulator"
)

func TestTune(t *testing.T) {
	run := func(scenario string, size int, seed uint64, from, to time.Time) {
		w, f := labelled(t, scenario, size, seed, from, to)
		began := time.Now()
		found := fakes.Find(f)
		v, l, r := marks(w, found)
		t.Logf("%s %d seed %d: %s - %s virtual %d listed %d right %d cohorts %d noopinion %d seen %d platform %d in %v", scenario, size, seed, from.Format("01-02"), to.Format("01-02"), v, l, r, len(found.Cohorts), found.NoOpinion, found.Seen, len(found.Platform), time.Since(began))
		for _, c := range found.Cohorts[max(0, len(found.Cohorts)-2):] {
			t.Logf("    %+v", c)
		}
	}
	for _, s := range [][2]time.Time{{day(4, 1), day(4, 29)}, {day(4, 13), day(5, 12)}, {day(4, 16), day(4, 20)}, {day(4, 20), day(4, 24)}, {day(4, 20), day(4, 27)}, {day(4, 24), day(4, 26)}, {day(4, 25), day(5, 9)}, {day(5, 1), day(5, 15)}} {
		run(simulator.April2024, 2000, 1, s[0], s[1])
	}
	for _, s := range [][2]time.Time{{day(4, 1), day(4, 2)}, {day(4, 1), day(4, 4)}, {day(4, 13), day(4, 27)}, {day(4, 13), day(5, 12)}} {
		run(simulator.Steady, 3000, 1, s[0], s[1])
		run(simulator.Steady, 10000, 2, s[0], s[1])
	}
	run(simulator.April2024, 10000, 2, day(4, 13), day(4, 27))
	run(simulator.April2024, 10000, 2, day(2, 1), day(2, 8))
}
