package reconcile

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// picture is all that is known of the slots of a span.
type picture struct {
	span   uptime.Span
	slots  []Slot
	passes []pass // merged ones that touch the span, in the order in which they were
	last   []int  // by slot: its last whole pass, counted from 1; 0: none
}

// StateOf returns how the span stands as far as it is over, by the service's counts
// as they were last read and our bits as they are now.
func StateOf(ctx context.Context, tx pgx.Tx, span uptime.Span) (*State, error) {
	p, err := draw(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	s := Sum(p.slots)
	p.addHeartbeats(s)
	s.Refusal, err = selectRefusal(ctx, tx, span)
	return s, err
}

// Mend asks again for what may be mended: its slots become awaited, and the spans
// that they make up are returned, in order. Asking is counted, MendsMax times a slot.
func Mend(ctx context.Context, tx pgx.Tx, span uptime.Span) (again []uptime.Span, err error) {
	p, err := draw(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	slots, err := uptime.AwaitAgain(ctx, tx, Sum(p.slots).mends())
	if err != nil || len(slots) == 0 {
		return nil, err
	}
	for _, k := range slots {
		if n := len(again); n > 0 && again[n-1].To == k {
			again[n-1].To++
		} else {
			again = append(again, uptime.Span{From: k, To: k + 1})
		}
	}
	now, err := uptime.Clock(ctx, tx)
	if err != nil {
		return nil, err
	}
	return again, insertMends(ctx, tx, slots, now)
}

// draw reads all that is known of the slots of the span that are over. It reads our
// bits last: what is merged meanwhile is then awaited or there, and never lacking.
func draw(ctx context.Context, tx pgx.Tx, span uptime.Span) (*picture, error) {
	now, err := uptime.Clock(ctx, tx)
	if err != nil {
		return nil, err
	}
	span.To = max(span.From, min(span.To, uptime.SlotOf(now)))
	p := &picture{span: span, slots: make([]Slot, span.Len()), last: make([]int, span.Len())}
	if span.Empty() {
		return p, nil
	}
	for i := range p.slots {
		p.slots[i].Slot = span.From + uptime.Slot(i)
	}
	for _, add := range []func(context.Context, pgx.Tx) error{p.addTheirs, p.addCoverage, p.addGivenUp, p.addMends, p.addPasses, p.addOurs} {
		if err := add(ctx, tx); err != nil {
			return nil, err
		}
	}
	p.addUnknown()
	return p, nil
}

func (p *picture) at(k uptime.Slot) *Slot { return &p.slots[k-p.span.From] }

func (p *picture) addCoverage(ctx context.Context, tx pgx.Tx) error {
	hours, err := uptime.CoverageOf(ctx, tx, p.span)
	for _, h := range hours {
		for i := range uptime.SlotsPerHour {
			if k := h.Hour.First() + uptime.Slot(i); p.span.Contains(k) {
				s := p.at(k)
				s.Requested, s.Final, s.Closed = true, h.Final.Has(i), h.ClosedAt != nil
			}
		}
	}
	return err
}

// addGivenUp adds why slots were given up on, but for those that are awaited once
// more since.
func (p *picture) addGivenUp(ctx context.Context, tx pgx.Tx) error {
	givenUp, err := uptime.GivenUpOf(ctx, tx, p.span)
	for _, g := range givenUp {
		if s := p.at(g.Slot); s.Final {
			s.GivenUp, s.ByPerson = g.Reason, g.PersonID != nil
		}
	}
	return err
}

func (p *picture) addTheirs(ctx context.Context, tx pgx.Tx) error {
	first, end := p.span.Hours()
	return eachSummary(ctx, tx, first, end, func(c counts) {
		for i := range uptime.SlotsPerHour {
			if k := c.hour.First() + uptime.Slot(i); p.span.Contains(k) && c.devices[i] >= 0 {
				s := p.at(k)
				s.Compared, s.Settled, s.Theirs, s.Heartbeats = true, settled(k, c.readAt), c.devices[i], c.heartbeats[i]
			}
		}
	})
}

func (p *picture) addPasses(ctx context.Context, tx pgx.Tx) error {
	return eachPass(ctx, tx, p.span, func(of pass) {
		p.passes = append(p.passes, of)
		within := of.window.Intersect(p.span)
		for k := within.From; k < within.To; k++ {
			s := p.at(k)
			s.Archive, s.Late = of.archive, s.Late+of.late
			p.last[k-p.span.From] = len(p.passes)
		}
	})
}

func (p *picture) addOurs(ctx context.Context, tx pgx.Tx) error {
	now, err := uptime.Clock(ctx, tx)
	if err != nil {
		return err
	}
	population, err := uptime.PopulationOf(ctx, tx, p.span, now)
	for _, of := range population {
		s := p.at(of.Slot)
		s.Ours, s.Observed = of.Up, of.Observed
	}
	return err
}

// addUnknown tells the slots of the rows that no registration names. A pass counts
// them over all of its window: they explain what is short in it all together, or
// nothing.
func (p *picture) addUnknown() {
	short := make([]int64, len(p.passes)+1)
	for i, s := range p.slots {
		if s.Observed && s.Compared {
			short[p.last[i]] += max(0, s.Theirs-s.Ours)
		}
	}
	for i, n := range p.last {
		if n > 0 && short[n] <= p.passes[n-1].unknown {
			p.slots[i].Unknown = p.passes[n-1].unknown
		}
	}
}

func (p *picture) addMends(ctx context.Context, tx pgx.Tx) error {
	return eachMend(ctx, tx, p.span, func(k uptime.Slot, times int) { p.at(k).Mends = times })
}

// addHeartbeats adds up both sides over the windows that can be told by themselves:
// of passes that are the last over all of their window, of which all was compared.
func (p *picture) addHeartbeats(s *State) {
	for n, of := range p.passes {
		if theirs, whole := p.heartbeatsOf(n+1, of.window); whole {
			s.HeartbeatSlots += of.window.Len()
			s.TheirHeartbeats += theirs
			s.OurHeartbeats += of.rows
		}
	}
}

// heartbeatsOf returns the service's count of the window of the pass of that number.
func (p *picture) heartbeatsOf(number int, window uptime.Span) (theirs int64, whole bool) {
	if window.Intersect(p.span) != window {
		return 0, false
	}
	for k := window.From; k < window.To; k++ {
		if p.last[k-p.span.From] != number || !p.at(k).Compared {
			return 0, false
		}
		theirs += p.at(k).Heartbeats
	}
	return theirs, true
}
