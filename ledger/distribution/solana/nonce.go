package solana

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	solanago "github.com/gagliardetto/solana-go"
)

// ErrNonce is an account that is no durable nonce.
var ErrNonce = errors.New("not a durable nonce")

// nonceSize is the number of bytes of a nonce account.
const nonceSize = 80

// Nonce returns the finalized value of a durable nonce account, which stands in the
// place of a blockhash and changes once a transaction on it has landed, and the key
// that may advance it. The error is ErrNonce if the account is none.
func (c *Client) Nonce(ctx context.Context, account Key) (value Hash, authority Key, err error) {
	accounts, err := c.Accounts(ctx, []Key{account})
	if err != nil {
		return Hash{}, Key{}, err
	}
	value, authority, err = parseNonce(accounts[0])
	if err != nil {
		return Hash{}, Key{}, fmt.Errorf("solana: %w: %s: %w", ErrNonce, account, err)
	}
	return value, authority, nil
}

// parseNonce decodes a nonce account of the current version:
//
//	0          4        8           40      72                    80
//	│version 1 │state 1 │authority  │value  │lamports a signature │
//
// numbers little-endian (Versions and State of solana-nonce).
func parseNonce(a *Account) (value Hash, authority Key, err error) {
	switch {
	case a == nil:
		return Hash{}, Key{}, errors.New("it does not exist: create it")
	case a.Owner != solanago.SystemProgramID || len(a.Data) != nonceSize:
		return Hash{}, Key{}, errors.New("another account: give one that solana create-nonce-account made")
	case binary.LittleEndian.Uint32(a.Data) != 1 || binary.LittleEndian.Uint32(a.Data[4:]) != 1:
		return Hash{}, Key{}, errors.New("not initialised, or of an old version: initialise it, or upgrade it")
	}
	return Hash(a.Data[40:72]), Key(a.Data[8:40]), nil
}
