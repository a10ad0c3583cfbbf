package wallet

import (
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"
)

// Errors of texts.
var (
	ErrTerms = errors.New("no terms for a challenge")
	ErrText  = errors.New("not the text of a challenge")
)

// NonceLength is the number of bytes of a nonce.
const NonceLength = 16

// Nonce makes a text one of its kind. It comes from a cryptographic source.
type Nonce [NonceLength]byte

// String returns 32 hex digits.
func (n Nonce) String() string { return hex.EncodeToString(n[:]) }

// How long a text may be good for.
const (
	ExpiresMin = time.Minute
	ExpiresMax = 90 * 24 * time.Hour
)

// Text is what the holder of a wallet signs, taken apart. String puts it together:
//
//	uptally wallet proof 1: I hold wallet WALLET and want what supplier SUPPLIER earns to
//	be paid to it. Domain: DOMAIN. Nonce: NONCE. Issued: TIME. Expires: TIME.
//
// all in one line, with the ids as they are always written, the nonce in 32 hex digits
// and the times in RFC 3339, UTC, to the second. There is one way to write each, and
// every character is a printable one of ASCII, 0x20 to 0x7e, and no comma or quote:
// so hardware wallets show it, and a command and a cell of a table hold it as it is.
type Text struct {
	Domain   string // which installation asks: 1 to 64 of a-z, 0-9, dot and hyphen
	Supplier uuid.UUID
	Wallet   Wallet
	Nonce    Nonce
	Issued   time.Time // UTC, whole seconds
	Expires  time.Time // exclusive; 1 minute to 90 days later
}

// String returns the one line that is signed.
func (t Text) String() string {
	return fmt.Sprintf("uptally wallet proof 1: I hold wallet %s and want what supplier %s earns to be paid to it. "+
		"Domain: %s. Nonce: %s. Issued: %s. Expires: %s.",
		t.Wallet, t.Supplier, t.Domain, t.Nonce, t.Issued.UTC().Format(time.RFC3339), t.Expires.UTC().Format(time.RFC3339))
}

// check holds the text to its bounds.
func (t Text) check() error {
	switch lasts := t.Expires.Sub(t.Issued); {
	case !domainPattern.MatchString(t.Domain):
		return fmt.Errorf("domain %q: give 1 to 64 of a-z, 0-9, dot and hyphen, such as rewards.example.org", t.Domain)
	case !t.Issued.Equal(t.Issued.Truncate(time.Second)), !t.Expires.Equal(t.Expires.Truncate(time.Second)):
		return fmt.Errorf("issued %s, expires %s: give whole seconds", t.Issued, t.Expires)
	case t.Issued.Year() < 2000 || t.Expires.Year() > 9999:
		return fmt.Errorf("issued %s, expires %s: give times of our days", t.Issued, t.Expires)
	case lasts < ExpiresMin || lasts > ExpiresMax:
		return fmt.Errorf("it lasts %s: give a minute to 90 days", lasts)
	}
	return nil
}

const instant = `(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)`

var (
	domainPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$`)
	textPattern   = regexp.MustCompile(`^uptally wallet proof 1: I hold wallet (\w{32,44}) and want what supplier ([0-9a-f-]{36}) earns to be paid to it\. ` +
		`Domain: ([a-z0-9.-]{1,64})\. Nonce: ([0-9a-f]{32})\. Issued: ` + instant + `\. Expires: ` + instant + `\.$`)
)

// ParseText takes a text apart. It accepts exactly what String returns for a text
// within its bounds. The error is ErrText, with ErrWallet if that is why.
func ParseText(line string) (Text, error) {
	parts := textPattern.FindStringSubmatch(line)
	if parts == nil {
		return Text{}, fmt.Errorf("wallet: %w: it differs from the form that a challenge has: give it as it was issued, to the letter", ErrText)
	}
	t, err := textOf(parts)
	if err == nil {
		err = t.check()
	}
	if err == nil && t.String() != line { // whatever the parts let through
		err = errors.New("it is not how that is written: give it as it was issued, to the letter")
	}
	if err != nil {
		return Text{}, fmt.Errorf("wallet: %w: %w", ErrText, err)
	}
	return t, nil
}

func textOf(parts []string) (t Text, err error) {
	if t.Wallet, err = ParseWallet(parts[1]); err != nil {
		return t, err
	}
	if t.Supplier, err = uuid.Parse(parts[2]); err != nil {
		return t, fmt.Errorf("supplier %q: %w", parts[2], err)
	}
	t.Domain = parts[3]
	if _, err = hex.Decode(t.Nonce[:], []byte(parts[4])); err != nil {
		return t, fmt.Errorf("nonce %q: %w", parts[4], err)
	}
	if t.Issued, err = time.Parse(time.RFC3339, parts[5]); err != nil {
		return t, fmt.Errorf("issued: %w", err)
	}
	if t.Expires, err = time.Parse(time.RFC3339, parts[6]); err != nil {
		return t, fmt.Errorf("expires: %w", err)
	}
	return t, nil
}
