package snapshot_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/holiman/uint256"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// The attack of 25 April: through the worker API, names, statuses and owners of other
// people's devices were rewritten from 08:05 to 09:00.
var (
	attackSeason = snapshot.Season{Code: "spring", FirstDay: april(24, 0), LastDay: april(25, 0), Pool: 100_000_000_007}
	attackHold   = snapshot.Hold{From: april(25, 8), To: april(25, 9)}
)

const attackReserve = 100_000_000_000

func april(day, hour int) time.Time { return time.Date(2024, 4, day, hour, 0, 0, 0, time.UTC) }

// attackedNetwork is an office that has read two days of the simulated world.
func attackedNetwork(t *testing.T) *office {
	t.Helper()
	world, err := simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: 60, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	url, wait, err := simulator.Serve(ctx, "127.0.0.1:0", world.Handler(simulator.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := wait(); err != nil {
			t.Error(err)
		}
	})
	db := pgtest.New(t)
	o := &office{DB: db, t: t, ada: pgtest.Person(t, db.Owner, "ada"), grace: pgtest.Person(t, db.Owner, "grace"), network: &network{}}
	if o.feed, err = uptime.NewFeed(uptime.FeedConfig{URL: url, Token: "none"}); err != nil {
		t.Fatal(err)
	}
	o.syncChanges()
	o.syncVerdicts()
	observed := uptime.NewTimeline(attackSeason.Span())
	observed.AddSpan(observed.Span())
	o.pull(observed)
	o.readDays(attackSeason)
	o.create(attackSeason, []byte(villageRulesForAll))
	o.fund(attackSeason, attackSeason.Pool)
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Fund(ctx, tx, ledger.SeasonReserve(attackSeason.Code), attackReserve, o.ada, "for corrections", "reserve")
		return err
	})
	return o
}

const villageRulesForAll = `name = "for all"
version = 1
[eligibility]
min_uptime = "0.5"
min_continuous = 0
require_genuine = false
exclude = "season"
[weights.gpu]
default = "1.5"
[weights.connectivity]
default = "1"
[jobs]
permille = 500
[payout]
minimum = 0
`

// scoredWith scores every device of the season, its basis and its changes as the
// caller leaves them, and shares out the pool.
func (o *office) scoredWith(s snapshot.Snapshot, basis func(*snapshot.Basis), believed func(uptime.Change) bool) (lines []snapshot.Line) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		b, err := snapshot.BasisOf(ctx, tx, s)
		if err != nil {
			return err
		}
		basis(b)
		group, err := snapshot.LoadGroup(ctx, tx, b, 0)
		if err != nil {
			return err
		}
		scorer := b.NewScorer()
		if err := group.Each(b, nil, func(d *snapshot.Device) (err error) {
			d.Changes = slices.DeleteFunc(d.Changes, func(c uptime.Change) bool { return !believed(c) })
			lines, err = scorer.Score(d, lines)
			return err
		}); err != nil {
			return err
		}
		total := new(uint256.Int)
		snapshot.AddPoints(total, lines)
		_, err = b.Rate(total).Allocate(lines)
		return err
	})
	return lines
}

// figures are lines by device and first slot, without their notes.
func figures(lines []snapshot.Line) map[string]string {
	all := map[string]string{}
	for _, l := range lines {
		l.Notes = 0
		all[fmt.Sprint(l.DeviceID, l.Span.From)] = string(snapshot.AppendCSV(nil, l))
	}
	return all
}

func (o *office) storedLines(s snapshot.Snapshot) (lines []snapshot.Line) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
			lines = append(lines, *l)
			return nil
		})
	})
	return lines
}

func bySupplier(lines []snapshot.Line) map[uuid.UUID]int64 {
	sums := map[uuid.UUID]int64{}
	for _, l := range lines {
		sums[l.SupplierID] += l.Amount
	}
	return sums
}

// gains is what each supplier gets more, or less.
func gains(before, after map[uuid.UUID]int64) map[uuid.UUID]int64 {
	gains := maps.Clone(after)
	for supplier, amount := range before {
		gains[supplier] -= amount
	}
	maps.DeleteFunc(gains, isNothing)
	return gains
}

func isNothing(_ uuid.UUID, amount int64) bool { return amount == 0 }

func everything(uptime.Change) bool      { return true }
func withoutAttack(c uptime.Change) bool { return c.Channel.Trusted() }
func asItWas(*snapshot.Basis)            {}
func withoutHolds(b *snapshot.Basis)     { b.Holds = nil }
func (o *office) reviewFor(code string, f snapshot.HeldFilter) (held []snapshot.HeldChange, effects *snapshot.ReviewEffects) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		if held, err = snapshot.Review(ctx, tx, f, farOff); err == nil {
			effects, err = snapshot.Effects(ctx, tx, code, held, farOff)
		}
		return err
	})
	return held, effects
}

func TestTheAttackMovesNotOneBaseUnit(t *testing.T) {
	t.Parallel()
	o := attackedNetwork(t)
	o.hold(attackHold)
	s := o.take(attackSeason.Code)
	stored := o.storedLines(s)

	held, effects := o.reviewFor(attackSeason.Code, snapshot.HeldFilter{})
	owners := slices.DeleteFunc(slices.Clone(held), func(h snapshot.HeldChange) bool { _, names := h.NewOwner(); return !names })
	if len(held) < 10 || len(owners) < 5 {
		t.Fatalf("the attack is %d changes, %d of owners: too small a world", len(held), len(owners))
	}
	t.Run("held, it is as if it had never come", func(t *testing.T) {
		if got, want := figures(stored), figures(o.in(t).scoredWith(s, asItWas, withoutAttack)); !maps.Equal(got, want) {
			t.Errorf("with the attack held\n%v\nwithout it\n%v", got, want)
		}
	})
	t.Run("believed, it would rob suppliers, as the review says", func(t *testing.T) {
		o := o.in(t)
		believed, points := o.scoredWith(s, withoutHolds, everything), new(uint256.Int)
		o.check(points.SetFromDecimal(s.Points))
		snapshot.Allocate(attackSeason.Pool, points, believed)
		want, got := gains(bySupplier(stored), bySupplier(believed)), map[uuid.UUID]int64{}
		for _, e := range effects.Together {
			got[e.SupplierID] = int64(e.Gains)
		}
		maps.DeleteFunc(got, isNothing)
		if len(want) == 0 || !maps.Equal(got, want) {
			t.Errorf("the review says %v, believed it pays %v", got, want)
		}
		for _, h := range owners {
			if got[h.SupplierID] > 0 {
				t.Errorf("%s gains by being robbed", h.SupplierID)
			}
		}
	})
	t.Run("names and statuses pay nobody", func(t *testing.T) {
		for _, h := range held {
			if _, names := h.NewOwner(); !names && len(h.Effect) != 0 {
				t.Errorf("change %d of %+v pays %+v", h.Seq, h.Fields, h.Effect)
			}
		}
	})
	t.Run("one change released by itself pays exactly what the review said", func(t *testing.T) {
		testReleasedOne(t, o.in(t), s)
	})
}

// testReleasedOne seals the revision, so that the rate is fixed, and releases the
// change that moves most.
func testReleasedOne(t *testing.T, o *office, s snapshot.Snapshot) {
	o.approve(s)
	if _, err := o.seal(s); err != nil {
		o.override(s, "it is a test of the review")
		_, err = o.seal(s)
		o.check(err)
	}
	before := bySupplier(o.storedLines(s))
	held, _ := o.reviewFor(attackSeason.Code, snapshot.HeldFilter{State: snapshot.HeldOpen})
	gain := func(h snapshot.HeldChange) (most int64) {
		for _, e := range h.Effect {
			most = max(most, int64(e.Gains))
		}
		return most
	}
	most := slices.MaxFunc(held, func(a, b snapshot.HeldChange) int { return int(gain(a) - gain(b)) })
	if gain(most) == 0 {
		t.Fatal("no change pays anybody: the test shows nothing")
	}
	o.releaseChange(most.Seq)
	corrected := o.take(attackSeason.Code)
	got := gains(before, bySupplier(o.storedLines(corrected)))
	want := map[uuid.UUID]int64{}
	for _, e := range most.Effect {
		want[e.SupplierID] = int64(e.Gains)
	}
	maps.DeleteFunc(want, isNothing)
	if !maps.Equal(got, want) {
		t.Errorf("released, it pays %v\nthe review said %v", got, want)
	}
	// Reviewed again, it is released, and its effect is what it did.
	again, _ := o.reviewFor(attackSeason.Code, snapshot.HeldFilter{Changes: []int64{most.Seq}})
	if again[0].State != snapshot.HeldReleased || fmt.Sprint(again[0].Effect) != fmt.Sprint(most.Effect) {
		t.Errorf("reviewed again: %+v, want the effect %+v", again[0], most.Effect)
	}
}
