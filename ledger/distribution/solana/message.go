package solana

import (
	"crypto/ed25519"
	"errors"
)

// Ready fills the blockhash, or the value of the nonce, and the compute unit price
// into a message.
func Ready(message []byte, blockhash Hash, microLamports uint64) ([]byte, error) {
	return nil, errors.ErrUnsupported
}

// Same returns an error if the messages differ in more than their blockhash and
// compute unit price.
func Same(prepared, ready []byte) error { return errors.ErrUnsupported }

// Sign signs a message with the keys of all its required signers and returns the
// transaction and its first signature, which is its id.
func Sign(message []byte, keys ...ed25519.PrivateKey) (transaction []byte, first Signature, err error) {
	return nil, Signature{}, errors.ErrUnsupported
}

// CheckSigned checks a transaction that was signed elsewhere: it is this very
// message, with a valid signature of every required signer. It returns the first.
func CheckSigned(message, transaction []byte) (Signature, error) {
	return Signature{}, errors.ErrUnsupported
}

// LoadKey reads a key file as solana-keygen writes it, a JSON array of 64 numbers.
func LoadKey(path string) (ed25519.PrivateKey, error) { return nil, errors.ErrUnsupported }

// PublicKey returns the public key of a private one.
func PublicKey(key ed25519.PrivateKey) Key { return Key(key.Public().(ed25519.PublicKey)) }
