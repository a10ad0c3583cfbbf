package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
)

// Digest is a SHA-256. As a subject, the zero Digest is none.
type Digest [sha256.Size]byte

// String returns the digest in 64 lower-case hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// IsZero reports whether the digest is none.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText returns what String does.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(d)) {
		return fmt.Errorf("ledger: digest of %d characters: give 64 hexadecimal digits", len(text))
	}
	var parsed Digest
	if _, err := hex.Decode(parsed[:], text); err != nil {
		return fmt.Errorf("ledger: digest %q: give 64 hexadecimal digits: %w", text, err)
	}
	*d = parsed
	return nil
}

// transfersPerBlock bounds the text that the database joins into one string when
// it computes a transfersDigest.
const transfersPerBlock = 1000

// transfersDigest is the digest of a journal's transfers, in their order:
//
//	line    = number, debit path, credit path and amount, divided by blanks, and LF
//	block   = SHA-256(1000 lines; the last block may have fewer)
//	digest  = SHA-256(block 1 || block 2 || …)
//
// The numbers start at 1. The statement transferSums computes the same over the
// stored rows.
type transfersDigest struct {
	number       int
	block, whole hash.Hash
	line         bytes.Buffer
}

func newTransfersDigest() *transfersDigest {
	return &transfersDigest{block: sha256.New(), whole: sha256.New()}
}

func (d *transfersDigest) add(debit, credit string, amount Amount) {
	d.number++
	d.line.Reset()
	for _, field := range []string{strconv.Itoa(d.number), debit, credit} {
		d.line.WriteString(field)
		d.line.WriteByte(' ')
	}
	d.line.WriteString(amount.String())
	d.line.WriteByte('\n')
	d.block.Write(d.line.Bytes())
	if d.number%transfersPerBlock == 0 {
		d.closeBlock()
	}
}

func (d *transfersDigest) closeBlock() {
	d.whole.Write(d.block.Sum(nil))
	d.block.Reset()
}

func (d *transfersDigest) sum() Digest {
	if d.number%transfersPerBlock != 0 {
		d.closeBlock()
	}
	return Digest(d.whole.Sum(nil))
}
