package distribution

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
// ParseWallet.
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
//   - points off the curve: addresses that programs derive, for which no key exists
//     (vaults among them; paying those takes an allow-list),
//   - well-known programs, sysvars and mints, most of which lie on the curve.
//
// It does not ask the chain: whether the address is a token account or another
// program, it cannot tell. The error is ErrWallet.
func ParseWallet(address string) (Wallet, error) {
	key, err := decode(address)
	if err != nil {
		return "", fmt.Errorf("distribution: %w: %q: %w", ErrWallet, address, err)
	}
	if err := checkKey(address, key); err != nil {
		return "", fmt.Errorf("distribution: %w: %s: %w", ErrWallet, address, err)
	}
	return Wallet(address), nil
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

func checkKey(address string, key []byte) error {
	if what, found := notWallets[address]; found {
		return fmt.Errorf("it is %s: give the supplier's own wallet", what)
	}
	point, err := new(edwards25519.Point).SetBytes(key)
	if err != nil || !bytes.Equal(point.Bytes(), key) {
		return errors.New("no private key belongs to it, as to an address that a program derived: give the wallet's own address")
	}
	if new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return errors.New("a key of small order, for which anybody can sign: give the supplier's own wallet")
	}
	return nil
}

// notWallets are addresses that are often pasted by mistake. They are the same on
// every cluster, but for the mints, which are those of the main network.
var notWallets = map[string]string{
	"11111111111111111111111111111111":             "the system program",
	"Vote111111111111111111111111111111111111111":  "the vote program",
	"Stake11111111111111111111111111111111111111":  "the stake program",
	"StakeConfig11111111111111111111111111111111":  "the stake configuration",
	"Config1111111111111111111111111111111111111":  "the config program",
	"ComputeBudget111111111111111111111111111111":  "the compute budget program",
	"AddressLookupTab1e1111111111111111111111111":  "the address lookup table program",
	"Feature111111111111111111111111111111111111":  "the feature program",
	"NativeLoader1111111111111111111111111111111":  "the native loader",
	"BPFLoader1111111111111111111111111111111111":  "a loader",
	"BPFLoader2111111111111111111111111111111111":  "a loader",
	"BPFLoaderUpgradeab1e11111111111111111111111":  "the upgradeable loader",
	"LoaderV411111111111111111111111111111111111":  "a loader",
	"Ed25519SigVerify111111111111111111111111111":  "the Ed25519 program",
	"KeccakSecp256k11111111111111111111111111111":  "the secp256k1 program",
	"Secp256r1SigVerify1111111111111111111111111":  "the secp256r1 program",
	"ZkTokenProof1111111111111111111111111111111":  "the token proof program",
	"ZkE1Gama1Proof11111111111111111111111111111":  "the ElGamal proof program",
	"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA":  "the token program",
	"TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb":  "the token-2022 program",
	"ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL": "the associated token account program",
	"MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr":  "the memo program",
	"Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo":  "the old memo program",
	"metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s":  "the token metadata program",
	"1nc1nerator11111111111111111111111111111111":  "the incinerator, which destroys what it gets",
	"Sysvar1111111111111111111111111111111111111":  "the sysvar owner",
	"SysvarC1ock11111111111111111111111111111111":  "a sysvar",
	"SysvarEpochRewards1111111111111111111111111":  "a sysvar",
	"SysvarEpochSchedu1e111111111111111111111111":  "a sysvar",
	"SysvarFees111111111111111111111111111111111":  "a sysvar",
	"Sysvar1nstructions1111111111111111111111111":  "a sysvar",
	"SysvarLastRestartS1ot1111111111111111111111":  "a sysvar",
	"SysvarRecentB1ockHashes11111111111111111111":  "a sysvar",
	"SysvarRent111111111111111111111111111111111":  "a sysvar",
	"SysvarRewards111111111111111111111111111111":  "a sysvar",
	"SysvarS1otHashes111111111111111111111111111":  "a sysvar",
	"SysvarS1otHistory11111111111111111111111111":  "a sysvar",
	"SysvarStakeHistory1111111111111111111111111":  "a sysvar",
	"So11111111111111111111111111111111111111112":  "the mint of wrapped SOL",
	"9pan9bMn5HatX4EJdBwg9VgCa7Uz5HL8N1m5D3NdXej9": "the token-2022 mint of wrapped SOL",
	"BZLbGTNCSFfoth2GYDtwr7e4imWzpR5jqcUuGEwr646K": "the mint of IO",
	"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v": "the mint of USDC",
	"Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB": "the mint of USDT",
}
