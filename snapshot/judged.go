package snapshot

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// Judged is what one season's grace windows say of one device's slots.
type Judged struct {
	Season  string
	Windows []ExplainedWindow // that meet the season and the span, in order
	Granted uptime.Timeline   // G: the slots that are granted, over what the windows look at
}

// JudgeDevice judges the device by the windows that meet the span, as things stand now.
// It reads that device's facts alone, and the slots that its windows look at, which are
// few of a season's. ErrNotFound says that there is no such season or device.
func JudgeDevice(ctx context.Context, tx pgx.Tx, device uuid.UUID, season string, span uptime.Span) (*Judged, error) {
	b, err := windowsAt(ctx, tx, season, span)
	if err != nil {
		return nil, err
	}
	d, err := deviceAt(ctx, tx, b, device)
	if err != nil {
		return nil, fmt.Errorf("season %s: %w", season, err)
	}
	return b.judge(d), nil
}

// windowsAt returns what the windows of the season that meet the span go by, and no
// more: without rules, holds, or the slots of the season that they do not look at.
func windowsAt(ctx context.Context, tx pgx.Tx, season string, span uptime.Span) (*Basis, error) {
	now, err := selectStamp(ctx, tx)
	if err != nil {
		return nil, err
	}
	pinned, err := SeasonByCode(ctx, tx, season)
	if err != nil {
		return nil, err
	}
	b := &Basis{Season: pinned.Season, AsOf: now}
	windows, err := selectWindows(ctx, tx, season, now)
	if err != nil {
		return nil, err
	}
	var looked uptime.Span
	for i := range windows {
		w := &windows[i].Window
		if windows[i].ApprovedAt == nil || w.slots().Intersect(span).Empty() {
			continue
		}
		b.Windows = append(b.Windows, *w)
		if looked.Empty() {
			looked = w.looksAt()
		}
		looked = uptime.Span{From: min(looked.From, w.looksAt().From), To: max(looked.To, w.looksAt().To)}
	}
	b.Observed, err = observedOf(ctx, tx, looked)
	return b, err
}

// deviceAt reads what the windows of the basis go by.
func deviceAt(ctx context.Context, tx pgx.Tx, b *Basis, id uuid.UUID) (*Device, error) {
	number, err := numberOf(ctx, tx, id, b.AsOf)
	if err != nil {
		return nil, err
	}
	one, err := loadRegistrations(ctx, tx, number, number+1, recorded{By: b.AsOf})
	if err != nil {
		return nil, err
	}
	d := &one[0]
	if d.Verdicts, err = selectVerdicts(ctx, tx, number, b.AsOf); err != nil {
		return nil, err
	}
	return d, d.look(ctx, tx, b)
}

// judge is JudgeDevice of a device at hand.
func (b *Basis) judge(d *Device) *Judged {
	s := b.NewScorer()
	registered := uptime.SlotAtOrAfter(d.RegisteredAt)
	span := uptime.Span{From: max(s.season.From, registered), To: s.season.To}
	last := lastVerdict(d.Verdicts)
	s.grace(d, registered, last)
	j := &Judged{
		Season: b.Season.Code, Windows: s.explainWindows(last, span), Granted: uptime.NewTimeline(b.Observed.Span()),
	}
	for i := range s.decisions {
		j.Granted.AddAll(s.down, s.decisions[i].granted)
	}
	return j
}
