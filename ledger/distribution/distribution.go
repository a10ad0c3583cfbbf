package distribution

import (
	"errors"
	"time"

	"github.com/uptally/uptally/ledger"
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
)

// State is how far a distribution has come.
type State string

// The states.
const (
	Prepared State = "prepared" // money in transit, files built
	Approved State = "approved" // by another person; the files may leave
)

// Distribution is one run of payouts. All of it but the approval was fixed when it
// was prepared.
type Distribution struct {
	ID         string // "d1", "d2" …
	Key        string
	Reason     string
	State      State
	Minimum    ledger.Amount
	Payees     int64
	Total      ledger.Amount
	Carried    []CarriedTotal // by reason
	Journal    int64          // the ledger's journal that moved earned to transit
	Manifest   ledger.Digest  // SHA-256 of manifest.json
	Files      []File         // by name
	PreparedBy int64          // the person's id
	PreparedAt time.Time      // UTC
	ApprovedBy int64          // 0 until approved
	ApprovedAt time.Time      // UTC; zero until approved

	number       int64
	minimumAsked *ledger.Amount
}
