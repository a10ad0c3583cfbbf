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
	Windows []ExplainedWindow // that meet the season, in the order of the basis
	Granted uptime.Timeline   // G: the slots that are granted, over the span of the basis
}

// JudgeDevice judges the device's slots as things stand now. It reads that device's
// facts and bits alone. ErrNotFound says that there is no such season or device.
func JudgeDevice(ctx context.Context, tx pgx.Tx, device uuid.UUID, season string) (*Judged, error) {
	now, err := selectStamp(ctx, tx)
	if err != nil {
		return nil, err
	}
	b, err := LoadBasis(ctx, tx, season, Next, now)
	if err != nil {
		return nil, err
	}
	d, err := loadDevice(ctx, tx, b, device)
	if err != nil {
		return nil, fmt.Errorf("season %s: %w", season, err)
	}
	return b.judge(d)
}

// judge is JudgeDevice of a device at hand.
func (b *Basis) judge(d *Device) (*Judged, error) {
	s := b.NewScorer()
	if _, err := s.Score(d, nil); err != nil {
		return nil, err
	}
	span := uptime.Span{From: max(s.season.From, uptime.SlotAtOrAfter(d.RegisteredAt)), To: s.season.To}
	last := lastVerdict(d.Verdicts)
	j := &Judged{
		Season: b.Season.Code, Windows: s.explainWindows(last, span), Granted: uptime.NewTimeline(b.Observed.Span()),
	}
	for i := range s.decisions {
		j.Granted.AddAll(s.down, s.decisions[i].granted)
	}
	return j, nil
}
