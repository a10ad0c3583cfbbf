package audit

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
)

func (b *bundle) halt(person int64, reason string) (stop Stop, err error) {
	err = b.try(func(tx pgx.Tx) (err error) {
		stop, err = Halt(b.t.Context(), tx, person, reason)
		return err
	})
	return stop, err
}

func (b *bundle) resume(person int64, reason string) (stop Stop, err error) {
	err = b.try(func(tx pgx.Tx) (err error) {
		stop, err = Resume(b.t.Context(), tx, person, reason)
		return err
	})
	return stop, err
}

func (b *bundle) halted() (stop Stop, halted bool) {
	b.t.Helper()
	b.do(func(tx pgx.Tx) (err error) {
		stop, halted, err = Halted(b.t.Context(), tx)
		shown, is, err2 := CurrentHalt(b.t.Context(), tx)
		if shown != stop || is != halted {
			b.t.Errorf("halted %v %+v, but shown as %v %+v", halted, stop, is, shown)
		}
		return errors.Join(err, err2)
	})
	return stop, halted
}

func TestAHaltIsOnesAndItsEndAnothers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann, bob := pgtest.Person(t, b.Owner, "ann"), pgtest.Person(t, b.Owner, "bob")
	must := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	if _, halted := b.halted(); halted {
		t.Error("halted before anybody did it")
	}
	_, err := b.resume(bob, "why not")
	must("resuming what is not halted", err, ErrNotHalted)
	for _, reason := range []string{"", "  \n", strings.Repeat("ä", 501)} {
		_, err := b.halt(ann, reason)
		must("halting without a reason", err, ErrReason)
		_, err = b.resume(ann, reason)
		must("resuming without a reason", err, ErrReason)
	}
	for round := int64(1); round <= 2; round++ {
		stop, err := b.halt(ann, " token stolen ")
		must("halting", err, nil)
		if shown, halted := b.halted(); !halted || shown != stop || stop.Number != round || stop.By != ann || stop.Reason != "token stolen" || stop.At.IsZero() {
			t.Errorf("round %d: halted %v: %+v, %+v", round, halted, shown, stop)
		}
		_, err = b.halt(bob, "me too")
		must("halting what is halted", err, ErrHalted)
		_, err = b.resume(ann, "never mind")
		must("resuming alone", err, ErrSelfResume)
		ended, err := b.resume(bob, "token revoked")
		must("resuming", err, nil)
		if _, halted := b.halted(); halted || ended != stop {
			t.Errorf("round %d: halted %v, ended %+v", round, halted, ended)
		}
	}
}

func TestTheDatabaseRepeatsWhoMayResume(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann, bob := pgtest.Person(t, b.Owner, "ann"), pgtest.Person(t, b.Owner, "bob")
	if _, err := b.halt(ann, "because"); err != nil {
		t.Fatal(err)
	}
	const check, foreignKey, unique, privilege = "23514", "23503", "23505", "42501"
	resume := `INSERT INTO write_resumption (halt, halted_by, resumed_by, reason) VALUES ($1, $2, $3, $4)`
	refusedWith(t, b.App, check, resume, 1, ann, ann, "alone")
	refusedWith(t, b.App, foreignKey, resume, 1, bob, ann, "as if bob had halted")
	refusedWith(t, b.App, foreignKey, resume, 2, ann, bob, "another halt")
	refusedWith(t, b.App, check, resume, 1, ann, bob, "")
	halt := `INSERT INTO write_halt (number, halted_by, reason) VALUES ($1, $2, 'again')`
	refusedWith(t, b.App, foreignKey, halt, 2, bob)
	refusedWith(t, b.App, unique, halt, 1, bob)
	refusedWith(t, b.App, privilege, `INSERT INTO write_halt (number, halted_by, reason, recorded_at) VALUES (2, 1, 'x', now())`)
	refusedWith(t, b.App, privilege, `DELETE FROM write_halt`)
}

// underWay is what is counted as under way.
func (b *bundle) underWay() (n int64) {
	b.t.Helper()
	b.do(func(tx pgx.Tx) (err error) {
		n, err = UnderWay(b.t.Context(), tx)
		return err
	})
	return n
}

// Once a halt has committed and nothing is under way, no acting call commits any more,
// however many are about to.
func TestNoActingCallCommitsAfterAHalt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := pgtest.Person(t, b.Owner, "ann")
	count := func() (n int) {
		if err := b.Owner.QueryRow(context.Background(), `SELECT count(*) FROM audit_entry`).Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			for i := 0; ; i++ {
				err := b.try(func(tx pgx.Tx) error {
					if _, halted, err := Halted(context.Background(), tx); halted || err != nil {
						return errors.Join(err, ErrHalted)
					}
					return Append(context.Background(), tx, call(i))
				})
				if err != nil {
					if !errors.Is(err, ErrHalted) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	b.until(`SELECT count(*) >= 20 FROM audit_entry`)
	if _, err := b.halt(ann, "stop"); err != nil {
		t.Error(err)
	}
	for b.underWay() > 0 {
	}
	atOnce := count()
	group.Wait()
	if after := count(); after != atOnce {
		t.Errorf("%d calls committed after the halt", after-atOnce)
	}
}

// An acting call that began before a halt is let end, however long it takes. Meanwhile
// whoever begins is refused, and others halt and resume; nobody waits.
func TestAHaltWaitsForNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann, bob := pgtest.Person(t, b.Owner, "ann"), pgtest.Person(t, b.Owner, "bob")
	b.do(func(tx pgx.Tx) error {
		if _, halted, err := Halted(t.Context(), tx); halted || err != nil {
			t.Fatal(halted, err)
		}
		for round := range 2 {
			if n := b.underWay(); n != 1 {
				t.Errorf("round %d: %d are under way before the halt", round, n)
			}
			if _, err := b.halt(ann, "stop"); err != nil {
				t.Fatal(err)
			}
			b.do(func(begins pgx.Tx) error {
				if _, halted, err := Halted(t.Context(), begins); !halted || err != nil {
					t.Errorf("round %d: not halted, error %v", round, err)
				}
				if n := b.underWay(); n != 1 { // whoever is refused is none, although its transaction has not ended
					t.Errorf("round %d: %d are under way", round, n)
				}
				return nil
			})
			if round == 1 {
				break
			}
			if _, err := b.resume(bob, "go on"); err != nil {
				t.Fatal(err)
			}
			b.halted()
		}
		return Append(t.Context(), tx, call(1))
	})
	if n := b.underWay(); n != 0 {
		t.Errorf("%d are under way after it has ended", n)
	}
	b.whole(1)
}

// An acting call that found nothing halted, and takes the lock once a halt has
// committed, is refused: it was counted by nobody.
func TestAHaltBetweenALookAndTheLock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := pgtest.Person(t, b.Owner, "ann")
	before, err := b.Owner.Begin(t.Context())
	if err == nil {
		_, err = before.Exec(t.Context(), `SELECT pg_advisory_xact_lock(hashtext('write_halt'))`) // so that it waits there
	}
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan error, 1)
	go func() {
		asked <- b.try(func(tx pgx.Tx) error {
			if _, halted, err := Halted(context.Background(), tx); halted || err != nil {
				return err
			}
			return errors.New("not halted")
		})
	}()
	b.until(writerWaits)
	_, err = b.halt(ann, "stop")
	if n := b.underWay(); n != 0 {
		t.Errorf("%d are under way", n)
	}
	if err := errors.Join(err, before.Rollback(t.Context()), <-asked); err != nil {
		t.Error(err)
	}
}

// Whoever is told that nothing is halted is counted, also as somebody resumes.
func TestWhoeverMayActIsUnderWay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann, bob := pgtest.Person(t, b.Owner, "ann"), pgtest.Person(t, b.Owner, "bob")
	over := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for acts := true; acts; {
				if err := b.try(func(tx pgx.Tx) error {
					if _, halted, err := Halted(context.Background(), tx); halted || err != nil {
						return err
					}
					n, err := UnderWay(context.Background(), tx)
					if n == 0 && err == nil {
						err = errors.New("an act that goes on is not under way")
					}
					return err
				}); err != nil {
					t.Error(err)
					acts = false
				}
				select {
				case <-over:
					acts = false
				default:
				}
			}
		})
	}
	for range 300 {
		_, err := b.halt(ann, "stop")
		if err == nil {
			_, err = b.resume(bob, "go on")
		}
		if err != nil {
			t.Error(err)
			break
		}
	}
	close(over)
	group.Wait()
}
