package snapshot_test

// An explanation against the scorer, the oracle, and itself, on random worlds.

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/holiman/uint256"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

func TestExplanationIsOfTheLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawOracleWorld(t)
		lines, _, err := oracleEngineResult(t, w)
		if err != nil {
			return
		}
		basis, total := oracleEngineBasis(t, w), new(uint256.Int)
		snapshot.AddPoints(total, lines)
		for i, d := range w.devices {
			e, err := snapshot.Explain(basis, oracleEngineDevice(basis, d, i), basis.Rate(total))
			if err != nil {
				t.Fatal(err)
			}
			for j := range e.Lines {
				if got, want := e.Lines[j].LineFigures, snapshot.FiguresOf(&lines[j]); !reflect.DeepEqual(got, want) {
					t.Fatalf("explained as\n%+v\nscored as\n%+v\n%s", got, want, w)
				}
				checkExplainedLine(t, e, &e.Lines[j])
			}
			lines = lines[len(e.Lines):]
			checkExplainedWindows(t, w, d, e)
			checkExplainedChanges(t, w, d, e)
			text, err := json.Marshal(e)
			var back snapshot.Explanation
			if err != nil || json.Unmarshal(text, &back) != nil || !reflect.DeepEqual(&back, e) {
				t.Fatalf("as JSON it is another: %s (%v)\n%+v\n%+v", text, err, back, e)
			}
		}
		if len(lines) > 0 {
			t.Fatalf("%d lines are not explained", len(lines))
		}
	})
}

// checkExplainedLine counts the line's figures again from the days as drawn, and
// looks at what stopped it.
func checkExplainedLine(t *rapid.T, e *snapshot.Explanation, l *snapshot.ExplainedLine) {
	drawn := map[byte]int{}
	for k := uptime.SlotOf(l.Span.From); k < uptime.SlotOf(l.Span.To); k++ {
		for _, day := range e.Days {
			if day.Day == k.Start().Format("2006-01-02") {
				drawn[day.Slots[k-uptime.SlotOf(k.Day())]]++
			}
		}
	}
	granted, credited := 0, 0
	for _, c := range l.Credits {
		granted += c.Granted
		credited += c.Credit
	}
	observed := drawn[snapshot.SlotUp] + drawn[snapshot.SlotDown] + drawn[snapshot.SlotGranted]
	excluded := 0
	if l.Excluded != nil {
		excluded = l.Excluded.Slots
	}
	if drawn[snapshot.SlotUp] != int(l.Up) || observed != int(l.Observed) || drawn[snapshot.SlotGranted] != granted ||
		credited != int(l.Grace) || drawn[snapshot.SlotOutside] != 0 || drawn[snapshot.SlotExcluded] > excluded ||
		observed+drawn[snapshot.SlotUnobserved]+drawn[snapshot.SlotExcluded] != l.Span.Slots {
		t.Fatalf("drawn as %v, granted %d, credited %d: %+v", drawn, granted, credited, l.LineFigures)
	}
	minutes := int64(0)
	for _, j := range l.Jobs {
		minutes += int64(j.Minutes)
	}
	if minutes != l.JobMinutes {
		t.Fatalf("%d job minutes by day, %d in all", minutes, l.JobMinutes)
	}
	for i, test := range l.Tests {
		if last := i == len(l.Tests)-1; test.Applies != last || last && test.Outcome != l.Outcome || test.Says == "" {
			t.Fatalf("tests %+v of a line that is %s", l.Tests, l.Outcome)
		}
	}
	if l.Outcome == snapshot.OutcomeBelowMinUptime && l.Uptime.Holds || l.Outcome == snapshot.OutcomeEligible && !l.Uptime.Holds {
		t.Fatalf("%s with %+v", l.Outcome, l.Uptime)
	}
}

// checkExplainedWindows compares each window's steps with the oracle's.
func checkExplainedWindows(t *rapid.T, w *oracleWorld, d *oracleDevice, e *snapshot.Explanation) {
	if e.Span.Slots == 0 {
		return
	}
	graces := w.gracesOf(d)
	if len(graces) != len(e.Windows) {
		t.Fatalf("%d windows are explained, %d meet the season\n%s", len(e.Windows), len(graces), w)
	}
	for _, g := range graces {
		for _, x := range e.Windows {
			if x.Window != g.window.id {
				continue
			}
			got := oracleGrace{step: x.Decision, note: x.Decision}
			if x.Gap != nil {
				got.gap, got.before, got.upBefore = oracleSlot(*x.Gap), int64(x.Before.Whole), int64(x.Before.Part)
				if x.Before.Whole > 0 && x.Before.Holds != (x.Decision != "grace_inactive_before") {
					t.Fatalf("before: %+v and yet %s", x.Before, x.Decision)
				}
			}
			if x.Back != nil {
				got.back = oracleSlot(*x.Back)
			}
			want := map[string]string{"skip": snapshot.WindowSkipped, "gap": snapshot.WindowNoGap, "grant": snapshot.WindowGranted}[g.step] + g.note
			if x.Decision != want || got.gap != g.gap || got.before != g.before || got.upBefore != g.upBefore || got.back != g.back ||
				x.Granted != len(g.granted) || !strings.Contains(x.Says, map[string]string{
				"skip": "skipped", "gap": "nothing", "before": "refused", "pending": "pending", "not_back": "refused", "grant": "granted"}[g.step]) {
				t.Fatalf("window %+v\nwant %+v\n%s", x, g, w)
			}
		}
	}
}

// checkExplainedChanges looks at the order of the changes, at which are held, and at
// what each says was before.
func checkExplainedChanges(t *rapid.T, w *oracleWorld, d *oracleDevice, e *snapshot.Explanation) {
	var facts uptime.Facts
	for i, c := range d.changesInOrder() {
		x := e.Changes[i]
		if x.Seq != c.Seq || (x.Standing == snapshot.Held) != w.skipped(c) || (x.Standing == snapshot.Held) && x.Hold == nil {
			t.Fatalf("change %+v is explained as %+v", c, x)
		}
		for _, f := range x.Fields {
			if f.Field == snapshot.FieldSupplier && f.Before != nil && *f.Before != facts.SupplierID.String() {
				t.Fatalf("before change %d the owner was %s, explained as %s", c.Seq, facts.SupplierID, *f.Before)
			}
			if f.Field == snapshot.FieldGPUModel && f.Before != nil && *f.Before != facts.GPUModel {
				t.Fatalf("before change %d the model was %s, explained as %s", c.Seq, facts.GPUModel, *f.Before)
			}
		}
		if !w.skipped(c) {
			facts = facts.Apply(c)
		}
	}
	last := 0
	for _, v := range e.Verdicts {
		if v.Counts {
			last++
		}
	}
	if last != min(1, len(d.verdicts)) || last == 1 && !e.Verdicts[len(e.Verdicts)-1].Counts {
		t.Fatalf("verdicts %+v", e.Verdicts)
	}
}
