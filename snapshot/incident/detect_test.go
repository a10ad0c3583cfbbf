package incident

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/uptally/uptally/uptime"
)

func TestCollapses(t *testing.T) {
	for _, c := range textCases(t, "testdata/collapses.txt") {
		t.Run(c[0], func(t *testing.T) {
			population := parseSlots(t, c[1])
			if got := describe(Collapses(population, parseEnds(t, c[2]))); got != c[3] {
				t.Errorf("found %q, want %q", got, c[3])
			}
		})
	}
}

// textCases returns the fields of the lines of a file, trimmed.
func textCases(t *testing.T, name string) (cases [][]string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "|")
		if len(fields) != 4 {
			t.Fatalf("%d fields in %q", len(fields), line)
		}
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		cases = append(cases, fields)
	}
	return cases
}

func parseSlots(t *testing.T, text string) (population []uptime.Population) {
	t.Helper()
	k := uptime.Slot(0)
	for run := range strings.FieldsSeq(text) {
		times, what, _ := strings.Cut(run, "x")
		n := parseInt(t, times)
		count, _ := strconv.ParseInt(what, 10, 64)
		for range n {
			if what != "-" {
				population = append(population, uptime.Population{Slot: k, Observed: what != "?", Genuine: count, Up: 1000})
			}
			k++
		}
	}
	return population
}

func parseInt(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func parseEnds(t *testing.T, text string) (ends []AcceptedEnd) {
	t.Helper()
	for end := range strings.FieldsSeq(text) {
		var e AcceptedEnd
		if _, err := fmt.Sscanf(end, "%d@%d", &e.Opened, &e.At); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, e)
	}
	return ends
}

func describe(found []Collapse) string {
	var all []string
	for _, c := range found {
		text := fmt.Sprintf("%d %d %d@%d ", c.Opened, c.Baseline, c.Lowest, c.LowestAt)
		switch {
		case c.EndedAt != nil:
			text += fmt.Sprintf("ended %d", *c.EndedAt)
		case c.Recovered != nil:
			text += fmt.Sprintf("%d..%d", *c.Recovered, *c.Closed)
		default:
			text += "open"
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// Against a second reading of the rule, which counts everything again for every
// slot, on random worlds: dealt evenly, and as rapid likes them.
func TestCollapsesAgreeWithTheNaiveReading(t *testing.T) {
	random, several := rand.New(rand.NewPCG(4, 25)), 0
	for range 200 {
		got, want := bothReadings(random.IntN)
		if got != want {
			t.Fatalf("found %q, naively %q", got, want)
		}
		several += strings.Count(got, ";")
	}
	if several < 20 {
		t.Fatalf("only %d collapses followed another: the worlds say little", several)
	}
	rapid.Check(t, func(t *rapid.T) {
		if got, want := bothReadings(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "") }); got != want {
			t.Fatalf("found %q, naively %q", got, want)
		}
	})
}

// bothReadings makes a world and up to two ends of what happens in it, and reads it
// twice. pick returns a number below n.
func bothReadings(pick func(n int) int) (engine, naive string) {
	population := randomPopulation(pick)
	var ends []AcceptedEnd
	for range pick(3) {
		if found := naiveCollapses(population, ends); len(found) > 0 {
			opened := found[pick(len(found))].Opened
			ends = append(ends, AcceptedEnd{opened, opened + uptime.Slot(pick(400))})
		}
	}
	return describe(Collapses(population, ends)), describe(naiveCollapses(population, ends))
}

// randomPopulation makes a day, and then falls and rises, with noise, holes and
// jumps.
func randomPopulation(pick func(n int) int) (population []uptime.Population) {
	k := uptime.Slot(pick(7) - 3)
	run := func(levels, lengths []int) {
		level, length := levels[pick(len(levels))], lengths[pick(len(lengths))]
		noise, holes, seed := []int{0, 0, 1, 3}[pick(4)], []int{0, 0, 0, 1, 20}[pick(5)], pick(1<<30)
		draws := rand.New(rand.NewPCG(uint64(seed), 1))
		for range length {
			population = append(population, uptime.Population{
				Slot: k, Observed: draws.IntN(64) >= holes, Genuine: int64(level + draws.IntN(noise+1)),
			})
			k++
		}
		if pick(10) == 0 {
			k += uptime.Slot(1 + pick(200))
		}
	}
	high := []int{17, 20, 24, 25, 26, 30}
	run(high, []int{143, 144, 150, 288, 300})
	for range 1 + pick(8) {
		run([]int{0, 3, 10, 14, 17, 18, 20}, []int{2, 3, 4, 5, 40, 150})
		run(high, []int{1, 11, 12, 13, 40, 150})
	}
	return population
}

// naiveCollapses reads the rule once more: one slot after another in a state, every
// median sorted anew.
func naiveCollapses(population []uptime.Population, ends []AcceptedEnd) (found []Collapse) {
	afresh := uptime.Slot(-1 << 40) // observed slots before it count in no baseline
	from := afresh                  // slots before it open nothing
	for {
		c, ok := naiveOpening(population, from, afresh)
		if !ok {
			return found
		}
		for _, e := range ends {
			if e.Opened == c.Opened && e.At > e.Opened {
				c.EndedAt = new(e.At)
			}
		}
		var good []uptime.Slot
		for _, p := range population {
			if p.Slot < c.Opened || !p.Observed || c.EndedAt != nil || c.Recovered != nil {
				continue
			}
			if good = append(good, p.Slot); float64(p.Genuine) < 0.85*float64(c.Baseline)-1e-6 {
				good = nil
			}
			if len(good) == 12 {
				c.Recovered, c.Closed = new(good[0]), new(p.Slot+1)
			}
		}
		switch {
		case c.EndedAt != nil:
			from, afresh = *c.EndedAt, *c.EndedAt
		case c.Closed != nil:
			from = *c.Closed
		default:
			from = 1 << 40
		}
		c.Lowest = 1 << 40
		for _, p := range population {
			if p.Observed && p.Slot >= c.Opened && (c.End() == nil || p.Slot < *c.End()) && p.Genuine < c.Lowest {
				c.Lowest, c.LowestAt = p.Genuine, p.Slot
			}
		}
		found = append(found, c)
	}
}

func naiveOpening(population []uptime.Population, from, afresh uptime.Slot) (Collapse, bool) {
	var low []Collapse
	for _, p := range population {
		if !p.Observed || p.Slot < from {
			continue
		}
		var day []int64
		for _, q := range population {
			if q.Observed && q.Slot >= p.Slot-288 && q.Slot < p.Slot && q.Slot >= afresh {
				day = append(day, q.Genuine)
			}
		}
		slices.Sort(day)
		if len(day) < 144 || float64(p.Genuine) >= 0.7*float64(day[(len(day)-1)/2])-1e-6 {
			low = nil
			continue
		}
		if low = append(low, Collapse{Opened: p.Slot, Baseline: day[(len(day)-1)/2]}); len(low) == 3 {
			return low[0], true
		}
	}
	return Collapse{}, false
}

// 174 days with a collapse: what a season of half a year is looked through for.
func BenchmarkCollapses(b *testing.B) {
	population := make([]uptime.Population, 174*uptime.SlotsPerDay)
	for i := range population {
		population[i] = uptime.Population{Slot: uptime.Slot(i), Observed: true, Genuine: 600_000 + int64(i*7919%10_007)}
		if i > 40_000 && i < 45_000 {
			population[i].Genuine /= 60
		}
	}
	for b.Loop() {
		if len(Collapses(population, nil)) != 1 {
			b.Fatal("not found")
		}
	}
}
