package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
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
// any accounts of its season and suppliers. What a supplier owes is set off against
// what they earned, when a season is sealed or a payout prepared: both go to the
// treasury, so that what was paid too much comes back.
var moves = map[Act][]move{
	ActFund:    {{KindTreasury, KindPool}, {KindTreasury, KindReserve}},
	ActSeal:    {{KindPool, KindEarned}, {KindPool, KindTreasury}, {KindEarned, KindTreasury}, {KindOwing, KindTreasury}},
	ActPrepare: {{KindEarned, KindTransit}, {KindEarned, KindTreasury}, {KindOwing, KindTreasury}},
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
