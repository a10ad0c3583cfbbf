package incident

import (
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
)

// A device's slots, from slot 0 on, a day before a collapse that opens at slot 288
// and is lowest at slot 290.
func TestLoss(t *testing.T) {
	const (
		half     = "144# 144."
		observed = 310
	)
	for _, c := range []struct {
		name, up           string
		vanished, returned int64
	}{
		{"up all day, gone, and back", "288# 5. 3#", 1, 1},
		{"not back", "288# 5. 2# 1. 2#", 1, 0},
		{"back before it was lowest", "288# 1. 1# 5.", 1, 0},
		{"up at the lowest", "291# 5.", 0, 0},
		{"half a day is enough", half + " 5. 3#", 1, 1},
		{"a slot less is not", "143# 150. 3#", 0, 0},
		{"of the observed slots", "100? 94# 94. 5.", 1, 0},
		{"less than half of them", "100? 93# 95. 5.", 0, 0},
		{"nothing observed", "288? 5.", 0, 0},
		{"unobserved slots do not join", "288# 5. 2# 1? 1#", 1, 0},
		{"back at the end of all that is known", "288# 19. 3#", 1, 1},
	} {
		seen, up := parseDevice(t, c.up, observed)
		var loss Loss
		loss.add(Collapse{Opened: 288, LowestAt: 290}, up, seen)
		if want := (Loss{c.vanished, c.returned}); loss != want {
			t.Errorf("%s: %+v, want %+v", c.name, loss, want)
		}
	}
}

func parseDevice(t *testing.T, text string, slots uptime.Slot) (observed, up uptime.Timeline) {
	t.Helper()
	span := uptime.Span{From: 0, To: slots}
	observed, up = uptime.NewTimeline(span), uptime.NewTimeline(span)
	k := uptime.Slot(0)
	for run := range strings.FieldsSeq(text) {
		what := run[len(run)-1]
		length := uptime.Slot(parseInt(t, run[:len(run)-1]))
		if what != '?' {
			observed.AddSpan(uptime.Span{From: k, To: k + length})
		}
		if what == '#' {
			up.AddSpan(uptime.Span{From: k, To: k + length})
		}
		k += length
	}
	observed.AddSpan(uptime.Span{From: k, To: slots})
	return observed, up
}

// An hour that is open may hold bits of slots that were not read in full: they say
// nothing.
func TestBitsOfUnobservedSlotsSayNothing(t *testing.T) {
	t.Parallel()
	w := settle(t)
	opened := w.fall()
	if loss := w.found(asOf)[0].Collapse.Loss; loss.Vanished != 18 {
		t.Fatalf("%+v", loss)
	}
	w.people(20, 21)
	for h := dawn; h < opened; h += 12 { // device 20 has a third of the slots: as many as half of the others
		w.owner(`UPDATE uptime_chunk SET up = up | (device >> 20) | (device >> 1044) | (device >> 2068) | (device >> 3092)
			FROM (SELECT B'1'::bit(12288) AS device) AS one WHERE hour = $1`, h.Start())
		w.owner(`UPDATE uptime_coverage SET observed = B'000011111111' WHERE hour = $1`, h.Start())
	}
	if loss := w.found(asOf)[0].Collapse.Loss; loss.Vanished != 18 {
		t.Errorf("%+v", loss)
	}
}

func TestChangesCountFromWhenTheyWereRecorded(t *testing.T) {
	t.Parallel()
	w := settle(t)
	w.people(0, 20)
	w.stamp = written.Add(time.Minute)
	for number := range 12 {
		w.change(number, dawn)
	}
	if found := w.found(w.stamp); len(found) != 1 || found[0].Surge.Devices != 12 {
		t.Errorf("as of their recording: %+v", found)
	}
	if found := w.found(written); len(found) != 0 {
		t.Errorf("before it: %+v", found)
	}
}
