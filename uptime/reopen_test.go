package uptime_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
)

// closedHour is a bench whose first hour is closed, one slot of it given up, and the
// two who may open it again.
type closedHour struct {
	*bench
	ada, grace int64
}

func closed(t *testing.T) *closedHour {
	t.Helper()
	b := setup(t)
	b.register(0)
	b.beat(0, hour.First()+2)
	b.merge(t, b.read(t, slots(0, 11), later))
	b.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		_, err := uptime.GiveUp(ctx, tx, slots(11, 12), later, nil, "the network never answered")
		return err
	})
	c := &closedHour{bench: b, ada: pgtest.Person(t, b.Owner, "ada"), grace: pgtest.Person(t, b.Owner, "grace")}
	c.close(t, 1)
	return c
}

func (c *closedHour) close(t *testing.T, hours int64) {
	t.Helper()
	c.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		n, err := uptime.CloseHours(ctx, tx, later)
		if n != hours {
			t.Errorf("closed %d hours, want %d", n, hours)
		}
		return err
	})
}

func (c *closedHour) propose(span uptime.Span) (id int64, err error) {
	err = c.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		id, err = uptime.ProposeReopening(ctx, tx, span, "the network found its rows", c.ada)
		return err
	})
	return id, err
}

func (c *closedHour) approve(id, person int64) (hours int, err error) {
	err = c.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		hours, err = uptime.ApproveReopening(ctx, tx, id, person)
		return err
	})
	return hours, err
}

func (c *closedHour) mustReopen(t *testing.T) {
	t.Helper()
	id, err := c.propose(slots(0, 12))
	if err != nil {
		t.Fatal(err)
	}
	if hours, err := c.approve(id, c.grace); err != nil || hours != 1 {
		t.Fatalf("%d hours opened: %v", hours, err)
	}
}

// population is how many devices were counted in each slot of the hour.
func (c *closedHour) population(t *testing.T) (up []int32) {
	t.Helper()
	if err := c.Owner.QueryRow(t.Context(), `SELECT up FROM uptime_population WHERE hour = $1`, hour.Start()).Scan(&up); err != nil {
		t.Fatal(err)
	}
	return up
}

func TestReopenedHoursArePulledAgainAndClosed(t *testing.T) {
	c := closed(t)
	if up := c.population(t); !slices.Equal(up, []int32{0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}) {
		t.Errorf("counted when it was closed: %v", up)
	}
	c.beat(0, hour.First()+7)  // committed after its hour was closed
	c.beat(0, hour.First()+11) // never answered for
	if pull := c.merge(t, c.read(t, slots(0, 12), later)); pull.Late != 3 || pull.Accepted != 0 {
		t.Errorf("late %d and accepted %d, want 3 and 0", pull.Late, pull.Accepted)
	}
	c.mustReopen(t)
	hours, totals := c.coverage(t, slots(0, 12))
	if h := hours[0]; h.ClosedAt != nil || h.Reopened != 1 || h.Final != 0 || h.Observed != uptime.AllSlots>>1 {
		t.Errorf("reopened, it is %+v", h)
	}
	if totals.GivenUp != 0 || totals.Awaited() != 1 {
		t.Errorf("totals %+v", totals)
	}
	c.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		spans, err := uptime.Awaited(ctx, tx, later)
		if !slices.Contains(spans, slots(0, 12)) {
			t.Errorf("awaited are %v", spans)
		}
		return err
	})
	c.close(t, 0)
	if pull := c.merge(t, c.read(t, slots(0, 12), later)); pull.Late != 0 || pull.Accepted != 3 {
		t.Errorf("late %d and accepted %d, want 0 and 3", pull.Late, pull.Accepted)
	}
	c.close(t, 1)
	if up := c.up(t, 0, slots(0, 12)); !slices.Equal(up, []int{2, 7, 11}) {
		t.Errorf("up in %v", up)
	}
	if up := c.population(t); !slices.Equal(up, []int32{0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1}) {
		t.Errorf("counted when it was closed again: %v", up)
	}
	hours, totals = c.coverage(t, slots(0, 12))
	if h := hours[0]; h.ClosedAt == nil || h.Reopened != 1 || totals.Observed != 12 {
		t.Errorf("closed again, it is %+v", h)
	}
	c.mustReopen(t) // by a reopening of its own, once more
	if hours, _ := c.coverage(t, slots(0, 12)); hours[0].Reopened != 2 {
		t.Errorf("reopened %d times", hours[0].Reopened)
	}
	c.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		all, err := uptime.Reopenings(ctx, tx, slots(3, 4))
		if len(all) != 2 || all[0].Span != slots(0, 12) || *all[0].ApprovedBy != c.grace || all[1].ProposedBy != c.ada || all[1].Reason == "" ||
			all[1].ApprovedAt.Before(all[1].ProposedAt) {
			t.Errorf("on record: %+v", all)
		}
		none, err2 := uptime.Reopenings(ctx, tx, slots(12, 24))
		if len(none) != 0 {
			t.Errorf("of the next hour: %+v", none)
		}
		return errors.Join(err, err2)
	})
}

func TestReopeningIsRefused(t *testing.T) {
	c := closed(t)
	for _, r := range []struct {
		span uptime.Span
		want error
		says string
	}{
		{slots(0, 24), uptime.ErrHourOpen, "2024-04-25T09:00:00Z"},
		{slots(-12, 12), uptime.ErrHourOpen, "2024-04-25T07:00:00Z"},
		{slots(120, 132), uptime.ErrHourOpen, "2024-04-25T18:00:00Z"}, // never requested
		{slots(0, 11), nil, "whole hours"},
		{slots(1, 12), nil, "whole hours"},
		{slots(0, 0), nil, "whole hours"},
	} {
		if _, err := c.propose(r.span); err == nil || r.want != nil && !errors.Is(err, r.want) || !strings.Contains(err.Error(), r.says) {
			t.Errorf("%v: %v, want %q", r.span, err, r.says)
		}
	}
	if err := c.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := uptime.ProposeReopening(ctx, tx, slots(0, 12), " ", c.ada)
		return err
	}); err == nil || !strings.Contains(err.Error(), "reason") {
		t.Errorf("without a reason: %v", err)
	}
	first, err := c.propose(slots(0, 12))
	second, err2 := c.propose(slots(0, 12)) // at the same time, by another thought
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	for _, a := range []struct {
		id, person int64
		want       error
	}{
		{first, c.ada, uptime.ErrOwnReopening},
		{first + 100, c.grace, uptime.ErrUnknownReopening},
		{first, c.grace, nil},
		{first, c.grace, uptime.ErrReopeningApproved},
		{second, c.grace, uptime.ErrHourOpen},
	} {
		if _, err := c.approve(a.id, a.person); !errors.Is(err, a.want) {
			t.Errorf("approving %d as %d: %v, want %v", a.id, a.person, err, a.want)
		}
	}
	if hours, _ := c.coverage(t, slots(0, 12)); hours[0].Reopened != 1 {
		t.Errorf("reopened %d times", hours[0].Reopened)
	}
}

// Of approvals that meet, one opens the hour.
func TestReopeningsAtOnce(t *testing.T) {
	c := closed(t)
	const proposals = 6
	var ids []int64
	for range proposals {
		id, err := c.propose(slots(0, 12))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	var group sync.WaitGroup
	errs := make([]error, proposals)
	for i, id := range ids {
		group.Go(func() { _, errs[i] = c.approve(id, c.grace) })
	}
	group.Wait()
	opened := 0
	for _, err := range errs {
		switch {
		case err == nil:
			opened++
		case !errors.Is(err, uptime.ErrHourOpen):
			t.Error(err)
		}
	}
	if hours, _ := c.coverage(t, slots(0, 12)); opened != 1 || hours[0].Reopened != 1 {
		t.Errorf("%d approvals opened it, %d times", opened, hours[0].Reopened)
	}
}

// What the application itself cannot do, whatever it runs.
func TestTheDatabaseRefusesToReopenWithoutApproval(t *testing.T) {
	c := closed(t)
	reopens := func(what string) string {
		return `UPDATE uptime_coverage SET ` + what + ` WHERE hour = '2024-04-25 08:00+00'`
	}
	const whole = `closed_at = NULL, reopened = reopened + 1, final = B'000000000000'`
	refuseAll := func() {
		t.Helper()
		for _, statement := range []string{
			reopens(whole), reopens(`closed_at = NULL`), reopens(`reopened = reopened + 1`), reopens(`reopened = 0, closed_at = NULL`),
			reopens(`closed_at = closed_at + interval '1 day'`), reopens(`hour = '2024-04-25 18:00+00'`),
		} {
			refused(t, c.App, integrityViolation, statement)
			refused(t, c.Owner, integrityViolation, statement)
		}
	}
	refuseAll()
	refused(t, c.App, integrityViolation, `UPDATE uptime_coverage SET reopened = 1 WHERE hour = '2024-04-25 09:00+00'`) // open
	refused(t, c.App, integrityViolation, `INSERT INTO uptime_coverage (hour, reopened) VALUES ('2024-04-26 08:00+00', 1)`)
	refused(t, c.App, insufficientPrivilege, `DELETE FROM uptime_coverage`)

	propose := `INSERT INTO uptime_reopening (hour_from, hour_to, reason, proposed_by, recorded_at) VALUES ($1, $2, $3, $4, now())`
	hourFrom, hourTo := hour.Start(), hour.Start().Add(time.Hour)
	refused(t, c.App, checkViolation, propose, hourFrom.Add(time.Minute), hourTo, "why", c.ada)
	refused(t, c.App, checkViolation, propose, hourFrom, hourTo.Add(time.Second), "why", c.ada)
	refused(t, c.App, checkViolation, propose, hourFrom, hourFrom, "why", c.ada)
	refused(t, c.App, checkViolation, propose, hourFrom, hourTo, "", c.ada)
	id, err := c.propose(slots(0, 12))
	if err != nil {
		t.Fatal(err)
	}
	refuseAll() // proposed is not approved
	approve := `INSERT INTO uptime_reopening_approval VALUES ($1, $2, $3, $4, $5, now())`
	refused(t, c.App, checkViolation, approve, id, hourFrom, hourTo, c.ada, c.ada)
	refused(t, c.App, foreignKeyViolation, approve, id, hourFrom, hourTo, c.grace, c.ada)                 // as if another had proposed it
	refused(t, c.App, foreignKeyViolation, approve, id, hourFrom.Add(-time.Hour), hourTo, c.ada, c.grace) // more than was proposed
	if _, err := c.App.Exec(context.Background(), approve, id, hourFrom, hourTo, c.ada, c.grace); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		reopens(`closed_at = NULL`), reopens(`closed_at = NULL, reopened = reopened + 2`), reopens(`reopened = reopened + 1`),
		reopens(whole + `, observed = B'000000000000'`), reopens(whole + `, hour = '2024-04-25 18:00+00'`),
	} {
		refused(t, c.App, integrityViolation, statement)
	}
	if _, err := c.App.Exec(context.Background(), reopens(whole)); err != nil {
		t.Fatalf("by an approval: %v", err)
	}
	c.merge(t, c.read(t, slots(0, 12), later))
	c.close(t, 1)
	refuseAll() // the approval is used
}

// Only what is final in open hours can be awaited once more: a closed hour stays as it
// is, whoever asks, and an hour that nobody wanted is not wanted by the way.
func TestAwaitAgainLeavesClosedHours(t *testing.T) {
	c := closed(t)
	c.merge(t, c.read(t, slots(-36, -25), later)) // an hour, but for its last slot, before one that nobody wants
	before, _ := c.coverage(t, slots(-36, 24))
	first := hour.First()
	asked := []uptime.Slot{first - 36, first - 26, first - 25, first - 20, first + 2, first + 11, first + 20}
	var again []uptime.Slot
	await := func(slots []uptime.Slot) {
		c.tx(t, func(ctx context.Context, tx pgx.Tx) (err error) {
			again, err = uptime.AwaitAgain(ctx, tx, slots)
			return err
		})
	}
	for _, want := range [][]uptime.Slot{asked[:2], nil} { // the second time they are awaited already
		if await(asked); !slices.Equal(again, want) {
			t.Errorf("awaited again are %v, want %v", again, want)
		}
	}
	if await(nil); again != nil {
		t.Errorf("of nothing: %v", again)
	}
	after, _ := c.coverage(t, slots(-36, 24))
	if len(before) != 4 || len(after) != 4 || !after[2].ClosedAt.Equal(*before[2].ClosedAt) || after[2].Final != uptime.AllSlots || after[2].Observed != before[2].Observed {
		t.Fatalf("%+v, before %+v", after, before)
	}
	if after[0].Final != uptime.AllSlots&^(1|1<<10|1<<11) || after[0].Observed != before[0].Observed || after[1] != before[1] || after[3] != before[3] {
		t.Errorf("the open hours are %+v, before %+v", after, before)
	}
	c.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		awaited, err := uptime.AwaitedOf(ctx, tx, slots(-36, -12), later)
		if !slices.Equal(awaited, asked[:3]) {
			t.Errorf("awaited are %v", awaited)
		}
		return err
	})
	c.merge(t, c.read(t, slots(-36, -24), later))
	c.tx(t, func(ctx context.Context, tx pgx.Tx) error {
		spans, err := uptime.Closable(ctx, tx, later)
		if !slices.Equal(spans, []uptime.Span{slots(-36, -24)}) {
			t.Errorf("closable are %v", spans)
		}
		return err
	})
	c.close(t, 1)
}
