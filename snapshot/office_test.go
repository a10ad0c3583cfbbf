package snapshot_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// office is a database, the people who run seasons on it, and the network that it
// reads.
type office struct {
	*pgtest.DB
	t          *testing.T
	network    *network
	feed       *uptime.Feed
	ada, grace int64 // the one takes and proposes, the other approves
}

func open(t *testing.T, f facts) *office {
	t.Helper()
	db := pgtest.New(t)
	o := &office{DB: db, t: t, ada: pgtest.Person(t, db.Owner, "ada"), grace: pgtest.Person(t, db.Owner, "grace")}
	o.network, o.feed = serve(t, f)
	return o
}

// in returns the office for a subtest.
func (o *office) in(t *testing.T) *office {
	sub := *o
	sub.t = t
	return &sub
}

// try runs f in a transaction of the application.
func (o *office) try(f func(context.Context, pgx.Tx) error) error {
	ctx := context.Background()
	return pgx.BeginFunc(ctx, o.App, func(tx pgx.Tx) error { return f(ctx, tx) })
}

// tx is try of what must succeed.
func (o *office) tx(f func(context.Context, pgx.Tx) error) {
	o.t.Helper()
	o.check(o.try(f))
}

func (o *office) check(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// owner runs a statement as the owner, who may do what the application may not.
func (o *office) owner(statement string, arguments ...any) {
	o.t.Helper()
	_, err := o.Owner.Exec(context.Background(), statement, arguments...)
	o.check(err)
}

// unhindered is owner past every trigger: what a person at the server's own console
// could do.
func (o *office) unhindered(statement string) {
	o.t.Helper()
	o.check(pgx.BeginFunc(context.Background(), o.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(context.Background(), `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(context.Background(), statement)
		return err
	}))
}

// pastTriggers is owner of what a trigger would refuse.
func (o *office) pastTriggers(statement string, arguments ...any) {
	o.t.Helper()
	ctx := context.Background()
	o.check(pgx.BeginFunc(ctx, o.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, statement, arguments...)
		return err
	}))
}

// texts returns the rows of a query with one column of text.
func (o *office) texts(query string, arguments ...any) []string {
	o.t.Helper()
	rows, err := o.Owner.Query(context.Background(), query, arguments...)
	o.check(err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	o.check(err)
	return got
}

// text returns the one row of such a query.
func (o *office) text(query string, arguments ...any) string {
	o.t.Helper()
	rows := o.texts(query, arguments...)
	if len(rows) != 1 {
		o.t.Fatalf("%d rows of %s", len(rows), query)
	}
	return rows[0]
}

// afterwards is when everything that the tests pull is old enough to be final.
var afterwards = time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)

// pull reads the observed slots of the span, each run of them a window, gives up
// the others, and closes the hours.
func (o *office) pull(observed uptime.Timeline) {
	o.t.Helper()
	o.pullOpen(observed)
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		if _, err := uptime.GiveUp(ctx, tx, observed.Span(), time.Now(), nil, "never observed"); err != nil {
			return err
		}
		_, err := uptime.CloseHours(ctx, tx, afterwards)
		return err
	})
}

// pullOpen is the reading of pull alone.
func (o *office) pullOpen(observed uptime.Timeline) {
	o.t.Helper()
	ctx := context.Background()
	now := func() time.Time { return afterwards }
	var devices uptime.Registry
	span := observed.Span()
	o.tx(func(ctx context.Context, tx pgx.Tx) error { return uptime.RequestSpan(ctx, tx, span) })
	for window := (uptime.Span{From: span.From, To: span.To}); ; window.From = window.To {
		var some bool
		if window.From, some = observed.First(uptime.Span{From: window.From, To: span.To}); !some {
			break
		}
		window.To = span.To
		if end, cut := observed.FirstAbsent(window); cut {
			window.To = end
		}
		pass, err := uptime.ReadWindow(ctx, o.App, o.feed, &devices, window, now)
		o.check(err)
		o.tx(func(ctx context.Context, tx pgx.Tx) error {
			_, err := uptime.Merge(ctx, tx, pass)
			return err
		})
	}
}

func (o *office) syncChanges() {
	o.t.Helper()
	o.check(uptime.SyncChanges(o.t.Context(), o.App, o.feed))
}
func (o *office) syncVerdicts() {
	o.t.Helper()
	o.check(uptime.SyncVerdicts(o.t.Context(), o.App, o.feed))
}

// readMinutes reads the job minutes of every day of the network.
func (o *office) readMinutes() {
	o.t.Helper()
	for day := range o.network.minutes {
		at, err := time.Parse(time.DateOnly, day)
		o.check(err)
		o.check(uptime.ReadJobMinutes(o.t.Context(), o.App, o.feed, at))
	}
}

// readDays reads the job minutes of every day of the season.
func (o *office) readDays(s snapshot.Season) {
	o.t.Helper()
	for day := s.FirstDay; !day.After(s.LastDay); day = day.AddDate(0, 0, 1) {
		o.check(uptime.ReadJobMinutes(o.t.Context(), o.App, o.feed, day))
	}
}

// override lets two people override whatever bars the revision's seal.
func (o *office) override(s snapshot.Snapshot, reason string) (asked snapshot.Override) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		if asked, err = snapshot.AskOverride(ctx, tx, s, reason, o.ada); err != nil {
			return err
		}
		return snapshot.ApproveOverride(ctx, tx, s, asked.ID, o.grace)
	})
	return asked
}

// board returns the guards of the revision, by code.
func (o *office) board(s snapshot.Snapshot) map[string]snapshot.Guard {
	o.t.Helper()
	guards := map[string]snapshot.Guard{}
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		board, err := snapshot.BoardOf(ctx, tx, s)
		for _, g := range board {
			if _, twice := guards[g.Code]; twice {
				o.t.Errorf("two guards %s", g.Code)
			}
			guards[g.Code] = g
		}
		return err
	})
	return guards
}

func (o *office) create(s snapshot.Season, rules []byte) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) error { return snapshot.CreateSeason(ctx, tx, s, rules, o.ada) })
}

func (o *office) fund(s snapshot.Season, amount int64) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Fund(ctx, tx, ledger.SeasonPool(s.Code), ledger.Amount(amount), o.ada, "the pool", "fund "+s.Code)
		return err
	})
}

// window proposes and approves a window of the season.
func (o *office) window(season string, w snapshot.Window) (id int64) {
	o.t.Helper()
	id = o.propose(season, w)
	o.tx(func(ctx context.Context, tx pgx.Tx) error { return snapshot.ApproveWindow(ctx, tx, id, o.grace) })
	return id
}

func (o *office) propose(season string, w snapshot.Window) (id int64) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		id, err = snapshot.ProposeWindow(ctx, tx, season, w, o.ada)
		return err
	})
	return id
}

func (o *office) hold(h snapshot.Hold) (id int64) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		id, err = snapshot.AddHold(ctx, tx, h, "an attack", o.ada)
		return err
	})
	return id
}

// begin begins a take and returns how many groups it has.
func (o *office) begin(season string) (s snapshot.Snapshot, groups int) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		s, groups, err = snapshot.Take(ctx, tx, season, o.ada)
		return err
	})
	return s, groups
}

// score scores and stages the groups [0, groups), the last first.
func (o *office) score(id int64, groups int) {
	o.t.Helper()
	for number := groups - 1; number >= 0; number-- {
		scored, err := snapshot.ScoreGroup(o.t.Context(), o.App, id, number)
		o.check(err)
		o.tx(func(ctx context.Context, tx pgx.Tx) error {
			last, err := snapshot.StageGroup(ctx, tx, id, scored)
			if last != (number == 0) {
				o.t.Errorf("group %d of %d is the last: %v", number, groups, last)
			}
			return err
		})
	}
}

func (o *office) complete(id int64) error {
	return o.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := snapshot.Complete(ctx, tx, id)
		return err
	})
}

// take takes a snapshot as far as a draft.
func (o *office) take(season string) snapshot.Snapshot {
	o.t.Helper()
	s, groups := o.begin(season)
	o.score(s.ID, groups)
	o.check(o.complete(s.ID))
	return o.at(s.ID, snapshot.Draft)
}

// at returns the snapshot, which must have come so far.
func (o *office) at(id int64, state snapshot.State) (s snapshot.Snapshot) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		s, err = snapshot.ByID(ctx, tx, id)
		return err
	})
	if s.State != state {
		o.t.Fatalf("snapshot %s is %s, not %s: %s", s.Name(), s.State, state, s.Failure)
	}
	return s
}

func (o *office) approve(s snapshot.Snapshot) {
	o.t.Helper()
	o.check(o.approveAs(o.grace, s, s.Digest))
}

func (o *office) approveAs(person int64, s snapshot.Snapshot, digest []byte) error {
	return o.try(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.Approve(ctx, tx, s.ID, digest, person, "figures checked")
	})
}

func (o *office) seal(s snapshot.Snapshot) (journal ledger.Journal, err error) {
	err = o.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		journal, err = snapshot.Seal(ctx, tx, s.ID, o.grace)
		return err
	})
	return journal, err
}

// lines returns the snapshot's lines as CSV, without a header.
func (o *office) lines(s snapshot.Snapshot) string {
	o.t.Helper()
	var text []byte
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
			text = snapshot.AppendCSV(text, *l)
			return l.Validate()
		})
	})
	return string(text)
}
