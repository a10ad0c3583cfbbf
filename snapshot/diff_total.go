package snapshot

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/google/uuid"
)

// totals add up a difference, by cause and by supplier.
type totals struct {
	backward  bool
	causes    [causeEnd]CauseTotal
	suppliers map[uuid.UUID]*SupplierDifference
}

// of returns the supplier's sums.
func (t *totals) of(id uuid.UUID) *SupplierDifference {
	s := t.suppliers[id]
	if s == nil {
		s = &SupplierDifference{SupplierID: id}
		t.suppliers[id] = s
	}
	return s
}

// stored adds up what suppliers get in the earlier and in the later revision.
func (t *totals) stored(earlier, later []Line) {
	if t.backward {
		earlier, later = later, earlier
	}
	for i := range earlier {
		if earlier[i].Amount != 0 {
			t.of(earlier[i].SupplierID).Before += earlier[i].Amount
		}
	}
	for i := range later {
		if later[i].Amount != 0 {
			t.of(later[i].SupplierID).After += later[i].Amount
		}
	}
}

// total adds up all lines that differ. Sums that are not those of the revisions, or
// pass 63 bits, are an error.
func (d *Difference) total(t *totals) error {
	var net int64
	err := d.each(func(l *ChangedLine) error {
		d.Lines++
		net += l.Change()
		return t.line(l)
	})
	if err != nil {
		return err
	}
	if allocated := d.B.Allocated - d.A.Allocated; net != allocated {
		return fmt.Errorf("%w: the lines differ by %d base units, the revisions' figures by %d: lines were changed; verify them",
			ErrConflict, net, allocated)
	}
	for _, s := range t.suppliers {
		for c := range s.Changes {
			t.causes[c].Suppliers++
		}
	}
	for _, c := range t.causes {
		if c.Lines > 0 {
			d.Causes = append(d.Causes, c)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(t.suppliers), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }) {
		if s := t.suppliers[id]; s.Changes != nil {
			d.Suppliers = append(d.Suppliers, *s)
		}
	}
	return nil
}

// line adds one line, whose steps of one cause count as one.
func (t *totals) line(l *ChangedLine) error {
	for i, step := range l.Steps {
		t.step(step)
		change := step.Change()
		if last := len(l.Steps) - 1; i == 0 && last > 0 && l.Steps[last].Cause == step.Cause {
			change += l.Steps[last].Change()
		} else if i == last && i > 0 && l.Steps[0].Cause == step.Cause {
			continue
		}
		c := &t.causes[step.Cause]
		c.Cause = step.Cause
		c.Lines++
		if change > 0 {
			c.Gained += change
		} else {
			c.Lost -= change
		}
		if c.Gained < 0 || c.Lost < 0 || change == math.MinInt64 {
			return fmt.Errorf("%w: what %s changes passes 63 bits", ErrAmountTooLarge, step.Cause)
		}
	}
	return nil
}

// step adds to each owner what is theirs.
func (t *totals) step(s Step) {
	if s.Before.is() {
		t.of(s.Before.SupplierID).add(s.Cause, -s.Before.Amount)
	}
	if s.After.is() {
		t.of(s.After.SupplierID).add(s.Cause, s.After.Amount)
	}
}

func (s *SupplierDifference) add(c Cause, amount int64) {
	if s.Changes == nil {
		s.Changes = map[Cause]int64{}
	}
	s.Changes[c] += amount
}
