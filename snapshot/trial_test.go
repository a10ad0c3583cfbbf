package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
)

// A trial is one season on its way to a seal, in a transaction that is undone.
// Whatever a test does beforehand it does as the owner, past every trigger; what is
// tried goes by the rules.
type trial struct {
	*office
	ctx    context.Context
	tx     pgx.Tx
	season snapshot.Season
	s      snapshot.Snapshot // as it was taken
}

// courthouse settles a village in which one device never came back in the evening, and
// nothing is in the way of a seal but funds.
func courthouse(t *testing.T) *office {
	v := newVillage()
	v.down(sold, uptime.SpanOf(may(2, 18), may(4, 0)))
	o := v.settle(t)
	o.readDays(v.season)
	return o
}

func (o *office) trial(season snapshot.Season, f func(*trial)) {
	o.t.Helper()
	ctx := context.Background()
	if err := pgx.BeginFunc(ctx, o.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `ALTER TABLE incident ALTER id RESTART`); err != nil { // sequences are not undone
			return err
		}
		f(&trial{office: o, ctx: ctx, tx: tx, season: season})
		return errUndo
	}); !errors.Is(err, errUndo) {
		o.t.Fatal(err)
	}
}

// exec changes what no trigger and no foreign key would let pass.
func (x *trial) exec(statement string, arguments ...any) {
	x.t.Helper()
	for _, role := range []string{"replica", "origin"} {
		if _, err := x.tx.Exec(x.ctx, `SET LOCAL session_replication_role = `+role); err != nil {
			x.t.Fatal(err)
		}
		if role == "origin" {
			return
		}
		if tag, err := x.tx.Exec(x.ctx, statement, arguments...); err != nil || tag.RowsAffected() == 0 {
			x.t.Fatalf("%s: %s (%v)", statement, tag, err)
		}
	}
}

func (x *trial) fund(account ledger.Account, amount int64) {
	x.t.Helper()
	if amount > 0 {
		_, err := ledger.Fund(x.ctx, x.tx, account, ledger.Amount(amount), x.ada, "funds", fmt.Sprint("fund ", account, amount))
		x.check(err)
	}
}

func (x *trial) take() {
	x.t.Helper()
	var err error
	x.s, err = snapshot.TakeWithin(x.ctx, x.tx, x.season.Code, x.ada)
	x.check(err)
}

func (x *trial) approve() {
	x.t.Helper()
	x.check(snapshot.Approve(x.ctx, x.tx, x.s.ID, x.s.Digest, x.grace, "figures checked"))
}

func (x *trial) seal() error {
	_, err := snapshot.Seal(x.ctx, x.tx, x.s.ID, x.grace)
	return err
}

// window proposes and approves a window of the season.
func (x *trial) window(w snapshot.Window) {
	x.t.Helper()
	id, err := snapshot.ProposeWindow(x.ctx, x.tx, x.season.Code, w, x.ada)
	x.check(err)
	x.check(snapshot.ApproveWindow(x.ctx, x.tx, id, x.grace))
}

func (x *trial) hold(h snapshot.Hold) {
	x.t.Helper()
	_, err := snapshot.AddHold(x.ctx, x.tx, h, "an attack", x.ada)
	x.check(err)
}

// dismiss dismisses an incident by its number; it must be on record.
func (x *trial) dismiss(id int64) {
	x.t.Helper()
	x.check(incident.Dismiss(x.ctx, x.tx, id, x.season.Code, "a rehearsal", x.ada))
}

// verdict records one on the device, as a person's or the feed's would be.
func (x *trial) verdict(device int, kind uptime.VerdictKind) {
	x.t.Helper()
	x.exec(`INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, recorded_at)
		VALUES ($1, false, 1000 + $1, $2, '2024-05-05', '2024-05-05', 'pow', '', fact_stamp())`, device, kind)
}

// board returns the guards of the revision, whose codes are all different.
func (x *trial) board() map[string]snapshot.Guard {
	x.t.Helper()
	board, err := snapshot.BoardOf(x.ctx, x.tx, x.s)
	x.check(err)
	guards := map[string]snapshot.Guard{}
	for _, g := range board {
		if _, twice := guards[g.Code]; twice {
			x.t.Errorf("two guards %s", g.Code)
		}
		guards[g.Code] = g
	}
	return guards
}

// standing is all that a seal changes: journals, balances and the revisions.
func (x *trial) standing() []string {
	x.t.Helper()
	rows, err := x.tx.Query(x.ctx, `SELECT 'journal ' || number || ' ' || encode(digest, 'hex') FROM ledger_journal
		UNION ALL SELECT path || ' ' || balance FROM ledger_account UNION ALL SELECT 'transfer ' || t::text FROM ledger_transfer t
		UNION ALL SELECT 'snapshot ' || s::text FROM snapshot s ORDER BY 1`)
	x.check(err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	x.check(err)
	return all
}

// refused checks that just these guards fail, as they are wanted, that the seal is
// refused for each of them, and that it changed nothing.
func (x *trial) refused(wants ...snapshot.Guard) {
	x.t.Helper()
	board, before := x.board(), x.standing()
	if got, want := sorted(failedOf(board)), sorted(codesOf(wants)); !slices.Equal(got, want) {
		x.t.Errorf("%q failed, want %q", got, want)
	}
	err := x.seal()
	wantError(x.t, "the seal", err, snapshot.ErrGuard)
	for _, want := range wants {
		got := board[want.Code]
		if got.Figure != want.Figure || got.Threshold != want.Threshold || !strings.Contains(got.Remedy, want.Remedy) || got.Firm != want.Firm {
			x.t.Errorf("guard\n%+v, want\n%+v", got, want)
		}
		if bar := fmt.Sprintf("%s (%s, asked for %s): %s", got.Code, got.Figure, got.Threshold, got.Remedy); err != nil && !strings.Contains(err.Error(), bar) {
			x.t.Errorf("refused with\n%v, want in it\n%s", err, bar)
		}
	}
	if after := x.standing(); !slices.Equal(after, before) {
		x.t.Errorf("the refused seal left\n%s\nbefore it was\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
}

// sealed checks that nothing bars the seal.
func (x *trial) sealed() {
	x.t.Helper()
	if failed := failedOf(x.board()); len(failed) > 0 {
		x.t.Errorf("%q failed", failed)
	}
	x.check(x.seal())
	var err error
	if x.s, err = snapshot.ByID(x.ctx, x.tx, x.s.ID); err != nil || x.s.State != snapshot.Sealed {
		x.t.Errorf("%s is %s (%v)", x.s.Name(), x.s.State, err)
	}
	for code, g := range x.board() { // what was met stays so
		if g.Verdict == snapshot.GuardFailed || (g.Verdict == snapshot.GuardPassed) != (g.Remedy == "") {
			x.t.Errorf("after the seal, %s: %+v", code, g)
		}
	}
}

func codesOf(guards []snapshot.Guard) (codes []string) {
	for _, g := range guards {
		codes = append(codes, g.Code)
	}
	return codes
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}
