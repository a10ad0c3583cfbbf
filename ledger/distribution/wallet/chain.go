package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	solanago "github.com/gagliardetto/solana-go"

	"github.com/uptally/uptally/ledger/distribution/solana"
)

// ErrOnChain is an address that the chain knows as something else than a wallet.
var ErrOnChain = errors.New("no wallet on the chain")

// Accounts reads accounts of the chain, in the order of the keys, nil where there is
// none, as *solana.Client does.
type Accounts interface {
	Accounts(ctx context.Context, keys []solana.Key) ([]*solana.Account, error)
}

// CheckOnChain asks the chain whether the address is a wallet: absent, as one is that
// never held anything, or of the system program and without data. Token accounts,
// programs, mints and all else that a program owns are refused with ErrOnChain. Any
// other error means that the chain gave no answer.
func CheckOnChain(ctx context.Context, client Accounts, address string) error {
	refused, err := RefusedOnChain(ctx, client, []Wallet{Wallet(address)})
	if err != nil {
		return err
	}
	return refused[Wallet(address)]
}

// RefusedOnChain asks of many, and returns those that the chain knows as something
// else than wallets, each with its ErrOnChain.
func RefusedOnChain(ctx context.Context, client Accounts, wallets []Wallet) (map[Wallet]error, error) {
	wallets = slices.Compact(slices.Sorted(slices.Values(wallets)))
	keys := make([]solana.Key, len(wallets))
	for i, w := range wallets {
		key, err := solanago.PublicKeyFromBase58(string(w))
		if err != nil {
			return nil, refused(string(w), err)
		}
		keys[i] = key
	}
	accounts, err := client.Accounts(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("wallet: on the chain: %w", err)
	}
	found := map[Wallet]error{}
	for i, w := range wallets {
		if what := notOnChain(accounts[i]); what != "" {
			found[w] = fmt.Errorf("wallet: %w: %s is %s: give the supplier's own wallet", ErrOnChain, w, what)
		}
	}
	return found, nil
}

// CheckEntriesOnChain asks of all wallets of a table. The error is a *BadRows that
// names each row that the chain refuses.
func CheckEntriesOnChain(ctx context.Context, client Accounts, entries []Entry) error {
	wallets := make([]Wallet, len(entries))
	for i, e := range entries {
		wallets[i] = e.Wallet
	}
	refused, err := RefusedOnChain(ctx, client, wallets)
	if err != nil {
		return err
	}
	var bad BadRows
	for _, e := range entries {
		if why := refused[e.Wallet]; why != nil {
			bad.Rows = append(bad.Rows, BadRow{e.line, why})
		}
	}
	if len(bad.Rows) > 0 {
		return &bad
	}
	return nil
}

// notOnChain says what an account is that is no wallet, "" if it is one.
func notOnChain(a *solana.Account) string {
	switch {
	case a == nil:
		return ""
	case a.Executable:
		return "a program"
	case a.Owner == solanago.TokenProgramID || a.Owner == solanago.Token2022ProgramID:
		return ofTokenProgram(len(a.Data))
	case a.Owner != solanago.SystemProgramID:
		return "an account of the program " + a.Owner.String()
	case len(a.Data) > 0:
		return "an account with data, such as a nonce"
	}
	return ""
}

// ofTokenProgram says what an account of the token program is. Its own accounts are
// told apart by their sizes; those of token-2022 may be longer.
func ofTokenProgram(size int) string {
	switch size {
	case mintSize:
		return "a mint"
	case multisigSize:
		return "a multisig of the token program, which owns accounts and is none"
	}
	return "a token account, and not the wallet that owns it"
}

const (
	mintSize     = 82
	multisigSize = 355
)
