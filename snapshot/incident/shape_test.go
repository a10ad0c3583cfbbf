package incident

import (
	"reflect"
	"testing"

	"github.com/uptally/uptally/uptime"
)

func TestBack(t *testing.T) {
	for _, c := range []struct {
		name, slots string
		percent     int64
		want        *uptime.Slot
	}{
		{"exactly half of what was missing", "288x100 5x20 3x60", 50, new(uptime.Slot(293))},
		{"one less", "288x100 5x20 9x59", 50, nil},
		{"two slots in a row", "288x100 5x20 2x60 1x59 2x90", 50, nil},
		{"unobserved ones are skipped", "288x100 5x20 2x60 9x? 1x60", 50, new(uptime.Slot(293))},
		{"what was before the lowest does not count", "288x100 3x60 1x20 3x60", 50, new(uptime.Slot(292))},
		{"nine tenths", "288x100 5x20 12x85 3x92", 90, new(uptime.Slot(305))},
	} {
		population := parseSlots(t, c.slots)
		if got := Collapses(population, nil)[0].Back(population, c.percent); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestDepth(t *testing.T) {
	for _, c := range []struct{ lowest, baseline, want int64 }{{0, 28, 0}, {3, 28, 107}, {10_000, 600_000, 16}, {699, 1000, 699}} {
		if got := (Collapse{Lowest: c.lowest, Baseline: c.baseline}).Depth(); got != c.want {
			t.Errorf("%d of %d: %d per mille, want %d", c.lowest, c.baseline, got, c.want)
		}
	}
}

func TestCurve(t *testing.T) {
	for _, c := range []struct {
		name, slots string
		from        uptime.Slot
		step        int
		points      []int64
	}{
		{"an hour before and after, a point a slot", "288x100 3x50 14x90", 276, 1, []int64{
			100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 50, 50, 50, 90, 90, 90, 90, 90, 90, 90, 90, 90, 90, 90, 90,
		}},
		{"as far as it was observed", "288x100 3x50 2x90 40x?", 276, 1, []int64{
			100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 50, 50, 50, 90, 90,
		}},
		{"averages of what was observed of a point", "288x100 24x50 4x? 2x? 1x11 1x10 16x?", 276, 1, []int64{
			100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50,
			50, 50, 50, 50, 50, 50, 50, 50, -1, -1, -1, -1, -1, -1, 11, 10,
		}},
		{"four slots a point", "288x100 80x50 4x? 2x? 1x11 1x10 100x50", 270, 4, []int64{
			100, 100, 100, 100, 75, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, -1, 30,
			50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50,
		}},
	} {
		population := parseSlots(t, c.slots)
		got := Collapses(population, nil)[0].Curve(population)
		if want := (Curve{c.from, c.step, c.points}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", c.name, got, want)
		}
	}
}

func TestACurveHasAtMostSixtyPoints(t *testing.T) {
	for length := range 700 {
		surge := Surge{Span: uptime.Span{From: 100, To: 101 + uptime.Slot(length)}}
		curve := surge.Curve([]Tally{{100, 7}, {100 + uptime.Slot(length), 5}})
		last := len(curve.Points) - 1
		if len(curve.Points) > 60 || curve.Points[last] != 5 && length >= 60 || curve.Points[0] < 7 {
			t.Fatalf("%d slots: %+v", length+1, curve)
		}
	}
}
