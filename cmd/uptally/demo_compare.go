package main

import (
	"context"
	"fmt"
	"math/big"

	"github.com/google/uuid"
	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// The revisions of each season in the story.
const (
	revisionAsRecorded = 1
	revisionHeld       = 2 // with the hold
	revisionGrace      = 3 // with the hold and grace
)

// linesOf reads the lines of a revision.
func (d *demo) linesOf(ctx context.Context, season string, revision int) (lines []snapshot.Line, err error) {
	err = d.write(ctx, func(tx pgx.Tx) error {
		s, err := snapshot.Find(ctx, tx, fmt.Sprintf("%s/r%d", season, revision))
		if err != nil {
			return err
		}
		return snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
			lines = append(lines, *l)
			return nil
		})
	})
	return lines, err
}

// tellMoved shows what the attackers' suppliers get with and without the hold.
func (d *demo) tellMoved(ctx context.Context) error {
	attackers := map[uuid.UUID]bool{}
	for s := range d.world.Suppliers() {
		attackers[s.ID] = s.Kind == simulator.AttackerSupplier
	}
	g := newGrid("season", ">devices taken over", ">to the attackers without the hold", ">with it")
	for _, s := range storySeasons {
		recorded, err := d.linesOf(ctx, s.code, revisionAsRecorded)
		if err != nil {
			return err
		}
		held, err := d.linesOf(ctx, s.code, revisionHeld)
		if err != nil {
			return err
		}
		devices, moved := sumOf(recorded, func(l snapshot.Line) bool { return attackers[l.SupplierID] })
		_, left := sumOf(held, func(l snapshot.Line) bool { return attackers[l.SupplierID] })
		g.add(s.code, count(devices), inIO(moved), inIO(left))
	}
	d.table(g)
	return nil
}

// sumOf counts the devices of the lines that are asked for, and adds up what they
// get.
func sumOf(lines []snapshot.Line, asked func(snapshot.Line) bool) (devices int, amount int64) {
	seen := map[uptime.DeviceNumber]bool{}
	for _, l := range lines {
		if asked(l) {
			seen[l.Device] = true
			amount += l.Amount
		}
	}
	return len(seen), amount
}

// spoofed shows what the devices that were found to be spoofed would have taken.
func (d *demo) spoofed(ctx context.Context) error {
	d.chapter("What the spoofed devices would have taken")
	d.line("Proof of work began on 23 April. Had nobody tested, the same lines under the same")
	d.line("rules would have paid them:")
	d.blank()
	g := newGrid("season", ">spoofed devices", ">would have taken", ">of the pool", ">get")
	for _, s := range storySeasons {
		lines, err := d.linesOf(ctx, s.code, revisionHeld)
		if err != nil {
			return err
		}
		rules, err := d.rulesOf(ctx, s.code)
		if err != nil {
			return err
		}
		isSpoofed := func(l snapshot.Line) bool { return l.Outcome == snapshot.OutcomeSpoofed }
		devices, paid := sumOf(lines, isSpoofed)
		untested, err := asIfUntested(lines, rules, int64(s.pool))
		if err != nil {
			return err
		}
		_, taken := sumOf(untested, isSpoofed)
		g.add(s.code, count(devices), inIO(taken), share(taken, int64(s.pool)), inIO(paid))
	}
	d.table(g)
	return nil
}

func (d *demo) rulesOf(ctx context.Context, code string) (rules *snapshot.Ruleset, err error) {
	err = d.write(ctx, func(tx pgx.Tx) error {
		season, err := snapshot.SeasonByCode(ctx, tx, code)
		if err != nil {
			return err
		}
		rules, err = snapshot.RulesetOf(ctx, tx, season)
		return err
	})
	return rules, err
}

// asIfUntested divides the pool again as if no device had been found to be
// spoofed: a line that was left out for that alone has the points of its figures.
// The outcomes stay, so that it can be told which lines those are.
func asIfUntested(lines []snapshot.Line, rules *snapshot.Ruleset, pool int64) ([]snapshot.Line, error) {
	again := append([]snapshot.Line(nil), lines...)
	for i := range again {
		l := &again[i]
		eligible := l.Credited() > 0 && int64(l.LongestRun) >= rules.Eligibility.MinContinuous &&
			rules.Eligibility.MinUptime.AtLeast(int(l.Credited()), int(l.Observed))
		if l.Outcome == snapshot.OutcomeSpoofed && eligible {
			const milliMinutesPerSlot = 5000
			l.Points = (milliMinutesPerSlot*int64(l.Credited()) + rules.Jobs.Permille*l.JobMinutes) * l.WeightMillionths
		}
	}
	total := new(uint256.Int)
	snapshot.AddPoints(total, again)
	_, err := snapshot.Rate{Pool: pool, Points: total}.Allocate(again)
	return again, err
}

// compare shows what honest devices get with and without grace.
func (d *demo) compare(ctx context.Context) error {
	d.chapter("What honest suppliers get, without grace and with it")
	g := newGrid("season", "devices", ">number", ">hours credited", ">without grace", ">with grace", ">change")
	for _, s := range storySeasons {
		before, err := d.linesOf(ctx, s.code, revisionHeld)
		if err != nil {
			return err
		}
		after, err := d.linesOf(ctx, s.code, revisionGrace)
		if err != nil {
			return err
		}
		d.credited = mostCredited(after)
		credited, others, farmed := d.graceChanges(before, after)
		for _, row := range []struct {
			title string
			graceChange
		}{{"honest, credited with grace", credited}, {"honest, the others", others}, {"virtual, not found out", farmed}} {
			g.add(s.code, row.title, count(row.devices), count(row.slots/uptime.SlotsPerHour), inIO(row.before), inIO(row.after),
				change(row.before, row.after))
		}
		g.AppendSeparator()
	}
	d.table(g)
	d.blank()
	d.line("A pool is divided whole, so what grace gives back is what others would have had in")
	d.line("place of those who were cut off through no fault of their own.")
	return nil
}

// mostCredited returns the device of the line with most grace.
func mostCredited(lines []snapshot.Line) (most snapshot.Line) {
	for _, l := range lines {
		if l.Grace >= most.Grace {
			most = l
		}
	}
	return most
}

// graceChange is what some devices get without and with grace.
type graceChange struct {
	devices       int
	slots         int64 // credited
	before, after int64 // base units
}

func (c graceChange) plus(o graceChange) graceChange {
	return graceChange{c.devices + o.devices, c.slots + o.slots, c.before + o.before, c.after + o.after}
}

// graceChanges adds up the lines of two revisions: of the honest devices that grace
// credited, of the other honest ones, and of virtual ones that are paid.
func (d *demo) graceChanges(before, after []snapshot.Line) (credited, others, farmed graceChange) {
	byDevice := map[uuid.UUID]*graceChange{}
	of := func(l snapshot.Line) *graceChange {
		if byDevice[l.DeviceID] == nil {
			byDevice[l.DeviceID] = &graceChange{devices: 1}
		}
		return byDevice[l.DeviceID]
	}
	for _, l := range before {
		of(l).before += l.Amount
	}
	for _, l := range after {
		c := of(l)
		c.after += l.Amount
		c.slots += int64(l.Grace)
	}
	for id, c := range byDevice {
		truth, _ := d.world.Truth(id)
		switch {
		case truth.Kind != simulator.Honest && c.before == 0 && c.after == 0:
		case truth.Kind != simulator.Honest:
			farmed = farmed.plus(*c)
		case c.slots > 0:
			credited = credited.plus(*c)
		default:
			others = others.plus(*c)
		}
	}
	return credited, others, farmed
}

// share writes a part of a whole in per cent with two places, rounded down.
func share(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	hundredths := new(big.Int).Mul(big.NewInt(part), big.NewInt(10_000))
	n := hundredths.Quo(hundredths, big.NewInt(whole)).Int64()
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d %%", sign, n/100, n%100)
}

// change writes by how much an amount rose or fell.
func change(before, after int64) string {
	text := share(after-before, before)
	if after > before && before > 0 {
		return "+" + text
	}
	return text
}
