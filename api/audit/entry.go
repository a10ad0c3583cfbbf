package audit

import (
	"net/netip"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Entry is one call that was refused, or that changed something. Whatever its texts
// hold, it can be put on record: what is longer than its bound is cut and ends in
// Cut, control characters and bytes that are not UTF-8 become U+FFFD, and an address
// that is none is left out.
type Entry struct {
	At         time.Time // when the call was answered, by the server's clock; zero stands for now
	RequestID  string    // at most 64 characters
	Address    string    // the caller's IPv4 or IPv6 address; "" for none
	Actor      string    // issuer and subject of the token that was believed, at most 512; "" for nobody
	Person     int64     // who acted; 0 if it was not asked, or is nobody on record
	Supplier   uuid.UUID // whom the token is of; zero for none
	Operation  string    // its id, at most 100; "" if no operation was meant
	Method     string    // at most 16
	Target     string    // path and query, at most 512; tokens in it are Withheld
	Status     int       // of the answer; what is no status is recorded as 500
	Kind       string    // of the problem, at most 64; "" if there was none
	BodySHA256 []byte    // of the request's body, 32 bytes; else it is left out
	// Calls is how many calls the entry stands for, all refused alike and answered from At
	// on; the rest is the first's. Below 1 stands for 1. Only of refusals by the limit (429)
	// and of failures (500 and above) may there be several.
	Calls int64
}

// Refused reports whether the call was turned down.
func (e Entry) Refused() bool { return e.Status >= 400 }

// Withheld stands in a target for a secret that somebody put there: the log is for
// good, and read by people.
const Withheld = "[withheld]"

// secrets are what cannot be mistaken for anything else: tokens (RFC 7519: a header's
// object in base64url, a dot, more), and secrets of webhooks.
var secrets = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+(\.|%2[eE])[A-Za-z0-9_.%-]*|whsec_[A-Za-z0-9+/=%-]+`)

// Cut marks a text that was longer than its bound.
const Cut = "…"

// The bounds of the texts, in characters. The table repeats them.
const (
	requestIDMax = 64
	actorMax     = 512
	operationMax = 100
	methodMax    = 16
	targetMax    = 512
	kindMax      = 64
)

// recordable returns the entry as the table takes it.
func (e Entry) recordable() Entry {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	e.RequestID = bounded(e.RequestID, requestIDMax)
	e.Address = plainAddress(e.Address)
	e.Actor = bounded(e.Actor, actorMax)
	e.Operation = bounded(e.Operation, operationMax)
	e.Method = bounded(e.Method, methodMax)
	e.Target = bounded(secrets.ReplaceAllLiteralString(e.Target, Withheld), targetMax)
	e.Kind = bounded(e.Kind, kindMax)
	if e.Status < 100 || e.Status > 599 {
		e.Status = 500
	}
	if len(e.BodySHA256) != 32 {
		e.BodySHA256 = nil
	}
	e.Person = max(e.Person, 0)
	e.Calls = max(e.Calls, 1)
	return e
}

// bounded returns the text with at most charactersMax characters, all of them
// printable.
func bounded(text string, charactersMax int) string {
	// Of a text that is far too long only its beginning is looked at.
	if bytesMax := (charactersMax + 1) * utf8.UTFMax; len(text) > bytesMax {
		text = text[:bytesMax]
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, text)
	if utf8.RuneCountInString(text) <= charactersMax {
		return text
	}
	return string([]rune(text)[:charactersMax-utf8.RuneCountInString(Cut)]) + Cut
}

// plainAddress returns the address in its shortest form and without a zone, "" if it
// is none.
func plainAddress(text string) string {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return ""
	}
	return address.Unmap().WithZone("").String()
}
