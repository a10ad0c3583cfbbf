package distribution

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

func (b *bundle) freeze(i int) (frozen Frozen) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		frozen, err = FreezeWallet(ctx, tx, supplier(i), "stolen", b.bob)
		return err
	})
	return frozen
}

func TestFreezeSetsAsideWhatWasNotSubmitted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(4)
	b.seal("s1", 1, 10, 20, 30, 40)
	b.prepare("k")
	b.approve("d1")
	b.attempt("", 2)
	b.attempt("expired", 3)
	if got, want := b.freeze(0), (Frozen{Aside: []string{"d1-1"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("a waiting one: %+v, want %+v", got, want)
	}
	if got, want := b.freeze(1), (Frozen{MayLand: []string{"d1-2"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("a live one: %+v, want %+v", got, want)
	}
	if got, want := b.freeze(2), (Frozen{Aside: []string{"d1-3"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("an expired one: %+v, want %+v", got, want)
	}
	if got := b.states("d1"); got != "aside live aside waiting" {
		t.Errorf("states: %s", got)
	}
	if err := b.try(func(ctx context.Context, tx pgx.Tx) error {
		return SetAside(ctx, tx, "d1", []int{2}, AsideRefused, "no such account", b.ann)
	}); !errors.Is(err, ErrMayLand) {
		t.Errorf("set aside while it may land: %v", err)
	}
	if err := b.tryExport("d1", t.TempDir()); !errors.Is(err, ErrAside) {
		t.Errorf("exported files that would pay it: %v", err)
	}
	if s := b.settle("d1", nil, 1, 3); s.ReturnedTotal != 40 {
		t.Errorf("returned %+v", s)
	}
	if _, err := b.tryPrepare(Request{Key: "next", Actor: b.ann, Reason: "pay"}); !errors.Is(err, ErrNothingToPay) {
		t.Errorf("paid a frozen wallet: %v", err)
	}
	b.checkLedger()
}

// TestNothingIsAttemptedThatEnded tries it as the application by plain SQL.
func TestNothingIsAttemptedThatEnded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(4)
	b.seal("s1", 1, 10, 20, 30, 40)
	b.prepare("k")
	b.approve("d1")
	b.freeze(0)
	attempt := b.attempt("", 2)
	b.settle("d1", paid(3))
	attemptOf := func(payout, turn int) error {
		return b.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO distribution_payout_attempt (distribution, payout, turn, attempt) VALUES (1, $1, $2, $3)`, payout, turn, attempt)
			return err
		})
	}
	for payout, what := range map[int]string{1: "aside", 3: "paid"} {
		if err := attemptOf(payout, 1); !refusedByTrigger(err) {
			t.Errorf("a payout that is %s was attempted: %v", what, err)
		}
	}
	if err := attemptOf(2, 2); !refusedByDatabase(err) { // while its first attempt is live
		t.Errorf("a second live attempt: %v", err)
	}
	if err := attemptOf(4, 1); err != nil {
		t.Errorf("a waiting one: %v", err)
	}
}

func TestTheProgramSetsAsideToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(1)
	b.seal("s1", 1, 10)
	b.prepare("k")
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		if err := ledger.Lock(ctx, tx); err != nil {
			return err
		}
		if err := wallet.Freeze(ctx, tx, supplier(0), "no wallet on the chain", wallet.TheProgram); err != nil {
			return err
		}
		stopped, err := StopPayouts(ctx, tx, supplier(0), "no wallet on the chain", wallet.TheProgram)
		if want := (Frozen{Aside: []string{"d1-1"}}); !reflect.DeepEqual(stopped, want) {
			t.Errorf("got %+v, want %+v", stopped, want)
		}
		return err
	})
	if got := b.states("d1"); got != "aside" {
		t.Errorf("state %s", got)
	}
}

func TestAFrozenWalletIsCarriedForward(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(2)
	b.seal("s1", 1, 10, 20)
	b.freeze(0)
	if d, want := b.prepare("k"), []CarriedTotal{{WalletFrozen, 1, 10}}; d.Total != 20 || !reflect.DeepEqual(nonzero(d.Carried), want) {
		t.Errorf("got %+v", d)
	}
}

// TestAFreezeFindsWhatIsBeingPrepared has a wallet frozen while a distribution that
// pays it is prepared, and not committed yet.
func TestAFreezeFindsWhatIsBeingPrepared(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(2)
	b.seal("s1", 1, 10, 20)
	frozen := make(chan error, 1)
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		if _, err := Prepare(ctx, tx, Request{Key: "k", Actor: b.ann, Reason: "pay"}); err != nil {
			return err
		}
		go func() {
			frozen <- pgx.BeginFunc(ctx, b.App, func(tx pgx.Tx) error {
				_, err := FreezeWallet(ctx, tx, supplier(0), "stolen", b.bob)
				return err
			})
		}()
		for waits := false; !waits && len(frozen) == 0; { // it waits for us, or is wrong and done
			if err := b.Owner.QueryRow(ctx, `
				SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
					AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waits); err != nil {
				return err
			}
		}
		return nil
	})
	if err := <-frozen; err != nil {
		t.Fatal(err)
	}
	if got := b.states("d1"); got != "aside waiting" {
		t.Errorf("states: %s", got)
	}
	b.checkLedger()
}
