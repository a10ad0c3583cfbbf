package snapshot

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
)

// totals add up a difference, by cause and by supplier.
type totals struct {
	backward  bool
	causes    [causeEnd]CauseTotal
	suppliers map[uuid.UUID]*SupplierCauses
}

// of returns the supplier's sums.
func (t *totals) of(id uuid.UUID) *SupplierCauses {
	s := t.suppliers[id]
	if s == nil {
		s = &SupplierCauses{SupplierID: id}
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
		t.owners(l)
		return t.line(l, func(s Step) (int64, bool) { return s.Change(), true })
	})
	if err != nil {
		return err
	}
	if allocated := d.B.Allocated - d.A.Allocated; net != allocated {
		return fmt.Errorf("%w: the lines differ by %d base units, the revisions' figures by %d: lines were changed; verify them",
			ErrConflict, net, allocated)
	}
	t.moved()
	d.Causes = t.some()
	for _, id := range slices.SortedFunc(maps.Keys(t.suppliers), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }) {
		if s := t.suppliers[id]; s.Changes != nil {
			d.Suppliers = append(d.Suppliers, *s)
		}
	}
	return nil
}

// moved tells the causes what suppliers gained and lost by them: an amount that goes
// from one owner to another is both, though its line gets what it got.
func (t *totals) moved() {
	for c := range t.causes {
		t.causes[c].Gained, t.causes[c].Lost = 0, 0
	}
	for _, s := range t.suppliers {
		for c, change := range s.Changes {
			t.causes[c].Suppliers++
			t.causes[c].Gained += max(change, 0)
			t.causes[c].Lost -= min(change, 0)
		}
	}
}

// Of returns what each cause did to one supplier's lines, and how many of them
// differ. What is gained and lost is the supplier's own: a change of owner loses all
// of a line, or gains it.
func (d *Difference) Of(supplier uuid.UUID) (causes []CauseTotal, lines int64, err error) {
	var t totals
	err = d.each(func(l *ChangedLine) error {
		if !l.Of(supplier) {
			return nil
		}
		lines++
		return t.line(l, func(s Step) (int64, bool) { return s.ChangeOf(supplier) })
	})
	for c := range t.causes {
		t.causes[c].Suppliers = min(1, t.causes[c].Lines)
	}
	return t.some(), lines, err
}

// some returns the causes that changed a line.
func (t *totals) some() (causes []CauseTotal) {
	for _, c := range t.causes {
		if c.Lines > 0 {
			causes = append(causes, c)
		}
	}
	return causes
}

// line adds one line to the causes: its steps of one cause count as one.
func (t *totals) line(l *ChangedLine, share func(Step) (change int64, concerned bool)) error {
	var (
		changes [causeEnd]int64
		touched [causeEnd]bool
	)
	for _, step := range l.Steps {
		if change, concerned := share(step); concerned {
			changes[step.Cause] += change
			touched[step.Cause] = true
		}
	}
	for cause, is := range touched {
		if !is {
			continue
		}
		c := &t.causes[cause]
		c.Cause = Cause(cause)
		c.Lines++
		c.Gained += max(changes[cause], 0)
		c.Lost -= min(changes[cause], 0)
		if c.Gained < 0 || c.Lost < 0 {
			return fmt.Errorf("%w: what %s changes passes 63 bits", ErrAmountTooLarge, c.Cause)
		}
	}
	return nil
}

// owners adds the line's steps to its owners: each has what is theirs.
func (t *totals) owners(l *ChangedLine) {
	for _, s := range l.Steps {
		if s.Before.is() {
			t.of(s.Before.SupplierID).add(s.Cause, -s.Before.Amount)
		}
		if s.After.is() {
			t.of(s.After.SupplierID).add(s.Cause, s.After.Amount)
		}
	}
}

func (s *SupplierCauses) add(c Cause, amount int64) {
	if s.Changes == nil {
		s.Changes = map[Cause]int64{}
	}
	s.Changes[c] += amount
}
