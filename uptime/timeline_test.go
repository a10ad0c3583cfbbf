package uptime

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// naiveTimeline is a timeline as its definition says it: a span, and a set of slots.
type naiveTimeline struct {
	span Span
	set  map[Slot]bool
}

func (m naiveTimeline) slots(s Span) (slots []Slot) {
	for k := s.From; k < s.To; k++ {
		if m.set[k] {
			slots = append(slots, k)
		}
	}
	return slots
}

// timeline lays the set out as the type's comment says.
func (m naiveTimeline) timeline() Timeline {
	words := make([]uint64, (m.span.Len()+63)/64)
	for k := range m.set {
		words[(k-m.span.From)/64] |= 1 << ((k - m.span.From) % 64)
	}
	return TimelineOf(m.span, words)
}

// anySpan reaches over three words and is sometimes empty.
var anySpan = rapid.Custom(func(t *rapid.T) Span {
	from := Slot(rapid.IntRange(-100, 100).Draw(t, "from"))
	return Span{From: from, To: from + Slot(rapid.IntRange(-5, 200).Draw(t, "length"))}
})

// anyTimeline draws a set as runs, for runs are what timelines are made of.
func anyTimeline(span Span) *rapid.Generator[naiveTimeline] {
	return rapid.Custom(func(t *rapid.T) naiveTimeline {
		m := naiveTimeline{span: span, set: map[Slot]bool{}}
		in := rapid.Bool().Draw(t, "starts in")
		for k := span.From; k < span.To; in = !in {
			end := k + Slot(rapid.IntRange(1, 90).Draw(t, "run"))
			for ; k < min(end, span.To); k++ {
				if in {
					m.set[k] = true
				}
			}
		}
		return m
	})
}

// near is a span that often cuts the timeline's and sometimes passes its ends.
func near(t *rapid.T, span Span) Span {
	draw := func(name string) Slot {
		return Slot(rapid.Int64Range(int64(span.From)-70, int64(max(span.From, span.To))+70).Draw(t, name))
	}
	return Span{From: draw("near from"), To: draw("near to")}
}

func TestTimelineQuestions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := anySpan.Draw(t, "span")
		a, b := anyTimeline(span).Draw(t, "a"), anyTimeline(span).Draw(t, "b")
		at, bt := a.timeline(), b.timeline()
		s, n := near(t, span), rapid.IntRange(0, 80).Draw(t, "n")
		in := a.slots(s)
		if at.Span() != span || at.Count(s) != len(in) {
			t.Fatalf("count of %v: %d, want %d", s, at.Count(s), len(in))
		}
		both := slices.DeleteFunc(slices.Clone(in), func(k Slot) bool { return !b.set[k] })
		if got := at.CountBoth(bt, s); got != len(both) {
			t.Fatalf("count of both in %v: %d, want %d", s, got, len(both))
		}
		if got := slices.Collect(at.Slots(s)); !slices.Equal(got, in) {
			t.Fatalf("slots of %v: %v, want %v", s, got, in)
		}
		for k := s.From; k < s.To; k++ {
			if at.Has(k) != a.set[k] {
				t.Fatalf("has %d: %v", k, at.Has(k))
			}
		}
		checkFirsts(t, a, s, max(n, 1))
		checkPrefix(t, a, s, n)
	})
}

func checkFirsts(t *rapid.T, m naiveTimeline, s Span, n int) {
	line := m.timeline()
	find := func(holds func(k Slot) bool) (Slot, bool) {
		for k := s.From; k < s.To; k++ {
			if holds(k) {
				return k, true
			}
		}
		return 0, false
	}
	check := func(name string, got Slot, gotOK bool, holds func(k Slot) bool) {
		want, ok := find(holds)
		if ok != gotOK || ok && got != want {
			t.Fatalf("%s of %v: %d %v, want %d %v", name, s, got, gotOK, want, ok)
		}
	}
	first, ok := line.First(s)
	check("first", first, ok, func(k Slot) bool { return m.set[k] })
	absent, ok := line.FirstAbsent(s)
	check("first absent", absent, ok, func(k Slot) bool { return !m.set[k] })
	run, ok := line.FirstRun(s, n)
	check("first run", run, ok, func(k Slot) bool {
		for i := range Slot(n) {
			if !m.set[k+i] {
				return false
			}
		}
		return true
	})
}

func checkPrefix(t *rapid.T, m naiveTimeline, s Span, n int) {
	got, in := m.timeline().Prefix(s, n), m.slots(s)
	switch {
	case got.From != s.From:
		t.Fatalf("prefix of %v begins at %d", s, got.From)
	case n == 0 && !got.Empty():
		t.Fatalf("prefix of %v with 0 slots: %v", s, got)
	case n > len(in) && got != s:
		t.Fatalf("prefix of %v with %d of %d slots: %v", s, n, len(in), got)
	case n > 0 && n <= len(in) && got.To != in[n-1]+1:
		t.Fatalf("prefix of %v with %d slots ends at %d, want %d", s, n, got.To, in[n-1]+1)
	}
}

func TestTimelineLongestRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := anySpan.Draw(t, "span")
		observed, up := anyTimeline(span).Draw(t, "observed"), anyTimeline(span).Draw(t, "up")
		for k := range up.set {
			if !observed.set[k] {
				delete(up.set, k)
			}
		}
		s, want, run := near(t, span), 0, 0
		for _, k := range observed.slots(s) {
			if run++; !up.set[k] {
				run = 0
			}
			want = max(want, run)
		}
		if got := up.timeline().LongestRun(observed.timeline(), s); got != want {
			t.Fatalf("longest run in %v: %d, want %d\nobserved %v\nup %v", s, got, want, observed.slots(s), up.slots(s))
		}
	})
}

func TestTimelineChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := anySpan.Draw(t, "span")
		a, b := anyTimeline(span).Draw(t, "a"), anyTimeline(span).Draw(t, "b")
		s, k := near(t, span), near(t, span).From
		same := func(name string, got Timeline, in func(k Slot) bool) {
			want := naiveTimeline{span, map[Slot]bool{}}
			for k := span.From; k < span.To; k++ {
				if in(k) {
					want.set[k] = true
				}
			}
			if !slices.Equal(got.Words(), want.timeline().Words()) {
				t.Fatalf("%s: %v, want %v", name, slices.Collect(got.Slots(span)), want.slots(span))
			}
		}
		changed := func(change func(Timeline)) Timeline {
			line := a.timeline()
			change(line)
			return line
		}
		same("new", NewTimeline(span), func(Slot) bool { return false })
		same("add", changed(func(l Timeline) { l.Add(k) }), func(i Slot) bool { return a.set[i] || i == k })
		same("add span", changed(func(l Timeline) { l.AddSpan(s) }), func(i Slot) bool { return a.set[i] || s.Contains(i) })
		same("add all", changed(func(l Timeline) { l.AddAll(b.timeline(), s) }), func(i Slot) bool { return a.set[i] || b.set[i] && s.Contains(i) })
		same("and not", a.timeline().AndNot(b.timeline()), func(i Slot) bool { return a.set[i] && !b.set[i] })
		same("and", a.timeline().And(b.timeline()), func(i Slot) bool { return a.set[i] && b.set[i] })
		same("or", a.timeline().Or(b.timeline()), func(i Slot) bool { return a.set[i] || b.set[i] })
	})
}

func TestTimelineOfRefusesWordsThatDoNotFit(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("two words for a span of 64 slots were taken")
		}
	}()
	TimelineOf(Span{0, 64}, make([]uint64, 2))
}
