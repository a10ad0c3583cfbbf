package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/term"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/reconcile"
	"github.com/uptally/uptally/uptime/simulator"
)

// storySeason is a season of the story. Its code is also its ruleset's name.
type storySeason struct {
	code     string
	from, to time.Time // exclusive
	pool     ledger.Amount
}

// storySeasons are both Ignition seasons; the pools are the story's own.
var storySeasons = []storySeason{
	{"ignition-s1", simulator.Season1Start, simulator.Season1End, 20_000_000 * ledger.Unit},
	{"ignition-s2", simulator.Season2Start, simulator.Season2End, 7_500_000 * ledger.Unit},
}

// season returns the season as it is recorded.
func (s storySeason) season() snapshot.Season {
	return snapshot.Season{Code: s.code, FirstDay: s.from, LastDay: s.to.AddDate(0, 0, -1), Pool: int64(s.pool)}
}

func (d *demo) openingScene(network string) {
	fmt.Fprintln(d.story, d.bold("Uptally: April and May 2024, told as it runs"))
	d.blank()
	suppliers := 0
	for s := range d.world.Suppliers() {
		if s.Kind == simulator.HonestSupplier {
			suppliers++
		}
	}
	d.line("A network of %s GPU devices of %s suppliers, and %s virtual devices of farms",
		count(d.Devices), count(suppliers), count(d.world.Devices()-d.Devices))
	d.line("that began to connect around 18 April to take a share of the rewards. It is")
	d.line("simulated, seed %d, and served by its uptime API at %s.", d.Seed, network)
	d.line("Everything else is the real thing, in %s.", d.folder.path)
}

// pull reads both seasons whole.
func (d *demo) pull(ctx context.Context) error {
	d.chapter("Was it there? Pulling both seasons")
	span := uptime.SpanOf(pullFrom, pullUntil)
	if err := d.backfill(ctx, d.client, span, "  Pulling"); err != nil {
		return err
	}
	if _, err := reconcile.Read(ctx, d.db.pool, d.feed, span, time.Now()); err != nil {
		return err
	}
	return d.write(ctx, func(tx pgx.Tx) error {
		status, err := readStatus(ctx, tx, span, 1)
		if err != nil {
			return err
		}
		for _, p := range status.Passes {
			d.line("%s heartbeats in %s pages of %s windows: %s.", count(p.Heartbeats), count(p.Pages), count(p.Passes), p.Outcome)
		}
		d.line("%s of %s slots of five minutes observed, %s of %s hours closed.",
			count(status.Coverage.Observed), count(status.Coverage.Slots), count(status.Coverage.Closed), count(status.Coverage.Hours))
		state, err := reconcile.StateOf(ctx, tx, span)
		if err != nil {
			return err
		}
		d.line("Against the service's own counts: %s of %s slots equal, %s with heartbeats of ids that nobody registered, %s do not fit.",
			count(state.Equal), count(state.Slots), count(state.OursShort), count(state.Misfits))
		return nil
	})
}

const (
	chartRows = 10
	zoomRows  = 6
)

// chart draws the active population.
func (d *demo) chart(ctx context.Context) error {
	d.chapter("The active population")
	return d.write(ctx, func(tx pgx.Tx) error {
		daily, err := uptime.PopulationOf(ctx, tx, uptime.SpanOf(chartFrom, chartUntil), everRecorded)
		if err != nil {
			return err
		}
		d.line("Devices up, the mean of each day   █ not spoofed   %c found to be spoofed", spoofedMark)
		d.blank()
		chart{bars(daily, uptime.SlotsPerDay), chartRows, d.coloured()}.print(d.story)
		axis(d.story, days(chartFrom, chartUntil, 1, 8))
		hourly, err := uptime.PopulationOf(ctx, tx, uptime.SpanOf(zoomFrom, zoomUntil), everRecorded)
		if err != nil {
			return err
		}
		hours := d.hoursPerColumn()
		d.blank()
		d.line("24 to 27 April, the mean of every %s", plural(hours, "hour"))
		d.blank()
		chart{bars(hourly, hours*uptime.SlotsPerHour), zoomRows, d.coloured()}.print(d.story)
		axis(d.story, days(zoomFrom, zoomUntil, 24/hours, 1))
		d.blank()
		before, low, at := collapse(hourly)
		d.line("On 25 April at 08:05 attackers rewrote other people's devices through the worker")
		d.line("API; the operator cut over to tokens of each user's own. At 08:00 %s devices were", count(before))
		d.line("up; at %s it was %s. Honest ones come back as their owners restart them.", at, count(low))
		return nil
	})
}

// hoursPerColumn is how much of the zoom a column holds: an hour where there is
// room for four days of them.
func (d *demo) hoursPerColumn() int {
	const wide = 110
	if file, ok := d.out.(*os.File); ok && isTerminal(file) {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width < wide {
			return 2
		}
	}
	return 1
}

func plural(n int, thing string) string {
	if n == 1 {
		return thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// collapse returns how many devices were up before the attack, and the fewest
// after it, with the time of that.
func collapse(population []uptime.Population) (before, low int64, at string) {
	for _, p := range population {
		switch {
		case !p.Observed:
		case p.Slot.Start().Before(simulator.AttackAt):
			before = p.Up
		case at == "" || p.Up < low:
			low, at = p.Up, p.Slot.Start().Format("15:04 on 2 January")
		}
	}
	return before, low, at
}

// seasons records both seasons, funds them, and takes each as the records stand.
func (d *demo) seasons(ctx context.Context) error {
	d.chapter("What is it worth? Two seasons, and a first draft of each")
	g := newGrid("season", "first day", "last day", ">pool", "ruleset")
	for _, s := range storySeasons {
		season := s.season()
		toml, err := findRuleset(s.code)
		if err != nil {
			return err
		}
		if err := d.write(ctx, func(tx pgx.Tx) error {
			if err := snapshot.CreateSeason(ctx, tx, season, toml, d.ada); err != nil {
				return err
			}
			_, err := ledger.Fund(ctx, tx, ledger.SeasonPool(s.code), s.pool, d.ada, "season "+s.code+" funded", "fund "+s.code)
			return err
		}); err != nil {
			return err
		}
		g.add(s.code, season.FirstDay.Format(time.DateOnly), season.LastDay.Format(time.DateOnly), inIO(season.Pool), s.code)
	}
	d.table(g)
	d.blank()
	return d.takeBoth(ctx, "as the records stand")
}

// takeBoth takes a revision of each season, as ada.
func (d *demo) takeBoth(ctx context.Context, how string) error {
	for _, s := range storySeasons {
		taken, err := d.take(ctx, d.client, s.code, d.ada)
		if err != nil {
			return err
		}
		d.line("%s taken, %s: %s lines, %s allocated.", taken.Name(), how, count(taken.Lines), inIO(taken.Allocated))
	}
	return nil
}

// attack puts a hold on the attack, and shows what it would have moved.
func (d *demo) attack(ctx context.Context) error {
	d.chapter("The attack of 25 April, put under a hold")
	var held snapshot.HoldRecord
	if err := d.write(ctx, func(tx pgx.Tx) error {
		hold := snapshot.Hold{From: holdFrom, To: holdUntil}
		if _, err := snapshot.AddHold(ctx, tx, hold, "metadata rewritten through the worker API", d.ada); err != nil {
			return err
		}
		holds, err := snapshot.Holds(ctx, tx, everRecorded)
		held = holds[0]
		return err
	}); err != nil {
		return err
	}
	d.line("ada: uptally hold add --from %s --to %s", utc(holdFrom), utc(holdUntil))
	d.line("%s changes came through the worker API in those hours. They are set aside.", count(held.Changes))
	if err := d.takeBoth(ctx, "with the hold"); err != nil {
		return err
	}
	d.blank()
	return d.tellMoved(ctx)
}

// seal has the last revisions approved by another person, and posts them.
func (d *demo) seal(ctx context.Context) error {
	d.chapter("Approved by another person, and sealed")
	d.summary.Snapshots = map[string]snapshotView{}
	for _, s := range storySeasons {
		if err := d.write(ctx, func(tx pgx.Tx) error {
			latest, err := snapshot.Find(ctx, tx, s.code)
			if err != nil {
				return err
			}
			if err := snapshot.Approve(ctx, tx, latest.ID, latest.Digest, d.grace, "figures checked"); err != nil {
				return err
			}
			journal, err := snapshot.Seal(ctx, tx, latest.ID, d.grace)
			if err != nil {
				return err
			}
			sealed, err := snapshot.ByID(ctx, tx, latest.ID)
			if err != nil {
				return err
			}
			return d.tellSealed(ctx, tx, sealed, journal)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) tellSealed(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot, journal ledger.Journal) error {
	view, totals, err := viewSnapshot(ctx, tx, s)
	if err != nil {
		return err
	}
	d.summary.Snapshots[s.Season] = view
	if s.Season != storySeasons[0].code {
		d.blank()
	}
	d.line("%s, digest %s…, approved and sealed by grace as journal %d:", s.Name(), short(s.Digest), journal.Number)
	d.blank()
	printOutcomes(&indented{to: d.story}, totals, s)
	d.blank()
	d.line("residual, posted openly back to the treasury: %s", inIO(s.Residual))
	return nil
}
