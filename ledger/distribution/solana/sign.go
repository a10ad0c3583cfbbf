package solana

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"filippo.io/edwards25519"
)

// Errors of signing.
var (
	ErrSigner    = errors.New("a required signer is missing")
	ErrSignature = errors.New("invalid signature")
)

// Sign signs a ready message with the keys of all its required signers, the fee
// payer's first, and returns the transaction and its id, which is the first
// signature. The order of the keys and those that are not needed do not matter. The
// same message and keys give the same bytes. The error is ErrMessage, as for one
// that lacks its blockhash, or ErrSigner, which names whom it is missing.
func Sign(message []byte, keys ...ed25519.PrivateKey) (transaction []byte, first Signature, err error) {
	m, err := parseLegacy(message)
	if err != nil {
		return nil, Signature{}, fmt.Errorf("solana: sign: %w", err)
	}
	if m.RecentBlockhash.IsZero() {
		return nil, Signature{}, fmt.Errorf("solana: sign: %w: its blockhash is missing: make it ready first", ErrMessage)
	}
	held := make(map[Key]ed25519.PrivateKey, len(keys))
	for _, key := range keys {
		held[PublicKey(key)] = key
	}
	signers := m.AccountKeys[:m.Header.NumRequiredSignatures]
	signatures := make([]Signature, len(signers))
	for i, signer := range signers {
		key, found := held[signer]
		if !found {
			return nil, Signature{}, fmt.Errorf("solana: sign: %w: %s: give its key", ErrSigner, signer)
		}
		signatures[i] = Signature(ed25519.Sign(key, message))
	}
	return join(signatures, message), signatures[0], nil
}

// Unsigned returns the transaction of a message with zeros for its signatures, to
// simulate or to hand out for signing.
func Unsigned(message []byte) ([]byte, error) {
	m, err := parseLegacy(message)
	if err != nil {
		return nil, fmt.Errorf("solana: %w", err)
	}
	return join(make([]Signature, m.Header.NumRequiredSignatures), message), nil
}

// join returns a transaction: the number of signatures, these, and the message.
func join(signatures []Signature, message []byte) []byte {
	transaction := make([]byte, 0, 1+len(signatures)*len(Signature{})+len(message))
	transaction = append(transaction, byte(len(signatures))) // a compact length, one byte below 128
	for _, s := range signatures {
		transaction = append(transaction, s[:]...)
	}
	return append(transaction, message...)
}

// CheckSigned checks a transaction that was signed elsewhere: it is of this very
// message, byte for byte, and carries a valid signature of every required signer.
// It returns the first, which is the transaction's id. The error is ErrMessage,
// ErrDifferent, or ErrSignature, which names whose it is.
func CheckSigned(message, transaction []byte) (Signature, error) {
	m, err := parseLegacy(message)
	if err != nil {
		return Signature{}, fmt.Errorf("solana: check signed: %w", err)
	}
	signers := m.AccountKeys[:m.Header.NumRequiredSignatures]
	signatures, found := bytes.CutSuffix(transaction, message)
	if !found || len(signatures) != 1+len(signers)*len(Signature{}) || int(signatures[0]) != len(signers) {
		return Signature{}, fmt.Errorf("solana: check signed: %w: sign the message as it was handed out, %d bytes with %d signatures before them",
			ErrDifferent, len(message), len(signers))
	}
	for i, signer := range signers {
		if !isSignature(signer, message, signatures[1+i*len(Signature{}):][:len(Signature{})]) {
			return Signature{}, fmt.Errorf("solana: check signed: %w: of %s: have it sign the message as it was handed out", ErrSignature, signer)
		}
	}
	return Signature(signatures[1 : 1+len(Signature{})]), nil
}

// isSignature is as strict as the network (verify_strict of ed25519-dalek): it
// refuses keys of small order, for which signatures can be forged, and signatures
// whose first half is a point of small order.
func isSignature(signer Key, message, signature []byte) bool {
	commitment, err := new(edwards25519.Point).SetBytes(signature[:32])
	return err == nil && !isSmallOrder(commitment) && isSigningKey(signer) && ed25519.Verify(signer[:], message, signature)
}
