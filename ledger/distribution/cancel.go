package distribution

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

// AskCancel stops a distribution at once: nothing of it is attempted or exported any
// more. Another person's ApproveCancel returns what is still in transit. If files
// were exported, unpaid says that they were not paid and will not be; nobody but a
// person can know. The same request again changes nothing; another is ErrConflict.
func AskCancel(ctx context.Context, tx pgx.Tx, id, reason string, unpaid bool, actor int64) (Distribution, error) {
	d, err := askCancel(ctx, tx, id, Cancel{actor, reason, unpaid})
	if err != nil {
		return Distribution{}, fmt.Errorf("distribution: cancel %s: %w", id, err)
	}
	return d, nil
}

func askCancel(ctx context.Context, tx pgx.Tx, id string, asked Cancel) (Distribution, error) {
	d, err := LockPaying(ctx, tx, id)
	if err != nil {
		return d, err
	}
	switch {
	case asked.Reason == "":
		return d, fmt.Errorf("%w: no reason: say in a phrase why", ErrInvalid)
	case d.CancelAsked == asked:
		return d, nil
	case d.CancelAsked.By != 0:
		return d, fmt.Errorf("%w: it was asked for already, because of %q: have another person approve that", ErrConflict, d.CancelAsked.Reason)
	case d.State == Finished:
		return d, fmt.Errorf("%w: every payout of it was paid or returned: there is nothing to cancel", ErrConflict)
	case d.FilesOut() && !asked.Unpaid:
		return d, fmt.Errorf("%w: its files were exported: make sure that nobody pays from them, and say so", ErrMayLand)
	}
	if err := insertCancel(ctx, tx, d.number, asked); err != nil {
		return d, err
	}
	return distributionByID(ctx, tx, id)
}

// ApproveCancel returns every payout that has not ended to what its supplier has
// earned. It must be another person's act than the request: otherwise
// ErrSelfApproval. While an attempt may still land, or landed and is not settled,
// the error is ErrMayLand and nothing is returned. The same approval again changes
// nothing.
func ApproveCancel(ctx context.Context, tx pgx.Tx, id string, actor int64) (Distribution, Settled, error) {
	d, settled, err := approveCancel(ctx, tx, id, actor)
	if err != nil {
		return Distribution{}, Settled{}, fmt.Errorf("distribution: cancel %s: %w", id, err)
	}
	return d, settled, nil
}

func approveCancel(ctx context.Context, tx pgx.Tx, id string, actor int64) (Distribution, Settled, error) {
	if err := ledger.Lock(ctx, tx); err != nil { // always before the lock of paying
		return Distribution{}, Settled{}, err
	}
	d, err := LockPaying(ctx, tx, id)
	if err != nil {
		return d, Settled{}, err
	}
	if err := d.MayApproveCancel(actor); err != nil {
		return d, Settled{}, err
	}
	if d.State == Cancelled {
		return d, Settled{}, alreadyCancelledBy(ctx, tx, d, actor)
	}
	payouts, err := payoutStatuses(ctx, tx, d.number, nil)
	if err != nil {
		return d, Settled{}, err
	}
	returned, err := cancellable(payouts)
	if err != nil {
		return d, Settled{}, err
	}
	if err := insertCancelApproval(ctx, tx, d, actor); err != nil {
		return d, Settled{}, err
	}
	settled, err := end(ctx, tx, d, Settlement{
		Actor: actor, Reason: fmt.Sprintf("%s cancelled: %s", d.ID, d.CancelAsked.Reason), Returned: returned,
	})
	if err != nil {
		return d, Settled{}, err
	}
	d, err = distributionByID(ctx, tx, id)
	return d, settled, err
}

// MayApproveCancel refuses whom ApproveCancel would refuse for who they are and what
// was asked, whatever became of the payouts.
func (d Distribution) MayApproveCancel(actor int64) error {
	switch {
	case d.CancelAsked.By == 0:
		return fmt.Errorf("%w: nobody asked to cancel it: ask, and have another person approve", ErrConflict)
	case d.CancelAsked.By == actor:
		return fmt.Errorf("%w: whoever asked for it cannot approve it; ask another person", ErrSelfApproval)
	case d.FilesOut() && !d.CancelAsked.Unpaid:
		return fmt.Errorf("%w: its files were exported, and the request does not say that they were not paid", ErrMayLand)
	}
	return nil
}

// cancellable returns the payouts that come back, unless one may still be paid.
func cancellable(payouts []PayoutStatus) (returned []int, err error) {
	for _, p := range payouts {
		switch p.State {
		case Live:
			return nil, fmt.Errorf("%w: payout %d has an attempt, %s: poll until that has landed or expired", ErrMayLand, p.Number, p.Signature)
		case Landed:
			return nil, fmt.Errorf("%w: payout %d was paid by %s: settle it first", ErrMayLand, p.Number, p.Signature)
		case Waiting, Aside:
			returned = append(returned, p.Number)
		case Paid, Returned:
		}
	}
	return returned, nil
}

// alreadyCancelledBy returns ErrConflict unless the actor approved it.
func alreadyCancelledBy(ctx context.Context, tx pgx.Tx, d Distribution, actor int64) error {
	by, err := cancelApprovedBy(ctx, tx, d.number)
	if err == nil && by != actor {
		err = fmt.Errorf("%w: somebody else approved it already: nothing is left to do", ErrConflict)
	}
	return err
}
