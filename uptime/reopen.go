package uptime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// What keeps hours from being opened again.
var (
	ErrHourOpen          = errors.New("hour is not closed")
	ErrUnknownReopening  = errors.New("no such reopening")
	ErrOwnReopening      = errors.New("whoever proposes a reopening cannot approve it; ask another person")
	ErrReopeningApproved = errors.New("reopening is approved already")
)

// Reopening is closed hours that one person proposed to open again, and that
// another opened by approving it.
type Reopening struct {
	ID         int64
	Span       Span // of whole hours
	Reason     string
	ProposedBy int64
	ProposedAt time.Time
	ApprovedBy *int64 // nil while proposed only
	ApprovedAt *time.Time
}

// ProposeReopening records that the hours of the span, all of them closed, should be
// opened again. Nothing changes until another person approves it. The span begins
// and ends with an hour. An hour that is not closed is refused with ErrHourOpen.
func ProposeReopening(ctx context.Context, tx pgx.Tx, span Span, reason string, person int64) (id int64, err error) {
	switch {
	case span.Empty() || span.From.InHour() != 0 || span.To.InHour() != 0:
		return 0, fmt.Errorf("reopening from %s to %s: give whole hours, at least one",
			span.From.Start().Format(time.RFC3339), span.To.Start().Format(time.RFC3339))
	case strings.TrimSpace(reason) == "":
		return 0, errors.New("reopening: a reason is needed")
	}
	hours, err := CoverageOf(ctx, tx, span)
	if err != nil {
		return 0, err
	}
	if err := allClosed(hours, span); err != nil {
		return 0, err
	}
	stamp, err := stampFacts(ctx, tx)
	if err != nil {
		return 0, err
	}
	return insertReopening(ctx, tx, span, reason, person, stamp)
}

// ApproveReopening opens the hours again as another person than who proposed it, and
// returns how many. What was observed stays, and none of their slots is final any
// longer: all of them are awaited, pulled again by what pulls awaited slots, and the
// hours closed again once that is done. Each reopening is for once, and hours that
// are not closed by now, or any longer, are refused with ErrHourOpen.
//
// Run it as read committed: strips that were cut while it waited are to be seen, and go.
//
// Every snapshot that stands on one of the hours can no longer be sealed, and calls
// for a new revision: see Coverage.Reopened.
func ApproveReopening(ctx context.Context, tx pgx.Tx, id, person int64) (hours int, err error) {
	stamp, err := stampFacts(ctx, tx)
	if err != nil {
		return 0, err
	}
	span, err := insertReopeningApproval(ctx, tx, id, person, stamp)
	if err != nil {
		return 0, fmt.Errorf("reopening %d: %w", id, reopeningRefusal(err))
	}
	locked, err := lockSpan(ctx, tx, span)
	if err != nil {
		return 0, err
	}
	if err := allClosed(locked, span); err != nil {
		return 0, fmt.Errorf("reopening %d: %w", id, err)
	}
	first, end := span.Hours()
	return len(locked), reopenCoverage(ctx, tx, first, end)
}

// Reopenings returns those that touch the span, in the order they were proposed.
func Reopenings(ctx context.Context, tx pgx.Tx, span Span) ([]Reopening, error) {
	return selectReopenings(ctx, tx, span)
}

// allClosed returns ErrHourOpen, wrapped in the first hour of the span that is not
// closed.
func allClosed(hours []Coverage, span Span) error {
	next, end := span.Hours()
	for _, h := range hours {
		if h.Hour != next || h.ClosedAt == nil {
			break
		}
		next++
	}
	if next < end {
		return fmt.Errorf("%w: %s: what is open is pulled without being reopened; name closed hours only",
			ErrHourOpen, next.Start().Format(time.RFC3339))
	}
	return nil
}

// The database's codes for what it refuses (PostgreSQL, Appendix A).
const (
	checkViolation  = "23514"
	uniqueViolation = "23505"
)

// reopeningRefusal says in words of ours why an approval was refused.
func reopeningRefusal(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrUnknownReopening
	}
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch refusal.Code {
		case checkViolation:
			return ErrOwnReopening
		case uniqueViolation:
			return ErrReopeningApproved
		}
	}
	return err
}
