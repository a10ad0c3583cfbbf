package solana

import (
	"context"
	"fmt"
	"slices"

	solanago "github.com/gagliardetto/solana-go"
)

// What accounts of the token program look like (Mint and Multisig of spl-token):
//
//	mint       0 … 44        45           82      multisig   0         1       2            3   35       355
//	           │…   │decimals│initialised │…               │required │members│initialised │key│key…    │
const (
	mintSize     = 82
	multisigSize = 355
)

// CheckSource compares a source with the chain: the mint is of the classic token
// program and has its decimals, the token account is of mint and owner and not
// frozen, and if the owner is a multisig, enough of its members are to sign. It
// returns the token account, with what it holds. The error is that of Check, or an
// ErrSource that names the field, its value and the remedy.
func (c *Client) CheckSource(ctx context.Context, src Source) (TokenAccount, error) {
	if err := src.Check(); err != nil {
		return TokenAccount{}, fmt.Errorf("solana: %w", err)
	}
	found, err := c.Accounts(ctx, []Key{src.Mint, src.Account, src.Owner})
	if err != nil {
		return TokenAccount{}, err
	}
	err = checkMint(src, found[0])
	var account TokenAccount
	if err == nil {
		account, err = checkAccount(src, found[1])
	}
	if err == nil {
		err = checkOwner(src, found[2])
	}
	if err != nil {
		return TokenAccount{}, fmt.Errorf("solana: %w: %w", ErrSource, err)
	}
	return account, nil
}

func checkMint(src Source, a *Account) error {
	if a == nil || a.Owner != solanago.TokenProgramID || len(a.Data) != mintSize || a.Data[45] != 1 {
		return fmt.Errorf("mint: %s is no mint of the classic token program on this cluster: check the address, and which cluster the RPC node is of", src.Mint)
	}
	if decimals := a.Data[44]; decimals != src.Decimals {
		return fmt.Errorf("decimals: %d, but the mint has %d: set them to those", src.Decimals, decimals)
	}
	return nil
}

func checkAccount(src Source, a *Account) (TokenAccount, error) {
	t, err := ParseTokenAccount(a)
	switch {
	case err != nil:
		return TokenAccount{}, fmt.Errorf("account: %s: %w: check the address, and which cluster the RPC node is of", src.Account, err)
	case t.Mint != src.Mint:
		return TokenAccount{}, fmt.Errorf("account: %s holds tokens of %s: give the account of the mint that is paid", src.Account, t.Mint)
	case t.Owner != src.Owner:
		return TokenAccount{}, fmt.Errorf("owner: %s, but %s owns the token account: set it to that", src.Owner, t.Owner)
	case t.Frozen:
		return TokenAccount{}, fmt.Errorf("account: %s is frozen: have the mint's authority thaw it", src.Account)
	}
	return t, nil
}

func checkOwner(src Source, a *Account) error {
	isMultisig := a != nil && a.Owner == solanago.TokenProgramID && len(a.Data) == multisigSize && a.Data[2] == 1
	switch {
	case !isMultisig && len(src.Signers) == 0:
		return nil
	case !isMultisig:
		return fmt.Errorf("owner: %s is no multisig account of the token program: leave signers out, and it signs itself", src.Owner)
	case len(src.Signers) < int(a.Data[0]):
		return fmt.Errorf("signers: %d, but the multisig %s asks for %d: list as many members", len(src.Signers), src.Owner, a.Data[0])
	}
	var members []Key
	for member := range slices.Chunk(a.Data[3:], len(Key{})) {
		members = append(members, Key(member))
	}
	for i, signer := range src.Signers {
		if !slices.Contains(members[:min(int(a.Data[1]), len(members))], signer) {
			return fmt.Errorf("signers[%d]: %s is no member of the multisig %s: list members", i, signer, src.Owner)
		}
	}
	return nil
}
