package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Digest is a SHA-256.
type Digest [sha256.Size]byte

// String returns the digest in 64 lower-case hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText returns what String does.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (d *Digest) UnmarshalText(text []byte) error {
	read, err := hex.DecodeString(string(text))
	if err != nil || len(read) != len(d) {
		return fmt.Errorf("audit: digest %q: give 64 hexadecimal digits", text)
	}
	*d = Digest(read)
	return nil
}

// Head is the newest entry at some moment: whoever keeps one can tell later whether
// the log was rewritten or cut off since. The zero Head is that of an empty log.
type Head struct {
	Number int64
	Digest Digest
}

// Report is what Verify found.
type Report struct {
	Entries int64 // that were read
	Head    Head  // the newest of them
	Heads   int   // that were looked for in the chain
	Fault   Fault // the first; zero if there is none
}

// OK reports whether nothing was found to be wrong.
func (r Report) OK() bool { return r.Fault == Fault{} }

// Fault is the first entry that is not as it was written.
type Fault struct {
	Entry int64  // its number
	What  string // what differs, in a sentence
}

// String returns the fault in a line: "entry 3: its columns …".
func (f Fault) String() string { return fmt.Sprintf("entry %d: %s", f.Entry, f.What) }

// Verify reads the whole log and computes every digest again, here and not in the
// database. An entry that was edited, removed, added or moved since it was written is
// named; after the first, no digest says anything any more, so there it ends.
//
// Whoever rewrites every digest from some entry on, or takes the newest away, leaves
// no fault in the chain. Heads that were kept tell: each that Mark put on record, and
// each known from elsewhere, such as the process's log, must still be in the chain.
func Verify(ctx context.Context, tx pgx.Tx, known ...Head) (Report, error) {
	heads, err := selectHeads(ctx, tx)
	if err != nil {
		return Report{}, fmt.Errorf("audit: verify: %w", err)
	}
	c := newChain(append(heads, known...))
	if err := eachLink(ctx, tx, c.add); err != nil {
		return Report{}, fmt.Errorf("audit: verify: %w", err)
	}
	return c.end(), nil
}

// link is one row, as the chain knows it.
type link struct {
	number           int64
	previous, digest []byte
	fields           []*string // the columns in their order, the number first; calls last, unless 1
}

// chain checks rows in the order of their numbers.
type chain struct {
	report Report
	known  map[int64][]Digest
}

func newChain(heads []Head) *chain {
	c := &chain{known: map[int64][]Digest{}}
	for _, h := range heads {
		if h != (Head{}) {
			c.known[h.Number] = append(c.known[h.Number], h.Digest)
			c.report.Heads++
		}
	}
	return c
}

// add checks the next row, and reports whether to go on.
func (c *chain) add(l link) (goOn bool) {
	c.report.Entries++
	if what := c.misfit(l); what != "" {
		c.report.Fault = Fault{Entry: min(l.number, c.report.Head.Number+1), What: what}
		return false
	}
	c.report.Head = Head{Number: l.number, Digest: Digest(l.digest)}
	delete(c.known, l.number)
	return true
}

// misfit says what is wrong with a row, "" if nothing is.
func (c *chain) misfit(l link) string {
	before := c.report.Head
	switch computed := digestOf(before.Digest, l.fields); {
	case l.number < 1:
		return "its number is none that an entry can have"
	case l.number <= before.Number:
		return "it stands there twice"
	case l.number > before.Number+1:
		return fmt.Sprintf("it is missing: entry %d is followed by entry %d", before.Number, l.number)
	case string(l.previous) != string(before.Digest[:]):
		return fmt.Sprintf("it follows digest %x, but entry %d has %s", l.previous, before.Number, before.Digest)
	case string(l.digest) != string(computed[:]):
		return fmt.Sprintf("its columns give digest %s, not %x: one of them was changed", computed, l.digest)
	default:
		for _, known := range c.known[l.number] {
			if known != computed {
				return fmt.Sprintf("its digest is %s, but is known as %s", computed, known)
			}
		}
	}
	return ""
}

// end returns the report, once every row was added.
func (c *chain) end() Report {
	if c.report.OK() {
		for number, known := range c.known {
			if c.report.OK() || number < c.report.Fault.Entry {
				c.report.Fault = Fault{Entry: number, What: "it is gone: its digest is known as " + known[0].String()}
			}
		}
	}
	return c.report
}

// digestOf is the digest of an entry:
//
//	field  = its length in bytes, ":", itself and LF, or "-" and LF if it is none
//	digest = SHA-256(previous digest || the fields in order)
//
// The fields are number, at and recorded_at in seconds of Unix time with six places,
// request_id, address, actor, person, supplier_id, operation, method, target, status,
// kind, body_sha256 in hexadecimal digits, and, of an entry for several calls alone,
// calls. The function audit_digest of the database computes the same when it writes.
func digestOf(previous Digest, fields []*string) Digest {
	var text strings.Builder
	text.Write(previous[:])
	for _, field := range fields {
		if field == nil {
			text.WriteString("-\n")
			continue
		}
		text.WriteString(strconv.Itoa(len(*field)))
		text.WriteByte(':')
		text.WriteString(*field)
		text.WriteByte('\n')
	}
	return sha256.Sum256([]byte(text.String()))
}

// Mark puts the newest entry on record as one that every later Verify must find, and
// returns it; marked is false if there is none that is not on record yet, or if
// another was marked less than every ago.
func Mark(ctx context.Context, tx pgx.Tx, every time.Duration) (head Head, marked bool, err error) {
	if head, marked, err = insertHead(ctx, tx, every); err != nil {
		return Head{}, false, fmt.Errorf("audit: marking the head: %w", err)
	}
	return head, marked, nil
}
