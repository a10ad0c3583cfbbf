package snapshot

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
)

// populations are genuine populations of slots from 1000 on; -1 is unobserved.
func populations(genuine ...int64) (all []uptime.Population) {
	for i, n := range genuine {
		all = append(all, uptime.Population{Slot: 1000 + uptime.Slot(i), Observed: n >= 0, Genuine: n})
	}
	return all
}

func TestAnOutageBeginsAfterTheLastFullSlot(t *testing.T) {
	for _, c := range []struct {
		name       string
		population []uptime.Population
		opened     uptime.Slot
		want       uptime.Slot
	}{
		{"at once", populations(100, 100, 20, 10), 1002, 1002},
		{"by and by", populations(100, 95, 94, 80, 60, 20), 1004, 1002},
		{"with a slot that is full again", populations(100, 80, 96, 80, 60), 1004, 1003},
		{"with unobserved slots before", populations(100, -1, -1, 60), 1003, 1001},
		{"never full in the day before", populations(94, 90, 60), 1002, 1002},
		{"full again later", populations(100, 60, 60, 100), 1001, 1001},
		{"nothing known", nil, 1001, 1001},
	} {
		if got := beganAt(c.population, c.opened, 100); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// hitDevice is a device by its slots from 0 on, "1" up, "0" down; the outage begins
// at slot 900.
func hitDevice(before int, after string) *Device {
	up := uptime.NewTimeline(uptime.Span{From: 0, To: 920})
	for k := range before {
		up.Add(uptime.Slot(899 - k))
	}
	for i, c := range after {
		if c == '1' {
			up.Add(900 + uptime.Slot(i))
		}
	}
	return &Device{RegisteredAt: time.Unix(0, 0), Up: up}
}

func TestReturnsAreCounted(t *testing.T) {
	observed := uptime.NewTimeline(uptime.Span{From: 0, To: 920})
	observed.AddSpan(uptime.Span{From: 0, To: 902})
	observed.AddSpan(uptime.Span{From: 903, To: 920}) // slot 902 is not
	newcomer := hitDevice(20, "00001111")
	newcomer.RegisteredAt = uptime.Slot(880).Start()
	late := hitDevice(0, "00001111")
	late.RegisteredAt = uptime.Slot(904).Start()
	spoofed := hitDevice(900, "00001111")
	spoofed.Verdicts = []uptime.Verdict{{Kind: uptime.Spoofed}}
	devices := []*Device{
		hitDevice(900, "00001111"),             // back at 904
		hitDevice(900, "1000110111"),           // hit a slot later; back at 907
		hitDevice(900, "0000000000001110"),     // back at 912
		hitDevice(900, "1111111"),              // not hit: the gap is after the bottom
		hitDevice(900, "1110111"),              // hit in the deepest slot; back at 904
		hitDevice(900, "1101111"),              // not hit: what it missed was not observed
		hitDevice(900, "00001100"),             // dead: two in a row are not three
		hitDevice(900, "00000000000000000011"), // dead by now: the run is not over
		hitDevice(100, "00001111"),             // proved itself in six hours only
		hitDevice(10, "0"),                     // a stranger, and dead
		newcomer,                               // all of its 20 slots
		late,                                   // registered after the bottom
		spoofed,
	}
	count := func(devices []*Device) *returnsCount {
		c := newReturnsCount(Outage{Began: 900, Bottom: 903}, observed)
		for _, d := range devices {
			c.add(d)
		}
		return c
	}
	all, rest := count(devices[:4]), count(devices[4:])
	all.merge(rest)
	var got string
	for _, r := range all.returns() {
		got += fmt.Sprintln(r.Lookback, r.Hit, r.HitBack, r.Proven, r.Back, r.Dead(), *r.Half, *r.NineTenths, *r.Last, r.Separation())
	}
	want := "72 9 6 8 6 2 904 912 912 334\n" + // 2 of the 3 dead are proven
		"288 9 6 7 5 2 904 912 912 167\n" +
		"864 9 6 7 5 2 904 912 912 167\n"
	if got != want {
		t.Errorf("returns\n%swant\n%s", got, want)
	}
	if i := separating(all.returns()); proposedLookbacks[i] != 72 {
		t.Errorf("proposed is a lookback of %d", proposedLookbacks[i])
	}
	if i := separating(count(devices[:3]).returns()); proposedLookbacks[i] != DefaultLookback {
		t.Errorf("where none is better, proposed is a lookback of %d", proposedLookbacks[i])
	}
	if none := count(nil).returns()[0]; none.Half != nil || none.Last != nil || none.Separation() != 0 {
		t.Errorf("nobody was hit: %+v", none)
	}
}

func TestDrafts(t *testing.T) {
	hour := func(h, slot int) *uptime.Slot { return new(uptime.Slot(h*12 + slot)) }
	ends := func(r Returns, recovered *uptime.Slot) (text string) {
		r.Lookback = DefaultLookback
		for _, d := range drafts(*hour(10, 2), &r, recovered, "cause") {
			mark := ""
			if d.Recommended {
				mark = "!"
			}
			text += fmt.Sprintf("%s%s %s; ", mark, d.Reaches, d.Window.To.Format("15:04"))
			if err := d.Window.Validate(); err != nil || !d.Window.To.Equal(d.Window.ReconnectBy) || !d.At.Start().Before(d.Window.ReconnectBy) {
				t.Errorf("%+v: %v", d, err)
			}
		}
		return text
	}
	for _, c := range []struct {
		r         Returns
		recovered *uptime.Slot
		want      string
	}{
		{Returns{}, nil, ""},
		{Returns{}, hour(12, 0), "the population's recovery 13:00; "},
		{Returns{Half: hour(11, 0), NineTenths: hour(12, 11), Last: hour(15, 5)}, hour(13, 3),
			"half of the returns 12:00; nine tenths of the returns 13:00; the population's recovery 14:00; !the last return 16:00; "},
		{Returns{Half: hour(11, 0), NineTenths: hour(14, 0), Last: hour(14, 1)}, hour(12, 0),
			"half of the returns 12:00; the population's recovery 13:00; !the last return 15:00; "},
		{Returns{Half: hour(11, 0), NineTenths: hour(11, 0), Last: hour(11, 0)}, hour(11, 7), "!the last return 12:00; "},
		{Returns{Half: hour(11, 0), NineTenths: hour(11, 0), Last: hour(11, 0)}, hour(13, 0),
			"!the last return 12:00; the population's recovery 14:00; "},
	} {
		if got := ends(c.r, c.recovered); got != c.want {
			t.Errorf("%+v: %s\nwant %s", c.r, got, c.want)
		}
	}
}

func TestPerMille(t *testing.T) {
	for _, c := range [][3]int64{
		{0, 0, 0}, {5, 0, 0}, {0, 7, 0}, {1, 1000, 1}, {999, 1_000_000, 0}, {-1999, 1_000_000, -1}, {7, 7, 1000},
		{math.MaxInt64, math.MaxInt64, 1000}, {math.MaxInt64 / 2, math.MaxInt64, 499}, {14, 7, 2000},
	} {
		if got := perMille(c[0], c[1]); got != c[2] {
			t.Errorf("%d of %d: %d, want %d", c[0], c[1], got, c[2])
		}
	}
}
