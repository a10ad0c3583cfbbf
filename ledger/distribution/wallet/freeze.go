package wallet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Errors of acts.
var (
	ErrReason       = errors.New("no reason")
	ErrNotFrozen    = errors.New("not frozen")
	ErrNotAsked     = errors.New("nobody asked for it")
	ErrSelfApproval = errors.New("approval of one's own act")
)

// TheProgram is who acts if no person does.
const TheProgram int64 = 0

// Freeze keeps everything from the supplier from now on, whatever wallets they have
// or prove. One person is enough, or TheProgram. It stays until two people release
// it. A supplier who is frozen can be frozen again, for a further reason, which takes
// a release of its own. The error without a reason is ErrReason.
//
// It waits for nobody but who freezes the same supplier. Payouts that are prepared
// hold wallets of their own: who freezes sets those aside as well.
func Freeze(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, reason string, actor int64) error {
	if reason == "" {
		return fmt.Errorf("wallet: freeze supplier %s: %w: say in a phrase why", supplier, ErrReason)
	}
	err := lockFreezes(ctx, tx, supplier)
	var now time.Time
	if err == nil {
		now, err = Now(ctx, tx)
	}
	if err == nil {
		err = insertFreeze(ctx, tx, supplier, reason, actor, now)
	}
	if err == nil {
		err = insertEvent(ctx, tx, Event{Kind: EventFrozen, Supplier: supplier, Reason: reason, Person: actor, At: now})
	}
	if err != nil {
		return fmt.Errorf("wallet: freeze supplier %s: %w", supplier, err)
	}
	return nil
}

// AskRelease asks to lift what the supplier is frozen by so far. Another person
// approves it with ApproveRelease. The errors are ErrReason and ErrNotFrozen.
func AskRelease(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, reason string, actor int64) error {
	if err := askRelease(ctx, tx, supplier, reason, actor); err != nil {
		return fmt.Errorf("wallet: release supplier %s: %w", supplier, err)
	}
	return nil
}

func askRelease(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, reason string, actor int64) error {
	if reason == "" {
		return fmt.Errorf("%w: say in a phrase why", ErrReason)
	}
	now, err := lockedNow(ctx, tx)
	if err != nil {
		return err
	}
	if err := lockFreezes(ctx, tx, supplier); err != nil {
		return err
	}
	freeze, err := lastFreeze(ctx, tx, supplier)
	if err != nil {
		return err
	}
	if err := insertRelease(ctx, tx, supplier, freeze, reason, actor, now); err != nil {
		return err
	}
	return insertEvent(ctx, tx, Event{Kind: EventReleaseAsked, Supplier: supplier, Reason: reason, Person: actor, At: now})
}

// ApproveRelease approves what was asked for last, as another person: the supplier is
// paid again, unless they were frozen once more since it was asked for. The errors
// are ErrNotAsked, also if that was approved already, and ErrSelfApproval.
func ApproveRelease(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, actor int64) error {
	if err := approveRelease(ctx, tx, supplier, actor); err != nil {
		return fmt.Errorf("wallet: release supplier %s: %w", supplier, err)
	}
	return nil
}

func approveRelease(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, actor int64) error {
	now, err := lockedNow(ctx, tx)
	if err != nil {
		return err
	}
	asked, err := lastRelease(ctx, tx, supplier)
	if err != nil {
		return err
	}
	if asked.by == actor {
		return fmt.Errorf("%w: another person than who asked for it approves it", ErrSelfApproval)
	}
	if err := insertReleaseApproval(ctx, tx, asked, actor, now); err != nil {
		return err
	}
	return insertEvent(ctx, tx, Event{Kind: EventReleased, Supplier: supplier, Reason: asked.reason, Person: actor, At: now})
}

// asked is what a first person asked for, and a second has not approved.
type asked struct {
	id     int64
	by     int64
	reason string
}

// lockedNow takes the lock that whoever changes wallets holds, and returns the clock.
func lockedNow(ctx context.Context, tx pgx.Tx) (time.Time, error) {
	if err := lock(ctx, tx); err != nil {
		return time.Time{}, err
	}
	return Now(ctx, tx)
}
