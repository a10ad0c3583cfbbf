package settle

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
)

var errRollBack = errors.New("the test rolls back")

const actors = 4 // suppliers of a random ledger

// TestRandomStatements posts random seals, corrections, distributions, payments and
// returns, and holds the statement to sums kept beside it.
func TestRandomStatements(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wallets(0, 1, 2) // the last has none
	rapid.Check(t, func(t *rapid.T) {
		err := b.try(func(ctx context.Context, tx pgx.Tx) error {
			w := &shadow{t: t, ctx: ctx, tx: tx, b: b, spans: []sums{{}}}
			for range rapid.IntRange(1, 12).Draw(t, "acts") {
				rapid.SampledFrom([]func(){w.seal, w.correct, w.distribute, w.end, w.end}).Draw(t, "act")()
			}
			w.check()
			return errRollBack
		})
		if !errors.Is(err, errRollBack) {
			t.Fatal(err)
		}
	})
}

// sums are what a span of one supplier each comes to.
type sums [actors]struct{ earned, reversed, paid ledger.Amount }

// shadow is a ledger as sums.
type shadow struct {
	t             *rapid.T
	ctx           context.Context
	tx            pgx.Tx
	b             *bundle
	spans         []sums // the last is that since the last distribution
	seasons       int
	distributions []string
}

func (w *shadow) must(err error) {
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *shadow) post(act ledger.Act, transfers []ledger.Transfer) {
	w.seasons++
	season := fmt.Sprintf("s%d", w.seasons)
	var pool ledger.Amount
	for i, t := range transfers {
		if t.Debit == ledger.SeasonPool("") {
			transfers[i].Debit = ledger.SeasonPool(season)
			pool += t.Amount
		}
	}
	if pool > 0 {
		_, err := ledger.Fund(w.ctx, w.tx, ledger.SeasonPool(season), pool, w.b.ann, "the pool", "fund "+season)
		w.must(err)
	}
	_, err := ledger.Post(context.Background(), w.tx, ledger.Entry{Act: act, Key: season, Actor: w.b.ann, Reason: "random", Season: season, Revision: 1,
		SubjectDigest: sha256.Sum256([]byte(season)), Transfers: transfers})
	w.must(err)
}

func (w *shadow) amount() ledger.Amount {
	return ledger.Amount(rapid.Int64Range(1, 100).Draw(w.t, "amount"))
}

func (w *shadow) seal() {
	var transfers []ledger.Transfer
	span := &w.spans[len(w.spans)-1]
	for i := range actors {
		if rapid.Bool().Draw(w.t, "earns") {
			amount := w.amount()
			transfers = append(transfers, ledger.Transfer{Debit: ledger.SeasonPool(""), Credit: ledger.SupplierEarned(supplier(i)), Amount: amount})
			span[i].earned += amount
		}
	}
	w.post(ledger.ActSeal, transfers)
}

// correct takes from what is earned, and the rest becomes a receivable; or adds.
func (w *shadow) correct() {
	i, amount := rapid.IntRange(0, actors-1).Draw(w.t, "supplier"), w.amount()
	span := &w.spans[len(w.spans)-1]
	earned := ledger.SupplierEarned(supplier(i))
	if rapid.Bool().Draw(w.t, "up") {
		w.post(ledger.ActCorrect, []ledger.Transfer{{Debit: ledger.Treasury(), Credit: earned, Amount: amount}})
		span[i].earned += amount
		return
	}
	held, err := ledger.Held(context.Background(), w.tx, earned)
	w.must(err)
	var transfers []ledger.Transfer
	if back := min(held, amount); back > 0 {
		transfers = append(transfers, ledger.Transfer{Debit: earned, Credit: ledger.Treasury(), Amount: back})
	}
	if rest := amount - min(held, amount); rest > 0 {
		transfers = append(transfers, ledger.Transfer{Debit: ledger.Treasury(), Credit: ledger.SupplierOwing(supplier(i)), Amount: rest})
	}
	w.post(ledger.ActCorrect, transfers)
	span[i].reversed += amount
}

func (w *shadow) distribute() {
	ctx := context.Background()
	d, err := distribution.Prepare(ctx, w.tx, distribution.Request{Key: fmt.Sprint(len(w.spans)), Actor: w.b.ann, Reason: "pay", Minimum: new(ledger.Amount(1))})
	if errors.Is(err, distribution.ErrNothingToPay) {
		return
	}
	w.must(err)
	_, err = distribution.Approve(ctx, w.tx, d.ID, w.b.bob)
	w.must(err)
	w.spans, w.distributions = append(w.spans, sums{}), append(w.distributions, d.ID)
}

// end pays or returns a payout of some distribution.
func (w *shadow) end() {
	if len(w.distributions) == 0 {
		return
	}
	ctx, at := context.Background(), rapid.IntRange(0, len(w.distributions)-1).Draw(w.t, "distribution")
	payouts, err := distribution.ReadPayouts(ctx, w.tx, w.distributions[at])
	w.must(err)
	p := rapid.SampledFrom(payouts).Draw(w.t, "payout")
	if hasEnded(p) {
		return
	}
	s := distribution.Settlement{Distribution: w.distributions[at], Actor: w.b.ann, Reason: "random"}
	if rapid.Bool().Draw(w.t, "pays") {
		s.Paid = []distribution.PaidBy{{Payout: p.Number, Signature: signatureAt(at), Evidence: distribution.EvidenceFile}}
		for i := range actors {
			if supplier(i) == p.Supplier {
				w.spans[at][i].paid += p.Amount
			}
		}
	} else {
		s.Returned = []int{p.Number}
	}
	_, err = distribution.Settle(ctx, w.tx, s)
	w.must(err)
}

// check reads everybody's statement and each supplier's.
func (w *shadow) check() {
	var all []Line
	for i := range actors {
		lines := w.lines(i)
		for j, l := range lines {
			if len(all) <= j {
				all = append(all, Line{})
			}
			all[j] = Line{all[j].Opening + l.Opening, all[j].Earned + l.Earned, all[j].Reversed + l.Reversed, all[j].Paid + l.Paid, all[j].Closing + l.Closing}
		}
		w.compare(supplier(i), lines)
	}
	w.compare(uuid.Nil, all)
}

// lines are a supplier's, by the sums.
func (w *shadow) lines(i int) (lines []Line) {
	var balance ledger.Amount
	for _, span := range w.spans {
		s := span[i]
		closing := balance + s.earned - s.reversed - s.paid
		lines = append(lines, Line{balance, s.earned, s.reversed, s.paid, closing})
		balance = closing
	}
	return lines
}

func (w *shadow) compare(whose uuid.UUID, want []Line) {
	var each ledger.Amount
	l, err := readBooks(w.ctx, w.tx, Asked{Supplier: whose, Each: func(l SupplierLine) { each += l.Earned - l.Reversed - l.Paid }})
	w.must(err)
	w.must(l.Err())
	for i, run := range l.Runs {
		if run.Line != want[i] {
			w.t.Fatalf("%s of %s: got %s, want %s", name(run.Distribution), whose, run.Line, want[i])
		}
	}
	if last := want[len(want)-1].Closing; l.Owed != last || each != last || len(l.Runs) != len(want) {
		w.t.Fatalf("%s is owed %s, lines sum to %s, want %s", whose, l.Owed, each, last)
	}
}

// What the balances do not say is named by its supplier.
func TestAStatementNamesWhoDoesNotFit(t *testing.T) {
	t.Parallel()
	b := onTokens(t)
	b.must(b.from(tokensLog("0 100 final 10"), FormatSolanaTokens))
	b.owner(`SET session_replication_role = replica; UPDATE ledger_account SET balance = balance + 7 WHERE path = '` + ledger.SupplierTransit(supplier(1)).Path() + `'`)
	s := b.reconcile(nil, Asked{})
	if len(s.Misfits) != 2 || s.Misfits[0].Where != "supplier "+supplier(1).String() || s.Misfits[1].Where != "statement" {
		t.Errorf("%+v", s.Misfits)
	}
	if one := b.reconcile(nil, Asked{Supplier: supplier(0)}); one.Err() != nil || one.Runs[0].Line != (Line{0, 100, 0, 100, 0}) || len(one.Runs[0].Transactions) != 1 {
		t.Errorf("of one who fits: %+v", one)
	}
	if one := b.reconcile(nil, Asked{Supplier: supplier(1)}); !errors.Is(one.Err(), ErrMisfit) {
		t.Errorf("of one who does not: %+v", one)
	}
	empty := setup(t).reconcile(nil, Asked{})
	if empty.Err() != nil || len(empty.Runs) != 1 || empty.Runs[0].Line != (Line{}) {
		t.Errorf("of nothing: %+v", empty)
	}
}
