package reconcile

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/uptally/uptally/uptime"
)

// A slot that was read to the end a day later and counted after that, and what
// differs from it.
func read(ours, theirs int64, with func(*Slot)) Slot {
	s := Slot{Ours: ours, Theirs: theirs, Requested: true, Observed: true, Final: true, Compared: true, Settled: true}
	if with != nil {
		with(&s)
	}
	return s
}

func unread(with func(*Slot)) Slot {
	s := Slot{Requested: true}
	with(&s)
	return s
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name  string
		slot  Slot
		flags string // fits, awaited, mend
		want  Verdict
		size  int64
		cause string
	}{
		{"the same", read(7, 7, nil), "fits", Equal, 0, ""},
		{"nothing on both sides", read(0, 0, nil), "fits", Equal, 0, ""},
		{"never counted", read(7, 0, func(s *Slot) { s.Compared = false }), "fits", NotCompared, 0, "not had"},

		{"short in an open hour", read(5, 7, nil), "mend", OursShort, 2, "after its last reading"},
		{"asked again once", read(5, 7, func(s *Slot) { s.Mends = 1 }), "mend", OursShort, 2, "after its last reading"},
		{"asked again often enough", read(5, 7, func(s *Slot) { s.Mends = MendsMax }), "", OursShort, 2, "did not deliver when it was asked again 2 times"},
		{"and closed since", read(5, 7, func(s *Slot) { s.Mends, s.Closed = MendsMax, true }), "", OursShort, 2, "did not deliver"},
		{"closed", read(5, 7, func(s *Slot) { s.Closed = true }), "", OursShort, 2, "late: committed after its last reading"},
		{"closed, and read since", read(5, 7, func(s *Slot) { s.Closed, s.Late = true, 2 }), "", OursShort, 2, "late: rows came after its hour was closed"},
		{"young", read(5, 7, func(s *Slot) { s.Final = false }), "awaited", OursShort, 2, "rows are committed for a day"},
		{"as short as strangers explain", read(5, 7, func(s *Slot) { s.Unknown = 2 }), "fits", OursShort, 2, "ids that no registration names: 2 rows"},
		{"strangers in a young slot", read(5, 7, func(s *Slot) { s.Unknown, s.Final = 3, false }), "fits", OursShort, 2, "ids that"},
		{"strangers in a closed one", read(5, 7, func(s *Slot) { s.Unknown, s.Closed = 3, true }), "fits", OursShort, 2, "ids that"},
		{"shorter than strangers explain", read(5, 7, func(s *Slot) { s.Unknown = 1 }), "mend", OursShort, 2, "after its last reading"},

		{"more than the service counts", read(7, 5, nil), "", TheirsShort, 2, "counts less than it delivered"},
		{"counted too early", read(7, 5, func(s *Slot) { s.Settled = false }), "awaited", TheirsShort, 2, "before its last rows"},
		{"from an archive", read(7, 0, func(s *Slot) { s.Archive = true }), "fits", TheirsShort, 7, "imported from an archive"},
		{"from an archive that knows better", read(7, 5, func(s *Slot) { s.Archive = true }), "", TheirsShort, 2, "holds more than the service counts"},

		{"never wanted", Slot{Compared: true, Theirs: 7}, "", Unobserved, 7, "nobody asked for it"},
		{"awaited", unread(func(s *Slot) { s.Theirs = 7 }), "awaited", Unobserved, 7, "not read yet"},
		{"given up by itself, and nothing is there", unread(func(s *Slot) { s.Final, s.GivenUp = true, "503" }), "fits", Unobserved, 0, "given up by itself"},
		{"given up by itself, and something is there", unread(func(s *Slot) { s.Final, s.GivenUp, s.Theirs = true, "503", 7 }), "fits mend", Unobserved, 7, "given up by itself"},
		{"and asked for often enough", unread(func(s *Slot) { s.Final, s.GivenUp, s.Theirs, s.Mends = true, "503", 7, MendsMax }), "fits", Unobserved, 7, "given up by itself"},
		{"given up by a person", unread(func(s *Slot) { s.Final, s.GivenUp, s.ByPerson, s.Theirs = true, "lost", true, 7 }), "fits", Unobserved, 7, "given up: lost"},
		{"given up and closed", unread(func(s *Slot) { s.Final, s.GivenUp, s.Theirs, s.Closed = true, "503", 7, true }), "fits", Unobserved, 7, "given up by itself"},
	} {
		f := c.slot.Find()
		if got := flagsOf(f); f.Verdict != c.want || f.Size != c.size || got != c.flags || (c.cause == "") != (f.Cause == "") || !strings.Contains(f.Cause, c.cause) {
			t.Errorf("%s: %+v, want %s of %d, %q, because %q", c.name, f, c.want, c.size, c.flags, c.cause)
		}
	}
}

func flagsOf(f Finding) string {
	var flags []string
	for _, flag := range []struct {
		set  bool
		name string
	}{{f.Fits, "fits"}, {f.Awaited, "awaited"}, {f.Mend, "mend"}} {
		if flag.set {
			flags = append(flags, flag.name)
		}
	}
	return strings.Join(flags, " ")
}

// drawnSlots draws slots in a row, of few kinds, so that runs come about.
func drawnSlots(t *rapid.T) []Slot {
	few := rapid.Int64Range(0, 2)
	slots := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Slot {
		yes := func(name string) bool { return rapid.Bool().Draw(t, name) }
		return Slot{
			Ours: few.Draw(t, "ours"), Theirs: few.Draw(t, "theirs"), Requested: yes("requested"), Observed: yes("observed"), Final: yes("final"),
			Closed: yes("closed"), ByPerson: yes("by person"), GivenUp: rapid.SampledFrom([]string{"", "503"}).Draw(t, "given up"),
			Compared: yes("compared"), Settled: yes("settled"), Unknown: few.Draw(t, "unknown"), Late: few.Draw(t, "late"), Archive: yes("archive"),
			Mends: rapid.IntRange(0, MendsMax).Draw(t, "mends"),
		}
	}), 0, 40).Draw(t, "slots")
	for i := range slots {
		slots[i].Slot = uptime.Slot(1000 + i)
	}
	return slots
}

// The differences partition the slots that are not equal, run by run; counts and
// sizes add up; and nothing that cannot be mended is asked for again.
func TestSumPartitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := drawnSlots(t)
		s := Sum(slots)
		if n := s.Equal + s.OursShort + s.TheirsShort + s.Unobserved + s.NotCompared; n != len(slots) || s.Slots != n {
			t.Fatalf("%d verdicts on %d slots: %s", n, len(slots), s)
		}
		covered := map[uptime.Slot]*Difference{}
		for i := range s.Differences {
			d := &s.Differences[i]
			if d.Empty() || i > 0 && s.Differences[i-1].To > d.From {
				t.Fatalf("difference %d is empty, or out of order: %+v", i, s.Differences)
			}
			if i > 0 && s.Differences[i-1].takes(d.From, d.Finding) {
				t.Fatalf("runs %d and %d are one: %+v", i-1, i, s.Differences)
			}
			for k := d.From; k < d.To; k++ {
				covered[k] = d
			}
		}
		counts, sizes, largest, misfits, awaited, short := map[Verdict]int{}, map[*Difference]int64{}, map[*Difference]int64{}, 0, 0, 0
		var mends []uptime.Slot
		for _, slot := range slots {
			f, d := slot.Find(), covered[slot.Slot]
			counts[f.Verdict]++
			if (f.Verdict == Equal) != (d == nil) || d != nil && (d.Verdict != f.Verdict || d.Cause != f.Cause || d.Fits != f.Fits) {
				t.Fatalf("slot %d is %+v, in %+v", slot.Slot, f, d)
			}
			if f.Verdict == Equal && !f.Fits || f.Awaited && f.Fits || f.Size < 0 {
				t.Fatalf("slot %d contradicts itself: %+v", slot.Slot, f)
			}
			sizes[d], largest[d] = sizes[d]+f.Size, max(largest[d], f.Size)
			misfits, awaited = misfits+one(!f.Fits), awaited+one(f.Awaited)
			short += one(f.Verdict == OursShort && !f.Fits)
			if f.Mend {
				mends = append(mends, slot.Slot)
				if slot.Closed || !slot.Final || slot.Mends >= MendsMax || slot.Theirs <= slot.Ours && slot.Observed {
					t.Fatalf("asked for again: %+v", slot)
				}
			}
		}
		for _, d := range covered {
			if d.Size != sizes[d] || d.Largest != largest[d] {
				t.Fatalf("%+v: its slots come to %d, %d at most", d, sizes[d], largest[d])
			}
		}
		if got := s.mends(); len(got) != len(mends) || len(got) > 0 && (got[0] != mends[0] || got[len(got)-1] != mends[len(mends)-1]) {
			t.Fatalf("mends %v, not %v", got, mends)
		}
		if s.OursShort != counts[OursShort] || s.Unobserved != counts[Unobserved] || s.TheirsShort != counts[TheirsShort] || s.NotCompared != counts[NotCompared] ||
			s.Misfits != misfits || s.Awaited != awaited || s.Short() != short || s.Fits() != (misfits == 0) || (s.Check() == nil) != s.Fits() {
			t.Fatalf("%+v, want %v, %d misfits, %d awaited, %d short", s, counts, misfits, awaited, short)
		}
	})
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// A pass counts strangers over its whole window: they explain all that is short in
// it, or none of it.
func TestStrangersAreCountedOverAPass(t *testing.T) {
	day := uptime.Span{From: 1200, To: 1212}
	for _, c := range []struct {
		name    string
		unknown int64
		again   int64 // strangers in slots 10 and 11, which were read once more
		short   map[int]int64
		want    string // by slot: how many rows explain it
	}{
		{"one for one", 1, 0, map[int]int64{3: 1}, "111111111100"},
		{"one cannot stand for two slots", 1, 0, map[int]int64{3: 1, 4: 1}, "000000000000"},
		{"two can", 2, 0, map[int]int64{3: 1, 4: 1}, "222222222200"},
		{"what was read again has its own", 1, 1, map[int]int64{3: 1, 10: 1}, "111111111111"},
		{"and no other's", 5, 0, map[int]int64{3: 1, 10: 1}, "555555555500"},
		{"more of ours makes up for nothing", 1, 0, map[int]int64{3: 2, 4: -1}, "000000000000"},
	} {
		p := &picture{span: day, slots: make([]Slot, day.Len()), last: make([]int, day.Len()), passes: []pass{
			{window: uptime.Span{From: 1100, To: 1300}, unknown: c.unknown}, {window: uptime.Span{From: 1210, To: 1212}, unknown: c.again},
		}}
		for i := range p.slots {
			p.slots[i] = read(10, 10+c.short[i], nil)
			p.last[i] = 1 + one(i >= 10)
		}
		p.addUnknown()
		got := ""
		for _, s := range p.slots {
			got += string(rune('0' + s.Unknown))
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Heartbeats can be told by pass only where one pass is the last over its window.
func TestHeartbeatsOfWholeWindows(t *testing.T) {
	slots := make([]Slot, 6)
	for i := range slots {
		slots[i] = Slot{Slot: uptime.Slot(100 + i), Compared: i != 5, Heartbeats: 10}
	}
	p := &picture{span: uptime.Span{From: 100, To: 106}, slots: slots, last: []int{1, 3, 2, 2, 4, 5}, passes: []pass{
		{window: uptime.Span{From: 98, To: 101}, rows: 1},   // reaches out of the span
		{window: uptime.Span{From: 102, To: 104}, rows: 21}, // whole
		{window: uptime.Span{From: 101, To: 102}, rows: 9},  // whole
		{window: uptime.Span{From: 102, To: 105}, rows: 1},  // read again in part
		{window: uptime.Span{From: 105, To: 106}, rows: 1},  // not counted
	}}
	var s State
	p.addHeartbeats(&s)
	if s.HeartbeatSlots != 3 || s.TheirHeartbeats != 30 || s.OurHeartbeats != 30 {
		t.Errorf("%d slots, theirs %d, ours %d", s.HeartbeatSlots, s.TheirHeartbeats, s.OurHeartbeats)
	}
}
