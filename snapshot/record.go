package snapshot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/uptally/uptally/uptime"
)

// HoldRecord is a metadata hold with who recorded it when, and its release.
type HoldRecord struct {
	Hold
	Reason        string
	PersonID      int64
	RecordedAt    time.Time
	ReleasedAt    *time.Time // nil while it holds
	ReleaseReason string
	Changes       int64 // changes through the untrusted channel that lie in it
}

// WindowRecord is a grace window with who proposed and who approved it.
type WindowRecord struct {
	Window
	Season     string
	ProposedBy int64
	ApprovedBy *int64 // nil while proposed only
	ApprovedAt *time.Time
}

// What the database refuses about windows and releases.
var (
	ErrWindowsOverlap  = errors.New("approved grace windows of a season must not overlap")
	ErrAlreadyApproved = errors.New("already approved")
	ErrAlreadyReleased = errors.New("already released")
)

// The database's codes for what it refuses (PostgreSQL, Appendix A).
const (
	exclusionViolation  = "23P01"
	uniqueViolation     = "23505"
	foreignKeyViolation = "23503"
)

// AddHold sets aside changes through the untrusted channel in [h.From, h.To).
func AddHold(ctx context.Context, tx pgx.Tx, h Hold, reason string, person int64) (id int64, err error) {
	if !h.To.After(h.From) {
		return 0, fmt.Errorf("hold from %s to %s: it must end after it begins", h.From.Format(time.RFC3339), h.To.Format(time.RFC3339))
	}
	if reason == "" {
		return 0, errors.New("hold: a reason is needed")
	}
	stamp, err := uptime.StampFacts(ctx, tx)
	if err != nil {
		return 0, err
	}
	return insertHold(ctx, tx, h, reason, person, stamp)
}

// ReleaseHold lets the changes that the hold set aside be believed after all. A
// refused change stays refused: of a hold with such, release the others one by one.
func ReleaseHold(ctx context.Context, tx pgx.Tx, hold int64, reason string, person int64) error {
	return release(ctx, tx, &hold, nil, fmt.Sprintf("hold %d", hold), reason, person)
}

// ReleaseChange lets one change, by its number in the log, be believed whatever
// hold it lies in.
func ReleaseChange(ctx context.Context, tx pgx.Tx, seq int64, reason string, person int64) error {
	return release(ctx, tx, nil, &seq, fmt.Sprintf("change %d", seq), reason, person)
}

func release(ctx context.Context, tx pgx.Tx, hold, change *int64, what, reason string, person int64) error {
	if reason == "" {
		return fmt.Errorf("releasing %s: a reason is needed", what)
	}
	stamp, err := uptime.StampFacts(ctx, tx)
	if err != nil {
		return err
	}
	if err := lockReview(ctx, tx); err != nil {
		return err
	}
	if err := refusedWithin(ctx, tx, hold, change); err != nil {
		return err
	}
	switch err := insertRelease(ctx, tx, hold, change, reason, person, stamp); refusal(err) {
	case uniqueViolation:
		return fmt.Errorf("%s: %w", what, ErrAlreadyReleased)
	case foreignKeyViolation:
		return fmt.Errorf("%s: %w", what, ErrNotFound)
	default:
		return err
	}
}

// Holds returns every hold recorded by asOf, by beginning.
func Holds(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]HoldRecord, error) {
	return selectHolds(ctx, tx, asOf)
}

// ProposeWindow records a grace window of the season. It is applied once another
// person has approved it.
func ProposeWindow(ctx context.Context, tx pgx.Tx, season string, w Window, person int64) (id int64, err error) {
	if err := w.Validate(); err != nil {
		return 0, err
	}
	if _, err := SeasonByCode(ctx, tx, season); err != nil {
		return 0, err
	}
	stamp, err := uptime.StampFacts(ctx, tx)
	if err != nil {
		return 0, err
	}
	return insertWindow(ctx, tx, season, w, person, stamp)
}

// ApproveWindow is another person's approval of a window. Approved windows of a
// season do not overlap: ErrWindowsOverlap. A revision of the season that was taken
// and approved before is superseded: it does not count the window.
func ApproveWindow(ctx context.Context, tx pgx.Tx, id, person int64) error {
	stamp, err := uptime.StampFacts(ctx, tx)
	if err != nil {
		return err
	}
	windows, err := selectWindows(ctx, tx, "", stamp)
	if err != nil {
		return err
	}
	var season string
	for _, w := range windows {
		if w.ID == id {
			season = w.Season
		}
		if w.ID == id && w.ProposedBy == person {
			return fmt.Errorf("grace window %d: %w: whoever proposed it cannot approve it; ask another person", id, ErrSelfCheck)
		}
	}
	err = insertApproval(ctx, tx, id, person, stamp)
	switch refusal(err) {
	case exclusionViolation:
		return fmt.Errorf("grace window %d: %w; propose it with other bounds", id, ErrWindowsOverlap)
	case uniqueViolation:
		return fmt.Errorf("grace window %d: %w", id, ErrAlreadyApproved)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("grace window %d: %w; see which there are with: `uptally grace list`", id, ErrNotFound)
	}
	if err != nil {
		return err
	}
	return voidApprovals(ctx, tx, season)
}

// Windows returns the windows of the season, or of all seasons if it is empty,
// recorded by asOf, with their approvals by then.
func Windows(ctx context.Context, tx pgx.Tx, season string, asOf time.Time) ([]WindowRecord, error) {
	return selectWindows(ctx, tx, season, asOf)
}

// refusal returns the database's code of what it refused, or "".
func refusal(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Code
	}
	return ""
}
