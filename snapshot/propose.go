package snapshot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
)

// Proposal is what data says of the grace windows that an outage may be answered
// with.
type Proposal struct {
	Outage
	AsOf      time.Time
	Seen      uptime.Span // observed slots that were looked at, the first to after the last
	Lookbacks []Returns   // by lookback
	Lookback  int         // slots: that of the drafts
	Seasons   []SeasonProposal
}

// Proposed returns the returns by the drafts' own lookback.
func (p *Proposal) Proposed() *Returns {
	for i := range p.Lookbacks {
		if p.Lookbacks[i].Lookback == p.Lookback {
			return &p.Lookbacks[i]
		}
	}
	return nil
}

// SeasonProposal is what each draft would grant in one season.
type SeasonProposal struct {
	Season  Season
	Without []int64 // approved windows that overlap a draft: left out in all its figures
	Drafts  []Grants
}

// Grants is what a draft would grant in a season, had it been approved.
type Grants struct {
	DraftWindow
	Meets    bool     // it has a slot of the season; else it cannot grant anything there
	Devices  int64    // with granted credit
	Slots    int64    // credited to them by the window
	Moved    int64    // base units that lines with granted credit get more than without the window
	PerMille int64    // of the pool, Moved
	Refused  Refusals // devices
}

// ErrNoSeason says that an outage meets no season.
var ErrNoSeason = errors.New("the outage meets no season")

// Propose drafts grace windows for a collapse and says what each would grant in the
// season or, if it is empty, in every season that the collapse meets. It reads as of
// now, as Compute does, and writes nothing. A season that only the tail of the outage
// meets is proposed for if it is named: its window begins before it.
func Propose(ctx context.Context, pool *pgxpool.Pool, c incident.Collapse, season, cause string, workers int) (p *Proposal, err error) {
	err = readTogether(ctx, pool, func(tx pgx.Tx, r *reading) error {
		seasons, err := proposedSeasons(ctx, tx, c, season)
		if err != nil {
			return err
		}
		if p, err = r.outage(ctx, tx, c, workers); err != nil {
			return err
		}
		for _, s := range seasons {
			granted, err := r.grants(ctx, tx, s.Season, drafts(p.Began, p.Proposed(), c.Recovered, cause), workers)
			if err != nil {
				return fmt.Errorf("season %s: %w", s.Code, err)
			}
			p.Seasons = append(p.Seasons, granted)
		}
		return nil
	})
	return p, err
}

func proposedSeasons(ctx context.Context, tx pgx.Tx, c incident.Collapse, code string) ([]PinnedSeason, error) {
	if code != "" {
		s, err := SeasonByCode(ctx, tx, code)
		return []PinnedSeason{s}, err
	}
	all, err := Seasons(ctx, tx)
	if err != nil {
		return nil, err
	}
	var met []PinnedSeason
	for _, s := range all {
		if (incident.Incident{Opened: c.Opened, End: c.End()}).Meets(s.Span()) {
			met = append(met, s)
		}
	}
	if len(met) == 0 {
		return nil, fmt.Errorf("%w: name one, if its tail does", ErrNoSeason)
	}
	return met, nil
}

// outage reads when the collapse began, and who was hit and came back.
func (r *reading) outage(ctx context.Context, tx pgx.Tx, c incident.Collapse, workers int) (*Proposal, error) {
	day := uptime.Span{From: c.Opened - beganWithin, To: c.Opened}
	population, err := uptime.PopulationOf(ctx, tx, day, r.now)
	if err != nil {
		return nil, err
	}
	p := &Proposal{AsOf: r.now, Outage: Outage{Began: beganAt(population, c.Opened, c.Baseline), Bottom: c.LowestAt}}
	longest := proposedLookbacks[len(proposedLookbacks)-1]
	b := &Basis{AsOf: r.now}
	b.Observed, err = observedOf(ctx, tx, uptime.Span{From: p.Began - uptime.Slot(longest), To: p.Began + returnsWithin})
	if err != nil {
		return nil, err
	}
	p.Seen = b.Observed.Span()
	groups, err := Groups(ctx, tx, r.now)
	if err != nil {
		return nil, err
	}
	all, mu := newReturnsCount(p.Outage, b.Observed), sync.Mutex{}
	err = r.each(ctx, groups, workers, func(ctx context.Context, tx pgx.Tx, number int) error {
		group, err := LoadGroup(ctx, tx, b, number)
		if err != nil {
			return err
		}
		own := newReturnsCount(p.Outage, b.Observed)
		if err := group.Each(b, nil, func(d *Device) error { own.add(d); return nil }); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		all.merge(own)
		return nil
	})
	p.Lookbacks = all.returns()
	p.Lookback = p.Lookbacks[separating(p.Lookbacks)].Lookback
	return p, err
}

// grants computes the season without a window over the outage, and with each draft.
func (r *reading) grants(ctx context.Context, tx pgx.Tx, season Season, all []DraftWindow, workers int) (SeasonProposal, error) {
	p := SeasonProposal{Season: season}
	var err error
	if p.Without, err = overlapping(ctx, tx, r.now, season.Code, all); err != nil || len(all) == 0 {
		return p, err
	}
	without, err := compute(ctx, tx, r, season.Code, WhatIf{WithoutWindows: p.Without}, workers)
	if err != nil {
		return p, err
	}
	for _, draft := range all {
		g := Grants{DraftWindow: draft, Meets: !draft.Window.slots().Intersect(season.Span()).Empty()}
		if g.Meets {
			with, err := r.watch(ctx, tx, season.Code, WhatIf{WithoutWindows: p.Without, AddWindows: []Window{draft.Window}}, workers)
			if err != nil {
				return p, err
			}
			if err := g.compare(with, without); err != nil {
				return p, err
			}
		}
		p.Drafts = append(p.Drafts, g)
	}
	return p, nil
}

// overlapping returns the approved windows of the season that overlap a draft.
func overlapping(ctx context.Context, tx pgx.Tx, now time.Time, season string, all []DraftWindow) (ids []int64, err error) {
	windows, err := selectWindows(ctx, tx, season, now)
	for _, w := range windows {
		for _, d := range all {
			if w.ApprovedAt != nil && w.From.Before(d.Window.To) && d.Window.From.Before(w.To) {
				ids = append(ids, w.ID)
				break
			}
		}
	}
	return ids, err
}

// watch is compute with one added window, whose refusals it counts.
func (r *reading) watch(ctx context.Context, tx pgx.Tx, season string, what WhatIf, workers int) (*computed, error) {
	s, err := supposeBasis(ctx, tx, r.now, season, &what)
	if err != nil {
		return nil, err
	}
	for i := range s.Windows {
		if s.Windows[i].ID == 0 { // of no record: the one that was added
			s.watched = &s.Windows[i]
		}
	}
	return s.compute(ctx, tx, r, workers)
}

// compare adds up what the lines with granted credit get more. Windows move no
// line's key, so that both have the same lines.
func (g *Grants) compare(with, without *computed) error {
	last := uptime.DeviceNumber(-1)
	for number := range with.groups {
		lines, err := with.lines(number)
		if err != nil {
			return err
		}
		before, err := without.lines(number)
		if err != nil {
			return err
		}
		for i := range lines {
			granted := int64(lines[i].Grace - before[i].Grace)
			if granted <= 0 {
				continue
			}
			if lines[i].Device != last {
				g.Devices++
			}
			last = lines[i].Device
			g.Slots += granted
			g.Moved += lines[i].Amount - before[i].Amount
		}
	}
	g.Refused, g.PerMille = with.refused, perMille(g.Moved, with.Season.Pool)
	return nil
}
