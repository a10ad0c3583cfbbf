package snapshot

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// SupplierChange is what a supplier gets before and after.
type SupplierChange struct {
	SupplierID    uuid.UUID
	Before, After int64 // base units
	Had, Has      bool  // a line, whatever its outcome
}

// DeviceChange is what a device gets before and after, over all its lines.
type DeviceChange struct {
	DeviceID               uuid.UUID
	Before, After          int64   // base units
	OutcomeBefore, Outcome Outcome // of its last line; 0: it had none
}

// comparing adds up lines, and what they differ by from lines before. Several may
// go on side by side, to be merged.
type comparing struct {
	lines     int64
	allocated int64 // base units
	tooLarge  bool  // allocated passed 63 bits
	outcomes  [len(outcomeReasons)]OutcomeTotal
	moved     Movement // of lines
	suppliers map[uuid.UUID]*SupplierChange
	devices   topChanges[DeviceChange]
	last      *SupplierChange // the supplier looked up last: devices of one often follow each other
}

func newComparing(top int) *comparing {
	return &comparing{suppliers: map[uuid.UUID]*SupplierChange{}, devices: topChanges[DeviceChange]{most: top, compare: compareDeviceChanges}}
}

// group takes in the lines of some devices, and those of the same devices before;
// both in order of device, then first slot.
func (c *comparing) group(lines []Line, before []amountRow) {
	for len(lines) > 0 || len(before) > 0 {
		device := uptime.DeviceNumber(1<<31 - 1)
		if len(lines) > 0 {
			device = lines[0].Device
		}
		if len(before) > 0 {
			device = min(device, before[0].Device)
		}
		own, old := 0, 0
		for own < len(lines) && lines[own].Device == device {
			own++
		}
		for old < len(before) && before[old].Device == device {
			old++
		}
		c.device(lines[:own], before[:old])
		lines, before = lines[own:], before[old:]
	}
}

// device takes in the lines of one device. A device with lines before has lines
// after, of the same slots: what is supposed moves owners and figures, never a
// registration.
func (c *comparing) device(lines []Line, before []amountRow) {
	var d DeviceChange
	for len(lines) > 0 || len(before) > 0 {
		var now *Line
		var old *amountRow
		if len(lines) > 0 && (len(before) == 0 || lines[0].Span.From <= before[0].FirstSlot) {
			now = &lines[0]
		}
		if len(before) > 0 && (len(lines) == 0 || before[0].FirstSlot <= lines[0].Span.From) {
			old = &before[0]
		}
		if old != nil {
			before = before[1:]
			d.Before += old.Amount
			d.OutcomeBefore = old.Outcome
		}
		if now != nil {
			lines = lines[1:]
			d.DeviceID = now.DeviceID
			d.After += now.Amount
			d.Outcome = now.Outcome
		}
		c.line(now, old)
	}
	if d.Before != d.After {
		c.devices.add(d)
	}
}

// line takes in one line, as it is and as it was: nil where there is none of the
// key.
func (c *comparing) line(now *Line, old *amountRow) {
	var before, after int64
	if old != nil {
		before = old.Amount
		s := c.supplier(old.SupplierID)
		s.Before += before
		s.Had = true
	}
	if now != nil {
		after = now.Amount
		s := c.supplier(now.SupplierID)
		s.After += after
		s.Has = true
		c.lines++
		c.allocate(after)
		c.outcomes[now.Outcome-1].Lines++
		c.outcomes[now.Outcome-1].Amount += after
	}
	c.moved.Add(old != nil, now != nil, before, after)
}

func (c *comparing) allocate(amount int64) {
	c.allocated += amount
	c.tooLarge = c.tooLarge || c.allocated < 0
}

func (c *comparing) supplier(id uuid.UUID) *SupplierChange {
	if c.last == nil || c.last.SupplierID != id {
		if c.last = c.suppliers[id]; c.last == nil {
			c.last = &SupplierChange{SupplierID: id}
			c.suppliers[id] = c.last
		}
	}
	return c.last
}

// merge takes in what the other has added up.
func (c *comparing) merge(o *comparing) {
	c.lines += o.lines
	c.allocate(o.allocated)
	c.tooLarge = c.tooLarge || o.tooLarge
	for i, x := range o.outcomes {
		c.outcomes[i].Lines += x.Lines
		c.outcomes[i].Amount += x.Amount
	}
	c.moved.Merge(&o.moved)
	for id, x := range o.suppliers {
		s := c.supplier(id)
		s.Before, s.After = s.Before+x.Before, s.After+x.After
		s.Had, s.Has = s.Had || x.Had, s.Has || x.Has
	}
	for _, d := range o.devices.found {
		c.devices.add(d)
	}
}

// outcomeTotals are those that occur, in order.
func (c *comparing) outcomeTotals() (totals []OutcomeTotal) {
	for i, x := range c.outcomes {
		if x.Lines > 0 {
			totals = append(totals, OutcomeTotal{Outcome(i + 1), x.Lines, x.Amount})
		}
	}
	return totals
}

// topChanges keeps those of most that come first in the order.
type topChanges[T any] struct {
	most    int
	compare func(a, b T) int
	found   []T
}

func (t *topChanges[T]) add(x T) {
	t.found = append(t.found, x)
	if len(t.found) >= 2*t.most+64 {
		t.found = t.sorted()
	}
}

func (t *topChanges[T]) sorted() []T {
	slices.SortFunc(t.found, t.compare)
	return t.found[:min(t.most, len(t.found))]
}

func compareDeviceChanges(a, b DeviceChange) int {
	return cmp.Or(cmp.Compare(size(b.After-b.Before), size(a.After-a.Before)), bytes.Compare(a.DeviceID[:], b.DeviceID[:]))
}

func compareSupplierChanges(a, b SupplierChange) int {
	return cmp.Or(cmp.Compare(size(b.After-b.Before), size(a.After-a.Before)), bytes.Compare(a.SupplierID[:], b.SupplierID[:]))
}

// size is the amount without its sign: those that move most come first, wherever to.
func size(delta int64) int64 { return max(delta, -delta) }
