package wallet

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Allow asks that a multisig's vault become the supplier's wallet, as nobody can sign
// for it. Another person approves it with ApproveAllowance. The errors are ErrWallet,
// also for an address that has a key and can be proved, and ErrReason.
func Allow(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, address, reason string, actor int64) error {
	w, err := ParseVault(address)
	if err != nil {
		return err
	}
	if reason == "" {
		return fmt.Errorf("wallet: allow %s: %w: say in a phrase whose vault it is, and how you know", w, ErrReason)
	}
	now, err := lockedNow(ctx, tx)
	if err == nil {
		err = insertAllowance(ctx, tx, supplier, w, reason, actor, now)
	}
	if err == nil {
		err = insertEvent(ctx, tx, Event{Kind: EventAllowAsked, Supplier: supplier, Wallet: w, Reason: reason, Person: actor, At: now})
	}
	if err != nil {
		return fmt.Errorf("wallet: allow %s: %w", w, err)
	}
	return nil
}

// ApproveAllowance approves that the vault become the supplier's wallet, as another
// person: what a signature proves elsewhere, two people's word does here. It counts
// after the same hold. The errors are ErrWallet, ErrNotAsked, also if that was
// approved already, ErrSelfApproval and ErrHold.
func ApproveAllowance(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, address string, o Proof) (Record, error) {
	w, err := ParseVault(address)
	if err != nil {
		return Record{}, err
	}
	r, err := approveAllowance(ctx, tx, supplier, w, o)
	if err != nil {
		return Record{}, fmt.Errorf("wallet: allow %s: %w", w, err)
	}
	return r, nil
}

func approveAllowance(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, w Wallet, o Proof) (Record, error) {
	if err := checkHold(o.Hold); err != nil {
		return Record{}, err
	}
	if err := lock(ctx, tx); err != nil {
		return Record{}, err
	}
	asked, err := lastAllowance(ctx, tx, supplier, w)
	if err != nil {
		return Record{}, err
	}
	if asked.by == o.Actor {
		return Record{}, fmt.Errorf("%w: another person than who asked for it approves it", ErrSelfApproval)
	}
	if err := insertAllowanceApproval(ctx, tx, asked, o); err != nil {
		return Record{}, err
	}
	if err := insertEvent(ctx, tx, Event{
		Kind: EventAllowed, Supplier: supplier, Wallet: w, Reason: asked.reason, Person: o.Actor, At: o.Now}); err != nil {
		return Record{}, err
	}
	now, err := currents(ctx, tx, o.Now, []uuid.UUID{supplier})
	if err != nil {
		return Record{}, err
	}
	if from, changes := now[supplier].next(w, o.Now, o.Hold); changes {
		if err := insertWallets(ctx, tx, []row{{supplier: supplier, wallet: w, allowance: asked.id, activeFrom: from}}, o); err != nil {
			return Record{}, err
		}
	}
	return recordOf(ctx, tx, supplier, w, o.Now)
}
