package snapshot

import (
	"slices"

	"github.com/uptally/uptally/uptime"
)

// What a proposal looks at.
const (
	beganPercent  = 95                      // of the baseline: above it, the population had not begun to fall
	beganWithin   = uptime.SlotsPerDay      // slots before the opening, in which the beginning is looked for
	returnsWithin = 60 * uptime.SlotsPerDay // slots after the beginning: who is not back by then is given up
)

// proposedLookbacks are the lookbacks that a proposal compares, in slots: six hours,
// a day, three days.
var proposedLookbacks = [...]int{72, DefaultLookback, 864}

// Outage is a collapse as a grace window sees it: the hit devices are those with an
// observed slot without a heartbeat from Began to Bottom.
type Outage struct {
	Began  uptime.Slot // the first that the window must hold
	Bottom uptime.Slot // the first with the lowest population
}

// hit are the slots in which a device that the outage hit was missed first. Later
// gaps are those of any day.
func (o Outage) hit() uptime.Span { return uptime.Span{From: o.Began, To: o.Bottom + 1} }

// beganAt returns the first slot after the last observed one before the opening in
// which the genuine population was at least 95 of 100 of the baseline: the opening
// itself comes later, when 30 of 100 are gone. Without such a slot in the day before,
// it is the opening.
func beganAt(population []uptime.Population, opened uptime.Slot, baseline int64) uptime.Slot {
	for _, p := range slices.Backward(population) {
		if p.Slot < opened && p.Slot >= opened-beganWithin && p.Observed && 100*p.Genuine >= beganPercent*baseline {
			return p.Slot + 1
		}
	}
	return opened
}

// Returns are the devices that an outage hit, as far as they had proved themselves
// in a lookback, and their returns by the last observed slot. Spoofed devices are
// none of them.
type Returns struct {
	Lookback int   // slots
	Hit      int64 // devices, proven or not
	HitBack  int64 // of them, came back
	Proven   int64 // of those hit, up in at least half of the observed slots of the lookback
	Back     int64 // of the proven, came back
	// The slots in which so many of the proven that came back were back; nil: none
	// came back.
	Half, NineTenths, Last *uptime.Slot
}

// Dead are the proven devices that never came back.
func (r Returns) Dead() int64 { return r.Proven - r.Back }

// Separation is how well having proved itself tells those who came back from those
// who did not: the share of the first that are proven, less that of the second, in
// thousandths.
func (r Returns) Separation() int64 {
	share := func(part, whole int64) int64 { return 1000 * part / max(whole, 1) }
	return share(r.Back, r.HitBack) - share(r.Dead(), r.Hit-r.HitBack)
}

// separationMargin is by how many thousandths another lookback than the default must
// be better to be proposed in its place.
const separationMargin = 10

// separating returns the index of the lookback that is to be proposed: the default
// one, unless another separates clearly better.
func separating(all []Returns) int {
	best := slices.IndexFunc(all, func(r Returns) bool { return r.Lookback == DefaultLookback })
	least := all[best].Separation() + separationMargin
	for i, r := range all {
		if s := r.Separation(); s > least {
			best, least = i, s
		}
	}
	return best
}

// returnsCount counts returns device by device.
type returnsCount struct {
	outage       Outage
	observed     uptime.Timeline
	hit, hitBack int64
	by           [len(proposedLookbacks)]struct {
		proven int64
		at     []int64 // devices that were back for good in the slot Began + i
	}
}

func newReturnsCount(outage Outage, observed uptime.Timeline) *returnsCount {
	c := &returnsCount{outage: outage, observed: observed}
	for i := range c.by {
		c.by[i].at = make([]int64, uptime.Span{From: outage.Began, To: observed.Span().To}.Len())
	}
	return c
}

// add counts one device. It is back as a window's third step has it: in the first
// slot from its gap on that begins a run of slots in a row.
func (c *returnsCount) add(d *Device) {
	if isKind(lastVerdict(d.Verdicts), uptime.Spoofed) {
		return
	}
	p := presence{registered: uptime.SlotAtOrAfter(d.RegisteredAt)}
	gap, missed := c.gap(d.Up, p.sinceRegistration(c.outage.hit()))
	if !missed {
		return
	}
	back, isBack := d.Up.FirstRun(uptime.Span{From: gap, To: c.observed.Span().To}, DefaultSustain)
	c.hit++
	if isBack {
		c.hitBack++
	}
	for i, lookback := range proposedLookbacks {
		before := p.sinceRegistration(uptime.Span{From: c.outage.Began - uptime.Slot(lookback), To: c.outage.Began})
		seen, lookedAt := d.Up.Count(before), c.observed.Count(before)
		if lookedAt == 0 || !DefaultMinBefore.AtLeast(seen, lookedAt) {
			continue
		}
		c.by[i].proven++
		if isBack {
			c.by[i].at[back-c.outage.Began]++
		}
	}
}

// gap returns the first slot of the span that was observed and not up.
func (c *returnsCount) gap(up uptime.Timeline, span uptime.Span) (uptime.Slot, bool) {
	for k := range c.observed.Slots(span) {
		if !up.Has(k) {
			return k, true
		}
	}
	return 0, false
}

// merge takes in what the other has counted.
func (c *returnsCount) merge(o *returnsCount) {
	c.hit, c.hitBack = c.hit+o.hit, c.hitBack+o.hitBack
	for i := range c.by {
		c.by[i].proven += o.by[i].proven
		for k, n := range o.by[i].at {
			c.by[i].at[k] += n
		}
	}
}

// returns is what was counted, a lookback each.
func (c *returnsCount) returns() []Returns {
	all := make([]Returns, len(c.by))
	for i, b := range c.by {
		r := Returns{Lookback: proposedLookbacks[i], Hit: c.hit, HitBack: c.hitBack, Proven: b.proven}
		for _, n := range b.at {
			r.Back += n
		}
		r.Half, r.NineTenths, r.Last = c.quantile(b.at, (r.Back+1)/2), c.quantile(b.at, (9*r.Back+9)/10), c.quantile(b.at, r.Back)
		all[i] = r
	}
	return all
}

// quantile returns the slot in which the n-th device was back; nil for n = 0.
func (c *returnsCount) quantile(at []int64, n int64) *uptime.Slot {
	if n == 0 {
		return nil
	}
	for i, back := range at {
		if n -= back; n <= 0 {
			return new(c.outage.Began + uptime.Slot(i))
		}
	}
	return nil
}
