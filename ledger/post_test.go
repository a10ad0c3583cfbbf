package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestPostMovesAndRecords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fund := b.post(b.fund("f1", "s1", 1000))
	seal := b.post(b.seal("s1", 600, 300))

	if fund.Number != 1 || seal.Number != 2 || seal.PreviousDigest != fund.Digest || fund.PreviousDigest != (Digest{}) {
		t.Errorf("the journals are not chained: %+v, then %+v", fund, seal)
	}
	if seal.Count != 2 || seal.Total != 900 {
		t.Errorf("seal has count %d and total %s, want 2 and 900", seal.Count, seal.Total)
	}
	want := []AccountBalance{
		{SeasonPool("s1"), 100}, {SupplierEarned(supplier(0)), 600}, {SupplierEarned(supplier(1)), 300}, {Treasury(), -1000},
	}
	if got := b.balances(); !slices.Equal(got, want) {
		t.Errorf("balances: got %v, want %v", got, want)
	}
	report := b.verify(fund.Head(), seal.Head())
	if !report.OK() || report.Head != seal.Head() || report.Journals != 2 || report.Transfers != 3 || report.Accounts != 4 {
		t.Errorf("verify: %+v", report)
	}
}

func TestPostAgainReturnsTheFirstResult(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 1000))
	first := b.post(b.seal("s1", 1, 2, 3))
	again := b.seal("s1", 1, 2, 3)
	slices.Reverse(again.Transfers) // the order they are listed in is of no account
	if second := b.post(again); second != first {
		t.Errorf("the second result differs:\n%+v\n%+v", second, first)
	}
	if report := b.verify(); report.Journals != 2 || report.Transfers != 4 || !report.OK() {
		t.Errorf("posting again left its mark: %+v", report)
	}
}

func TestPostConflicts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 1000))
	b.post(b.seal("s1", 1, 2))
	for name, change := range map[string]func(*Entry){
		"act":            func(e *Entry) { e.Act = ActCorrect },
		"actor":          func(e *Entry) { e.Actor++ },
		"reason":         func(e *Entry) { e.Reason += "!" },
		"revision":       func(e *Entry) { e.Revision++ },
		"subject digest": func(e *Entry) { e.SubjectDigest[31]++ },
		"payout minimum": func(e *Entry) { e.PayoutMinimum++ },
		"total":          func(e *Entry) { e.Transfers[0].Amount++ },
		"transfers":      func(e *Entry) { e.Transfers[0].Amount++; e.Transfers[1].Amount-- },
	} {
		t.Run(name, func(t *testing.T) {
			entry := b.seal("s1", 1, 2)
			change(&entry)
			_, err := b.tryPost(entry)
			if !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v, want ErrConflict that names the %s", err, name)
			}
		})
	}
	if report := b.verify(); report.Journals != 2 || !report.OK() {
		t.Errorf("a conflict left its mark: %+v", report)
	}
}

func TestPostInsufficient(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 100))
	_, err := b.tryPost(b.seal("s1", 60, 41))
	if !errors.Is(err, ErrInsufficient) {
		t.Fatalf("got %v, want ErrInsufficient", err)
	}
	for _, part := range []string{"season/s1/pool", "has 100", "needs 101", "with 1 more"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if got := b.balances(); len(got) != 2 || b.balance(SeasonPool("s1")) != 100 {
		t.Errorf("a refused posting left its mark: %v", got)
	}
}

func TestPostRefusesWhatCanNeverBe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, c := range map[string]struct {
		want   error
		change func(*Entry)
	}{
		"no act":             {ErrInvalid, func(e *Entry) { e.Act = "" }},
		"no key":             {ErrInvalid, func(e *Entry) { e.Key = "" }},
		"long key":           {ErrInvalid, func(e *Entry) { e.Key = strings.Repeat("k", 201) }},
		"no reason":          {ErrInvalid, func(e *Entry) { e.Reason = "" }},
		"a zero byte":        {ErrInvalid, func(e *Entry) { e.Reason = "a\x00b" }},
		"no season":          {ErrInvalid, func(e *Entry) { e.Season = "" }},
		"a season's path":    {ErrInvalid, func(e *Entry) { e.Season = "s1/pool" }},
		"no revision":        {ErrInvalid, func(e *Entry) { e.Revision = 0 }},
		"no subject":         {ErrInvalid, func(e *Entry) { e.SubjectDigest = Digest{} }},
		"negative minimum":   {ErrInvalid, func(e *Entry) { e.PayoutMinimum = -1 }},
		"amount 0":           {ErrInvalid, func(e *Entry) { e.Transfers[0].Amount = 0 }},
		"negative amount":    {ErrInvalid, func(e *Entry) { e.Transfers[0].Amount = -5 }},
		"to itself":          {ErrInvalid, func(e *Entry) { e.Transfers[0].Credit = SeasonPool("s1") }},
		"another season":     {ErrInvalid, func(e *Entry) { e.Transfers[0].Debit = SeasonPool("s2") }},
		"another act's move": {ErrInvalid, func(e *Entry) { e.Transfers[0].Credit = SupplierPaid(supplier(1)) }},
		"no account":         {ErrAccountSyntax, func(e *Entry) { e.Transfers[0].Credit = Account{} }},
		"past 63 bits": {ErrAmountRange, func(e *Entry) {
			e.Transfers[0].Amount, e.Transfers[1].Amount = math.MaxInt64, 1
		}},
	} {
		t.Run(name, func(t *testing.T) {
			entry := b.seal("s1", 1, 2)
			c.change(&entry)
			if _, err := b.tryPost(entry); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestPostOfManySuppliers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	amounts := make([]Amount, 5000)
	for i := range amounts {
		amounts[i] = Amount(i + 1)
	}
	b.post(b.fund("f1", "s1", 20_000_000))
	b.post(b.seal("s1", amounts...))
	b.post(b.fund("f2", "s2", 20_000_000))
	b.post(b.seal("s2", amounts...)) // their accounts exist by now
	for _, i := range []int{0, 999, 1000, 4999} {
		if got := b.balance(SupplierEarned(supplier(i))); got != 2*amounts[i] {
			t.Errorf("supplier %d has %s, want %s", i, got, 2*amounts[i])
		}
	}
	if report := b.verify(); !report.OK() || report.Transfers != 10_002 {
		t.Errorf("verify: %+v", report)
	}
}

func TestAnActThatMovesNothingIsOnRecord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if journal := b.post(b.seal("s1")); journal.Count != 0 || journal.Total != 0 {
		t.Errorf("got %+v", journal)
	}
	if report := b.verify(); !report.OK() || report.Journals != 1 {
		t.Errorf("verify: %+v", report)
	}
}

func TestPostersAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 1000))
	var group sync.WaitGroup
	results := make([]Journal, 32)
	for i := range results {
		group.Go(func() {
			// Sixteen pairs of the same act, and all of them want the same pool.
			entry := b.seal("s1", Amount(i/2+1))
			entry.Act, entry.Key, entry.Revision = ActCorrect, string(rune('a'+i/2)), i/2+1
			journal, err := b.tryPost(entry)
			if err != nil {
				t.Error(err)
			}
			results[i] = journal
		})
	}
	group.Wait()
	for i := range 16 {
		if results[2*i] != results[2*i+1] {
			t.Errorf("act %d has two results: %+v and %+v", i, results[2*i], results[2*i+1])
		}
	}
	if got := b.balance(SeasonPool("s1")); got != 1000-16*17/2 {
		t.Errorf("the pool has %s, want %d", got, 1000-16*17/2)
	}
	if report := b.verify(); !report.OK() || report.Journals != 17 {
		t.Errorf("verify: %+v", report)
	}
}

// Round after round, 32 callers want one key, half of them for one act and half for
// others: one is posted, those who want the same get it back, the others a conflict.
func TestCallersOfOneKeyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 100_000))
	for round := range 4 {
		var group sync.WaitGroup
		journals, failures := make([]Journal, 32), make([]error, 32)
		start := make(chan struct{})
		for i := range journals {
			group.Go(func() {
				entry := b.seal("s1", 100)
				entry.Key, entry.Revision = fmt.Sprint("round ", round), round+1
				if i%2 == 1 {
					entry.Transfers[0].Amount = Amount(i)
				}
				<-start
				journals[i], failures[i] = b.tryPost(entry)
			})
		}
		close(start)
		group.Wait()
		won := b.newest()
		for i, err := range failures {
			same := won.Total == 100 && i%2 == 0 || won.Total == Amount(i) && i%2 == 1
			if same && (err != nil || journals[i] != won) || !same && !errors.Is(err, ErrConflict) {
				t.Errorf("round %d, caller %d: %+v, %v; posted was %+v", round, i, journals[i], err, won)
			}
		}
		if won.Number != int64(round+2) {
			t.Errorf("round %d left journal %d the newest", round, won.Number)
		}
	}
	if report := b.verify(); !report.OK() || report.Journals != 5 || report.Transfers != 5 {
		t.Errorf("verify: %+v", report)
	}
}

func (b *bundle) newest() (newest Journal) {
	b.t.Helper()
	b.read(func(tx pgx.Tx) (err error) {
		newest, _, err = NewestJournal(context.Background(), tx)
		return err
	})
	return newest
}

// What a supplier owes is set off when a payout is prepared: the rest is on its way.
func TestPrepareSetsOff(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 1000))
	b.post(b.seal("s1", 600))
	correction := b.seal("s1")
	correction.Act, correction.Key, correction.Revision = ActCorrect, "s1/r2", 2
	correction.Transfers = []Transfer{{SeasonPool("s1"), SupplierOwing(supplier(0)), 200}}
	b.post(correction)
	one := supplier(0)
	prepare := Entry{Act: ActPrepare, Key: "p", Actor: b.actor, Reason: "pay", Transfers: []Transfer{
		{SupplierEarned(one), SupplierTransit(one), 400}, {SupplierEarned(one), Treasury(), 200}, {SupplierOwing(one), Treasury(), 200},
	}}
	if journal := b.post(prepare); journal.Count != 3 || journal.Total != 800 {
		t.Errorf("got %+v", journal)
	}
	if e, o, way := b.balance(SupplierEarned(one)), b.balance(SupplierOwing(one)), b.balance(SupplierTransit(one)); e != 0 || o != 0 || way != 400 {
		t.Errorf("earned %s, owing %s, transit %s", e, o, way)
	}
	for _, wrong := range []Transfer{
		{SupplierTransit(one), Treasury(), 1}, {SupplierPaid(one), Treasury(), 1}, {Treasury(), SupplierEarned(one), 1}, {SupplierEarned(one), SupplierPaid(one), 1},
	} {
		entry := Entry{Act: ActPrepare, Key: "q", Actor: b.actor, Reason: "pay", Transfers: []Transfer{wrong}}
		if _, err := b.tryPost(entry); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s to %s: %v", wrong.Debit, wrong.Credit, err)
		}
	}
}

func TestTheDatabaseRefusesToChangeThePast(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 1000))
	b.post(b.seal("s1", 600))
	for _, statement := range []string{
		`UPDATE ledger_transfer SET amount = 1`,
		`DELETE FROM ledger_transfer`,
		`TRUNCATE ledger_transfer`,
		`UPDATE ledger_journal SET reason = 'another'`,
		`DELETE FROM ledger_journal WHERE number = 2`,
		`TRUNCATE ledger_journal`,
		`UPDATE ledger_account SET supplier_id = gen_random_uuid() WHERE kind = 'earned'`,
		`DELETE FROM ledger_account WHERE kind = 'earned'`,
		`TRUNCATE ledger_account`,
		`UPDATE ledger_verification SET faults = 0`,
		`DELETE FROM ledger_verification`,
		`TRUNCATE ledger_verification`,
	} {
		for role, pool := range map[string]*pgxpool.Pool{"app": b.App, "owner": b.Owner} {
			if _, err := pool.Exec(t.Context(), statement); err == nil {
				t.Errorf("the %s may %s", role, statement)
			}
		}
	}
	if report := b.verify(); !report.OK() {
		t.Errorf("verify: %v", report.Faults)
	}
}

func TestTheDatabaseRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 1000))
	b.post(b.seal("s1", 600))
	const journal = `INSERT INTO ledger_journal (number, act, key, actor, reason, count, total, posted_at, transfers_digest, previous_digest, digest) `
	for name, statement := range map[string]string{
		"a gap":                   journal + `SELECT 4, 'fund', 'k', actor, 'r', 0, 0, now(), digest, digest, digest FROM ledger_journal WHERE number = 2`,
		"another past":            journal + `SELECT 3, 'fund', 'k', actor, 'r', 0, 0, now(), digest, previous_digest, digest FROM ledger_journal WHERE number = 2`,
		"a second first":          journal + `SELECT 1, 'fund', 'k', actor, 'r', 0, 0, now(), digest, previous_digest, digest FROM ledger_journal WHERE number = 1`,
		"one key twice":           journal + `SELECT 3, 'fund', key, actor, 'r', 0, 0, now(), digest, digest, digest FROM ledger_journal WHERE number = 2`,
		"no person":               journal + `SELECT 3, 'fund', 'k', 999, 'r', 0, 0, now(), digest, digest, digest FROM ledger_journal WHERE number = 2`,
		"a late transfer":         `INSERT INTO ledger_transfer SELECT 1, 2, debit, credit, 1 FROM ledger_transfer WHERE journal = 1`,
		"a transfer to nowhere":   `INSERT INTO ledger_transfer SELECT 2, 2, debit, 999, 1 FROM ledger_transfer WHERE journal = 2`,
		"a negative transfer":     `INSERT INTO ledger_transfer SELECT 2, 2, debit, credit, -1 FROM ledger_transfer WHERE journal = 2`,
		"a negative balance":      `UPDATE ledger_account SET balance = -1 WHERE kind = 'pool'`,
		"money out of an opening": `INSERT INTO ledger_account (kind, season, balance) VALUES ('pool', 's9', 5)`,
	} {
		if _, err := b.App.Exec(t.Context(), statement); err == nil {
			t.Errorf("the application may write %s", name)
		}
	}
}

func TestNothingIsLeftOfATransactionThatFails(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 1000))
	before, failure := b.balances(), errors.New("after the posting")
	err := within(t.Context(), b.App, func(tx pgx.Tx) error {
		if _, err := Post(context.Background(), tx, b.seal("s1", 600)); err != nil {
			return err
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	if got := b.balances(); !slices.Equal(got, before) {
		t.Errorf("balances: got %v, want %v", got, before)
	}
}
