package supplier_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/supplier"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/settle"
)

// held is what the ledger says that a supplier's accounts hold.
func (w *place) held(id uuid.UUID) (all [4]string) {
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		for i, account := range []ledger.Account{ledger.SupplierEarned(id), ledger.SupplierTransit(id), ledger.SupplierPaid(id), ledger.SupplierOwing(id)} {
			amount, err := ledger.Held(ctx, tx, account)
			if err != nil {
				return err
			}
			all[i] = amount.String()
		}
		return nil
	})
	return all
}

func testMoney(t *testing.T, w *place) {
	payout := w.payout(w.from)
	me := w.as(w.from)
	me.Get("/v1/payouts/"+payout+"/proof").Problem(t, http.StatusConflict, "not-claimable")
	w.as(w.to).Get("/v1/payouts/"+payout).Problem(t, http.StatusNotFound, "not-found")
	w.as(w.to).Get("/v1/payouts/"+payout+"/proof").Problem(t, http.StatusNotFound, "not-found")
	before := in[supplier.PayoutDetail](t, me, "/v1/payouts/"+payout)
	if before.State != "waiting" || before.Signature != nil || len(before.Lines) != 1 || before.Lines[0].Revision != 1 ||
		before.Lines[0].Amount != before.Amount || before.ApprovedAt == nil || before.EndedAt != nil {
		t.Errorf("before: %+v", before)
	}
	w.fund()
	w.as(w.to).Get("/v1/payouts/"+payout+"/proof").Problem(t, http.StatusNotFound, "not-found")
	after := in[supplier.PayoutDetail](t, me, "/v1/payouts/"+payout)
	if after.State != "paid" || after.Signature == nil || *after.Evidence != "file" || after.EndedAt == nil || after.Wallet != w.world.Wallet(w.from) {
		t.Errorf("after: %+v", after)
	}
	checkProof(t, w, payout)
	for _, id := range w.suppliers() {
		checkMovements(t, w, id)
	}
	list := in[supplier.PayoutTable](t, me, "/v1/payouts")
	if len(list.Items) != 1 || list.Items[0].Payout != payout {
		t.Errorf("payouts %+v", list)
	}
	sameAsCSV(t, me, "/v1/payouts", list)
	sameAsCSV(t, me, "/v1/statement", in[supplier.StatementTable](t, me, "/v1/statement"))
}

// checkProof holds the proof against the one that the command line prints.
func checkProof(t *testing.T, w *place, payout string) {
	t.Helper()
	got := in[supplier.Proof](t, w.as(w.from), "/v1/payouts/"+payout+"/proof")
	var want []settle.Proof
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		want, err = settle.Proofs(ctx, tx, settle.Whose{Payout: payout})
		return err
	})
	var hashes []string
	for _, h := range want[0].Proof {
		hashes = append(hashes, hex.EncodeToString(h[:]))
	}
	if !slices.Equal(got.Proof, hashes) || got.Root != hex.EncodeToString(want[0].Root[:]) || !slices.Equal(got.Payouts, []string{payout}) ||
		got.Amount.Amount != want[0].Amount.String() || got.Claimant != w.world.Wallet(w.from) || got.Vault != want[0].Vault {
		t.Errorf("proof %+v, want %+v", got, want[0])
	}
}

// checkMovements adds a statement up, and holds it against the ledger.
func checkMovements(t *testing.T, w *place, id uuid.UUID) {
	t.Helper()
	me := w.as(id)
	whole := in[supplier.StatementTable](t, me, "/v1/statement?limit=200")
	var sums [4]int64
	place := map[string]int{"earned": 0, "transit": 1, "paid": 2, "owing": 3}
	var keys []string
	key := func(m supplier.Movement) string { return fmt.Sprint(m.Journal, "/", m.Transfer) }
	for _, m := range whole.Items {
		amount := number(m.Amount.Amount).Int64()
		if i, own := place[m.From]; own {
			sums[i] -= amount
		}
		if i, own := place[m.To]; own {
			sums[i] += amount
		}
		a := m.BalanceAfter
		for i, got := range []string{a.Earned.Amount, a.Transit.Amount, a.Paid.Amount, a.Owing.Amount} {
			if got != fmt.Sprint(sums[i]) {
				t.Fatalf("%s after %s: %+v, want %v", id, key(m), a, sums)
			}
		}
		if a.Owed.Amount != fmt.Sprint(sums[0]+sums[1]-sums[3]) {
			t.Fatalf("%s after %s: owed %s", id, key(m), a.Owed.Amount)
		}
		if (m.Act == "prepare" && m.To == "transit" || m.Act == "settle") != (m.Payout != nil) || (m.Act == "settle") != (m.Signature != nil) ||
			(m.Act == "seal" || m.Act == "correct") != (m.Revision != nil) {
			t.Errorf("%s: %+v", id, m)
		}
		keys = append(keys, key(m))
	}
	want := w.held(id)
	b := in[supplier.Balance](t, me, "/v1/balance")
	if got := [4]string{b.Earned.Amount, b.Transit.Amount, b.Paid.Amount, b.Owing.Amount}; got != want {
		t.Errorf("%s has %v, want %v", id, got, want)
	}
	for i := range sums {
		if fmt.Sprint(sums[i]) != want[i] {
			t.Errorf("%s: movements come to %v, want %v", id, sums, want)
		}
	}
	if got := walk(t, me, "/v1/statement", key); !slices.Equal(got, keys) {
		t.Errorf("%s: in pages %v, at once %v", id, got, keys)
	}
	if len(whole.Items) > 1 {
		second := whole.Items[1]
		rest := in[supplier.StatementTable](t, me, "/v1/statement?limit=200&from="+second.PostedAt.Format("2006-01-02T15:04:05.999999Z"))
		if len(rest.Items) != len(whole.Items)-1 || rest.Items[0].BalanceAfter != second.BalanceAfter {
			t.Errorf("%s from the second movement on: %+v", id, rest)
		}
	}
}
