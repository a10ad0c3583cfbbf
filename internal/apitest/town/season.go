package town

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// dark are two hours that could not be observed.
var dark = uptime.SpanOf(april(24, 6), april(24, 8))

// Pull reads what the world tells of the span, but for two hours that could not be
// observed, and closes its hours; and the minutes of jobs of each day from first to last.
func Pull(t testing.TB, db *pgtest.DB, world *simulator.World, span uptime.Span, first, last time.Time) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	begin := func(f func(tx pgx.Tx) error) { t.Helper(); check(pgx.BeginFunc(t.Context(), db.App, f)) }
	server := httptest.NewServer(world.Handler(simulator.Options{Token: "token"}))
	defer server.Close()
	feed, err := uptime.NewFeed(uptime.FeedConfig{URL: server.URL, Token: "token"})
	check(err)
	check(uptime.SyncChanges(t.Context(), db.App, feed))
	check(uptime.SyncVerdicts(t.Context(), db.App, feed))
	begin(func(tx pgx.Tx) error { return uptime.RequestSpan(t.Context(), tx, span) })
	var devices uptime.Registry
	for _, lit := range []uptime.Span{{From: span.From, To: dark.From}, {From: dark.To, To: span.To}} {
		pass, err := uptime.ReadWindow(t.Context(), db.App, feed, &devices, lit, func() time.Time { return april(30, 12) })
		check(err)
		begin(func(tx pgx.Tx) error {
			_, err := uptime.Merge(t.Context(), tx, pass)
			return err
		})
	}
	begin(func(tx pgx.Tx) error {
		if _, err := uptime.GiveUp(t.Context(), tx, dark, april(30, 12), nil, "never observed"); err != nil {
			return err
		}
		_, err := uptime.CloseHours(t.Context(), tx, april(30, 12))
		return err
	})
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		check(uptime.ReadJobMinutes(t.Context(), db.App, feed, day))
	}
}

// Cut cuts the closed days that begin before the instant into strips, as a job does with all.
func Cut(t testing.TB, db *pgtest.DB, before time.Time) {
	t.Helper()
	cut := 0
	if err := pgx.BeginFunc(t.Context(), db.App, func(tx pgx.Tx) error {
		days, err := uptime.UncutDays(t.Context(), tx)
		for _, day := range days {
			if err == nil && day.Start().Before(before) {
				cut++
				err = uptime.CutDay(t.Context(), tx, day)
			}
		}
		return err
	}); err != nil || cut == 0 {
		t.Fatalf("%d days cut: %v", cut, err)
	}
}

// choose finds two suppliers with honest devices, and passes one device of the first
// on to the second for half a day. Their devices get names of their own.
func (w *Town) choose() {
	owned := map[uuid.UUID][]uuid.UUID{}
	var order []uuid.UUID
	for i := range w.world.Devices() {
		d := w.world.Device(i)
		if d.Kind == simulator.Honest && d.SoldAt.IsZero() && d.AttackedAt.IsZero() && d.RegisteredAt.Before(april(20, 0)) {
			owner := d.Facts.SupplierID
			owned[owner] = append(owned[owner], d.ID)
			if len(owned[owner]) == 2 {
				order = append(order, owner)
			}
		}
	}
	first, second := order[0], order[1]
	w.Moved = owned[first][0]
	w.Owner = &Party{ID: first, Device: owned[first][1], Subject: "auth0|owner-zq81", reason: "The owner's reason, marmalade",
		evidence: "https://evidence.example/owner-saffron", hook: "https://hooks.example/owner-juniper"}
	w.Stranger = &Party{ID: second, Device: owned[second][1], Subject: "stranger.kx55@mail.example", reason: "The stranger's reason, tamarind",
		evidence: "https://evidence.example/stranger-cardamom", hook: "https://hooks.example/stranger-vetiver"}
	w.change(w.Moved, 1000, april(24, 12), "supplier_id", second)
	w.change(w.Moved, 1001, april(25, 3).Add(time.Minute), "supplier_id", first)
	w.change(w.Owner.Device, 1002, april(24, 1), "device_name", "owner-rig-periwinkle")
	w.change(w.Stranger.Device, 1003, april(24, 1), "device_name", "stranger-rig-heliotrope")
}

func (w *Town) prepareSeasons() {
	rules := snapshot.Embedded()[0].TOML
	ada, grace := w.persons[Ada], w.persons[Grace]
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		for _, s := range []snapshot.Season{Sealed, Running} {
			if err := snapshot.CreateSeason(ctx, tx, s, rules, ada); err != nil {
				return err
			}
			for _, account := range []ledger.Account{ledger.SeasonPool(s.Code), ledger.SeasonReserve(s.Code)} {
				if _, err := ledger.Fund(ctx, tx, account, ledger.Amount(s.Pool), w.persons[Ann], "funds by memo-oleander", "fund "+account.Path()); err != nil {
					return err
				}
			}
		}
		if _, err := snapshot.AddHold(ctx, tx, snapshot.Hold{From: april(25, 8), To: april(25, 12)}, "attack of the bergamot", ada); err != nil {
			return err
		}
		id, err := snapshot.ProposeWindow(ctx, tx, Sealed.Code, snapshot.Window{
			From: simulator.CutOverAt, To: april(27, 0), Cause: "authentication migration", Lookback: snapshot.DefaultLookback,
			MinBefore: snapshot.DefaultMinBefore, Sustain: snapshot.DefaultSustain, ReconnectBy: april(28, 0), Credit: snapshot.CreditOwnRate,
		}, ada)
		if err != nil {
			return err
		}
		return snapshot.ApproveWindow(ctx, tx, id, grace)
	})
}

// seal takes the next revision of the season and seals it, whatever stands against it.
func (w *Town) seal() {
	w.t.Helper()
	s := w.take()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		o, err := snapshot.AskOverride(ctx, tx, s, "override because of galangal", w.persons[Ada])
		if err == nil {
			err = snapshot.ApproveOverride(ctx, tx, s, o.ID, w.persons[Grace])
		}
		if err == nil {
			err = snapshot.Approve(ctx, tx, s.ID, s.Digest, w.persons[Grace], "looked at the hyssop")
		}
		if err == nil {
			_, err = snapshot.Seal(ctx, tx, s.ID, w.persons[Grace])
		}
		if err == nil {
			s, err = snapshot.ByID(ctx, tx, s.ID)
		}
		return err
	})
	w.sealed = append(w.sealed, s)
}

// take takes a draft.
func (w *Town) take() (s snapshot.Snapshot) {
	w.t.Helper()
	var groups int
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		s, groups, err = snapshot.Take(ctx, tx, Sealed.Code, w.persons[Ada])
		return err
	})
	for number := range groups {
		scored, err := snapshot.ScoreGroup(w.t.Context(), w.DB.App, s.ID, number)
		w.check(err)
		w.tx(func(ctx context.Context, tx pgx.Tx) error {
			_, err := snapshot.StageGroup(ctx, tx, s.ID, scored)
			return err
		})
	}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		if _, err := snapshot.Complete(ctx, tx, s.ID); err != nil {
			return err
		}
		var err error
		s, err = snapshot.ByID(ctx, tx, s.ID)
		return err
	})
	return s
}

// judge finds an eligible device of each party spoofed, from the season's second day
// on, but the one that tests ask for.
func (w *Town) judge() {
	for _, p := range []*Party{w.Owner, w.Stranger} {
		device := p.Device
		for _, l := range w.linesOf(w.sealed[0], p.ID) {
			if l.DeviceID != p.Device && l.DeviceID != w.Moved && l.Amount > 0 {
				device = l.DeviceID
			}
		}
		w.tx(func(ctx context.Context, tx pgx.Tx) error {
			_, err := uptime.AddVerdicts(ctx, tx, []uptime.VerdictEntry{{
				DeviceID: device, Kind: uptime.Spoofed, EffectiveAt: april(25, 0), Reason: "pow_hash_rate_mismatch", Evidence: "desk note of the lovage",
			}}, w.persons[Grace])
			return err
		})
	}
}

// chooseThird finds another supplier who earned.
func (w *Town) chooseThird() {
	for i := range w.world.Devices() {
		supplier := w.world.Device(i).Facts.SupplierID
		if supplier == w.Owner.ID || supplier == w.Stranger.ID {
			continue
		}
		for _, l := range w.linesOf(w.sealed[0], supplier) {
			if l.Amount > 0 {
				w.Third = supplier
				return
			}
		}
	}
	w.t.Fatal("nobody else earned")
}

// linesOf are a supplier's lines of a revision, by device id.
func (w *Town) linesOf(s snapshot.Snapshot, supplier uuid.UUID) (lines []snapshot.Line) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
			if l.SupplierID == supplier {
				lines = append(lines, *l)
			}
			return nil
		})
	})
	return lines
}
