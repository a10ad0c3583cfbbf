package simulator

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"

	"github.com/google/uuid"
	"github.com/mr-tron/base58"
)

// identities turns numbers into UUIDs and back, with nothing stored: the first
// four bytes are the number enciphered, the rest a hash of it.
//
//	enciphered number   hash, version 4, variant 10
//	xxxxxxxx          - hhhh - 4hhh - vhhh - hhhhhhhhhhhh
type identities key

// words returns the sixteen bytes of the number's UUID as two big-endian words.
func (k identities) words(number uint32) (high, low uint64) {
	const version, variant = 0x4000, 1 << 63
	first := uint64(key(k).encipher(number, 16))
	draw := key(k).at(1<<40 | uint64(number))
	high = first<<32 | draw&0xffff0fff | version
	low = key(draw).at(uint64(number))>>2 | variant
	return high, low
}

// id returns the number's UUID. Different numbers have different ones.
func (k identities) id(number uint32) (id uuid.UUID) {
	high, low := k.words(number)
	binary.BigEndian.PutUint64(id[:8], high)
	binary.BigEndian.PutUint64(id[8:], low)
	return id
}

// number returns the number of a UUID, and false if no number has it.
func (k identities) number(id uuid.UUID) (uint32, bool) {
	number := key(k).decipher(binary.BigEndian.Uint32(id[:4]), 16)
	return number, k.id(number) == id
}

// Wallet returns the supplier's Solana address: the base58 of an ed25519 public
// key that follows from the seed and the id alone. Any id has one.
func (w *World) Wallet(supplier uuid.UUID) string {
	return base58.Encode(w.WalletKey(supplier).Public().(ed25519.PublicKey))
}

// WalletKey returns the private key of the supplier's wallet, to sign with as the
// supplier would.
func (w *World) WalletKey(supplier uuid.UUID) ed25519.PrivateKey {
	text := append([]byte("uptally simulator wallet"), supplier[:]...)
	seed := sha256.Sum256(binary.BigEndian.AppendUint64(text, w.config.Seed))
	return ed25519.NewKeyFromSeed(seed[:])
}
