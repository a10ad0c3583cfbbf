package snapshot

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// loadBasis returns what the season's devices are scored by, as of the moment,
// and the changes released from holds, by number.
func loadBasis(ctx context.Context, tx pgx.Tx, code string, asOf time.Time) (*Basis, []int64, error) {
	season, err := SeasonByCode(ctx, tx, code)
	if err != nil {
		return nil, nil, err
	}
	b := &Basis{Season: season.Season, AsOf: asOf, Released: map[int64]bool{}}
	if b.Rules, err = RulesetOf(ctx, tx, season); err != nil {
		return nil, nil, err
	}
	windows, err := selectWindows(ctx, tx, code, asOf)
	if err != nil {
		return nil, nil, err
	}
	for _, w := range windows {
		if w.ApprovedAt != nil {
			b.Windows = append(b.Windows, w.Window)
		}
	}
	holds, err := selectHolds(ctx, tx, asOf)
	if err != nil {
		return nil, nil, err
	}
	for _, h := range holds {
		if h.ReleasedAt == nil {
			b.Holds = append(b.Holds, h.Hold)
		}
	}
	released, err := selectReleasedChanges(ctx, tx, asOf)
	if err != nil {
		return nil, nil, err
	}
	for _, seq := range released {
		b.Released[seq] = true
	}
	b.Observed, err = observedOf(ctx, tx, b.Span())
	return b, released, err
}

// observedOf returns the observed slots of the span, clipped to the first and the
// last of them: what was never pulled has no part in a digest.
func observedOf(ctx context.Context, tx pgx.Tx, span uptime.Span) (uptime.Timeline, error) {
	hours, err := uptime.CoverageOf(ctx, tx, span)
	if err != nil {
		return uptime.Timeline{}, err
	}
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
	return uptime.Observed(hours, seen), nil
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
