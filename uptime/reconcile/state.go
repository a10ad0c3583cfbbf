package reconcile

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// StateOf returns how the span stands, by the service's counts as they were last
// read and our bits as they are now.
func StateOf(ctx context.Context, tx pgx.Tx, span uptime.Span) (*State, error) {
	slots, err := slotsOf(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	s := Sum(slots)
	if s.Refusal, err = selectRefusal(ctx, tx, span); err != nil {
		return nil, err
	}
	return s, s.addHeartbeats(ctx, tx, slots)
}

// slotsOf reads all that is known of the span's slots.
func slotsOf(ctx context.Context, tx pgx.Tx, span uptime.Span) ([]Slot, error) {
	now, err := uptime.Clock(ctx, tx)
	if err != nil {
		return nil, err
	}
	population, err := uptime.PopulationOf(ctx, tx, span, now)
	if err != nil {
		return nil, err
	}
	slots := make([]Slot, span.Len())
	at := func(k uptime.Slot) *Slot { return &slots[k-span.From] }
	for i, p := range population {
		slots[i] = Slot{Slot: p.Slot, Ours: p.Up, Observed: p.Observed}
	}
	hours, err := uptime.CoverageOf(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	for _, h := range hours {
		for i := range uptime.SlotsPerHour {
			if k := h.Hour.First() + uptime.Slot(i); span.Contains(k) {
				at(k).Final, at(k).Closed = h.Final.Has(i), h.ClosedAt != nil
			}
		}
	}
	givenUp, err := uptime.GivenUpOf(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	for _, g := range givenUp {
		at(g.Slot).GivenUp, at(g.Slot).ByPerson = g.Reason, g.PersonID != nil
	}
	return slots, addTheirs(ctx, tx, span, at)
}

// addTheirs adds the service's counts, what the passes over each slot told, and how
// often it was asked for again.
func addTheirs(ctx context.Context, tx pgx.Tx, span uptime.Span, at func(uptime.Slot) *Slot) error {
	first, end := span.Hours()
	if err := eachSummary(ctx, tx, first, end, func(hour uptime.Hour, devices, heartbeats []int64) {
		for i := range uptime.SlotsPerHour {
			if k := hour.First() + uptime.Slot(i); span.Contains(k) && devices[i] >= 0 {
				at(k).Compared, at(k).Theirs, at(k).Heartbeats = true, devices[i], heartbeats[i]
			}
		}
	}); err != nil {
		return err
	}
	if err := eachPass(ctx, tx, span, func(p pass) {
		for k := max(p.window.From, span.From); k < min(p.window.To, span.To); k++ {
			s := at(k)
			s.Unknown, s.Archive, s.Late = p.unknown, p.archive, s.Late+p.late
		}
	}); err != nil {
		return err
	}
	return eachMend(ctx, tx, span, func(k uptime.Slot, times int) { at(k).Mends = times })
}

// addHeartbeats adds up both sides over the windows of last whole passes.
func (s *State) addHeartbeats(ctx context.Context, tx pgx.Tx, slots []Slot) error {
	if len(slots) == 0 {
		return nil
	}
	span := uptime.Span{From: slots[0].Slot, To: slots[len(slots)-1].Slot + 1}
	last := make([]int, len(slots)) // which pass was the last over a slot, from 1
	var passes []pass
	if err := eachPass(ctx, tx, span, func(p pass) {
		passes = append(passes, p)
		for k := max(p.window.From, span.From); k < min(p.window.To, span.To); k++ {
			last[k-span.From] = len(passes)
		}
	}); err != nil {
		return err
	}
	for n, p := range passes {
		if theirs, whole := heartbeatsOf(slots, last, n+1, p.window.Intersect(span), p.window.Len()); whole {
			s.HeartbeatSlots += p.window.Len()
			s.TheirHeartbeats += theirs
			s.OurHeartbeats += p.rows
		}
	}
	return nil
}

// heartbeatsOf returns the service's count of a pass's window, if the pass is the last
// over all of it and all of it was compared.
func heartbeatsOf(slots []Slot, last []int, number int, window uptime.Span, length int) (theirs int64, whole bool) {
	if window.Len() != length {
		return 0, false
	}
	for k := window.From; k < window.To; k++ {
		i := k - slots[0].Slot
		if last[i] != number || !slots[i].Compared {
			return 0, false
		}
		theirs += slots[i].Heartbeats
	}
	return theirs, true
}
