package settle

import (
	"context"
	"fmt"
	"slices"

	solanago "github.com/gagliardetto/solana-go"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Payer is what a distribution is paid from, as the chain knows it.
type Payer struct {
	Mint    solana.Key
	Account solana.Key // the treasury's token account
}

// payerOf returns what pays the distribution: what it was prepared with, or what
// the caller says where it was prepared without.
func payerOf(d distribution.Distribution, said Payer) (Payer, error) {
	if d.Source != nil {
		return Payer{d.Source.Mint, d.Source.Account}, nil
	}
	if said.Mint.IsZero() || said.Account.IsZero() {
		return Payer{}, fmt.Errorf("%w: %s does not say what pays it: name the treasury, or its token account", ErrNoPayer, d.ID)
	}
	return said, nil
}

// due is what a transaction must have moved to one token account.
type due struct {
	where   string
	account solana.Key
	amount  ledger.Amount
}

// dueTo returns what is due to the wallet's own token account of the mint.
func (p Payer) dueTo(where, wallet string, amount ledger.Amount) (due, error) {
	owner, err := solanago.PublicKeyFromBase58(wallet)
	if err != nil {
		return due{}, fmt.Errorf("%s: wallet %q: %w", where, wallet, err)
	}
	account, err := solana.AssociatedAccount(owner, p.Mint)
	return due{where, account, amount}, err
}

// covers takes from the transaction's transfers, one for each due, those that pay
// it out of the payer's account. It returns the dues that none pays, and what else
// went out of the account. An associated account holds one mint only, so a transfer
// that does not name its mint is of that one.
func (p Payer) covers(landed *solana.Landed, dues []due) (lacking []due, others []solana.Moved) {
	for _, m := range landed.Transfers {
		if m.From == p.Account && (m.Mint.IsZero() || m.Mint == p.Mint) {
			others = append(others, m)
		}
	}
	for _, d := range dues {
		i := slices.IndexFunc(others, func(m solana.Moved) bool { return m.To == d.account && m.Amount == uint64(d.amount) })
		if i < 0 {
			lacking = append(lacking, d)
			continue
		}
		others = slices.Delete(others, i, i+1)
	}
	return lacking, others
}

// out returns by how much the transaction made the payer's account smaller.
func (p Payer) out(landed *solana.Landed) ledger.Amount {
	return ledger.Amount(-landed.Changes[p.Account])
}

func sumOf(dues []due) (sum ledger.Amount) {
	for _, d := range dues {
		sum += d.amount // within a distribution's total
	}
	return sum
}

// statuses returns the status of each signature.
func statuses(ctx context.Context, client *solana.Client, signatures []string) (map[string]solana.Status, error) {
	keys := make([]solana.Signature, len(signatures))
	for i, s := range signatures {
		var err error
		if keys[i], err = solanago.SignatureFromBase58(s); err != nil {
			return nil, fmt.Errorf("signature %q: %w", s, err)
		}
	}
	found, err := client.Statuses(ctx, keys)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]solana.Status, len(found))
	for i, s := range signatures {
		byName[s] = found[i]
	}
	return byName, nil
}

// to returns what the transaction moved from the payer's account to another.
func (p Payer) to(landed *solana.Landed, account solana.Key) (sum ledger.Amount) {
	for _, m := range landed.Transfers {
		if m.From == p.Account && m.To == account {
			sum += ledger.Amount(m.Amount)
		}
	}
	return sum
}

// notLanded says why a status is not that of a transaction that took effect for good;
// "": it is.
func notLanded(s solana.Status) string {
	switch {
	case !s.Found:
		return "the chain knows no such transaction: it never landed, or the node keeps no history"
	case !s.Finalized:
		return "it is not final yet: settle again in a minute"
	case s.Failed != "":
		return "it failed on the chain and moved nothing: " + s.Failed
	}
	return ""
}

// transaction returns a finalized transaction, or why there is none.
func transaction(ctx context.Context, client *solana.Client, signature string) (*solana.Landed, string, error) {
	key, err := solanago.SignatureFromBase58(signature)
	if err != nil {
		return nil, "", fmt.Errorf("signature %q: %w", signature, err)
	}
	found, err := client.Transaction(ctx, key)
	switch {
	case err != nil:
		return nil, "", err
	case found == nil:
		return nil, "the node knows its status but not what it did: ask one that keeps history", nil
	case found.Failed != "":
		return nil, "it failed on the chain and moved nothing: " + found.Failed, nil
	}
	return found, "", nil
}
