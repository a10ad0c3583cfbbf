package solana

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/gagliardetto/solana-go/rpc"
)

// accountsMax is how many accounts a node answers of at once.
const accountsMax = 100

// Account is an account of the chain.
type Account struct {
	Owner      Key // the program that it belongs to
	Lamports   uint64
	Data       []byte
	Executable bool
}

// Accounts returns the finalized state of each account, in their order, nil where
// it is absent.
func (c *Client) Accounts(ctx context.Context, keys []Key) ([]*Account, error) {
	accounts := make([]*Account, 0, len(keys))
	for chunk := range slices.Chunk(keys, accountsMax) {
		out, err := c.node.GetMultipleAccountsWithOpts(ctx, chunk, &rpc.GetMultipleAccountsOpts{
			Encoding: solanago.EncodingBase64, Commitment: rpc.CommitmentFinalized, MinContextSlot: c.atLeast(),
		})
		if err == nil && len(out.Value) != len(chunk) || errors.Is(err, rpc.ErrNotFound) {
			err = fmt.Errorf("%w: another number of accounts than was asked for", ErrUnreachable)
		}
		if err != nil {
			return nil, fmt.Errorf("solana: accounts: %w", err)
		}
		c.learn(out.Context.Slot)
		for _, a := range out.Value {
			accounts = append(accounts, accountOf(a))
		}
	}
	return accounts, nil
}

func accountOf(a *rpc.Account) *Account {
	if a == nil {
		return nil
	}
	account := &Account{Owner: a.Owner, Lamports: a.Lamports, Executable: a.Executable}
	if a.Data != nil {
		account.Data = a.Data.GetBinary()
	}
	return account
}

// TokenAccount is an initialised account of the classic token program.
type TokenAccount struct {
	Mint   Key
	Owner  Key
	Amount uint64 // base units
	Frozen bool   // neither pays nor is paid
}

// TokenAccountSize is the number of bytes of a token account, for Rent.
const TokenAccountSize = 165

// ErrNotTokenAccount is an account that holds no tokens of the classic program.
var ErrNotTokenAccount = errors.New("not a token account")

// ParseTokenAccount decodes an account of the classic token program:
//
//	0     32     64       72              108     109          165
//	│mint │owner │amount  │delegate: 4+32 │state  │native, …   │
//
// numbers little-endian, state 1 initialised, 2 frozen (Account of spl-token). The
// error is ErrNotTokenAccount.
func ParseTokenAccount(a *Account) (TokenAccount, error) {
	if a == nil || a.Owner != solanago.TokenProgramID || len(a.Data) != TokenAccountSize {
		return TokenAccount{}, fmt.Errorf("solana: %w: none of the token program with %d bytes", ErrNotTokenAccount, TokenAccountSize)
	}
	state := a.Data[108]
	if state != 1 && state != 2 {
		return TokenAccount{}, fmt.Errorf("solana: %w: state %d, which is not initialised", ErrNotTokenAccount, state)
	}
	return TokenAccount{Key(a.Data[:32]), Key(a.Data[32:64]), binary.LittleEndian.Uint64(a.Data[64:]), state == 2}, nil
}

// TokenAccounts returns the finalized state of each token account, in their order,
// nil where it is absent. The error is ErrNotTokenAccount if one is another account.
func (c *Client) TokenAccounts(ctx context.Context, keys []Key) ([]*TokenAccount, error) {
	accounts, err := c.Accounts(ctx, keys)
	if err != nil {
		return nil, err
	}
	found := make([]*TokenAccount, len(keys))
	for i, key := range keys {
		if accounts[i] == nil {
			continue
		}
		t, err := ParseTokenAccount(accounts[i])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		found[i] = &t
	}
	return found, nil
}
