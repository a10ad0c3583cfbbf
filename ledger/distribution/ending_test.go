package distribution

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

// paid are payouts with a signature each.
func paid(numbers ...int) (all []PaidBy) {
	for _, n := range numbers {
		all = append(all, PaidBy{n, fmt.Sprint("signature ", n), EvidenceChain})
	}
	return all
}

func (b *bundle) trySettle(id string, all []PaidBy, returned ...int) (settled Settled, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		settled, err = Settle(ctx, tx, Settlement{id, b.ann, "settled", all, returned})
		return err
	})
	return settled, err
}

func (b *bundle) settle(id string, all []PaidBy, returned ...int) Settled {
	b.t.Helper()
	settled, err := b.trySettle(id, all, returned...)
	if err != nil {
		b.t.Fatal(err)
	}
	return settled
}

func (b *bundle) states(id string) string {
	b.t.Helper()
	var states []string
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		payouts, err := ReadPayouts(ctx, tx, id)
		for _, p := range payouts {
			states = append(states, string(p.State))
		}
		return err
	})
	return strings.Join(states, " ")
}

func (b *bundle) show(id string) (d Distribution) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		d, err = Show(ctx, tx, id)
		return err
	})
	return d
}

// owes books a receivable: a correction of what was paid too much.
func (b *bundle) owes(i int, amount ledger.Amount) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Post(ctx, tx, ledger.Entry{
			Act: ledger.ActCorrect, Key: fmt.Sprint("owes ", i, amount), Actor: b.ann, Reason: "corrected", Season: "s1", Revision: 2,
			SubjectDigest: sha256.Sum256([]byte("r2")), Transfers: []ledger.Transfer{
				{Debit: ledger.Treasury(), Credit: ledger.SupplierOwing(supplier(i)), Amount: amount}},
		})
		return err
	})
}

func TestEveryPayoutEndsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(4)
	b.seal("s1", 1, 10, 20, 30, 40)
	b.prepare("k")
	if _, err := b.trySettle("d1", paid(1)); !errors.Is(err, ErrNotApproved) {
		t.Fatalf("before the approval: %v", err)
	}
	b.approve("d1")
	if s := b.settle("d1", paid(1, 2), 3); s.Paid != 2 || s.PaidTotal != 30 || s.Returned != 1 || s.ReturnedTotal != 30 || len(s.Journals) != 2 {
		t.Fatalf("settled %+v", s)
	}
	if s := b.settle("d1", paid(2, 1), 3); s.Paid+s.Returned+len(s.Journals) != 0 {
		t.Errorf("again: settled %+v", s)
	}
	if s := b.settle("d1", paid(1, 2, 4)); s.Paid != 1 || s.PaidTotal != 40 {
		t.Errorf("more: settled %+v", s)
	}
	other := []PaidBy{{1, "another", EvidenceChain}}
	for name, try := range map[string]func() error{
		"paid by another":    func() error { _, err := b.trySettle("d1", other); return err },
		"paid after return":  func() error { _, err := b.trySettle("d1", paid(3)); return err },
		"returned when paid": func() error { _, err := b.trySettle("d1", nil, 1); return err },
		"paid by two":        func() error { _, err := b.trySettle("d1", append(paid(1), other...)); return err },
	} {
		if err := try(); !errors.Is(err, ErrConflict) {
			t.Errorf("%s: got %v, want ErrConflict", name, err)
		}
	}
	for _, wrong := range []Settlement{{Paid: paid(5)}, {Paid: paid(0)}, {Returned: []int{5}}, {Paid: []PaidBy{{1, "", EvidenceChain}}}, {Paid: []PaidBy{{1, "s", "rumour"}}}} {
		if _, err := b.trySettle("d1", wrong.Paid, wrong.Returned...); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: got %v, want ErrInvalid", wrong, err)
		}
	}
	if got := b.states("d1"); got != "paid paid returned paid" {
		t.Errorf("states: %s", got)
	}
	if d := b.show("d1"); d.State != Finished || d.Ended != 4 {
		t.Errorf("%+v", d)
	}
	b.checkLedger()
}

// TestAnAttemptIsNotSettledByAnother has a receipt name another transaction than the
// attempt that may land, or has.
func TestAnAttemptIsNotSettledByAnother(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(3)
	b.seal("s1", 1, 10, 20, 30)
	b.prepare("k")
	b.approve("d1")
	b.attempt("", 1)
	landed := b.attempt("landed", 2)
	b.attempt("expired", 3)
	if _, err := b.trySettle("d1", paid(1)); !errors.Is(err, ErrMayLand) {
		t.Errorf("while an attempt may land: %v", err)
	}
	if _, err := b.trySettle("d1", paid(2)); !errors.Is(err, ErrConflict) {
		t.Errorf("by another than what landed: %v", err)
	}
	ours := []PaidBy{{2, fmt.Sprint("signature of ", landed), EvidenceChain}}
	if s := b.settle("d1", append(ours, paid(3)...)); s.Paid != 2 {
		t.Errorf("settled %+v", s)
	}
	b.checkLedger()
}

func TestWhatReturnsIsPaidByTheNext(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(2)
	b.seal("s1", 1, 10, 20)
	b.prepare("first")
	b.approve("d1")
	b.settle("d1", paid(1), 2)
	b.seal("s2", 1, 5, 6)
	d := b.prepare("second")
	if got, want := b.file(d.ID, PayoutLinesFile), "payout_id,season,revision,amount\nd2-1,s2,1,5\nd2-2,s1,1,20\nd2-2,s2,1,6\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	b.checkLedger()
}

// TestAReceivableIsSetOffFirst has a payout return after what it had paid too much
// was booked as owing.
func TestAReceivableIsSetOffFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(3)
	b.seal("s1", 7, 10, 20, 30)
	b.prepare("first")
	b.approve("d1")
	b.owes(1, 15)
	b.settle("d1", paid(1), 2, 3)
	d := b.prepare("second") // supplier 1 keeps 5, below the minimum
	if want := []CarriedTotal{{BelowMinimum, 1, 5}, {SetOff, 1, 15}}; fmt.Sprint(nonzero(d.Carried)) != fmt.Sprint(want) || d.Total != 30 {
		t.Fatalf("second: %+v", d)
	}
	if owing, earned := b.balance(ledger.SupplierOwing(supplier(1))), b.balance(ledger.SupplierEarned(supplier(1))); owing != 0 || earned != 5 {
		t.Errorf("owing %s, earned %s, want 0 and 5", owing, earned)
	}
	third, err := b.tryPrepare(Request{Key: "third", Actor: b.ann, Reason: "the rest", Minimum: new(ledger.Amount(1))})
	if err != nil || third.Total != 5 {
		t.Fatalf("third: %+v, %v", third, err)
	}
	if got, want := b.file("d3", PayoutLinesFile), "payout_id,season,revision,amount\nd3-1,s1,1,5\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	b.checkLedger()
}

func TestOutFilesAreNotReturnedByOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(2)
	b.seal("s1", 1, 10, 20)
	b.prepare("k")
	b.approve("d1")
	if err := b.tryExport("d1", t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.trySettle("d1", nil, 1); !errors.Is(err, ErrMayLand) {
		t.Errorf("got %v, want ErrMayLand", err)
	}
}
