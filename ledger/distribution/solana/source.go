package solana

import (
	"errors"

	solanago "github.com/gagliardetto/solana-go"
)

// Key is a public key or an address: 32 bytes, base58 as text.
type Key = solanago.PublicKey

// Signature is an Ed25519 signature, base58 as text. The first of a transaction
// is its id.
type Signature = solanago.Signature

// Hash is a blockhash or the value of a nonce account, base58 as text.
type Hash = solanago.Hash

// Source is what payouts are paid from.
type Source struct {
	Mint     Key   `json:"mint"`
	Decimals uint8 `json:"decimals"`
	Account  Key   `json:"account"`           // the token account that pays
	Owner    Key   `json:"owner"`             // its owner: a key, or an SPL multisig account
	Signers  []Key `json:"signers,omitempty"` // the members of the multisig who sign; none: Owner signs
	FeePayer Key   `json:"fee_payer"`         // pays fees and rent, is the authority of the nonces, signs first
}

// Check returns what is wrong with the source, naming field, value and remedy.
func (s Source) Check() error { return errors.ErrUnsupported }

// AssociatedAccount returns the token account of the mint that belongs to the
// owner by derivation, for the classic token program.
func AssociatedAccount(owner, mint Key) (Key, error) { return Key{}, errors.ErrUnsupported }
