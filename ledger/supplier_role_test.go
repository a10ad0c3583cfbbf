package ledger

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// as runs f as the database role of suppliers, in a transaction of one of them.
func (b *bundle) as(me uuid.UUID, f func(tx pgx.Tx) error) {
	b.t.Helper()
	ctx := context.Background()
	err := within(ctx, b.Supplier, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('uptally.supplier', $1, true)`, me.String()); err != nil {
			return err
		}
		return f(tx)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestSuppliersReadTheirOwnLedger(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := supplier(0), supplier(1)
	b.post(b.fund("f1", "s1", 1000))
	b.post(b.seal("s1", 600, 300))
	b.post(Entry{Act: ActPrepare, Key: "p", Actor: b.actor, Reason: "pay", Transfers: []Transfer{
		{SupplierEarned(one), SupplierTransit(one), 600}, {SupplierEarned(two), SupplierTransit(two), 300}}})

	whole := b.statement(SupplierEarned(one), OpenEnd, OpenEnd)
	for i := range whole.Lines {
		whole.Lines[i].Reason = ""
	}
	b.as(one, func(tx pgx.Tx) error {
		own, err := ReadSupplierStatement(t.Context(), tx, SupplierEarned(one), OpenEnd, OpenEnd)
		if err != nil || len(own.Lines) != 2 || !slices.Equal(own.Lines, whole.Lines) || own.Closing != whole.Closing {
			t.Errorf("own statement, error %v:\n got %+v\nwant %+v", err, own, whole)
		}
		for _, account := range []Account{SupplierEarned(two), SupplierTransit(two), SeasonPool("s1"), Treasury()} {
			if _, err := ReadSupplierStatement(t.Context(), tx, account, OpenEnd, OpenEnd); !errors.Is(err, ErrUnknownAccount) {
				t.Errorf("statement of %s: %v", account, err)
			}
		}
		all, err := Balances(t.Context(), tx, "")
		if want := []AccountBalance{{SupplierEarned(one), 0}, {SupplierTransit(one), 600}}; err != nil || !slices.Equal(all, want) {
			t.Errorf("balances: got %v, error %v, want %v", all, err, want)
		}
		return nil
	})
	for _, asked := range []uuid.UUID{two, uuid.Nil} { // uuid.Nil asks for all
		b.as(two, func(tx pgx.Tx) error {
			owed, err := Owed(t.Context(), tx, asked)
			if err != nil || len(owed) != 1 || owed[two] != 300 {
				t.Errorf("owed: got %v, error %v", owed, err)
			}
			var moved []Movement
			err = EachMovement(t.Context(), tx, asked, []int64{}, func(m Movement) { moved = append(moved, m) })
			if want := []Movement{{Supplier: two, Earned: 300}}; err != nil || !slices.Equal(moved, want) {
				t.Errorf("movements: got %v, error %v, want %v", moved, err, want)
			}
			return nil
		})
	}
}
