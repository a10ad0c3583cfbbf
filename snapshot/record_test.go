package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/uptally/uptally/snapshot"
)

// The database's codes for what it refuses (PostgreSQL, Appendix A).
const (
	integrityViolation  = "23000" // our triggers
	foreignKeyViolation = "23503"
	checkViolation      = "23514"
	notAllowed          = "42501"
)

// refused runs a statement as the application, which the database must refuse with
// the code.
func (o *office) refused(code, statement string, arguments ...any) {
	o.t.Helper()
	_, err := o.App.Exec(context.Background(), statement, arguments...)
	o.refusedWith(code, statement, err)
}

// refusedToOwner is refused for who may do everything that no trigger forbids.
func (o *office) refusedToOwner(code, statement string, arguments ...any) {
	o.t.Helper()
	_, err := o.Owner.Exec(context.Background(), statement, arguments...)
	o.refusedWith(code, statement, err)
}

func (o *office) refusedWith(code, statement string, err error) {
	o.t.Helper()
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) || refusal.Code != code {
		o.t.Errorf("%s\nended with %v, want it refused with %s", statement, err, code)
	}
}

func (o *office) releaseHold(id int64) error {
	return o.try(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.ReleaseHold(ctx, tx, id, "it was ours", o.grace)
	})
}

func (o *office) releaseChange(seq int64) {
	o.t.Helper()
	o.check(o.tryReleaseChange(seq))
}

func (o *office) tryReleaseChange(seq int64) error {
	return o.try(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.ReleaseChange(ctx, tx, seq, "the owner confirmed it", o.grace)
	})
}

func (o *office) approveWindow(id, person int64) error {
	return o.try(func(ctx context.Context, tx pgx.Tx) error { return snapshot.ApproveWindow(ctx, tx, id, person) })
}

func (o *office) windows(season string, asOf time.Time) (windows []snapshot.WindowRecord) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		windows, err = snapshot.Windows(ctx, tx, season, asOf)
		return err
	})
	return windows
}

func (o *office) holds(asOf time.Time) (holds []snapshot.HoldRecord) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		holds, err = snapshot.Holds(ctx, tx, asOf)
		return err
	})
	return holds
}

// farOff is after everything that a test records.
var farOff = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// The tests of windows share a database: each has a season of its own.
func TestWindows(t *testing.T) {
	t.Parallel()
	shared := open(t, facts{})
	for _, c := range []struct {
		name string
		test func(*testing.T, *office, string)
	}{
		{"whoever proposes one cannot approve it", testWindowOfOnesOwn},
		{"one is read as it was proposed", testWindowIsRead},
		{"approved ones of a season do not overlap", testWindowsOverlap},
		{"what is refused before it is recorded", testWindowRefused},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, season := shared.in(t), villageSeason
			season.Code = "windows-" + strings.ReplaceAll(c.name, " ", "-")
			o.create(season, []byte(villageRules))
			c.test(t, o, season.Code)
		})
	}
}

func testWindowOfOnesOwn(t *testing.T, o *office, season string) {
	id := o.propose(season, villageWindow)
	wantError(t, "approving one's own window", o.approveWindow(id, o.ada), snapshot.ErrSelfCheck)

	const approve = `INSERT INTO grace_approval (window_id, season, window_from, window_to, proposed_by, approved_by, recorded_at)
		SELECT id, season, window_from, window_to, %s, %s, clock_timestamp() FROM grace_window`
	o.refused(checkViolation, fmt.Sprintf(approve, "proposed_by", "proposed_by"))
	// Nor by naming another as the one who proposed it, or other bounds.
	o.refused(foreignKeyViolation, fmt.Sprintf(approve, "$1::bigint", "proposed_by"), o.grace)
	o.refused(foreignKeyViolation, strings.Replace(fmt.Sprintf(approve, "proposed_by", "$1::bigint"), "SELECT id, season, window_from,",
		"SELECT id, season, window_from + interval '1 hour',", 1), o.grace)
	if w := o.windows(season, farOff); len(w) != 1 || w[0].ApprovedBy != nil || w[0].ApprovedAt != nil {
		t.Fatalf("windows: %+v", w)
	}

	o.check(o.approveWindow(id, o.grace))
	wantError(t, "approving twice", o.approveWindow(id, o.grace), snapshot.ErrAlreadyApproved)
	wantError(t, "approving what is not there", o.approveWindow(id+1000, o.grace), snapshot.ErrNotFound)
	for _, table := range []string{"grace_window", "grace_approval"} {
		o.refused(notAllowed, "UPDATE "+table+" SET recorded_at = recorded_at")
		o.refused(notAllowed, "DELETE FROM "+table)
		o.refusedToOwner(integrityViolation, "UPDATE "+table+" SET recorded_at = recorded_at")
		o.refusedToOwner(integrityViolation, "DELETE FROM "+table)
	}
}

func testWindowIsRead(t *testing.T, o *office, season string) {
	third, err := snapshot.ParseFraction("0.333333")
	o.check(err)
	limit := 0
	w := snapshot.Window{
		From: may(2, 8).Add(time.Second), To: may(9, 12), Cause: "a cable, cut", Lookback: 17, MinBefore: third, Sustain: 5,
		ReconnectBy: may(10, 3).Add(time.Microsecond), Credit: snapshot.CreditOwnRate, Cap: &limit, RequireGenuine: true,
	}
	w.ID = o.window(season, w)
	got := o.windows(season, farOff)[0]
	if printed(got.Window) != printed(w) {
		t.Errorf("read\n%s\nrecorded\n%s", printed(got.Window), printed(w))
	}
	if got.Season != season || got.ProposedBy != o.ada || *got.ApprovedBy != o.grace {
		t.Errorf("%+v", got)
	}
	// As of before its approval it was proposed only; as of before that it was not there.
	if before := o.windows(season, got.ApprovedAt.Add(-time.Microsecond)); len(before) != 1 || before[0].ApprovedBy != nil {
		t.Errorf("before the approval: %+v", before)
	}
	if before := o.windows(season, may(1, 0)); len(before) != 0 {
		t.Errorf("before the proposal: %+v", before)
	}
}

// printed is the window as text, its times in UTC and its cap as a number.
func printed(w snapshot.Window) string {
	limit := "none"
	if w.Cap != nil {
		limit = strconv.Itoa(*w.Cap)
	}
	w.From, w.To, w.ReconnectBy, w.Cap = w.From.UTC(), w.To.UTC(), w.ReconnectBy.UTC(), nil
	return fmt.Sprintf("%+v cap %s", w, limit)
}

func testWindowsOverlap(t *testing.T, o *office, season string) {
	other := villageSeason
	other.Code = "another-season"
	o.create(other, []byte(villageRules))
	o.window(season, villageWindow)
	for _, c := range []struct {
		name     string
		season   string
		from, to time.Time
		want     error
	}{
		{"within", season, may(2, 9), may(2, 10), snapshot.ErrWindowsOverlap},
		{"around", season, may(2, 0), may(3, 0), snapshot.ErrWindowsOverlap},
		{"over its beginning", season, may(2, 7), may(2, 8).Add(time.Microsecond), snapshot.ErrWindowsOverlap},
		{"over its end", season, may(2, 12).Add(-time.Microsecond), may(2, 13), snapshot.ErrWindowsOverlap},
		{"the same", season, may(2, 8), may(2, 12), snapshot.ErrWindowsOverlap},
		{"touching before", season, may(2, 7), may(2, 8), nil},
		{"touching after", season, may(2, 12), may(2, 13), nil},
		{"of another season", other.Code, may(2, 8), may(2, 12), nil},
	} {
		w := villageWindow
		w.From, w.To = c.from, c.to
		wantError(t, c.name, o.approveWindow(o.propose(c.season, w), o.grace), c.want)
	}
	// Proposals may overlap: it is the approvals that count.
	if n := len(o.windows(season, farOff)); n != 8 {
		t.Errorf("%d windows of the season, want 8", n)
	}
}

func testWindowRefused(t *testing.T, o *office, season string) {
	propose := func(season string, spoil func(*snapshot.Window)) error {
		w := villageWindow
		spoil(&w)
		return o.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := snapshot.ProposeWindow(ctx, tx, season, w, o.ada)
			return err
		})
	}
	wantError(t, "a window of no season", propose("nowhere", func(*snapshot.Window) {}), snapshot.ErrNotFound)
	for name, spoil := range map[string]func(*snapshot.Window){
		"lookback": func(w *snapshot.Window) { w.Lookback = 0 },
		"cause":    func(w *snapshot.Window) { w.Cause = "" },
		"end":      func(w *snapshot.Window) { w.To = w.From },
		"credit":   func(w *snapshot.Window) { w.Credit = "double" },
	} {
		if err := propose(season, spoil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("a window with a bad %s: %v", name, err)
		}
	}
	if n := len(o.windows(season, farOff)); n != 0 {
		t.Errorf("%d were recorded", n)
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	shared := newVillage().settle(t)
	t.Run("holds and changes are released once", func(t *testing.T) { testReleases(t, shared.in(t)) })
	t.Run("what is refused before it is recorded", func(t *testing.T) { testHoldRefused(t, shared.in(t)) })
	t.Run("nothing is recorded before the horizon", func(t *testing.T) { testHorizon(t, shared.in(t)) })
}

func testReleases(t *testing.T, o *office) {
	id := o.holds(farOff)[0].ID                           // the village's
	o.hold(snapshot.Hold{From: may(2, 7), To: may(2, 8)}) // the change lies before it
	holds := o.holds(farOff)
	if len(holds) != 2 || holds[0].ID != id || holds[0].Changes != 1 || holds[1].Changes != 0 || holds[0].ReleasedAt != nil || holds[0].PersonID != o.ada {
		t.Fatalf("holds: %+v", holds)
	}
	o.check(o.releaseHold(id))
	wantError(t, "releasing a hold twice", o.releaseHold(id), snapshot.ErrAlreadyReleased)
	wantError(t, "releasing no hold", o.releaseHold(id+1000), snapshot.ErrNotFound)
	o.releaseChange(attackSeq)
	wantError(t, "releasing a change twice", o.tryReleaseChange(attackSeq), snapshot.ErrAlreadyReleased)
	wantError(t, "releasing no change", o.tryReleaseChange(1000), snapshot.ErrNotFound)
	wantError(t, "releasing a registration", o.tryReleaseChange(1), snapshot.ErrNotFound)
	if err := o.try(func(ctx context.Context, tx pgx.Tx) error { return snapshot.ReleaseHold(ctx, tx, id+1, "", o.ada) }); err == nil {
		t.Error("released without a reason")
	}

	released := o.holds(farOff)[0]
	if released.ReleasedAt == nil || released.ReleaseReason != "it was ours" {
		t.Errorf("released: %+v", released)
	}
	if before := o.holds(released.ReleasedAt.Add(-time.Microsecond)); before[0].ReleasedAt != nil {
		t.Errorf("released before it was: %+v", before[0])
	}
	for _, table := range []string{"metadata_hold", "metadata_release"} {
		o.refused(notAllowed, "UPDATE "+table+" SET reason = 'another'")
		o.refused(notAllowed, "DELETE FROM "+table)
		o.refusedToOwner(integrityViolation, "UPDATE "+table+" SET reason = 'another'")
	}
}

func testHoldRefused(t *testing.T, o *office) {
	before := len(o.holds(farOff))
	for name, h := range map[string]struct {
		snapshot.Hold
		reason string
	}{"it must end": {snapshot.Hold{From: may(2, 6), To: may(2, 6)}, "why"}, "reason": {villageHold, ""}} {
		err := o.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := snapshot.AddHold(ctx, tx, h.Hold, h.reason, o.ada)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("a hold without %q: %v", name, err)
		}
	}
	if n := len(o.holds(farOff)); n != before {
		t.Errorf("%d were recorded", n-before)
	}
}

// Whatever the database's clock does, nothing is recorded at or before a moment as
// of which something was read.
func testHorizon(t *testing.T, o *office) {
	horizon := farOff.AddDate(-1, 0, 0) // the clock went back by generations
	o.owner(`UPDATE fact_horizon SET as_of = $1`, horizon)
	s := o.take(villageSeason.Code)
	if !s.AsOf.Equal(horizon) {
		t.Fatalf("taken as of %s, want the horizon", s.AsOf)
	}
	before := o.lines(s)
	o.check(o.releaseHold(o.hold(snapshot.Hold{From: may(1, 0), To: may(4, 0)})))
	w := villageWindow
	w.From, w.To = may(2, 12), may(2, 13)
	o.window(villageSeason.Code, w)
	o.network.do(func(f *facts) { f.verdict(steady, "spoofed", may(2, 1)) })
	o.syncVerdicts()
	late := o.texts(`SELECT what || ' ' || (recorded_at > $1) FROM (
		SELECT 'hold' AS what, max(recorded_at) AS recorded_at FROM metadata_hold UNION ALL SELECT 'release', max(recorded_at) FROM metadata_release
		UNION ALL SELECT 'window', max(recorded_at) FROM grace_window UNION ALL SELECT 'approval', max(recorded_at) FROM grace_approval
		UNION ALL SELECT 'verdict', max(recorded_at) FROM verdict) AS facts`, s.AsOf)
	if want := []string{"hold true", "release true", "window true", "approval true", "verdict true"}; !slices.Equal(late, want) {
		t.Errorf("recorded after the horizon: %v, want %v", late, want)
	}
	if again := o.rescored(s); again != before {
		t.Errorf("scored again as of then\n%s\nwant\n%s", again, before)
	}
	if next := o.take(villageSeason.Code); !next.AsOf.After(s.AsOf) || o.lines(next) == before {
		t.Errorf("the next one, as of %s, does not see what was recorded since", next.AsOf)
	}
}
