package uptime

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSlotOfAnInstant(t *testing.T) {
	kathmandu := time.FixedZone("+0545", 20700)
	for _, c := range []struct {
		at               time.Time
		in, atOrAfter    Slot
		hour             Hour
		placeInHour      int
		dayOfTheSlotInIt string
	}{
		{time.Unix(0, 0), 0, 0, 0, 0, "1970-01-01"},
		{time.Unix(299, 999_999_999), 0, 1, 0, 0, "1970-01-01"},
		{time.Unix(300, 0), 1, 1, 0, 1, "1970-01-01"},
		{time.Unix(300, 1), 1, 2, 0, 1, "1970-01-01"},
		{time.Unix(-1, 0), -1, 0, -1, 11, "1969-12-31"},
		{time.Unix(-300, 0), -1, -1, -1, 11, "1969-12-31"},
		{time.Unix(-300, 1), -1, 0, -1, 11, "1969-12-31"},
		{time.Unix(-3601, 0), -13, -12, -2, 11, "1969-12-31"},
		{time.Date(2024, 4, 25, 8, 5, 0, 0, time.UTC), 5713441, 5713441, 476120, 1, "2024-04-25"},
		{time.Date(2024, 4, 25, 23, 59, 59, 0, time.UTC), 5713631, 5713632, 476135, 11, "2024-04-25"},
		{time.Date(2024, 4, 26, 1, 30, 0, 0, kathmandu), 5713581, 5713581, 476131, 9, "2024-04-25"},
	} {
		s := SlotOf(c.at)
		if s != c.in || SlotAtOrAfter(c.at) != c.atOrAfter || HourOf(c.at) != c.hour ||
			s.InHour() != c.placeInHour || s.Day().Format(time.DateOnly) != c.dayOfTheSlotInIt {
			t.Errorf("%s: in slot %d, at or after %d, hour %d, place %d, day %s; want %+v",
				c.at, s, SlotAtOrAfter(c.at), HourOf(c.at), s.InHour(), s.Day().Format(time.DateOnly), c)
		}
	}
}

// anyInstant is within some 140 years of 1970, often at the very start of a slot.
func anyInstant(t *rapid.T) time.Time {
	seconds := rapid.Int64Range(-1<<32, 1<<32).Draw(t, "seconds")
	if rapid.Bool().Draw(t, "at the start of a slot") {
		return time.Unix(floorDiv(seconds, SlotSeconds)*SlotSeconds, 0)
	}
	return time.Unix(seconds, rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
}

func TestSlotsTileTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := anyInstant(t)
		s, next := SlotOf(at), SlotAtOrAfter(at)
		if at.Before(s.Start()) || !at.Before(s.End()) {
			t.Fatalf("%s lies in [%s, %s)", at, s.Start(), s.End())
		}
		if next.Start().Before(at) || !(next - 1).Start().Before(at) {
			t.Fatalf("%s is not the first slot that starts at or after %s", next.Start(), at)
		}
		if h := s.Hour(); h.First()+Slot(s.InHour()) != s || s.InHour() < 0 || s.InHour() >= SlotsPerHour || h.Start() != h.First().Start() {
			t.Fatalf("slot %d is not place %d of hour %d", s, s.InHour(), h)
		}
		if want := at.UTC().Truncate(24 * time.Hour); !s.Day().Equal(want) {
			t.Fatalf("day %s, want %s", s.Day(), want)
		}
		if s.Start().Location() != time.UTC || s.Day().Location() != time.UTC {
			t.Fatal("times are not in UTC")
		}
	})
}

func TestSpanIsASetOfSlots(t *testing.T) {
	slot := rapid.Map(rapid.IntRange(-40, 40), func(n int) Slot { return Slot(n) })
	span := rapid.Custom(func(t *rapid.T) Span { return Span{slot.Draw(t, "from"), slot.Draw(t, "to")} })
	rapid.Check(t, func(t *rapid.T) {
		a, b := span.Draw(t, "a"), span.Draw(t, "b")
		both, count := a.Intersect(b), 0
		first, end := a.Hours()
		for k := Slot(-50); k < 50; k++ {
			in := a.From <= k && k < a.To
			if in {
				count++
			}
			if a.Contains(k) != in || both.Contains(k) != (in && b.Contains(k)) {
				t.Fatalf("slot %d of %v, and of %v", k, a, both)
			}
			if in && (k.Hour() < first || k.Hour() >= end) {
				t.Fatalf("slot %d lies outside hours %d to %d", k, first, end)
			}
		}
		if a.Len() != count || a.Empty() != (count == 0) {
			t.Fatalf("%v: length %d, empty %v; it has %d slots", a, a.Len(), a.Empty(), count)
		}
		if a.Empty() && first != end || !a.Empty() && (a.From.Hour() != first || (a.To-1).Hour() != end-1) {
			t.Fatalf("%v spans hours %d to %d", a, first, end)
		}
	})
}

func TestSpanOfInstants(t *testing.T) {
	at := func(clock string) time.Time {
		instant, err := time.Parse("15:04:05", clock)
		if err != nil {
			t.Fatal(err)
		}
		return instant
	}
	for _, c := range []struct {
		from, to string
		slots    int
	}{
		{"08:00:00", "09:00:00", 12},
		{"08:00:01", "09:00:00", 11}, // the slot at 08:00 starts before
		{"08:00:00", "09:00:01", 13}, // the slot at 09:00 starts within
		{"08:01:00", "08:04:00", 0},  // none starts within
		{"08:04:00", "08:06:00", 1},
		{"09:00:00", "08:00:00", 0},
	} {
		if got := SpanOf(at(c.from), at(c.to)); got.Len() != c.slots {
			t.Errorf("%s to %s: %d slots, want %d", c.from, c.to, got.Len(), c.slots)
		}
	}
}
