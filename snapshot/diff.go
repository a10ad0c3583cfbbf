package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// ErrSeasonsDiffer says that two revisions are of different seasons, and so have
// nothing to compare.
var ErrSeasonsDiffer = errors.New("revisions of different seasons")

// Difference is what one revision has more or less than another one of its season,
// and why. The causes explain all of it, to the unit:
//
//	Σ over causes (gained - lost) = Σ over lines (after - before) = B.Allocated - A.Allocated
type Difference struct {
	A, B      Snapshot
	Lines     int64            // that differ in anything
	Causes    []CauseTotal     // that changed any of them, in order
	Suppliers []SupplierCauses // with a line that differs, by id

	tracks   tracks
	backward bool // A is the later one: all is the inverse of the way from B to A
	sorted   bool
}

// CauseTotal is what one cause did to the lines that differ.
type CauseTotal struct {
	Cause     Cause
	Lines     int64
	Suppliers int64
	Gained    int64 // base units, of the suppliers to whom it gave more
	Lost      int64 // base units, at least 0, of those from whom it took
}

// Net is what the cause gave more or less in all, in base units.
func (t CauseTotal) Net() int64 { return t.Gained - t.Lost }

// SupplierCauses is what a supplier gets in the one and in the other revision.
// What a line gets is its owner's at each step, so a change of owner takes from one
// and gives to another.
type SupplierCauses struct {
	SupplierID    uuid.UUID
	Before, After int64           // base units, of all the supplier's lines
	Changes       map[Cause]int64 // base units; their sum is After - Before
}

// ChangedLine is a line, told by its device and first slot, that differs between
// two revisions. Where one of them does not have it, it is the zero Line there,
// without slots and without an amount.
type ChangedLine struct {
	Device   uptime.DeviceNumber
	DeviceID uuid.UUID
	First    uptime.Slot
	Steps    []Step // at least one; each begins where the one before ended
}

// Step is what one cause made of a line. The hours may cause the first and the last
// step of a line; any other cause has one at most.
type Step struct {
	Cause         Cause
	Before, After Line
}

// Change returns what the step gave the line more or less, in base units.
func (s Step) Change() int64 { return s.After.Amount - s.Before.Amount }

// ChangeOf returns what the step gave the supplier more or less, in base units, and
// whether it concerns them: whether the line is theirs before it or after it.
func (s Step) ChangeOf(supplier uuid.UUID) (change int64, concerned bool) {
	was, is := s.Before.is() && s.Before.SupplierID == supplier, s.After.is() && s.After.SupplierID == supplier
	if was {
		change -= s.Before.Amount
	}
	if is {
		change += s.After.Amount
	}
	return change, was || is
}

// Before returns the line in the first of the two revisions.
func (c *ChangedLine) Before() Line { return c.Steps[0].Before }

// After returns the line in the second of the two revisions.
func (c *ChangedLine) After() Line { return c.Steps[len(c.Steps)-1].After }

// Change returns what the line gets more or less, in base units.
func (c *ChangedLine) Change() int64 { return c.After().Amount - c.Before().Amount }

// Of reports whether the line is the supplier's before or after any of its steps.
func (c *ChangedLine) Of(supplier uuid.UUID) bool {
	return slices.ContainsFunc(c.Steps, func(s Step) bool {
		_, concerned := s.ChangeOf(supplier)
		return concerned
	})
}

// Diff explains how revision b differs from revision a of the same season, whatever
// their states and whichever is the later one. It reads within the transaction, which
// should see one state of the database. ErrSeasonsDiffer; ErrConflict, if one of
// them has no lines.
func Diff(ctx context.Context, tx pgx.Tx, a, b Snapshot) (*Difference, error) {
	if a.Season != b.Season {
		return nil, fmt.Errorf("%s and %s: %w: name two of one season", a.Name(), b.Name(), ErrSeasonsDiffer)
	}
	for _, s := range []Snapshot{a, b} {
		if s.Digest == nil {
			return nil, fmt.Errorf("snapshot %s: %w: it is %s and has no lines; name one that was a draft at least",
				s.Name(), ErrConflict, s.State)
		}
	}
	d := &Difference{A: a, B: b, backward: a.Revision > b.Revision}
	if a.Revision == b.Revision {
		return d, nil
	}
	if err := d.walk(ctx, tx); err != nil {
		return nil, fmt.Errorf("difference of %s and %s: %w", a.Name(), b.Name(), err)
	}
	return d, nil
}

// walk leads every device from the earlier revision to the later one.
func (d *Difference) walk(ctx context.Context, tx pgx.Tx) error {
	earlier, later := d.A, d.B
	if d.backward {
		earlier, later = later, earlier
	}
	p, err := loadPassage(ctx, tx, earlier, later)
	if err != nil {
		return err
	}
	d.tracks = newTracks(earlier.Lines, p.fixed())
	w := newWalk(p.before, p.after)
	totals := totals{suppliers: map[uuid.UUID]*SupplierCauses{}, backward: d.backward}
	err = p.eachGroup(ctx, tx, func(g *passageGroup) error {
		totals.stored(g.linesBefore, g.linesAfter)
		return g.each(p.before, func(device, since *Device, before, after []Line) error {
			if err := w.device(device, since, before, after); err != nil {
				return err
			}
			d.tracks.add(w)
			return nil
		})
	})
	if err != nil {
		return err
	}
	d.tracks.settle(p.before, p.after)
	return d.total(&totals)
}

// Each calls visit for every line that differs, by device id and first slot. The
// line is valid during the call.
func (d *Difference) Each(visit func(*ChangedLine) error) error {
	if !d.sorted {
		d.tracks.sort()
		d.sorted = true
	}
	return d.each(visit)
}

// each is Each in any order.
func (d *Difference) each(visit func(*ChangedLine) error) error {
	var line ChangedLine
	for _, one := range d.tracks.all {
		line.Steps = d.tracks.steps(one, line.Steps[:0])
		if len(line.Steps) == 0 {
			continue
		}
		if d.backward {
			reverse(line.Steps)
		}
		key := d.tracks.key(one)
		line.Device, line.DeviceID, line.First = key.Device, key.DeviceID, key.Span.From
		if err := visit(&line); err != nil {
			return err
		}
	}
	return nil
}

// reverse turns the way from one line to another into the way back.
func reverse(steps []Step) {
	for i, j := 0, len(steps)-1; i <= j; i, j = i+1, j-1 {
		steps[i], steps[j] = steps[j], steps[i]
		steps[i].Before, steps[i].After = steps[i].After, steps[i].Before
		if i != j {
			steps[j].Before, steps[j].After = steps[j].After, steps[j].Before
		}
	}
}
