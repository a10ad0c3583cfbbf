package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

// TestRandomLedgers posts random journals of every act and holds every answer to a map
// of balances.
func TestRandomLedgers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	posted := map[Act]int{}
	rapid.Check(t, func(t *rapid.T) {
		err := within(context.Background(), b.App, func(tx pgx.Tx) error {
			world := &world{t: t, tx: tx, actor: b.actor, balances: map[Account]Amount{}, posted: posted}
			for i := range rapid.IntRange(1, 24).Draw(t, "journals") {
				world.post(i)
			}
			world.check()
			return errForgery
		})
		if !errors.Is(err, errForgery) {
			t.Fatal(err)
		}
	})
	t.Logf("journals that moved something: %v", posted)
	for _, act := range acts {
		if posted[act] == 0 {
			t.Errorf("no %s was posted with anything to move", act)
		}
	}
}

// world is the ledger as a map.
type world struct {
	t        *rapid.T
	tx       pgx.Tx
	actor    int64
	balances map[Account]Amount
	journals int64
	moved    int64       // transfers
	posted   map[Act]int // journals that moved something, of all worlds
}

// worldAccounts are what random journals move between.
var worldAccounts = []Account{
	Treasury(), SeasonPool("s"), SeasonReserve("s"), SupplierEarned(supplier(1)), SupplierEarned(supplier(2)),
	SupplierTransit(supplier(1)), SupplierPaid(supplier(1)), SupplierOwing(supplier(2)),
}

// worldMoves are the transfers that an act may make in the world.
func worldMoves(act Act) (pairs []Transfer) {
	for _, debit := range worldAccounts {
		for _, credit := range worldAccounts {
			allowed, restricted := moves[act]
			if debit != credit && (!restricted || slices.Contains(allowed, move{debit.kind, credit.kind})) {
				pairs = append(pairs, Transfer{Debit: debit, Credit: credit})
			}
		}
	}
	return pairs
}

// draw makes an entry whose transfers are mostly within what their accounts hold: a
// random amount would seldom get as far as to be settled.
func (w *world) draw(i int) Entry {
	choices := acts
	if w.balances[SupplierTransit(supplier(1))] > 0 { // seldom enough
		choices = slices.Concat(acts, []Act{ActSettle, ActReturn, ActSettle, ActReturn})
	} else if w.balances[SupplierEarned(supplier(1))] > 0 {
		choices = append(slices.Clone(acts), ActPrepare, ActPrepare, ActPrepare)
	}
	entry := Entry{Act: rapid.SampledFrom(choices).Draw(w.t, "act"), Key: fmt.Sprint("key ", i), Actor: w.actor, Reason: "random"}
	switch entry.Act {
	case ActFund:
		entry.Season = "s"
	case ActSeal, ActCorrect:
		entry.Season, entry.Revision, entry.SubjectDigest, entry.PayoutMinimum = "s", i+1, Digest{1}, 7
	}
	for range rapid.IntRange(0, 6).Draw(w.t, "transfers") {
		pairs := worldMoves(entry.Act)
		funded := slices.DeleteFunc(slices.Clone(pairs), func(t Transfer) bool { return t.Debit != Treasury() && w.balances[t.Debit] <= 0 })
		if len(funded) > 0 && rapid.IntRange(0, 9).Draw(w.t, "funded") > 0 {
			pairs = funded
		}
		transfer := rapid.SampledFrom(pairs).Draw(w.t, "move")
		most := max(1, w.balances[transfer.Debit]/3)
		if transfer.Debit == Treasury() {
			most = 1000
		}
		transfer.Amount = Amount(rapid.Int64Range(1, int64(most)+1).Draw(w.t, "amount"))
		entry.Transfers = append(entry.Transfers, transfer)
	}
	return entry
}

// try posts in a savepoint.
func (w *world) try(entry Entry) (journal Journal, err error) {
	err = pgx.BeginFunc(context.Background(), w.tx, func(tx pgx.Tx) (err error) {
		journal, err = Post(context.Background(), tx, entry)
		return err
	})
	return journal, err
}

// post posts one random entry, and expects it to be refused exactly if an account
// would fall below 0; then posts it again, and then another by its key.
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
	journal, err := w.try(entry)
	if short != errors.Is(err, ErrInsufficient) || !short && err != nil {
		w.t.Fatalf("short %t, but: %v", short, err)
	}
	if err != nil {
		return
	}
	w.balances, w.journals, w.moved = after, w.journals+1, w.moved+journal.Count
	if journal.Count > 0 {
		w.posted[entry.Act]++
	}
	if again, err := w.try(entry); again != journal || again.digest() != journal.Digest || err != nil {
		w.t.Fatalf("posted again: %+v, %v, first %+v", again, err, journal)
	}
	name := w.differ(&entry)
	if _, err := w.try(entry); !errors.Is(err, ErrConflict) {
		w.t.Fatalf("with another %s: %v, want ErrConflict", name, err)
	}
}

// differ changes one thing in an entry, so that it could be posted by another key.
func (w *world) differ(e *Entry) (what string) {
	change := map[string]func(){
		"actor":          func() { e.Actor++ },
		"reason":         func() { e.Reason += "!" },
		"subject digest": func() { e.SubjectDigest[5]++ },
	}
	if e.Revision != 0 {
		change["revision"] = func() { e.Revision++ }
		change["payout minimum"] = func() { e.PayoutMinimum++ }
		change["act"] = func() { e.Act = ActCorrect }
		if e.Act == ActCorrect {
			change["act"] = func() { e.Act, e.Transfers = ActSeal, nil }
		}
	} else if len(e.Transfers) == 0 {
		change["season"] = func() { e.Season += "t" }
	}
	if len(e.Transfers) > 0 {
		change["amount"] = func() { e.Transfers = slices.Clone(e.Transfers); e.Transfers[0].Amount++ }
		change["transfer left out"] = func() { e.Transfers = e.Transfers[1:] }
		change["transfer twice"] = func() { e.Transfers = append(slices.Clone(e.Transfers), e.Transfers[0]) }
	}
	names := slices.Sorted(maps.Keys(change))
	what = rapid.SampledFrom(names).Draw(w.t, "difference")
	change[what]()
	return what
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
	for _, b := range balances {
		if b.Balance < 0 && b.Account != Treasury() {
			w.t.Fatalf("%s has %s", b.Account, b.Balance)
		}
	}
	report, err := Verify(context.Background(), w.tx)
	if err != nil || !report.OK() || report.Journals != w.journals || report.Transfers != w.moved {
		w.t.Fatalf("verify: %+v, %v", report, err)
	}
	for account, balance := range w.balances {
		statement, err := ReadStatement(context.Background(), w.tx, account, OpenEnd, OpenEnd)
		if err != nil || statement.Opening != 0 || statement.Closing != balance {
			w.t.Fatalf("statement of %s: %+v, %v, want %s", account, statement, err, balance)
		}
	}
}
