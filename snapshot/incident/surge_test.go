package incident

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

func TestSurges(t *testing.T) {
	for _, c := range textCases(t, "testdata/surges.txt") {
		t.Run(c[0], func(t *testing.T) {
			registered, err := strconv.ParseInt(c[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			if got := spans(Surges(parseTallies(t, c[2]), []Tally{{0, registered}})); got != c[3] {
				t.Errorf("found %q, want %q", got, c[3])
			}
		})
	}
}

func parseTallies(t *testing.T, text string) []Tally {
	t.Helper()
	changed := map[uptime.Slot]int64{}
	for run := range strings.FieldsSeq(text) {
		devices, slots, _ := strings.Cut(run, "@")
		slots, every, stepped := strings.Cut(slots, "/")
		from, to, ranged := strings.Cut(slots, "..")
		if !ranged {
			to = from
		}
		if !stepped {
			every = "1"
		}
		n, err1 := strconv.ParseInt(devices, 10, 64)
		first, err2 := strconv.Atoi(from)
		last, err3 := strconv.Atoi(to)
		step, err4 := strconv.Atoi(every)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			t.Fatal(err)
		}
		for k := first; k <= last; k += step {
			changed[uptime.Slot(k)] += n
		}
	}
	return tallies(changed)
}

func tallies(counts map[uptime.Slot]int64) (sorted []Tally) {
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		sorted = append(sorted, Tally{k, counts[k]})
	}
	return sorted
}

func spans(found []uptime.Span) string {
	var all []string
	for _, s := range found {
		all = append(all, fmt.Sprintf("%d..%d", s.From, s.To))
	}
	return strings.Join(all, " ")
}

// Registrations to come do not make a surge of the past smaller.
func TestOnlyDevicesRegisteredByThenCount(t *testing.T) {
	changed := []Tally{{100, 12}}
	if got := spans(Surges(changed, []Tally{{0, 5000}, {101, 1_000_000}})); got != "100..101" {
		t.Errorf("found %q", got)
	}
	if got := spans(Surges(changed, []Tally{{0, 5000}, {100, 1_000_000}})); got != "" {
		t.Errorf("found %q among a million", got)
	}
}

func TestSurgesOfTheSimulatedWorlds(t *testing.T) {
	attack := uptime.SpanOf(simulator.AttackAt, simulator.AttackEnd)
	for _, devices := range []int{100, 300, 1000, 5000, 20_000} {
		for _, scenario := range []string{simulator.April2024, simulator.Steady} {
			for _, seed := range []uint64{1, 7, 424} {
				world, err := simulator.New(simulator.Config{Scenario: scenario, Devices: devices, Seed: seed})
				if err != nil {
					t.Fatal(err)
				}
				found := Surges(talliesOf(world))
				name := fmt.Sprintf("%s of %d devices, seed %d", scenario, devices, seed)
				switch {
				case scenario == simulator.Steady:
					if len(found) > 0 {
						t.Errorf("%s: found %s", name, instants(found))
					}
				case len(found) != 1 || found[0].Intersect(attack) != found[0]:
					t.Errorf("%s: found %s", name, instants(found))
				case devices >= 1000 && found[0] != attack:
					t.Errorf("%s: found %s, want %s", name, instants(found), instants([]uptime.Span{attack}))
				}
			}
		}
	}
}

// talliesOf counts a world's changes through the worker API, and its registrations.
func talliesOf(world *simulator.World) (changed, registered []Tally) {
	changes, registrations := map[uptime.Slot]int64{}, map[uptime.Slot]int64{}
	for c := range world.Changes() {
		switch k := uptime.SlotOf(c.ChangedAt); c.Channel {
		case uptime.ChannelWorkerAPI:
			changes[k]++
		case uptime.ChannelRegistration:
			registrations[k]++
		}
	}
	return tallies(changes), tallies(registrations)
}

func instants(found []uptime.Span) string {
	var all []string
	for _, s := range found {
		all = append(all, s.From.Start().Format(time.RFC3339)+" to "+s.To.Start().Format(time.RFC3339))
	}
	return fmt.Sprintf("%q", all)
}
