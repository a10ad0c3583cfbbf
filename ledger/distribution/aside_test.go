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

// TestFreezeAndPrepareAtOnce has a wallet frozen while distributions are prepared:
// whichever is first, the frozen supplier is not paid.
func TestFreezeAndPrepareAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(2)
	b.seal("s1", 1, 10, 20)
	b.atOnce(8, func(i int, tx pgx.Tx) error {
		if i%2 == 0 {
			_, err := FreezeWallet(context.Background(), tx, supplier(0), "stolen", b.bob)
			return err
		}
		_, err := Prepare(context.Background(), tx, Request{Key: "k", Actor: b.ann, Reason: "pay"})
		return err
	})
	switch got := b.states("d1"); got {
	case "aside waiting", "waiting":
	default:
		t.Errorf("states: %s", got)
	}
	if earned, transit := b.balance(ledger.SupplierEarned(supplier(0))), b.show("d1").Total-20; earned+transit != 10 {
		t.Errorf("the frozen supplier has %s earned and %s in transit, want 10 in all", earned, transit)
	}
	b.checkLedger()
}
