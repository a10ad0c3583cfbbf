package snapshot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// Grace is approved windows of one season. Once approved, a window does not change.
type Grace struct {
	Season  Season
	Windows []Window // at least one, in the order of their beginnings
}

// Judged is what grace windows say of one device's slots.
type Judged struct {
	Windows []ExplainedWindow // that meet the season, in order
	Granted uptime.Timeline   // G: the slots that are granted, over what the windows look at of what was pulled
}

// GraceOf returns the approved ones of the windows with the ids, by season, in the order
// of the seasons' codes. An id that is none's, or not approved, is left out.
func GraceOf(ctx context.Context, tx pgx.Tx, ids []int64) ([]Grace, error) {
	now, err := selectStamp(ctx, tx)
	if err != nil {
		return nil, err
	}
	all, err := selectWindows(ctx, tx, "", now)
	if err != nil {
		return nil, fmt.Errorf("reading grace windows: %w", err)
	}
	bySeason := map[string][]Window{}
	for i := range all {
		if w := &all[i]; w.ApprovedAt != nil && slices.Contains(ids, w.ID) {
			bySeason[w.Season] = append(bySeason[w.Season], w.Window)
		}
	}
	var found []Grace
	for code, windows := range bySeason {
		season, err := SeasonByCode(ctx, tx, code)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(windows, func(a, b Window) int { return a.From.Compare(b.From) })
		found = append(found, Grace{season.Season, windows})
	}
	slices.SortFunc(found, func(a, b Grace) int { return strings.Compare(a.Season.Code, b.Season.Code) })
	return found, nil
}

// Judge judges a device by the windows, as things stand now. It reads the slots that
// they look at, which are few of a season's: a deadline may lie centuries ahead, and a
// lookback begin before there was a network, so that it reads none that was never pulled.
func (g *Grace) Judge(ctx context.Context, tx pgx.Tx, device uptime.DeviceNumber, registered time.Time, last *uptime.Verdict, now time.Time,
) (*Judged, error) {
	looked, err := uptime.Requested(ctx, tx, g.looksAt())
	if err != nil {
		return nil, fmt.Errorf("season %s: %w", g.Season.Code, err)
	}
	observed, up, err := uptime.ReadObserved(ctx, tx, device, looked)
	if err != nil {
		return nil, fmt.Errorf("season %s: %w", g.Season.Code, err)
	}
	b := &Basis{Season: g.Season, AsOf: now, Windows: g.Windows, Observed: observed}
	d := &Device{Number: device, RegisteredAt: registered, Up: up}
	return b.judge(d, last), nil
}

// looksAt are the slots that the windows' decisions go by.
func (g *Grace) looksAt() uptime.Span {
	looked := g.Windows[0].looksAt()
	for i := range g.Windows {
		w := g.Windows[i].looksAt()
		looked = uptime.Span{From: min(looked.From, w.From), To: max(looked.To, w.To)}
	}
	return looked
}

// judge is Judge of a device at hand.
func (b *Basis) judge(d *Device, last *uptime.Verdict) *Judged {
	s := b.NewScorer()
	registered := uptime.SlotAtOrAfter(d.RegisteredAt)
	span := uptime.Span{From: max(s.season.From, registered), To: s.season.To}
	s.grace(d, registered, last)
	j := &Judged{Windows: s.explainWindows(last, span), Granted: uptime.NewTimeline(b.Observed.Span())}
	for i := range s.decisions {
		j.Granted.AddAll(s.down, s.decisions[i].granted)
	}
	return j
}
