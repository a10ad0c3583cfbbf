package wallet

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mr-tron/base58"
)

// Errors of signatures.
var (
	ErrSignatureSyntax = errors.New("not a signature")
	ErrSignature       = errors.New("not the wallet's signature of this text")
)

// Form is what exactly was signed: the text, or the text in an envelope that no
// transaction can be taken for.
type Form string

// The forms. Each envelope begins with the 16 bytes 0xff "solana offchain", then its
// version; lengths are little-endian.
const (
	// Raw is the bytes of the text: what wallets in a browser sign.
	Raw Form = "raw"
	// Offchain is what the Solana command line has always written, although version 0
	// came to mean another layout: version 0, format u8, length u16, text. Source:
	// solana-sdk 2.x, offchain_message.rs, v0::OffchainMessage::serialize.
	Offchain Form = "offchain"
	// OffchainV0 is version 0 as it is specified, which Ledger's app shows and newer
	// releases of the command line write: version 0, application domain [32], format
	// u8, signers u8, keys [32] each, length u16, text. Source: Agave,
	// docs/src/proposals/off-chain-message-signing.md.
	OffchainV0 Form = "offchain_v0"
	// OffchainV1 is version 1, which newer wallets, on hardware too, write: version 1,
	// signers u8, keys [32] each, text. Source: Solana Foundation, sRFC 3.
	OffchainV1 Form = "offchain_v1"
)

const signingDomain = "\xffsolana offchain"

// The formats of version 0 that a text of ours can have. Restricted ASCII is the one
// for it; a program that does not look writes UTF-8.
const (
	formatASCII = 0
	formatUTF8  = 1
)

// candidate is bytes that may have been signed, and the form that they have.
type candidate struct {
	form  Form
	bytes []byte
}

// candidates are all the bytes that a signature of the text by its wallet may be of.
// The wallet is the only signer of each. The application domain is not given, all
// zeros, or it is ApplicationDomain: another application's message is no proof.
func (t Text) candidates() []candidate {
	text, key := []byte(t.String()), bytesOf(t.Wallet)
	signers := slices.Concat([]byte{1}, key)
	length := binary.LittleEndian.AppendUint16(nil, uint16(len(text)))
	application := ApplicationDomain(t.Domain)
	all := []candidate{{Raw, text}}
	for _, format := range []byte{formatASCII, formatUTF8} {
		all = append(all, candidate{Offchain, slices.Concat([]byte(signingDomain), []byte{0, format}, length, text)})
		for _, domain := range [][32]byte{{}, application} {
			all = append(all, candidate{OffchainV0,
				slices.Concat([]byte(signingDomain), []byte{0}, domain[:], []byte{format}, signers, length, text)})
		}
	}
	return append(all, candidate{OffchainV1, slices.Concat([]byte(signingDomain), []byte{1}, signers, text)})
}

// ApplicationDomain is what stands for a domain of ours in the envelope OffchainV0:
// its SHA-256. Devices show it in base58.
func ApplicationDomain(domain string) [32]byte { return sha256.Sum256([]byte(domain)) }

// Verify returns the form of the text that the signature is of. The check is strict:
// the signature's scalar is below the group's order, its point is compared byte by
// byte, and the wallet is no key of small order. The error is ErrSignature.
func (t Text) Verify(signature [ed25519.SignatureSize]byte) (Form, error) {
	key := ed25519.PublicKey(bytesOf(t.Wallet))
	for _, c := range t.candidates() {
		if ed25519.Verify(key, c.bytes, signature[:]) {
			return c.form, nil
		}
	}
	return "", fmt.Errorf("%w: have it signed again by the key of %s, to the letter: %q", ErrSignature, t.Wallet, t.String())
}

// signatureTextMax is the longest that 64 bytes have, in either base.
const signatureTextMax = 88

// ParseSignature reads the 64 bytes of a signature, in base58, as Solana's tools
// write it, or in base64 with its padding. The error is ErrSignatureSyntax.
func ParseSignature(text string) (signature [ed25519.SignatureSize]byte, err error) {
	var data []byte
	switch {
	case len(text) > signatureTextMax: // decoded no further than it takes
	case strings.HasSuffix(text, "=="): // 64 bytes always have it in base64, and base58 never does
		data, err = base64.StdEncoding.Strict().DecodeString(text)
	default:
		data, err = base58.Decode(text)
	}
	if err != nil {
		return signature, fmt.Errorf("%w: neither base58 nor base64: give it as the wallet wrote it", ErrSignatureSyntax)
	}
	if len(data) != len(signature) {
		return signature, fmt.Errorf("%w: %d characters that are not 64 bytes in base58 or base64: give all of it", ErrSignatureSyntax, len(text))
	}
	return [ed25519.SignatureSize]byte(data), nil
}
