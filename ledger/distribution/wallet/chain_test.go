package wallet

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

func pubkey(address string) solana.Key { return solanago.MustPublicKeyFromBase58(address) }

func dial(t *testing.T, chain *svm.Runtime) *solana.Client {
	client, err := solana.Dial(chain.URL, solana.Options{PerSecond: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// ofStake is an account that a program owns, as an address becomes one after it was
// proved.
var ofStake = svm.Account{Lamports: 1_000_000_000, Owner: solanago.StakeProgramID, Data: make([]byte, 200)}

func TestCheckOnChain(t *testing.T) {
	t.Parallel()
	chain := svm.Start(t)
	client := dial(t, chain)
	holder := pubkey(address(1))
	chain.Airdrop(holder, 1_000_000_000)
	chain.CreateTokenAccounts(holder)
	nonce := chain.NewNonce(holder)
	multisig := chain.NewMultisig(1, holder)
	owned := pubkey(address(8))
	chain.SetAccount(owned, ofStake)
	for name, c := range map[string]struct{ address, says string }{
		"an address that never held anything":  {address(0), ""},
		"a wallet with SOL":                    {address(1), ""},
		"a vault that never held anything":     {vault, ""},
		"its token account":                    {chain.Associated(holder).String(), "a token account"},
		"the mint":                             {chain.Mint.String(), "a mint"},
		"the token program":                    {solanago.TokenProgramID.String(), "a program"},
		"a multisig of the token program":      {multisig.String(), "a multisig of the token program"},
		"a nonce":                              {nonce.String(), "an account with data"},
		"an account that another program owns": {owned.String(), "an account of the program Stake111"},
	} {
		err := CheckOnChain(t.Context(), client, c.address)
		if (c.says == "") != (err == nil) || err != nil && (!errors.Is(err, ErrOnChain) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}

	entries := []Entry{{Text: anyText(0, 0), line: 2}, {Text: anyText(1, 8), line: 3}, {Text: anyText(2, 1), line: 4}, {Text: anyText(3, 8), line: 5}}
	err := CheckEntriesOnChain(t.Context(), client, entries)
	bad, ok := errors.AsType[*BadRows](err)
	if !ok || len(bad.Rows) != 2 || bad.Rows[0].Line != 3 || bad.Rows[1].Line != 5 || !errors.Is(err, ErrOnChain) {
		t.Errorf("got %v", err)
	}
	if err := CheckEntriesOnChain(t.Context(), client, entries[:1]); err != nil {
		t.Error(err)
	}

	chain.FailCalls("getMultipleAccounts", 1, http.StatusForbidden)
	if err := CheckOnChain(t.Context(), client, address(0)); err == nil || errors.Is(err, ErrOnChain) || strings.Contains(err.Error(), chain.URL) {
		t.Errorf("a node that refuses: got %v", err)
	}
}

func (b *bundle) activate(at int, refused map[Wallet]error) (frozen []Due) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		dues, err := Dues(ctx, tx, after(at))
		if err != nil {
			return err
		}
		frozen, err = Activate(ctx, tx, dues, refused)
		return err
	})
	return frozen
}

func TestActivate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.prove(0, 0, start, hold)
	b.prove(1, 1, start, hold)
	b.prove(1, 2, after(1), hold) // takes the place of the one before
	b.prove(2, 3, start, 0)       // on record as it counts at once
	events := func() (n int) {
		if err := b.Owner.QueryRow(t.Context(), `SELECT count(*) FROM wallet_event WHERE kind = 'activated'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, c := range []struct{ at, events int }{{71, 1}, {72, 2}, {72, 2}, {73, 3}, {1000, 3}} {
		if frozen := b.activate(c.at, nil); frozen != nil || events() != c.events {
			t.Errorf("after %d hours: %d events, frozen %v; want %d", c.at, events(), frozen, c.events)
		}
	}
	if e := b.history(1)[4]; e.Kind != EventActivated || e.Wallet != Wallet(address(2)) || !e.ActiveFrom.Equal(after(73)) || e.Person != TheProgram {
		t.Errorf("got %+v", e)
	}
}

func TestActivateFreezesWhatTheChainRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	chain := svm.Start(t)
	client := dial(t, chain)
	b.prove(0, 0, start, hold)
	b.prove(1, 1, start, hold)
	chain.SetAccount(pubkey(address(0)), ofStake)
	refused, err := RefusedOnChain(t.Context(), client, []Wallet{Wallet(address(0)), Wallet(address(1))})
	if err != nil {
		t.Fatal(err)
	}
	if frozen := b.activate(72, refused); len(frozen) != 1 || frozen[0].Supplier != supplier(0) {
		t.Errorf("got %v", frozen)
	}
	if frozen := b.activate(72, refused); frozen != nil {
		t.Errorf("a second time: %v", frozen)
	}
	if got := b.standing(0, after(72)); got.Why != WalletFrozen {
		t.Errorf("got %+v", got)
	}
	if got := b.standing(1, after(72)); got.Wallet != Wallet(address(1)) {
		t.Errorf("got %+v", got)
	}
	if e := b.history(0)[3]; e.Kind != EventFrozen || !strings.Contains(e.Reason, "of the program Stake111") || e.Person != TheProgram {
		t.Errorf("got %+v", e)
	}
}
