package wallet

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// as runs f as the database role of suppliers, in a transaction of one of them.
func (b *bundle) as(me uuid.UUID, f func(ctx context.Context, tx pgx.Tx) error) {
	b.t.Helper()
	ctx := context.Background()
	err := pgx.BeginFunc(ctx, b.Supplier, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('uptally.supplier', $1, true)`, me.String()); err != nil {
			return err
		}
		return f(ctx, tx)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestSuppliersReadTheirOwnWallets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 2 {
		b.prove(i, i, after(0), 0)
		b.prove(i, i+2, after(1), 72*time.Hour)
	}
	must(t, "freeze", b.freeze(1, "asked by the police", b.ann), nil)
	for i := range 2 {
		var records []Record
		var events []Event
		b.as(supplier(i), func(ctx context.Context, tx pgx.Tx) (err error) {
			if records, err = Own(ctx, tx, after(2)); err != nil {
				return err
			}
			events, err = OwnHistory(ctx, tx)
			return err
		})
		want := slices.DeleteFunc(b.list(after(2)), func(r Record) bool { return r.Supplier != supplier(i) })
		for j := range want {
			want[j].RecordedBy = TheProgram
		}
		if len(records) != 2 || !slices.Equal(records, want) {
			t.Errorf("supplier %d:\n got %+v\nwant %+v", i, records, want)
		}
		told := b.history(i)
		for j := range told {
			told[j].Person, told[j].Reason, told[j].Delivered = TheProgram, "", time.Time{}
		}
		if len(events) < 4 || !slices.Equal(events, told) {
			t.Errorf("supplier %d:\n got %+v\nwant %+v", i, events, told)
		}
	}
}
