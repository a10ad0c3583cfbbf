package distribution

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/uptally/uptally/ledger"
)

func (b *bundle) tryAsk(id string, unpaid bool, actor int64) error {
	return b.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := AskCancel(ctx, tx, id, "a mistake", unpaid, actor)
		return err
	})
}

func (b *bundle) tryCancel(id string, actor int64) (settled Settled, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		_, settled, err = ApproveCancel(ctx, tx, id, actor)
		return err
	})
	return settled, err
}

// cancel cancels the distribution as ann and bob.
func (b *bundle) cancel(id string) Settled {
	b.t.Helper()
	if err := b.tryAsk(id, true, b.ann); err != nil {
		b.t.Fatal(err)
	}
	settled, err := b.tryCancel(id, b.bob)
	if err != nil {
		b.t.Fatal(err)
	}
	return settled
}

// attempt records an attempt of the payouts, as submitting does, and its outcome
// unless that is "".
func (b *bundle) attempt(outcome string, payouts ...int) (attempt int64) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			WITH batch AS (
				INSERT INTO distribution_batch (distribution, number, memo)
				SELECT 1, coalesce(max(number), 0) + 1, 'memo ' || coalesce(max(number), 0) FROM distribution_batch RETURNING number),
			attempt AS (
				INSERT INTO distribution_attempt (distribution, batch, message, blockhash, last_valid, attempted_by)
				SELECT 1, number, sha256(number::text::bytea), 'hash', 150, $1 FROM batch RETURNING id)
			SELECT id FROM attempt`, b.ann).Scan(&attempt)
	})
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO distribution_payout_attempt (distribution, payout, turn, attempt)
			SELECT 1, payout, 1, $1 FROM unnest($2::integer[]) payout`, attempt, payouts)
		return err
	})
	if outcome != "" {
		b.do(func(ctx context.Context, tx pgx.Tx) error {
			var signature *string
			var slot *int64
			if outcome != "expired" {
				signature, slot = new(fmt.Sprint("signature of ", attempt)), new(int64(7))
			}
			_, err := tx.Exec(ctx, `INSERT INTO distribution_attempt_end (attempt, outcome, signature, slot, detail) VALUES ($1, $2, $3, $4, 'seen')`,
				attempt, outcome, signature, slot)
			return err
		})
	}
	return attempt
}

func TestTwoPersonsCancel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(2)
	b.seal("s1", 1, 10, 20)
	b.prepare("k")
	b.approve("d1")
	if _, err := b.tryCancel("d1", b.bob); !errors.Is(err, ErrConflict) {
		t.Errorf("before anybody asked: %v", err)
	}
	if err := b.tryAsk("d1", false, b.ann); err != nil {
		t.Fatal(err)
	}
	if err := b.tryAsk("d1", false, b.ann); err != nil {
		t.Errorf("asked again: %v", err)
	}
	if err := b.tryAsk("d1", false, b.bob); !errors.Is(err, ErrConflict) {
		t.Errorf("asked by another: %v", err)
	}
	if err := b.tryExport("d1", t.TempDir()); !errors.Is(err, ErrCancelled) {
		t.Errorf("exported while it is cancelled: %v", err)
	}
	if _, err := b.tryCancel("d1", b.ann); !errors.Is(err, ErrSelfApproval) {
		t.Errorf("approved by who asked: %v", err)
	}
	if s, err := b.tryCancel("d1", b.bob); err != nil || s.ReturnedTotal != 30 {
		t.Fatalf("cancelled %+v, %v", s, err)
	}
	if s, err := b.tryCancel("d1", b.bob); err != nil || s.Returned != 0 {
		t.Errorf("cancelled again: %+v, %v", s, err)
	}
	if d := b.show("d1"); d.State != Cancelled {
		t.Errorf("it is %s", d.State)
	}
	if d := b.prepare("again"); d.Total != 30 {
		t.Errorf("then prepared: %+v", d)
	}
	b.checkLedger()
}

// TestSelfApprovalIsRefusedByTheDatabase writes as the application by plain SQL.
func TestSelfApprovalIsRefusedByTheDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(2)
	b.seal("s1", 1, 10, 20)
	d := b.prepare("k")
	refused := func(statement string, arguments ...any) {
		t.Helper()
		if err := b.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, statement, arguments...)
			return err
		}); !refusedByDatabase(err) {
			t.Errorf("%s: %v", statement, err)
		}
	}
	approval := `INSERT INTO distribution_approval (distribution, prepared_by, manifest_sha256, approved_by) VALUES (1, $1, $2, $3)`
	refused(approval, b.ann, d.Manifest[:], b.ann)
	refused(approval, b.bob, d.Manifest[:], b.ann) // another is not who prepared it
	b.approve("d1")
	if err := b.tryAsk("d1", false, b.ann); err != nil {
		t.Fatal(err)
	}
	cancel := `INSERT INTO distribution_cancel_approval (distribution, asked_by, approved_by) VALUES (1, $1, $2)`
	refused(cancel, b.ann, b.ann)
	refused(cancel, b.bob, b.ann)
	refused(`UPDATE distribution_cancel SET asked_by = $1`, b.bob)
	refused(`DELETE FROM distribution_cancel`)
}

func TestNothingIsCancelledThatMayLand(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[string]error{"": ErrMayLand, "landed": ErrMayLand, "failed": nil, "expired": nil} {
		t.Run("attempt "+outcome, func(t *testing.T) {
			b := setup(t)
			b.addWallets(3)
			b.seal("s1", 1, 10, 20, 30)
			b.prepare("k")
			b.approve("d1")
			attempt := b.attempt(outcome, 1, 2)
			if err := b.tryAsk("d1", false, b.ann); err != nil {
				t.Fatal(err)
			}
			if _, err := b.tryCancel("d1", b.bob); !errors.Is(err, want) {
				t.Fatalf("got %v, want %v", err, want)
			}
			// The database refuses it, too, whoever asks.
			err := b.try(func(ctx context.Context, tx pgx.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO distribution_payout_end (distribution, payout, outcome, journal) VALUES (1, 1, 'returned', 1)`)
				return err
			})
			if want != nil && !refusedByTrigger(err) {
				t.Errorf("returned by plain SQL: %v", err)
			}
			// And no further attempt is made of what is being cancelled.
			if err := b.try(func(ctx context.Context, tx pgx.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO distribution_payout_attempt (distribution, payout, turn, attempt) VALUES (1, 3, 1, $1)`, attempt)
				return err
			}); !refusedByTrigger(err) {
				t.Errorf("attempted while it is being cancelled: %v", err)
			}
			b.checkLedger()
		})
	}
}

// refusedByDatabase reports whether a constraint or the lack of a grant refused what
// was tried.
func refusedByDatabase(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (refused.Code[:2] == "23" || refused.Code == "42501")
}

// refusedByTrigger reports whether a trigger of ours refused what was tried.
func refusedByTrigger(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refused.Code == "23000"
}

func TestFilesThatAreOutNeedAWord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(1)
	b.seal("s1", 1, 10)
	b.prepare("k")
	b.approve("d1")
	if err := b.tryExport("d1", t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if err := b.tryAsk("d1", false, b.ann); !errors.Is(err, ErrMayLand) {
		t.Fatalf("got %v, want ErrMayLand", err)
	}
	if s := b.cancel("d1"); s.Returned != 1 {
		t.Errorf("cancelled: %+v", s)
	}
	b.checkLedger()
}

// TestOldFilesMayBeOut has a distribution of the time before rails, when nobody
// recorded who was given its files.
func TestOldFilesMayBeOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(2)
	b.seal("s1", 1, 10, 20)
	b.prepare("k")
	b.approve("d1")
	if _, err := b.Owner.Exec(t.Context(), `
		ALTER TABLE distribution DROP CONSTRAINT distribution_has_rail, DISABLE TRIGGER append_only;
		UPDATE distribution SET rail = NULL`); err != nil {
		t.Fatal(err)
	}
	if err := b.tryAsk("d1", false, b.ann); !errors.Is(err, ErrMayLand) {
		t.Errorf("cancelled without a word on its files: %v", err)
	}
	if _, err := b.trySettle("d1", nil, 1); !errors.Is(err, ErrMayLand) {
		t.Errorf("returned by one person: %v", err)
	}
	if s := b.settle("d1", paid(1)); s.Paid != 1 {
		t.Errorf("settled %+v", s)
	}
	if s := b.cancel("d1"); s.ReturnedTotal != 20 {
		t.Errorf("cancelled %+v", s)
	}
}

// TestOneEffectRoundAfterRound has 32 callers prepare, approve and cancel the same
// balances at once, again and again.
func TestOneEffectRoundAfterRound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(3)
	b.seal("s1", 1, 100, 200, 300)
	const rounds, callers = 5, 32
	for round := range rounds {
		id := fmt.Sprintf("d%d", round+1)
		outcomes := func(f func(ctx context.Context, i int, tx pgx.Tx) error) (done int, others []error) {
			errs := make([]error, callers)
			b.atOnce(callers, func(i int, tx pgx.Tx) error {
				errs[i] = f(context.Background(), i, tx)
				return errs[i]
			})
			for _, err := range errs {
				if err == nil {
					done++
				} else {
					others = append(others, err)
				}
			}
			return done, others
		}
		expect := func(step string, done, wantDone int, others []error, want error) {
			t.Helper()
			if done != wantDone || slices.ContainsFunc(others, func(err error) bool { return !errors.Is(err, want) }) {
				t.Fatalf("round %d, %s: %d done, want %d; others %v", round, step, done, wantDone, others)
			}
		}
		done, others := outcomes(func(ctx context.Context, i int, tx pgx.Tx) error {
			_, err := Prepare(ctx, tx, Request{Key: fmt.Sprint(round, i/8), Actor: b.ann, Reason: "pay"})
			return err
		})
		expect("prepare", done, 8, others, ErrNothingToPay) // eight share the key that was first
		done, others = outcomes(func(ctx context.Context, i int, tx pgx.Tx) error {
			_, err := Approve(ctx, tx, id, []int64{b.ann, b.bob}[i%2])
			return err
		})
		expect("approve", done, callers/2, others, ErrSelfApproval)
		done, others = outcomes(func(ctx context.Context, i int, tx pgx.Tx) error {
			_, err := AskCancel(ctx, tx, id, fmt.Sprint("reason ", i/8), false, b.ann)
			return err
		})
		expect("ask", done, 8, others, ErrConflict)
		done, others = outcomes(func(ctx context.Context, i int, tx pgx.Tx) error {
			_, _, err := ApproveCancel(ctx, tx, id, []int64{b.ann, b.bob}[i%2])
			return err
		})
		expect("cancel", done, callers/2, others, ErrSelfApproval)
		b.checkLedger()
		for i, want := range []ledger.Amount{100, 200, 300} {
			if earned, transit := b.balance(ledger.SupplierEarned(supplier(i))), b.balance(ledger.SupplierTransit(supplier(i))); earned != want || transit != 0 {
				t.Fatalf("round %d: supplier %d has %s earned and %s in transit, want %s and 0", round, i, earned, transit, want)
			}
		}
	}
	if all := b.list(); len(all) != rounds {
		t.Errorf("%d distributions, want %d", len(all), rounds)
	}
}
