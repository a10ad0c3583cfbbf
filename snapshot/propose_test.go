package snapshot_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// returning is an office that has pulled the scenario of April 2024 from the days before
// the cut-over to the last return, with both seasons, the first cut short.
type returning struct {
	*office
	world *simulator.World
	span  uptime.Span
}

var (
	returnsSpan = uptime.SpanOf(simulator.CutOverAt.Truncate(24*time.Hour).AddDate(0, 0, -3), simulator.Season2End)
	returnsS1   = snapshot.Season{Code: "returns-s1", FirstDay: returnsSpan.From.Start(), LastDay: simulator.Season1End.AddDate(0, 0, -1), Pool: 1e15}
	returnsS2   = snapshot.Season{Code: "returns-s2", FirstDay: simulator.Season2Start, LastDay: simulator.Season2End.AddDate(0, 0, -1), Pool: 1e15}
)

func pullReturns(t *testing.T, devices int) *returning {
	t.Helper()
	world, err := simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: devices, Seed: 25})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	url, wait, err := simulator.Serve(ctx, "127.0.0.1:0", world.Handler(simulator.Options{Token: "token-of-the-tests"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = wait() // ended by us
	})
	feed, err := uptime.NewFeed(uptime.FeedConfig{URL: url, Token: "token-of-the-tests", BackoffMin: 1, BackoffMax: 1})
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t)
	a := &returning{world: world, span: returnsSpan, office: &office{
		DB: db, t: t, feed: feed, ada: pgtest.Person(t, db.Owner, "ada"), grace: pgtest.Person(t, db.Owner, "grace"),
	}}
	a.syncChanges()
	a.syncVerdicts()
	observed := uptime.NewTimeline(returnsSpan)
	observed.AddSpan(returnsSpan)
	a.pull(observed)
	rules := snapshot.Embedded()[0].TOML
	a.create(returnsS1, rules)
	a.create(returnsS2, rules)
	return a
}

// collapse is the one that is found.
func (a *returning) collapse() (c incident.Collapse) {
	a.t.Helper()
	a.tx(func(ctx context.Context, tx pgx.Tx) error {
		now, err := incident.Now(ctx, tx)
		if err != nil {
			return err
		}
		found, err := incident.Found(ctx, tx, now)
		for _, i := range found {
			if i.Collapse != nil {
				c = i.Collapse.Collapse
			}
		}
		return err
	})
	if c.Baseline == 0 {
		a.t.Fatal("no collapse is found")
	}
	return c
}

func (a *returning) propose(c incident.Collapse, season string) *snapshot.Proposal {
	a.t.Helper()
	p, err := snapshot.Propose(context.Background(), a.App, c, season, "cut-over", 2)
	a.check(err)
	return p
}

// proved reports by the world itself whether the device was up in at least half of
// the slots of the day before, was then missed, and came back, and the slots that
// the outage took from it.
func (a *returning) proved(device int, began uptime.Slot) (lost uptime.Span, proved bool) {
	d := a.world.Device(device)
	if d.LostAt.IsZero() || d.BackAt.IsZero() {
		return lost, false
	}
	registered := uptime.SlotAtOrAfter(d.RegisteredAt)
	up, slots := 0, 0
	for k := max(began-288, registered); k < began; k++ {
		slots++
		if a.world.Up(device, k) {
			up++
		}
	}
	lost = uptime.SpanOf(d.LostAt, d.BackAt)
	for k := lost.To; k+2 < a.span.To; k++ {
		if a.world.Up(device, k) && a.world.Up(device, k+1) && a.world.Up(device, k+2) {
			return lost, slots > 0 && 2*up >= slots
		}
	}
	return lost, false // it never ran again
}

// With the draft that reaches the last return, approved, no honest device that had
// proved itself loses a slot to the outage, in either season, and no spoofed device
// gains one.
func TestTheProposedWindowReachesTheLastReturn(t *testing.T) {
	t.Parallel()
	a := pullReturns(t, 100)
	c := a.collapse()
	if want := uptime.SlotOf(simulator.CutOverAt); c.Opened < want || c.Opened > want+2 {
		t.Fatalf("it opened at %s", c.Opened.Start())
	}
	before := a.contents()
	p := a.propose(c, "")
	if a.contents() != before {
		t.Error("something was written")
	}
	if p.Began != uptime.SlotOf(simulator.CutOverAt) || len(p.Seasons) != 2 {
		t.Fatalf("it began at %s, and meets %d seasons", p.Began.Start(), len(p.Seasons))
	}
	for _, s := range p.Seasons {
		a.checkProposal(p, s)
	}
	// The window that now stands is left out, so that the figures are the same again.
	again := a.propose(c, returnsS2.Code)
	if len(again.Seasons) != 1 || len(again.Seasons[0].Without) != 1 || fmt.Sprint(again.Seasons[0].Drafts) != fmt.Sprint(p.Seasons[1].Drafts) {
		t.Errorf("proposed again: %+v\nafter %+v", again.Seasons, p.Seasons[1])
	}
	a.checkUnmet(c)
}

// checkUnmet proposes for seasons that the collapse does not meet.
func (a *returning) checkUnmet(c incident.Collapse) {
	a.t.Helper()
	early, tail := returnsS1, returnsS1
	early.Code, early.FirstDay, early.LastDay = "early", returnsS1.FirstDay, returnsS1.FirstDay
	tail.Code, tail.FirstDay, tail.LastDay = "tail", simulator.Season2End.AddDate(0, 0, -2), simulator.Season2End.AddDate(0, 0, -1)
	for _, s := range []snapshot.Season{early, tail} {
		a.create(s, snapshot.Embedded()[0].TOML)
	}
	for _, d := range a.propose(c, early.Code).Seasons[0].Drafts {
		if d.Meets || d.Devices+d.Slots+d.Moved != 0 {
			a.t.Errorf("a season before it: %+v", d)
		}
	}
	// The population had recovered, but not every device was back.
	tailed := a.propose(c, tail.Code).Seasons[0].Drafts
	if last := tailed[len(tailed)-1]; tailed[0].Meets || !last.Meets || last.Devices == 0 {
		a.t.Errorf("a season that only its tail meets: %+v", tailed)
	}
	_, err := snapshot.Propose(context.Background(), a.App, c, "nowhere", "cut-over", 1)
	wantError(a.t, "no such season", err, snapshot.ErrNotFound)
	end := returnsS1.Span().From - 5 // before the first day of any season
	c.Opened, c.EndedAt = end-5, &end
	_, err = snapshot.Propose(context.Background(), a.App, c, "", "cut-over", 1)
	wantError(a.t, "a collapse of no season", err, snapshot.ErrNoSeason)
}

func (a *returning) checkProposal(p *snapshot.Proposal, s snapshot.SeasonProposal) {
	a.t.Helper()
	last := s.Drafts[len(s.Drafts)-1]
	if !last.Recommended || last.Reaches != snapshot.ReachesLast || !last.Meets || last.Refused.NotBack < p.Proposed().Dead() {
		a.t.Errorf("%s: the draft that reaches farthest: %+v", s.Season.Code, last)
	}
	a.window(s.Season.Code, last.Window)
	taken := a.take(s.Season.Code)
	byDevice := map[string]snapshot.Line{} // sums
	a.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachLine(ctx, tx, taken, func(l *snapshot.Line) error {
			sum := byDevice[l.DeviceID.String()]
			sum.Grace, sum.Up, sum.Outcome, sum.Notes = sum.Grace+l.Grace, sum.Up+l.Up, l.Outcome, sum.Notes|l.Notes
			byDevice[l.DeviceID.String()] = sum
			return nil
		})
	})
	var granted, slots, proved int64
	for device := range a.world.Devices() {
		truth := a.world.Device(device)
		sum := byDevice[truth.ID.String()]
		slots += int64(sum.Grace)
		if sum.Grace > 0 {
			granted++
		}
		if truth.Kind == simulator.Virtual {
			if sum.Grace > 0 {
				a.t.Errorf("%s: a virtual device, %s, gains %d slots", s.Season.Code, sum.Outcome, sum.Grace)
			}
			continue
		}
		lost, some := a.proved(device, p.Began)
		if !some || sum.Outcome == snapshot.OutcomeSpoofed {
			continue
		}
		proved++
		var missed int64
		for k := range lost.Intersect(s.Season.Span()).Len() {
			if !a.world.Up(device, lost.Intersect(s.Season.Span()).From+uptime.Slot(k)) {
				missed++
			}
		}
		if int64(sum.Grace) < missed {
			a.t.Errorf("%s: an honest device, back at %s, is granted %d of the %d slots that it lost", s.Season.Code, lost.To.Start(), sum.Grace, missed)
		}
	}
	if granted == 0 || granted != last.Devices || slots != last.Slots || proved < 50 {
		a.t.Errorf("%s: %d devices are granted %d slots, %d had proved themselves; proposed were %+v", s.Season.Code, granted, slots, proved, last)
	}
	a.checkDrafts(p, s)
}

// checkDrafts holds the drafts against each other: who reaches farther grants more.
func (a *returning) checkDrafts(p *snapshot.Proposal, s snapshot.SeasonProposal) {
	a.t.Helper()
	if len(s.Drafts) != 4 {
		a.t.Errorf("%d drafts", len(s.Drafts))
	}
	for i, d := range s.Drafts {
		if err := d.Window.Validate(); err != nil {
			a.t.Error(err)
		}
		if got := fmt.Sprint(d.Window.From.Equal(p.Began.Start()), d.Window.Lookback == p.Lookback, d.At.Start().Before(d.Window.ReconnectBy)); got != "true true true" {
			a.t.Errorf("draft %d: %s: %+v", i, got, d)
		}
		if i == 0 || !d.Meets {
			continue
		}
		before := s.Drafts[i-1]
		if d.Slots < before.Slots || d.Devices < before.Devices || !before.Window.To.Before(d.Window.To) || before.Meets && d.Refused.NotBack > before.Refused.NotBack {
			a.t.Errorf("%s: draft %+v\nafter %+v", s.Season.Code, d, before)
		}
	}
}
