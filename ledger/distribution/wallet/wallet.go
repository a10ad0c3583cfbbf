package wallet

import (
	"bytes"
	"errors"
	"fmt"

	"filippo.io/edwards25519"
	"github.com/mr-tron/base58"
)

// ErrWallet is an address that nothing may be paid to.
var ErrWallet = errors.New("not a wallet")

// Wallet is the address of a Solana wallet, 32 bytes in base58, that passed
// ParseWallet or ParseVault.
type Wallet string

// The lengths of 32 bytes in base58.
const (
	addressLengthMin = 32
	addressLengthMax = 44
	keyLength        = 32
)

// ParseWallet checks that an address can be a person's wallet: base58 of exactly
// 32 bytes, which are the canonical encoding of a point on the Ed25519 curve. It
// refuses
//
//   - points of small order, for which anybody can make a valid signature,
//   - points off the curve: addresses that programs derive, for which no key exists;
//     see ParseVault,
//   - well-known programs, sysvars and mints, most of which lie on the curve.
//
// It does not ask the chain: whether the address is a token account or another
// program, CheckOnChain can tell. The error is ErrWallet.
func ParseWallet(address string) (Wallet, error) {
	key, err := decode(address)
	if err == nil {
		err = checkKey(address, key)
	}
	if err != nil {
		return "", refused(address, err)
	}
	return Wallet(address), nil
}

// ParseVault checks that an address can be the vault of a multisig: one that a
// program derived, which lies off the curve. No key can sign for it, so it becomes a
// supplier's wallet by Allow and ApproveAllowance only. The error is ErrWallet.
func ParseVault(address string) (Wallet, error) {
	key, err := decode(address)
	if err != nil {
		return "", refused(address, err)
	}
	if what, found := notWallets[address]; found {
		return "", refused(address, fmt.Errorf("it is %s: give the supplier's own vault", what))
	}
	if _, onCurve := pointOf(key); onCurve {
		return "", refused(address, errors.New("it has a private key, as no vault has: have its holder prove it by a signature"))
	}
	return Wallet(address), nil
}

func refused(address string, why error) error {
	return fmt.Errorf("wallet: %w: %q: %w", ErrWallet, address, why)
}

func decode(address string) ([]byte, error) {
	if len(address) < addressLengthMin || len(address) > addressLengthMax {
		return nil, fmt.Errorf("%d characters: copy the whole address, %d to %d characters of base58",
			len(address), addressLengthMin, addressLengthMax)
	}
	key, err := base58.Decode(address)
	if err != nil {
		return nil, errors.New("not base58: copy the address as it is, without blanks; it has no 0, O, I or l")
	}
	if len(key) != keyLength || base58.Encode(key) != address {
		return nil, fmt.Errorf("%d bytes, not %d: copy the whole address", len(key), keyLength)
	}
	return key, nil
}

// bytesOf returns the 32 bytes of a wallet.
func bytesOf(w Wallet) []byte {
	key, err := base58.Decode(string(w))
	if err != nil {
		panic(err) // it was parsed
	}
	return key
}

func checkKey(address string, key []byte) error {
	if what, found := notWallets[address]; found {
		return fmt.Errorf("it is %s: give the supplier's own wallet", what)
	}
	point, onCurve := pointOf(key)
	if !onCurve {
		return errors.New("no private key belongs to it, as to an address that a program derived: " +
			"give the wallet's own address, or have a multisig's vault allowed by two people")
	}
	if new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return errors.New("a key of small order, for which anybody can sign: give the supplier's own wallet")
	}
	return nil
}

// pointOf returns the point that the bytes are the canonical encoding of.
func pointOf(key []byte) (*edwards25519.Point, bool) {
	point, err := new(edwards25519.Point).SetBytes(key)
	return point, err == nil && bytes.Equal(point.Bytes(), key)
}
