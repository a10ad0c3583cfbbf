package solana

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"filippo.io/edwards25519"
	solanago "github.com/gagliardetto/solana-go"
)

// Key is a public key or an address: 32 bytes, base58 as text.
type Key = solanago.PublicKey

// Signature is an Ed25519 signature: 64 bytes, base58 as text. The first of a
// transaction is its id.
type Signature = solanago.Signature

// Hash is a blockhash or the value of a nonce account: 32 bytes, base58 as text.
type Hash = solanago.Hash

// Source is what payouts are paid from.
type Source struct {
	Mint     Key   `json:"mint"`
	Decimals uint8 `json:"decimals"`          // of the mint: a transfer with others fails
	Account  Key   `json:"account"`           // the token account that pays
	Owner    Key   `json:"owner"`             // its owner: a key, or an SPL multisig account
	Signers  []Key `json:"signers,omitempty"` // the members of the multisig who sign; none: Owner signs
	FeePayer Key   `json:"fee_payer"`         // pays fees and rent, is the authority of the nonces, signs first
}

// signersMax is how many members a multisig account of the token program has at
// most (MAX_SIGNERS of the token program).
const signersMax = 11

// ErrSource is a source that cannot pay.
var ErrSource = errors.New("not a source of payouts")

// Equal reports whether both pay from the same, signed by the same.
func (s Source) Equal(other Source) bool {
	return s.Mint == other.Mint && s.Decimals == other.Decimals && s.Account == other.Account && s.Owner == other.Owner &&
		slices.Equal(s.Signers, other.Signers) && s.FeePayer == other.FeePayer
}

// Check returns an ErrSource that names the field, its value and the remedy, if the
// source cannot pay: a key is missing or stands in two places where it cannot, or
// one that must sign is none that only its holder can sign with. It does not ask
// the chain; CheckSource does.
func (s Source) Check() error {
	accounts := []named{{"mint", s.Mint}, {"account", s.Account}, {"owner", s.Owner}, {"fee_payer", s.FeePayer}}
	if err := distinct(accounts[:3]); err != nil {
		return err
	}
	if s.FeePayer.IsZero() {
		return fmt.Errorf("%w: fee_payer: missing: give its address", ErrSource)
	}
	if s.FeePayer == s.Mint || s.FeePayer == s.Account {
		return fmt.Errorf("%w: fee_payer: %s is the mint or the token account: give the key that pays fees", ErrSource, s.FeePayer)
	}
	if len(s.Signers) > signersMax {
		return fmt.Errorf("%w: signers: %d, but a multisig has at most %d members: list those who sign", ErrSource, len(s.Signers), signersMax)
	}
	members := accounts[:3:3]
	for i, key := range s.Signers {
		members = append(members, named{fmt.Sprintf("signers[%d]", i), key})
	}
	if err := distinct(members); err != nil {
		return err
	}
	return s.checkSigning(append(members[3:], accounts[3]))
}

func (s Source) checkSigning(signers []named) error {
	if len(s.Signers) == 0 {
		signers = append(signers, named{"owner", s.Owner})
	}
	for _, signer := range signers {
		if !isSigningKey(signer.key) {
			return fmt.Errorf("%w: %s: %s cannot sign: give a wallet's key; for a multisig account as owner, list in signers the members who sign",
				ErrSource, signer.name, signer.key)
		}
	}
	return nil
}

// named is a key and the field that it stands in.
type named struct {
	name string
	key  Key
}

func distinct(keys []named) error {
	seen := map[Key]string{}
	for _, k := range keys {
		if k.key.IsZero() {
			return fmt.Errorf("%w: %s: missing: give its address", ErrSource, k.name)
		}
		if other, found := seen[k.key]; found {
			return fmt.Errorf("%w: %s: %s is the %s already: give each its own", ErrSource, k.name, k.key, other)
		}
		seen[k.key] = k.name
	}
	return nil
}

// isSigningKey reports whether only the holder of a private key can sign for the
// key: it is the canonical encoding of a point on the curve, and not of small order,
// for which signatures can be made without any key.
func isSigningKey(key Key) bool {
	point, err := new(edwards25519.Point).SetBytes(key[:])
	return err == nil && bytes.Equal(point.Bytes(), key[:]) && !isSmallOrder(point)
}

func isSmallOrder(point *edwards25519.Point) bool {
	return new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1
}
