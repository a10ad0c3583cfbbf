package ledger

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ErrInvalid is an entry that can never be posted, whatever the balances.
var ErrInvalid = errors.New("invalid entry")

// Transfer moves one positive amount out of the debit account into the credit
// account. A balance is credits - debits.
type Transfer struct {
	Debit, Credit Account
	Amount        Amount
}

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

// Entry is what Post is asked to write as one journal.
type Entry struct {
	Act    Act
	Key    string // the idempotency key: 1 to 200 characters
	Actor  int64  // the person's id
	Reason string // why, in a phrase

	Season        string // the season's code, "" if the act is not of one
	Revision      int    // the season's revision that is posted: seal and correct only, else 0
	SubjectDigest Digest // of the snapshot that is posted, or of the payouts; zero if none
	PayoutMinimum Amount // of the season's rules: seal and correct only, else 0

	Transfers []Transfer // in any order; may be empty, an act that moved nothing
}

// check refuses an entry that breaks a rule of the journal by itself.
func (e Entry) check() error {
	revised := e.Act == ActSeal || e.Act == ActCorrect
	switch {
	case !e.Act.known():
		return fmt.Errorf("%w: act %q: use one of %v", ErrInvalid, e.Act, acts)
	case !isText(e.Key) || utf8.RuneCountInString(e.Key) > keyLengthMax:
		return fmt.Errorf("%w: key %q: give 1 to %d characters of UTF-8", ErrInvalid, e.Key, keyLengthMax)
	case !isText(e.Reason):
		return fmt.Errorf("%w: reason %q: say in a phrase why", ErrInvalid, e.Reason)
	case e.Season != "" && !seasonCode.MatchString(e.Season):
		return fmt.Errorf("%w: season code %q: write lower-case letters, digits and hyphens, such as ignition-s1", ErrInvalid, e.Season)
	case e.PayoutMinimum < 0:
		return fmt.Errorf("%w: payout minimum %s: give 0 or more base units", ErrInvalid, e.PayoutMinimum)
	case revised && (e.Season == "" || e.Revision < 1 || e.Revision > math.MaxInt32 || e.SubjectDigest.IsZero()):
		return fmt.Errorf("%w: %s of season %q, revision %d, digest %s: name the season, its revision from 1, and the snapshot's digest",
			ErrInvalid, e.Act, e.Season, e.Revision, e.SubjectDigest)
	case !revised && (e.Revision != 0 || e.PayoutMinimum != 0):
		return fmt.Errorf("%w: %s with revision %d and payout minimum %s: only seal and correct have them", ErrInvalid, e.Act, e.Revision, e.PayoutMinimum)
	}
	return nil
}

const keyLengthMax = 200

// isText reports whether Postgres can hold s, and s says something.
func isText(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.Contains(s, "\x00")
}

// move is from what kind of account to what kind a transfer goes.
type move struct{ debit, credit Kind }

// moves are those that each act may make. A correction is free: it moves between
// any accounts of its season and suppliers.
var moves = map[Act][]move{
	ActFund:    {{KindTreasury, KindPool}, {KindTreasury, KindReserve}},
	ActSeal:    {{KindPool, KindEarned}, {KindPool, KindTreasury}},
	ActPrepare: {{KindEarned, KindTransit}},
	ActSettle:  {{KindTransit, KindPaid}},
	ActReturn:  {{KindTransit, KindEarned}},
}

// check refuses a transfer that breaks a rule by itself, or that the entry's act
// does not make.
func (t Transfer) check(e Entry) error {
	if err := cmp.Or(t.Debit.check(), t.Credit.check()); err != nil {
		return err
	}
	allowed, restricted := moves[e.Act]
	if restricted && !slices.Contains(allowed, move{t.Debit.kind, t.Credit.kind}) {
		return fmt.Errorf("%w: %s does not move from %s to %s: it moves %v", ErrInvalid, e.Act, t.Debit, t.Credit, allowed)
	}
	for _, season := range []string{t.Debit.season, t.Credit.season} {
		if season != "" && season != e.Season {
			return fmt.Errorf("%w: %s of season %q moves money of season %q: make it an act of that season", ErrInvalid, e.Act, e.Season, season)
		}
	}
	if t.Debit == t.Credit {
		return fmt.Errorf("%w: debit and credit are both %s: name two accounts", ErrInvalid, t.Debit)
	}
	if t.Amount <= 0 {
		return fmt.Errorf("%w: amount %s from %s to %s: give at least 1 base unit, and leave out what moves nothing",
			ErrInvalid, t.Amount, t.Debit, t.Credit)
	}
	return nil
}

// posting is an entry whose transfers are checked and put in the order in which
// they are numbered: by debit path, credit path, amount. The order in which a
// caller happened to list them is thereby of no account.
type posting struct {
	Entry
	accounts  []Account       // those of the transfers, by path
	paths     []string        // theirs
	place     map[Account]int // of an account in both
	change    []Amount        // credits - debits of each
	total     Amount
	transfers Digest
}

func newPosting(e Entry) (*posting, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	p := &posting{Entry: e, place: make(map[Account]int, len(e.Transfers))}
	for _, t := range e.Transfers {
		if err := t.check(e); err != nil {
			return nil, err
		}
		p.place[t.Debit], p.place[t.Credit] = 0, 0
	}
	p.orderAccounts()
	p.orderTransfers()
	return p, p.sum()
}

func (p *posting) orderAccounts() {
	type named struct {
		path    string
		account Account
	}
	all := make([]named, 0, len(p.place))
	for account := range p.place {
		all = append(all, named{account.Path(), account})
	}
	slices.SortFunc(all, func(a, b named) int { return cmp.Compare(a.path, b.path) })
	for i, a := range all {
		p.accounts, p.paths, p.place[a.account] = append(p.accounts, a.account), append(p.paths, a.path), i
	}
}

func (p *posting) orderTransfers() {
	p.Transfers = slices.Clone(p.Transfers)
	slices.SortFunc(p.Transfers, func(a, b Transfer) int {
		return cmp.Or(p.place[a.Debit]-p.place[b.Debit], p.place[a.Credit]-p.place[b.Credit], cmp.Compare(a.Amount, b.Amount))
	})
	digest := newTransfersDigest()
	for _, t := range p.Transfers {
		digest.add(p.paths[p.place[t.Debit]], p.paths[p.place[t.Credit]], t.Amount)
	}
	p.transfers = digest.sum()
}

func (p *posting) sum() (err error) {
	p.change = make([]Amount, len(p.accounts))
	for _, t := range p.Transfers {
		debit, credit := &p.change[p.place[t.Debit]], &p.change[p.place[t.Credit]]
		// Every partial sum is within ± the total, which is checked.
		*debit, *credit = *debit-t.Amount, *credit+t.Amount
		if p.total, err = p.total.Add(t.Amount); err != nil {
			return err
		}
	}
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
