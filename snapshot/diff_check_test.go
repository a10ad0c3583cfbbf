package snapshot_test

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// lineKey tells a line.
type lineKey struct {
	device uuid.UUID
	first  uptime.Slot
}

// diff returns the difference and every line that differs, by key.
func (o *office) diff(a, b snapshot.Snapshot) (d *snapshot.Difference, changed map[lineKey]snapshot.ChangedLine) {
	o.t.Helper()
	changed = map[lineKey]snapshot.ChangedLine{}
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		if d, err = snapshot.Diff(ctx, tx, a, b); err != nil {
			return err
		}
		last := ""
		return d.Each(func(l *snapshot.ChangedLine) error {
			if id := l.DeviceID.String(); id < last {
				o.t.Errorf("device %s after %s", id, last)
			} else {
				last = id
			}
			kept := *l
			kept.Steps = slices.Clone(l.Steps)
			changed[lineKey{l.DeviceID, l.First}] = kept
			return nil
		})
	})
	return d, changed
}

// keyed returns the stored lines of the revision.
func (o *office) keyed(s snapshot.Snapshot) map[lineKey]snapshot.Line {
	o.t.Helper()
	lines := map[lineKey]snapshot.Line{}
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
			lines[lineKey{l.DeviceID, l.Span.From}] = *l
			return nil
		})
	})
	return lines
}

// explained compares a difference with the stored lines of both revisions, which is
// all that it may say, and adds its steps up once more: by line, cause, supplier.
func (o *office) explained(a, b snapshot.Snapshot) *snapshot.Difference {
	o.t.Helper()
	d, changed := o.diff(a, b)
	before, after := o.keyed(a), o.keyed(b)
	both := maps.Clone(before)
	maps.Copy(both, after)
	causes := map[snapshot.Cause]*snapshot.CauseTotal{}
	suppliers := map[uuid.UUID]map[snapshot.Cause]int64{}
	for key := range both {
		l, listed := changed[key]
		if listed != (before[key] != after[key]) {
			o.t.Errorf("%s to %s: line %v is listed: %v\n%+v\n%+v", a.Name(), b.Name(), key, listed, before[key], after[key])
		}
		if !listed {
			continue
		}
		if l.Before() != before[key] || l.After() != after[key] {
			o.t.Errorf("%s to %s: line %v leads from\n%+v to\n%+v, not from\n%+v to\n%+v",
				a.Name(), b.Name(), key, l.Before(), l.After(), before[key], after[key])
		}
		o.addSteps(&l, causes, suppliers)
	}
	if d.Lines != int64(len(changed)) || len(causes) != len(d.Causes) {
		o.t.Errorf("%s to %s: %d lines and %d causes, listed %d and %d", a.Name(), b.Name(), d.Lines, len(d.Causes), len(changed), len(causes))
	}
	o.sums(d, causes, suppliers, before, after)
	return d
}

// addSteps adds the steps of one line, which must join.
func (o *office) addSteps(l *snapshot.ChangedLine, causes map[snapshot.Cause]*snapshot.CauseTotal, suppliers map[uuid.UUID]map[snapshot.Cause]int64) {
	o.t.Helper()
	touched := map[snapshot.Cause]bool{}
	for i, step := range l.Steps {
		if step.Before == step.After || i > 0 && step.Before != l.Steps[i-1].After {
			o.t.Errorf("line %v: step %d leads nowhere or from elsewhere: %+v", l.DeviceID, i, l.Steps)
		}
		touched[step.Cause] = true
		for _, side := range []struct {
			line snapshot.Line
			sign int64
		}{{step.Before, -1}, {step.After, 1}} {
			if side.line == (snapshot.Line{}) {
				continue
			}
			if suppliers[side.line.SupplierID] == nil {
				suppliers[side.line.SupplierID] = map[snapshot.Cause]int64{}
			}
			suppliers[side.line.SupplierID][step.Cause] += side.sign * side.line.Amount
		}
	}
	for cause := range touched {
		if causes[cause] == nil {
			causes[cause] = &snapshot.CauseTotal{Cause: cause}
		}
		causes[cause].Lines++
	}
}

// sums compares the totals of a difference.
func (o *office) sums(d *snapshot.Difference, causes map[snapshot.Cause]*snapshot.CauseTotal, suppliers map[uuid.UUID]map[snapshot.Cause]int64,
	before, after map[lineKey]snapshot.Line,
) {
	o.t.Helper()
	var net int64
	for _, total := range d.Causes {
		net += total.Net()
		for _, changes := range suppliers {
			if change, concerned := changes[total.Cause]; concerned {
				causes[total.Cause].Suppliers++
				causes[total.Cause].Gained += max(change, 0)
				causes[total.Cause].Lost -= min(change, 0)
			}
		}
		if *causes[total.Cause] != total {
			o.t.Errorf("%s: %+v, want %+v", total.Cause, total, *causes[total.Cause])
		}
	}
	if want := d.B.Allocated - d.A.Allocated; net != want {
		o.t.Errorf("the causes come to %d, the revisions differ by %d", net, want)
	}
	amounts := func(lines map[lineKey]snapshot.Line, id uuid.UUID) (sum int64) {
		for _, l := range lines {
			if l.SupplierID == id {
				sum += l.Amount
			}
		}
		return sum
	}
	if len(d.Suppliers) != len(suppliers) {
		o.t.Errorf("%d suppliers, want %d", len(d.Suppliers), len(suppliers))
	}
	for _, s := range d.Suppliers {
		if s.Before != amounts(before, s.SupplierID) || s.After != amounts(after, s.SupplierID) || !maps.Equal(s.Changes, suppliers[s.SupplierID]) {
			o.t.Errorf("supplier %+v, want %d, %d and %v", s, amounts(before, s.SupplierID), amounts(after, s.SupplierID), suppliers[s.SupplierID])
		}
	}
}

// inverse checks that the way back is the inverse of the way there.
func (o *office) inverse(a, b snapshot.Snapshot) {
	o.t.Helper()
	o.explained(b, a)
	_, there := o.diff(a, b)
	_, back := o.diff(b, a)
	if len(there) != len(back) {
		o.t.Errorf("%d lines there, %d back", len(there), len(back))
	}
	for key, l := range there {
		steps := slices.Clone(back[key].Steps)
		slices.Reverse(steps)
		for i := range steps {
			steps[i].Before, steps[i].After = steps[i].After, steps[i].Before
		}
		if !slices.Equal(steps, l.Steps) {
			o.t.Errorf("line %v goes there by\n%+v and back by\n%+v", key, l.Steps, back[key].Steps)
		}
	}
}

// causesOf returns the causes of a difference, in order.
func causesOf(d *snapshot.Difference) (causes []snapshot.Cause) {
	for _, c := range d.Causes {
		causes = append(causes, c.Cause)
	}
	return causes
}
