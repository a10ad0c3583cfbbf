package distribution

import (
	"errors"
	"time"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Errors of distributions.
var (
	ErrUnknown      = errors.New("unknown distribution")
	ErrConflict     = errors.New("conflict")
	ErrInvalid      = errors.New("invalid request")
	ErrNothingToPay = errors.New("nothing to pay")
	ErrSelfApproval = errors.New("approval of one's own act")
	ErrNotApproved  = errors.New("not approved")
	ErrCorrupt      = errors.New("stored files are not those that were prepared")
	ErrRail         = errors.New("another rail")
	ErrCancelled    = errors.New("cancelled")
	ErrMayLand      = errors.New("it may still be paid")
	ErrAside        = errors.New("set aside")
)

// Rail is the one way by which the payouts of a distribution leave.
type Rail string

// The rails. None is that of distributions that were prepared before there were
// rails; they have no payable file.
const (
	RailTransactions Rail = "transactions"  // transactions.ndjson: submitted by us, or signed by hand
	RailSolanaTokens Rail = "solana-tokens" // solana-tokens.csv, for `solana-tokens distribute-spl-tokens`
	RailMerkle       Rail = "merkle"        // tree-1.json …, for a merkle distributor that payees claim from
	RailNone         Rail = ""
)

// Rails are those that can be asked for.
var Rails = []Rail{RailTransactions, RailSolanaTokens, RailMerkle}

// State is how far a distribution has come.
type State string

// The states.
const (
	Prepared   State = "prepared"   // money in transit, files built
	Approved   State = "approved"   // by another person; the files may leave
	Cancelling State = "cancelling" // a person asked to cancel: nothing of it is attempted any more
	Cancelled  State = "cancelled"  // another agreed: what was not paid is earned again
	Finished   State = "settled"    // every payout ended, paid or returned
)

// Distribution is one run of payouts. What it pays was fixed when it was prepared.
type Distribution struct {
	ID          string // "d1", "d2" …
	Key         string
	Reason      string
	State       State
	Rail        Rail
	Source      *solana.Source // what pays; on the rail transactions only
	Minimum     ledger.Amount
	Payees      int64
	Total       ledger.Amount
	Carried     []CarriedTotal // by reason
	Journal     int64          // the ledger's journal that moved earned to transit
	Manifest    ledger.Digest  // SHA-256 of manifest.json
	Files       []File         // by name
	PreparedBy  int64          // the person's id
	PreparedAt  time.Time      // UTC
	ApprovedBy  int64          // 0 until approved
	ApprovedAt  time.Time      // UTC; zero until approved
	Exports     int64          // how often somebody was given its files
	ExportedBy  int64          // who, last; 0 while nobody was
	ExportedAt  time.Time      // when, UTC; zero while nobody was
	CancelAsked Cancel         // zero unless somebody asked to cancel it
	Ended       int64          // payouts that were paid or returned

	number       int64
	minimumAsked *ledger.Amount
}

// Cancel is that a person asked to cancel a distribution.
type Cancel struct {
	By     int64 // the person's id
	Reason string
	Unpaid bool // they say that the files that are out were not paid, and will not be
}

// FilesOut reports whether the files may be with somebody who could pay from them:
// they were exported, or were approved before there were rails, when nobody recorded
// that.
func (d Distribution) FilesOut() bool {
	return d.Exports > 0 || d.Rail == RailNone && d.ApprovedBy != 0
}

// stateOf derives the state from what there is on record.
func (d Distribution) stateOf(cancelled bool) State {
	switch {
	case cancelled:
		return Cancelled
	case d.CancelAsked.By != 0:
		return Cancelling
	case d.Ended == d.Payees:
		return Finished
	case d.ApprovedBy != 0:
		return Approved
	}
	return Prepared
}
