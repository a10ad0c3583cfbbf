package distribution

import (
	"context"
	"fmt"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// Chain is what was read of the chain for a preparation: it makes transactions
// smaller and their cost known, and changes nothing of who is paid what. The zero
// Chain is that of one that was not asked.
type Chain struct {
	Asked   bool
	Present map[wallet.Wallet]bool // the wallets that have a token account of the mint
	Rent    uint64                 // lamports that a new token account holds
}

// Wallets returns whom a request would pay: what to look for on the chain before it
// is granted. It is none for a key that stands for a distribution already: whether
// that is the same one, Prepare says.
func Wallets(ctx context.Context, tx pgx.Tx, request Request) ([]wallet.Wallet, error) {
	r, earlier, err := plan(ctx, tx, request)
	if earlier.ID != "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	wallets := make([]wallet.Wallet, len(r.payouts))
	for i, p := range r.payouts {
		wallets[i] = p.Wallet
	}
	return wallets, nil
}

// LookAtChain asks the chain which of the wallets have a token account of the mint,
// and what a new one costs.
func LookAtChain(ctx context.Context, client *solana.Client, mint solana.Key, wallets []wallet.Wallet) (Chain, error) {
	accounts := make([]solana.Key, len(wallets))
	for i, w := range wallets {
		owner, err := keyOf(w)
		if err != nil {
			return Chain{}, err
		}
		if accounts[i], err = solana.AssociatedAccount(owner, mint); err != nil {
			return Chain{}, err
		}
	}
	found, err := client.Accounts(ctx, accounts)
	if err != nil {
		return Chain{}, fmt.Errorf("distribution: looking for token accounts: %w", err)
	}
	chain := Chain{Asked: true, Present: make(map[wallet.Wallet]bool, len(wallets))}
	for i, account := range found {
		if account != nil && account.Owner == solanago.TokenProgramID {
			chain.Present[wallets[i]] = true
		}
	}
	if chain.Rent, err = client.Rent(ctx, solana.TokenAccountSize); err != nil {
		return Chain{}, fmt.Errorf("distribution: asking for the rent of a token account: %w", err)
	}
	return chain, nil
}
