package distribution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/merkle"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// payer is what pays in the tests: a key that owns its associated token account.
func payer(t testing.TB) *solana.Source {
	t.Helper()
	owner, mint := solana.PublicKey(walletKey(1000)), solana.PublicKey(walletKey(1001))
	account, err := solana.AssociatedAccount(owner, mint)
	if err != nil {
		t.Fatal(err)
	}
	return &solana.Source{Mint: mint, Decimals: ledger.DecimalPlaces, Account: account, Owner: owner, FeePayer: owner}
}

func (b *bundle) prepareOn(rail Rail) Distribution {
	b.t.Helper()
	request := Request{Key: uuid.NewString(), Actor: b.ann, Reason: "pay", Rail: rail}
	if rail == RailTransactions {
		request.Source = payer(b.t)
	}
	d, err := b.tryPrepare(request)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

// amounts are n amounts, each another.
func amounts(n int) []ledger.Amount {
	all := make([]ledger.Amount, n)
	for i := range all {
		all[i] = ledger.Amount(1000 + i)
	}
	return all
}

func TestOnlyTheRailsOwnFileIsPayable(t *testing.T) {
	t.Parallel()
	for rail, file := range map[Rail]string{RailTransactions: TransactionsFile, RailSolanaTokens: SolanaTokensFile, RailMerkle: "tree-1.json"} {
		t.Run(string(rail), func(t *testing.T) {
			b := setup(t)
			b.addWallets(20)
			b.seal("s1", 1, amounts(20)...)
			d := b.prepareOn(rail)
			var names []string
			for _, f := range d.Files {
				names = append(names, f.Name)
			}
			want := []string{SumsFile, ManifestFile, PayoutLinesFile, PayoutsFile, file}
			if got := strings.Join(names, " "); d.Rail != rail || !sameSet(names, want) {
				t.Errorf("rail %s has %s, want %v", d.Rail, got, want)
			}
			var manifest Manifest
			if err := json.Unmarshal([]byte(b.file(d.ID, ManifestFile)), &manifest); err != nil || manifest.Rail != rail {
				t.Errorf("manifest: %+v, %v", manifest, err)
			}
		})
	}
}

func sameSet(a, b []string) bool {
	set := map[string]int{}
	for _, x := range a {
		set[x]++
	}
	for _, x := range b {
		set[x]--
	}
	for _, n := range set {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestTransactionsPayEveryPayoutOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(40)
	b.seal("s1", 1, amounts(40)...)
	request := Request{Key: "k", Actor: b.ann, Reason: "pay", Rail: RailTransactions, Source: payer(t),
		Chain: Chain{Asked: true, Rent: 1_488_440, Present: map[wallet.Wallet]bool{}}}
	for i := range 18 { // two transactions of those that have an account, three of the 22 that have not
		request.Chain.Present[wallet.Wallet(address(i))] = true
	}
	var preview Preview
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		preview, err = Look(ctx, tx, request)
		return err
	})
	if c := preview.Cost; c.Transactions != 5 || c.Fees != 25_000 || c.Creates != 22 || c.Rent == nil || *c.Rent != 22*1_488_440 {
		t.Errorf("cost: %+v", c)
	}
	if preview.Payees != 40 || len(preview.Largest) != 20 || preview.Largest[0].Amount != 1039 || preview.Change != nil {
		t.Errorf("preview: %+v", preview)
	}
	d, err := b.tryPrepare(request)
	if err != nil {
		t.Fatal(err)
	}
	b.approve(d.ID)
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		_, instructions, err := ReadInstructions(ctx, tx, d.ID)
		if err != nil {
			return err
		}
		paid, creates := map[string]uint64{}, 0
		for _, batch := range instructions.Batches {
			for _, transfer := range batch.Transfers {
				paid[transfer.Payout] += transfer.Amount
				if transfer.Create {
					creates++
				}
			}
		}
		for i := range 40 {
			if id := fmt.Sprintf("d1-%d", i+1); paid[id] != uint64(1000+i) {
				t.Errorf("%s is paid %d, want %d", id, paid[id], 1000+i)
			}
		}
		if len(paid) != 40 || creates != 22 || len(instructions.Batches) != 5 {
			t.Errorf("%d payouts, %d creates, %d batches", len(paid), creates, len(instructions.Batches))
		}
		return nil
	})
}

func TestAWalletStandsInOneTreeAndOneRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(3)
	b.prove(3, 0) // two suppliers, one wallet
	b.seal("s1", 1, 10, 20, 30, 40)
	trees := b.prepareOn(RailMerkle)
	text := b.file(trees.ID, "tree-1.json")
	tree, version, err := merkle.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if version != TreeVersion(1, 1) {
		t.Errorf("version %d", version)
	}
	if unlocked, locked := tree.Totals(); len(tree.Leaves()) != 3 || unlocked != 100 || locked != 0 {
		t.Errorf("%d leaves of %d and %d locked, want 3 of 100", len(tree.Leaves()), unlocked, locked)
	}
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		all, err := ReadTrees(ctx, tx, trees.ID)
		if err != nil {
			return err
		}
		if len(all) != 1 || all[0].ID != "d1-t1" || all[0].Nodes != 3 || all[0].Total != 100 || len(all[0].Payouts) != 4 ||
			all[0].Root != ledger.Digest(tree.Root()) {
			t.Errorf("trees: %+v", all)
		}
		return nil
	})
	b.cancel(trees.ID)
	tokens := b.prepareOn(RailSolanaTokens)
	want := "recipient,amount\n" + address(0) + ",50\n" + address(1) + ",20\n" + address(2) + ",30\n"
	if got := b.file(tokens.ID, SolanaTokensFile); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestPreviewTellsWhatChanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(3)
	b.seal("s1", 1, 10, 20, 30)
	b.prepareOn(RailSolanaTokens)
	b.prove(2, 77) // another wallet
	b.prove(3, 3)
	b.seal("s2", 1, 0, 5, 6, 7)
	var preview Preview
	look := func(ctx context.Context, tx pgx.Tx) (err error) {
		preview, err = Look(ctx, tx, Request{Key: "next", Actor: b.ann, Reason: "pay"})
		return err
	}
	b.do(look)
	if c := preview.Change; c == nil || *c != (Change{Since: "d1", Payees: 0, Total: 18 - 60, New: 1, Gone: 1, Wallets: 1}) {
		t.Errorf("change: %+v", c)
	}
	if again := preview.Total; again != 18 {
		t.Errorf("total %s, want 18", again)
	}
	if len(b.list()) != 1 {
		t.Error("a preview left a distribution behind")
	}
	b.prepare("next")
	if err := b.try(look); !errors.Is(err, ErrConflict) {
		t.Errorf("a granted request was previewed: %v", err)
	}
}

func TestRequestsThatNameTheWrongThingAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWallets(1)
	b.seal("s1", 1, 10)
	wrongDecimals := payer(t)
	wrongDecimals.Decimals = 9
	for name, request := range map[string]Request{
		"an unknown rail":        {Rail: "carrier-pigeon"},
		"no source":              {Rail: RailTransactions},
		"a source elsewhere":     {Rail: RailMerkle, Source: payer(t)},
		"nonces elsewhere":       {Rail: RailMerkle, Nonces: []solana.Key{payer(t).Owner}},
		"another token's places": {Rail: RailTransactions, Source: wrongDecimals},
		"an empty source":        {Rail: RailTransactions, Source: &solana.Source{Decimals: 8}},
		"a minimum below 0":      {Minimum: new(ledger.Amount(-1))},
	} {
		request.Key, request.Actor, request.Reason = name, b.ann, "pay"
		if _, err := b.tryPrepare(request); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
	if got := len(b.list()); got != 0 {
		t.Errorf("%d were prepared", got)
	}
}
