package snapshot

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// Next stands for the revision that a season would get next.
const Next = math.MaxInt32

// BasisOf returns what the snapshot was, or is being, computed from. The bits and
// the coverage are those of now: they are the same as then unless an hour was open
// or has been reopened.
func BasisOf(ctx context.Context, tx pgx.Tx, s Snapshot) (*Basis, error) {
	return LoadBasis(ctx, tx, s.Season, s.Revision, s.AsOf)
}

// LoadBasis returns what a revision of the season is computed from, as of the
// moment.
func LoadBasis(ctx context.Context, tx pgx.Tx, code string, revision int, asOf time.Time) (*Basis, error) {
	season, err := SeasonByCode(ctx, tx, code)
	if err != nil {
		return nil, err
	}
	b := &Basis{Season: season.Season, AsOf: asOf}
	if b.Rules, err = RulesetOf(ctx, tx, season); err != nil {
		return nil, err
	}
	windows, err := selectWindows(ctx, tx, code, asOf)
	if err != nil {
		return nil, err
	}
	for _, w := range windows {
		if w.ApprovedAt != nil {
			b.Windows = append(b.Windows, w.Window)
		}
	}
	if err := b.readHolds(ctx, tx); err != nil {
		return nil, err
	}
	if b.Corrects, err = correctionOf(ctx, tx, code, func(s *Snapshot) bool { return s.Revision < revision }); err != nil {
		return nil, err
	}
	return b, b.Look(ctx, tx)
}

// readHolds reads what is set aside and what was released, as of the basis's moment.
func (b *Basis) readHolds(ctx context.Context, tx pgx.Tx) error {
	holds, err := selectHolds(ctx, tx, b.AsOf)
	if err != nil {
		return err
	}
	for _, h := range holds {
		if h.ReleasedAt == nil {
			b.Holds = append(b.Holds, h.Hold)
		}
	}
	released, err := selectReleasedChanges(ctx, tx, b.AsOf)
	b.Released = make(map[int64]bool, len(released))
	for _, seq := range released {
		b.Released[seq] = true
	}
	return err
}

// Look reads what was observed of the basis's span, which follows from its windows.
func (b *Basis) Look(ctx context.Context, tx pgx.Tx) (err error) {
	b.Observed, err = observedOf(ctx, tx, b.Span())
	return err
}

// correctionOf returns what fixes amounts that come after some revisions: nil, if none
// of these is sealed.
func correctionOf(ctx context.Context, tx pgx.Tx, season string, before func(*Snapshot) bool) (*Correction, error) {
	all, err := selectSnapshots(ctx, tx, season)
	if err != nil {
		return nil, err
	}
	var c *Correction
	for _, s := range all {
		if s.State != Sealed || !before(&s) {
			continue
		}
		if c == nil {
			points, err := uint256.FromDecimal(s.Points)
			if err != nil {
				return nil, fmt.Errorf("snapshot %s: points %s: %w", s.Name(), s.Points, err)
			}
			c = &Correction{Points: points}
		}
		c.Sealed = s
	}
	return c, nil
}

// observedOf returns what ObservedWithin returns of the hours on record.
func observedOf(ctx context.Context, tx pgx.Tx, span uptime.Span) (uptime.Timeline, error) {
	hours, err := uptime.CoverageOf(ctx, tx, span)
	if err != nil {
		return uptime.Timeline{}, err
	}
	return ObservedWithin(hours, span), nil
}

// ObservedWithin returns the observed slots of the span, clipped to the first and
// the last of them: what was never pulled has no part in a digest. The hours are in
// order.
func ObservedWithin(hours []uptime.Coverage, span uptime.Span) uptime.Timeline {
	var seen uptime.Span
	for _, h := range hours {
		for i := range uptime.SlotsPerHour {
			if k := h.Hour.First() + uptime.Slot(i); h.Observed.Has(i) && span.Contains(k) {
				if seen.Empty() {
					seen.From = k
				}
				seen.To = k + 1
			}
		}
	}
	return uptime.Observed(hours, seen)
}

// closings tells whether an hour that the basis needs is still open, and how often
// the hours that it reads have been reopened.
func closings(ctx context.Context, tx pgx.Tx, b *Basis) (open bool, reopenings int64, err error) {
	hours, err := uptime.CoverageOf(ctx, tx, b.Span())
	if err != nil {
		return false, 0, err
	}
	first, end := neededSlots(b).Hours()
	missing := int(end - first)
	for _, h := range hours {
		reopenings += int64(h.Reopened)
		if h.ClosedAt == nil {
			open = open || h.Observed != 0 // bits that may still change would count
		} else if first <= h.Hour && h.Hour < end {
			missing--
		}
	}
	return open || missing > 0, reopenings, nil
}

// neededSlots are the slots that must be closed before the basis yields more than
// an estimate: the season's, and those past every deadline that has passed, of the
// windows that are applied.
func neededSlots(b *Basis) uptime.Span {
	need := b.Season.Span()
	for _, w := range b.Windows {
		if !w.slots().Intersect(b.Season.Span()).Empty() && !w.ReconnectBy.After(b.AsOf) {
			need.To = max(need.To, uptime.SlotAtOrAfter(w.ReconnectBy)+uptime.Slot(w.Sustain))
		}
	}
	return need
}
