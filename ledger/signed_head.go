package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Errors of signed heads.
var (
	ErrHeadSyntax    = errors.New("not a signed head")
	ErrHeadSignature = errors.New("bad signature")
)

// headFormat names the file's format, and the signature's domain.
const headFormat = "uptally-ledger-head/1"

// SignedHead is a head with the word of a key that it was the ledger's at some moment.
// It is kept outside the database, whose owner can rewrite everything in it. As a
// file it is JSON, with the names of the tags; keys and signatures are in standard
// base64, the digest in hexadecimal, times in RFC 3339.
type SignedHead struct {
	Format    string    `json:"format"` // uptally-ledger-head/1
	Number    int64     `json:"number"` // of the journal, from 1
	Digest    Digest    `json:"digest"`
	PostedAt  time.Time `json:"posted_at"`  // of the journal, UTC, to the microsecond
	SignedAt  time.Time `json:"signed_at"`  // likewise, by the signer's clock
	PublicKey []byte    `json:"public_key"` // ed25519, 32 bytes
	Signature []byte    `json:"signature"`  // ed25519, 64 bytes
}

// SignHead signs the journal as the head that it was when it was posted.
func SignHead(j Journal, key ed25519.PrivateKey, now time.Time) SignedHead {
	s := SignedHead{
		Format: headFormat, Number: j.Number, Digest: j.Digest, PostedAt: j.PostedAt.UTC(),
		SignedAt: now.UTC().Truncate(time.Microsecond), PublicKey: PublicKeyOf(key),
	}
	s.Signature = ed25519.Sign(key, s.message())
	return s
}

// message is what is signed (pure Ed25519, RFC 8032):
//
//	"uptally-ledger-head/1\n" || number, digest, posted_at, signed_at, public_key
//
// each as a netstring without its final comma, as in Journal.digest: numbers in
// decimal, digest in hexadecimal, times in microseconds since 1970, the key in base64.
// The first line is the domain: no signature under another one is mistaken for it.
func (s SignedHead) message() []byte {
	return []byte(headFormat + "\n" + strings.Join([]string{
		field(strconv.FormatInt(s.Number, 10)),
		field(s.Digest.String()),
		field(strconv.FormatInt(s.PostedAt.UnixMicro(), 10)),
		field(strconv.FormatInt(s.SignedAt.UnixMicro(), 10)),
		field(base64.StdEncoding.EncodeToString(s.PublicKey)),
	}, ""))
}

// Head returns what is signed, as Verify takes it.
func (s SignedHead) Head() Head { return Head{Number: s.Number, Digest: s.Digest} }

// Check holds the signature to the trusted key, or to the key that the head itself
// names if there is none: that proves a file whole, and not who made it. The error is
// ErrHeadSignature.
func (s SignedHead) Check(trusted ed25519.PublicKey) error {
	if wrong := s.wrong(trusted); wrong != "" {
		return fmt.Errorf("ledger: %w: the head of journal %d %s", ErrHeadSignature, s.Number, wrong)
	}
	return nil
}

// wrong says what is wrong with the signature, "" if nothing is.
func (s SignedHead) wrong(trusted ed25519.PublicKey) string {
	named := ed25519.PublicKey(s.PublicKey)
	switch {
	case len(trusted) != 0 && !named.Equal(trusted):
		return fmt.Sprintf("is signed by key %s, not by %s", FormatPublicKey(named), FormatPublicKey(trusted))
	case len(named) != ed25519.PublicKeySize, !ed25519.Verify(named, s.message(), s.Signature):
		return fmt.Sprintf("is not as key %s signed it", FormatPublicKey(named))
	}
	return ""
}

// CheckHeads holds signed heads to the trusted key, if there is one, and returns those
// that stand, for Verify to compare, and a fault for each of the others, for
// Report.Add.
func CheckHeads(trusted ed25519.PublicKey, signed ...SignedHead) (known []Head, faults []Fault) {
	for _, s := range signed {
		if wrong := s.wrong(trusted); wrong != "" {
			faults = append(faults, Fault{Journal: s.Number, What: fmt.Sprintf("%s: its signed head %s", ErrHeadSignature, wrong)})
			continue
		}
		known = append(known, s.Head())
	}
	return known, faults
}

// ParseSignedHead reads a file's JSON. The error is ErrHeadSyntax; the signature is
// for Check.
func ParseSignedHead(data []byte) (s SignedHead, err error) {
	if err := json.Unmarshal(data, &s); err != nil {
		return SignedHead{}, fmt.Errorf("ledger: %w: %w", ErrHeadSyntax, err)
	}
	if s.Format != headFormat || s.Number < 1 {
		return SignedHead{}, fmt.Errorf("ledger: %w: format %q, number %d: give a file that `uptally ledger head` wrote, of format %s",
			ErrHeadSyntax, s.Format, s.Number, headFormat)
	}
	return s, nil
}
