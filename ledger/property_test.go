package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

// TestRandomLedgers posts random journals and holds every answer to a map of
// balances.
func TestRandomLedgers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rapid.Check(t, func(t *rapid.T) {
		err := within(context.Background(), b.App, func(tx pgx.Tx) error {
			world := &world{t: t, tx: tx, actor: b.actor, balances: map[Account]Amount{}}
			for i := range rapid.IntRange(1, 8).Draw(t, "journals") {
				world.post(i)
			}
			world.check()
			return errForgery
		})
		if !errors.Is(err, errForgery) {
			t.Fatal(err)
		}
	})
}

// world is the ledger as a map.
type world struct {
	t        *rapid.T
	tx       pgx.Tx
	actor    int64
	balances map[Account]Amount
	journals int64
}

// accounts a random correction moves between.
var worldAccounts = []Account{
	Treasury(), SeasonPool("s"), SeasonReserve("s"), SupplierEarned(supplier(1)), SupplierEarned(supplier(2)),
	SupplierTransit(supplier(1)), SupplierPaid(supplier(1)), SupplierOwing(supplier(2)),
}

func (w *world) draw(i int) Entry {
	entry := Entry{Act: ActCorrect, Key: fmt.Sprint("key ", i), Actor: w.actor, Reason: "random", Season: "s", Revision: i + 1, SubjectDigest: Digest{1}}
	for range rapid.IntRange(0, 6).Draw(w.t, "transfers") {
		pair := rapid.Permutation(worldAccounts).Draw(w.t, "accounts")
		entry.Transfers = append(entry.Transfers, Transfer{pair[0], pair[1], Amount(rapid.Int64Range(1, 100).Draw(w.t, "amount"))})
	}
	return entry
}

// post posts one random entry in a savepoint, and expects it to be refused exactly
// if an account would fall below 0.
func (w *world) post(i int) {
	entry := w.draw(i)
	after, short := maps.Clone(w.balances), false
	for _, t := range entry.Transfers {
		after[t.Debit] -= t.Amount
		after[t.Credit] += t.Amount
	}
	for account, balance := range after {
		short = short || balance < 0 && account != Treasury()
	}
	var journal Journal
	err := pgx.BeginFunc(context.Background(), w.tx, func(tx pgx.Tx) (err error) {
		journal, err = Post(context.Background(), tx, entry)
		return err
	})
	if short != errors.Is(err, ErrInsufficient) || !short && err != nil {
		w.t.Fatalf("short %t, but: %v", short, err)
	}
	if err != nil {
		return
	}
	w.balances, w.journals = after, w.journals+1
	if again, err := Post(context.Background(), w.tx, entry); again != journal || err != nil {
		w.t.Fatalf("posted again: %+v, %v, first %+v", again, err, journal)
	}
}

func (w *world) check() {
	balances, err := Balances(context.Background(), w.tx, "")
	if err != nil {
		w.t.Fatal(err)
	}
	if total := sum(balances); total != 0 {
		w.t.Fatalf("the balances sum to %s", total)
	}
	found := map[Account]Amount{}
	for _, b := range balances {
		found[b.Account] = b.Balance
	}
	if !maps.Equal(found, w.balances) {
		w.t.Fatalf("got %v, want %v", found, w.balances)
	}
	report, err := Verify(context.Background(), w.tx)
	if err != nil || !report.OK() || report.Journals != w.journals {
		w.t.Fatalf("verify: %+v, %v", report, err)
	}
	for account, balance := range w.balances {
		statement, err := ReadStatement(context.Background(), w.tx, account, OpenEnd, OpenEnd)
		if err != nil || statement.Opening != 0 || statement.Closing != balance {
			w.t.Fatalf("statement of %s: %+v, %v, want %s", account, statement, err, balance)
		}
	}
}
