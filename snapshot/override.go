package snapshot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot/incident"
)

// Override is two people's word that a revision may be sealed although some of its
// guards failed. It stays on record.
type Override struct {
	ID         int64
	Guards     []string // the codes of those that had failed when it was asked for
	Reason     string
	AskedBy    int64
	AskedAt    time.Time
	ApprovedBy *int64 // another person; nil while it is only asked for
	ApprovedAt *time.Time
}

// AskOverride records that the person asks for a seal although guards of the
// revision have failed. It covers those that have failed now, and no other. What
// guards the sums of money cannot be overridden.
func AskOverride(ctx context.Context, tx pgx.Tx, s Snapshot, reason string, person int64) (Override, error) {
	if reason == "" {
		return Override{}, fmt.Errorf("override of %s: a reason is needed", s.Name())
	}
	s, err := lockSnapshot(ctx, tx, s.ID) // as it is by now
	if err != nil {
		return Override{}, err
	}
	if s.State != Draft && s.State != Approved {
		return Override{}, fmt.Errorf("override of %s: %w: it is %s, not on its way to a seal", s.Name(), ErrConflict, s.State)
	}
	if _, err := incident.Look(ctx, tx, s.AsOf); err != nil { // each gets the number that a seal knows it by
		return Override{}, fmt.Errorf("override of %s: looking for incidents: %w", s.Name(), err)
	}
	board, err := BoardOf(ctx, tx, s)
	if err != nil {
		return Override{}, err
	}
	o := Override{Reason: reason, AskedBy: person}
	for _, g := range board.Failed() {
		if g.Firm {
			return o, fmt.Errorf("override of %s: %w: %s cannot be overridden (%s): %s", s.Name(), ErrGuard, g.Code, g.Figure, g.Remedy)
		}
		o.Guards = append(o.Guards, g.Code)
	}
	if len(o.Guards) == 0 {
		return o, fmt.Errorf("override of %s: %w: no guard has failed, there is nothing to override", s.Name(), ErrConflict)
	}
	o.ID, o.AskedAt, err = insertOverride(ctx, tx, s, o)
	return o, err
}

// ApproveOverride is another person's approval of the override.
func ApproveOverride(ctx context.Context, tx pgx.Tx, s Snapshot, id, person int64) error {
	overrides, err := Overrides(ctx, tx, s)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(overrides, func(o Override) bool { return o.ID == id })
	if i < 0 {
		return fmt.Errorf("override %d of %s: %w", id, s.Name(), ErrNotFound)
	}
	if overrides[i].AskedBy == person {
		return fmt.Errorf("override %d of %s: %w: whoever asked for it cannot approve it; ask another person", id, s.Name(), ErrSelfCheck)
	}
	err = insertOverrideApproval(ctx, tx, id, person)
	if refusal(err) == uniqueViolation {
		return fmt.Errorf("override %d of %s: %w", id, s.Name(), ErrAlreadyApproved)
	}
	return err
}

// Overrides returns what was asked for and approved of the revision, in order.
func Overrides(ctx context.Context, tx pgx.Tx, s Snapshot) ([]Override, error) {
	return selectOverrides(ctx, tx, s.ID)
}

// OverrideOf returns by which of the overrides the guard does not bar a seal: one
// that two people gave and that names it. It is nil for a guard that has not failed
// or is firm.
func OverrideOf(overrides []Override, g Guard) *Override {
	if g.Verdict != GuardFailed || g.Firm {
		return nil
	}
	for i, o := range overrides {
		if o.ApprovedBy != nil && slices.Contains(o.Guards, g.Code) {
			return &overrides[i]
		}
	}
	return nil
}
