package ledger

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Act is what a journal records.
type Act string

// The acts.
const (
	ActFund    Act = "fund"    // treasury to a season's pool or reserve
	ActSeal    Act = "seal"    // a season's pool to what its suppliers earned, the rest to the treasury
	ActCorrect Act = "correct" // the differences of a later revision
	ActPrepare Act = "prepare" // earned to transit; what is owing is set off against earned first
	ActSettle  Act = "settle"  // transit to paid
	ActReturn  Act = "return"  // transit back to earned
)

var acts = []Act{ActFund, ActSeal, ActCorrect, ActPrepare, ActSettle, ActReturn}

func (a Act) known() bool { return slices.Contains(acts, a) }

// Journal is one act on record. The transfers of the act are in the database.
type Journal struct {
	Number int64 // 1, 2, 3 … without a gap
	Act    Act
	Key    string
	Actor  int64 // the person's id
	Reason string

	Season        string
	Revision      int
	SubjectDigest Digest
	PayoutMinimum Amount

	Count    int64     // of transfers
	Total    Amount    // of their amounts
	PostedAt time.Time // by the database's clock, in UTC, never before the previous journal's

	TransfersDigest Digest
	PreviousDigest  Digest // of journal Number - 1; zero for the first
	Digest          Digest
}

// Head is the newest journal of a ledger at some moment. Whoever keeps one can
// tell later whether the past was rewritten since (see Verify). The zero Head is
// that of an empty ledger.
type Head struct {
	Number int64
	Digest Digest
}

// Head returns the journal as the head that it was when it was posted.
func (j Journal) Head() Head { return Head{Number: j.Number, Digest: j.Digest} }

// digest returns what the journal's Digest must be:
//
//	SHA-256(previous digest || "uptally journal 1\n" || fields)
//
// where the fields are those of the type in its order, without PreviousDigest and
// Digest, each as a netstring without its final comma ("4:seal"), one that is none
// as "-". Digests are in hexadecimal, times in microseconds since 1970. The
// length before each field keeps neighbours apart.
func (j Journal) digest() Digest {
	text := "uptally journal 1\n" + strings.Join([]string{
		field(strconv.FormatInt(j.Number, 10)),
		field(string(j.Act)),
		field(j.Key),
		field(strconv.FormatInt(j.Actor, 10)),
		field(j.Reason),
		fieldIf(j.Season != "", j.Season),
		fieldIf(j.Revision != 0, strconv.Itoa(j.Revision)),
		fieldIf(!j.SubjectDigest.IsZero(), j.SubjectDigest.String()),
		fieldIf(j.Revision != 0, j.PayoutMinimum.String()),
		field(strconv.FormatInt(j.Count, 10)),
		field(j.Total.String()),
		field(strconv.FormatInt(j.PostedAt.UnixMicro(), 10)),
		field(j.TransfersDigest.String()),
	}, "")
	return sha256.Sum256(append(j.PreviousDigest[:], text...))
}

func field(value string) string { return strconv.Itoa(len(value)) + ":" + value }

func fieldIf(present bool, value string) string {
	if !present {
		return "-"
	}
	return field(value)
}
