package distribution

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

func TestAbsorb(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ lines, want []PayoutLine }{
		"nothing below 0":             {[]PayoutLine{{"s1", 1, 5}, {"s2", 1, 7}}, []PayoutLine{{"s1", 1, 5}, {"s2", 1, 7}}},
		"what is paid is left out":    {[]PayoutLine{{"s1", 1, 0}, {"s2", 1, 7}}, []PayoutLine{{"s2", 1, 7}}},
		"its own season first":        {[]PayoutLine{{"s1", 1, 5}, {"s2", 1, 7}, {"s1", 2, -3}}, []PayoutLine{{"s1", 1, 2}, {"s2", 1, 7}}},
		"the newest of its season":    {[]PayoutLine{{"s1", 1, 5}, {"s1", 2, 5}, {"s1", 3, -6}}, []PayoutLine{{"s1", 1, 4}}},
		"then another season":         {[]PayoutLine{{"s1", 1, 5}, {"s2", 1, 7}, {"s1", 2, -8}}, []PayoutLine{{"s2", 1, 4}}},
		"paid already, owed by later": {[]PayoutLine{{"s1", 1, 0}, {"s1", 2, -3}, {"s2", 1, 7}}, []PayoutLine{{"s2", 1, 4}}},
		"all of it":                   {[]PayoutLine{{"s1", 1, 5}, {"s1", 2, -5}}, nil},
	} {
		if got := absorb(slices.Clone(c.lines)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestAbsorbKeepsTheSum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.Custom(func(t *rapid.T) PayoutLine {
			return PayoutLine{rapid.SampledFrom([]string{"s1", "s2", "s3"}).Draw(t, "season"), 1, ledger.Amount(rapid.Int64Range(-100, 100).Draw(t, "amount"))}
		})).Draw(t, "lines")
		before := sumOf(lines)
		after := absorb(slices.Clone(lines))
		if sumOf(after) != before {
			t.Fatalf("%v became %v", lines, after)
		}
		for _, l := range after {
			if l.Amount <= 0 && before >= 0 {
				t.Fatalf("%v became %v", lines, after)
			}
		}
	})
}

func TestDuesMustAccountForTheBalance(t *testing.T) {
	t.Parallel()
	earning := ledger.Earning{Supplier: supplier(0), Balance: 10, Credits: []ledger.Credit{{Season: "s1", Revision: 1, Amount: 30}}}
	if _, err := dues([]ledger.Earning{earning}, nil); err == nil {
		t.Error("30 credited account for a balance of 10")
	}
	all, err := dues([]ledger.Earning{earning}, map[source]ledger.Amount{{supplier(0), "s1", 1}: 20})
	if err != nil || len(all) != 1 || !slices.Equal(all[0].lines, []PayoutLine{{"s1", 1, 10}}) {
		t.Errorf("got %+v, %v", all, err)
	}
}

// TestDivideLeavesNobodyOut holds each due to its place on random worlds.
func TestDivideLeavesNobodyOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minimum := ledger.Amount(rapid.Int64Range(0, 10).Draw(t, "minimum"))
		wallets := map[uuid.UUID]wallet.Standing{}
		var all []due
		for i := range rapid.IntRange(0, 20).Draw(t, "suppliers") {
			all = append(all, due{supplier: supplier(i), amount: ledger.Amount(rapid.Int64Range(1, 20).Draw(t, "amount"))})
			switch rapid.IntRange(0, 3).Draw(t, "wallet") {
			case 0:
				wallets[supplier(i)] = wallet.Standing{Wallet: wallet.Wallet(address(i))}
			case 1:
				wallets[supplier(i)] = wallet.Standing{Why: wallet.OnHold}
			case 2:
				wallets[supplier(i)] = wallet.Standing{Why: wallet.WalletFrozen}
			}
		}
		payouts, carried := divide(all, wallets, minimum)
		if len(payouts)+len(carried) != len(all) {
			t.Fatalf("%d paid and %d carried of %d", len(payouts), len(carried), len(all))
		}
		for i, p := range payouts {
			if p.Number != i+1 || p.Amount < minimum || p.Wallet != wallets[p.Supplier].Wallet || p.Wallet == "" {
				t.Fatalf("payout %+v at %d", p, i)
			}
		}
		for _, c := range carried {
			standing, found := wallets[c.Supplier]
			if (c.Reason == BelowMinimum) != (c.Amount < minimum) || c.Reason != BelowMinimum && standing.Wallet != "" ||
				c.Reason == NoWallet && found || c.Reason == WalletOnHold && standing.Why != wallet.OnHold {
				t.Fatalf("carried %+v", c)
			}
		}
	})
}

func TestTablesRefuseUnsafeCells(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{"", "=1+1", "+1", "-1", "@sum", "\tx", "\rx", "a,b", `a"b`, "a\nb"} {
		table := newTable("column")
		table.row("fine")
		table.row(cell)
		if _, err := table.file("x.csv"); err == nil {
			t.Errorf("cell %q was written", cell)
		}
	}
}
