package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// State is how far a revision has come.
type State string

// The states of a revision. The last four are final.
const (
	Taking     State = "taking"     // its groups are being scored
	Draft      State = "draft"      // its figures stand; nobody has approved them
	Approved   State = "approved"   // another person approved its digest
	Sealed     State = "sealed"     // posted to the ledger
	Rejected   State = "rejected"   // another person refused it
	Superseded State = "superseded" // taken again before it was sealed
	Failed     State = "failed"     // it cannot be computed; Failure says why
)

// Snapshot is a numbered revision of a season's result.
type Snapshot struct {
	ID            int64
	Season        string
	Revision      int // 1, 2 …
	State         State
	AsOf          time.Time // what was recorded by then counts
	Estimate      bool      // an hour that it stands on was still open
	Reopenings    int64     // of the hours that it stands on, when the take began
	TakenBy       int64
	Failure       string
	Points        string // Σ points, decimal digits: wider than 64 bits
	Allocated     int64  // base units
	Drawn         int64  // base units that came from the reserve so far: 0 until there is a correction
	Residual      int64  // base units that went back so far: pool + Drawn = Allocated + Residual
	Lines         int64
	Suppliers     int64 // with a line, whatever its outcome
	ObservedSlots int32
	SeasonSlots   int32
	Digest        []byte
	LogsRead      *time.Time // to when the logs of changes and verdicts were read; nil: never
	Corrects      *int64     // the sealed revision that it follows; nil for a first one
	DecidedBy     *int64     // who approved or rejected it: never who took it
	DecidedAt     *time.Time
	Decision      string
	SealedBy      *int64
	SealedAt      *time.Time
}

// Name is how people name the revision: ignition-s1/r2.
func (s Snapshot) Name() string { return fmt.Sprintf("%s/r%d", s.Season, s.Revision) }

// OutcomeTotal is how many lines have one outcome, and what they get.
type OutcomeTotal struct {
	Outcome Outcome
	Lines   int64
	Amount  int64 // base units
}

// SupplierAmount is what one supplier gets, or gets more or less, never 0.
type SupplierAmount struct {
	SupplierID uuid.UUID
	Amount     int64 // base units
}

// What a person may have asked for in vain.
var (
	ErrNotFound  = errors.New("not found")
	ErrConflict  = errors.New("conflict")
	ErrSelfCheck = errors.New("the maker cannot be the checker")
	ErrGuard     = errors.New("guard")
	// ErrImpossible says that a snapshot cannot be computed as things stand.
	ErrImpossible = errors.New("snapshot cannot be computed")
)

// ParseName reads the name of a revision, or of a season alone: revision 0.
func ParseName(name string) (season string, revision int, err error) {
	season, rest, found := strings.Cut(name, "/r")
	if !found {
		return name, 0, nil
	}
	revision, err = strconv.Atoi(rest)
	if err != nil || revision < 1 {
		return "", 0, fmt.Errorf("snapshot %q: name a revision as in ignition-s1/r2", name)
	}
	return season, revision, nil
}

// Find returns the revision of that name; of a season alone, the latest one.
func Find(ctx context.Context, tx pgx.Tx, name string) (Snapshot, error) {
	season, revision, err := ParseName(name)
	if err != nil {
		return Snapshot{}, err
	}
	all, err := selectSnapshots(ctx, tx, season)
	if err != nil {
		return Snapshot{}, err
	}
	for _, s := range slices.Backward(all) {
		if revision == 0 || s.Revision == revision {
			return s, nil
		}
	}
	return Snapshot{}, fmt.Errorf("snapshot %q: %w; take one, or see which there are with: `uptally snapshot list`", name, ErrNotFound)
}

// ByID returns the snapshot of the id.
func ByID(ctx context.Context, tx pgx.Tx, id int64) (Snapshot, error) {
	return selectSnapshot(ctx, tx, id)
}

// List returns the snapshots of the season, or of all seasons if it is empty.
func List(ctx context.Context, tx pgx.Tx, season string) ([]Snapshot, error) {
	return selectSnapshots(ctx, tx, season)
}

// OutcomeTotals adds up the snapshot's lines by outcome.
func OutcomeTotals(ctx context.Context, tx pgx.Tx, s Snapshot) ([]OutcomeTotal, error) {
	return selectOutcomes(ctx, tx, s.ID)
}

// EachLine calls visit for every line of the snapshot, sorted by device id, then
// first slot. The line is valid during the call.
func EachLine(ctx context.Context, tx pgx.Tx, s Snapshot, visit func(*Line) error) error {
	return eachLine(ctx, tx, s.ID, visit)
}

// SupplierAmounts returns what each supplier gets, by id; those who get nothing
// are left out.
func SupplierAmounts(ctx context.Context, tx pgx.Tx, s Snapshot) ([]SupplierAmount, error) {
	return selectSupplierAmounts(ctx, tx, s.ID)
}

// Progress returns how many of the snapshot's groups are scored, of how many.
func Progress(ctx context.Context, tx pgx.Tx, id int64) (scored, groups int, err error) {
	return selectProgress(ctx, tx, id)
}

// Approve is another person's word for the digest that they saw: the state must
// still be draft and the digest the same.
func Approve(ctx context.Context, tx pgx.Tx, id int64, digest []byte, person int64, reason string) error {
	s, err := lockDraft(ctx, tx, id, person)
	if err != nil {
		return err
	}
	if string(s.Digest) != string(digest) {
		return fmt.Errorf("snapshot %s: %w: its digest is %x, not %x; look at it again", s.Name(), ErrConflict, s.Digest, digest)
	}
	if s.Estimate {
		return fmt.Errorf("snapshot %s: %w: it is an estimate, taken over hours that were still open; close them and take it again",
			s.Name(), ErrGuard)
	}
	return updateDecided(ctx, tx, id, Approved, person, reason)
}

// Reject is another person's refusal, with a reason.
func Reject(ctx context.Context, tx pgx.Tx, id, person int64, reason string) error {
	s, err := lockDraft(ctx, tx, id, person)
	if err != nil {
		return err
	}
	if reason == "" {
		return fmt.Errorf("snapshot %s: a rejection needs a reason", s.Name())
	}
	return updateDecided(ctx, tx, id, Rejected, person, reason)
}

func lockDraft(ctx context.Context, tx pgx.Tx, id, person int64) (Snapshot, error) {
	s, err := lockSnapshot(ctx, tx, id)
	if err != nil {
		return s, err
	}
	if s.State != Draft {
		return s, fmt.Errorf("snapshot %s: %w: it is %s, not draft", s.Name(), ErrConflict, s.State)
	}
	if s.TakenBy == person {
		return s, fmt.Errorf("snapshot %s: %w: whoever took it cannot approve or reject it; ask another person",
			s.Name(), ErrSelfCheck)
	}
	return s, nil
}
