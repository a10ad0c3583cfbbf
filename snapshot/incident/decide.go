package incident

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/uptally/uptally/uptime"
)

// The database's codes for what it refuses (PostgreSQL, Appendix A).
const (
	uniqueViolation     = "23505"
	foreignKeyViolation = "23503"
)

// Dismiss records a person's word that the incident changes nothing for the
// season. ErrNotFound if there is no such incident or season, ErrConflict if it is
// dismissed already.
func Dismiss(ctx context.Context, tx pgx.Tx, id int64, season, reason string, person int64) error {
	if reason == "" {
		return fmt.Errorf("dismissing incident %d: a reason is needed", id)
	}
	refused, _ := errors.AsType[*pgconn.PgError](insertDismissal(ctx, tx, Dismissal{Incident: id, Season: season, Reason: reason, Person: person}))
	switch {
	case refused == nil:
		return nil
	case refused.Code == uniqueViolation:
		return fmt.Errorf("incident %d is dismissed for season %s: %w", id, season, ErrConflict)
	case refused.Code == foreignKeyViolation && refused.ConstraintName == "incident_dismissal_season_fkey":
		return fmt.Errorf("season %q: %w; see which there are with: `uptally season list`", season, ErrNotFound)
	case refused.Code == foreignKeyViolation:
		return fmt.Errorf("incident %d: %w; see which there are with: `uptally incident list`", id, ErrNotFound)
	}
	return refused
}

// End records a person's word that from the first slot that starts at or after the
// instant on, the level of the population is accepted: the collapse ends there, and
// baselines start afresh. ErrEnd if that is not after its opening, or in the
// future; ErrConflict if it is no collapse, or has recovered by itself. A later end
// takes the place of an earlier one.
func End(ctx context.Context, tx pgx.Tx, id int64, at time.Time, reason string, person int64) error {
	if reason == "" {
		return fmt.Errorf("ending incident %d: a reason is needed", id)
	}
	i, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	now, err := Now(ctx, tx)
	if err != nil {
		return err
	}
	end := uptime.SlotAtOrAfter(at)
	switch {
	case i.Kind != KindCollapse:
		return fmt.Errorf("incident %d is a %s, which ends by itself: %w", id, i.Kind, ErrConflict)
	case i.Collapse.Recovered != nil:
		return fmt.Errorf("incident %d recovered by itself at %s: %w", id, i.Collapse.Recovered.Start().Format(time.RFC3339), ErrConflict)
	case end <= i.Opened:
		return fmt.Errorf("incident %d at %s: %w: it opened at %s; give a later time", id, at.UTC().Format(time.RFC3339), ErrEnd, i.Opened.Start().Format(time.RFC3339))
	case end.Start().After(now):
		return fmt.Errorf("incident %d at %s: %w: that has not come yet", id, at.UTC().Format(time.RFC3339), ErrEnd)
	}
	return insertEnd(ctx, tx, i, end, reason, person)
}
