package snapshot_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

func (o *office) askOverride(s snapshot.Snapshot, reason string) (asked snapshot.Override, err error) {
	err = o.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		asked, err = snapshot.AskOverride(ctx, tx, s, reason, o.ada)
		return err
	})
	return asked, err
}

func (o *office) approveOverride(s snapshot.Snapshot, id, person int64) error {
	return o.try(func(ctx context.Context, tx pgx.Tx) error { return snapshot.ApproveOverride(ctx, tx, s, id, person) })
}

func (o *office) overrides(s snapshot.Snapshot) (all []snapshot.Override) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		all, err = snapshot.Overrides(ctx, tx, s)
		return err
	})
	return all
}

// gap is a village of which a slot of the season was never observed.
func gap(t *testing.T) *office {
	v := newVillage()
	missing := uptime.NewTimeline(villageSpan)
	missing.AddSpan(uptime.SpanOf(may(2, 22), may(2, 22).Add(uptime.SlotLength)))
	v.observed = v.observed.AndNot(missing)
	o := v.settle(t)
	o.readDays(v.season)
	o.fund(v.season, v.season.Pool)
	return o
}

// The life of an override, told in order.
func TestOverrides(t *testing.T) {
	t.Parallel()
	shared := gap(t)
	season := villageSeason.Code
	step := func(name string, f func(*testing.T, *office)) {
		t.Helper()
		if !t.Run(name, func(t *testing.T) { f(t, shared.in(t)) }) {
			t.FailNow()
		}
	}
	var first, s snapshot.Snapshot
	step("it needs a reason, and covers what has failed", func(t *testing.T, o *office) {
		first = o.take(season)
		if _, err := o.askOverride(first, ""); err == nil || !strings.Contains(err.Error(), "a reason is needed") {
			t.Errorf("asked without a reason: %v", err)
		}
		asked, err := o.askOverride(first, "a slot of ours")
		o.check(err)
		if !slices.Equal(asked.Guards, []string{"coverage"}) || asked.AskedAt.IsZero() {
			t.Errorf("asked for %+v", asked)
		}
		o.check(o.approveOverride(first, asked.ID, o.grace))
	})
	step("that of one revision does not serve another", func(t *testing.T, o *office) {
		s = o.take(season)
		o.approve(s)
		wantError(t, "sealing", o.trySeal(s), snapshot.ErrGuard)
		wantError(t, "approving the first one's", o.approveOverride(s, o.overrides(first)[0].ID, o.grace), snapshot.ErrNotFound)
		_, err := o.askOverride(first, "it is gone")
		wantError(t, "asking for what was superseded", err, snapshot.ErrConflict)
	})
	step("it is of two persons", func(t *testing.T, o *office) {
		asked, err := o.askOverride(s, "a slot of ours")
		o.check(err)
		wantError(t, "sealing over what is only asked for", o.trySeal(s), snapshot.ErrGuard)
		wantError(t, "approving one's own", o.approveOverride(s, asked.ID, o.ada), snapshot.ErrSelfCheck)
		const approve = `INSERT INTO snapshot_override_approval (override_id, asked_by, approved_by) VALUES ($1, $2, $3)`
		o.refused(checkViolation, approve, asked.ID, o.ada, o.ada)
		o.refused(foreignKeyViolation, approve, asked.ID, o.grace, o.ada) // as if another had asked
		o.refused(foreignKeyViolation, approve, asked.ID+1000, o.ada, o.grace)
		wantError(t, "sealing after that", o.trySeal(s), snapshot.ErrGuard)
		if o := o.overrides(s); len(o) != 1 || o[0].ApprovedBy != nil || o[0].Reason != "a slot of ours" {
			t.Errorf("on record: %+v", o)
		}
		wantError(t, "approving what nobody asked for", o.approveOverride(s, asked.ID+1000, o.grace), snapshot.ErrNotFound)
		o.check(o.approveOverride(s, asked.ID, o.grace))
		wantError(t, "approving twice", o.approveOverride(s, asked.ID, o.grace), snapshot.ErrAlreadyApproved)
	})
	step("it stays on record", func(_ *testing.T, o *office) {
		for _, table := range []string{"snapshot_override", "snapshot_override_approval"} {
			for _, statement := range []string{"UPDATE " + table + " SET recorded_at = recorded_at", "DELETE FROM " + table, "TRUNCATE " + table + " CASCADE"} {
				o.refused(notAllowed, statement)
				o.refusedToOwner(integrityViolation, statement)
			}
		}
		o.refused(checkViolation, `INSERT INTO snapshot_override (snapshot_id, guards, reason, asked_by) VALUES ($1, '{coverage}', '', $2)`, s.ID, o.ada)
		o.refused(checkViolation, `INSERT INTO snapshot_override (snapshot_id, guards, reason, asked_by) VALUES ($1, '{}', 'all', $2)`, s.ID, o.ada)
	})
	step("it covers nothing that failed later", func(t *testing.T, o *office) {
		o.trial(villageSeason, func(x *trial) {
			x.s = s
			x.exec(`UPDATE uptime_coverage SET reopened = reopened + 1 WHERE hour = '2024-05-02 10:00+00'`)
			err := x.seal()
			if wantError(t, "sealing", err, snapshot.ErrGuard); err != nil && (strings.Contains(err.Error(), "coverage (") || !strings.Contains(err.Error(), "hours_closed (")) {
				t.Errorf("refused with %v", err)
			}
			_, err = snapshot.AskOverride(x.ctx, x.tx, s, "all of it", x.ada)
			wantError(t, "overriding a firm guard", err, snapshot.ErrGuard)
		})
		o.trial(villageSeason, func(x *trial) {
			x.s = s
			silence("2024-05-02T13:00:00Z")(x)
			if err := x.seal(); err == nil || strings.Contains(err.Error(), "coverage (") || !strings.Contains(err.Error(), "incident 1 (") {
				t.Errorf("refused with %v", err)
			}
			again, err := snapshot.AskOverride(x.ctx, x.tx, s, "the dark hours", x.ada)
			x.check(err)
			if !slices.Equal(again.Guards, []string{"coverage", "incident 1"}) {
				t.Errorf("asked for %+v", again)
			}
			wantError(t, "sealing over what is only asked for", x.seal(), snapshot.ErrGuard)
			x.check(snapshot.ApproveOverride(x.ctx, x.tx, s, again.ID, x.grace))
			x.check(x.seal()) // the database's own guard included
		})
	})
	step("with it, the revision is sealed", func(t *testing.T, o *office) {
		o.check(o.trySeal(s))
		o.at(s.ID, snapshot.Sealed)
		if g := o.board(s)["coverage"]; g.Verdict != snapshot.GuardFailed || snapshot.OverrideOf(o.overrides(s), g) == nil {
			t.Errorf("guard %+v", g)
		}
		_, err := o.askOverride(o.at(s.ID, snapshot.Sealed), "once more")
		wantError(t, "asking for what is sealed", err, snapshot.ErrConflict)
	})
}

// Sums of money are overridden by nobody, and nothing is where nothing has failed.
func TestWhatIsNotOverridden(t *testing.T) {
	t.Parallel()
	courthouse(t).trial(villageSeason, func(x *trial) {
		ask := func(want error, says string) {
			t.Helper()
			_, err := snapshot.AskOverride(x.ctx, x.tx, x.s, "we know", x.ada)
			if wantError(t, "asking", err, want); err != nil && !strings.Contains(err.Error(), says) {
				t.Errorf("refused with %v, want in it %s", err, says)
			}
		}
		x.take()
		ask(snapshot.ErrGuard, "funded cannot be overridden (season/may-2/pool holds 0)")
		x.exec(`INSERT INTO snapshot_override (snapshot_id, guards, reason, asked_by) VALUES ($1, '{funded}', 'we know', $2)`, x.s.ID, x.ada)
		x.exec(`INSERT INTO snapshot_override_approval SELECT id, asked_by, $1 FROM snapshot_override`, x.grace)
		x.approve()
		wantError(t, "sealing over an override in SQL", x.seal(), snapshot.ErrGuard)
		x.exec(`INSERT INTO ledger_account (kind, season, balance) VALUES ('pool', 'may-2', $1)`, x.season.Pool)
		ask(snapshot.ErrConflict, "nothing to override")
	})
}
