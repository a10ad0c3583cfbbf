package snapshot

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

// Seal posts an approved revision to the ledger: from the season's pool, what each
// supplier earned, and the residual back to the treasury, as one journal. The
// change of state is in the same transaction. A season is sealed once.
func Seal(ctx context.Context, tx pgx.Tx, id, person int64) (ledger.Journal, error) {
	s, err := lockSnapshot(ctx, tx, id)
	if err != nil {
		return ledger.Journal{}, err
	}
	if err := sealable(ctx, tx, s); err != nil {
		return ledger.Journal{}, fmt.Errorf("snapshot %s: %w", s.Name(), err)
	}
	entry, err := sealEntry(ctx, tx, s, person)
	if err != nil {
		return ledger.Journal{}, fmt.Errorf("snapshot %s: %w", s.Name(), err)
	}
	journal, err := ledger.Post(ctx, tx, entry)
	if err != nil {
		return journal, fmt.Errorf("snapshot %s: %w", s.Name(), err)
	}
	return journal, updateSealed(ctx, tx, id, person)
}

// sealable refuses what is not an approved first revision over closed hours.
func sealable(ctx context.Context, tx pgx.Tx, s Snapshot) error {
	if s.State != Approved {
		return fmt.Errorf("%w: it is %s, not approved", ErrConflict, s.State)
	}
	all, err := selectSnapshots(ctx, tx, s.Season)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.State == Sealed {
			return fmt.Errorf("%w: %s is sealed, and a season is sealed once", ErrConflict, other.Name())
		}
	}
	b, _, err := loadBasis(ctx, tx, s.Season, s.AsOf)
	if err != nil {
		return err
	}
	open, reopenings, err := closings(ctx, tx, b)
	if err != nil {
		return err
	}
	if open || reopenings != s.Reopenings {
		return fmt.Errorf("%w: an hour that it stands on was reopened since; close it and take the snapshot again", ErrGuard)
	}
	return nil
}

// sealEntry is the journal of a revision: amounts of its lines by supplier, and
// the residual. They make up the pool, or nothing is posted.
func sealEntry(ctx context.Context, tx pgx.Tx, s Snapshot, person int64) (ledger.Entry, error) {
	season, err := SeasonByCode(ctx, tx, s.Season)
	if err != nil {
		return ledger.Entry{}, err
	}
	rules, err := RulesetOf(ctx, tx, season)
	if err != nil {
		return ledger.Entry{}, err
	}
	amounts, err := selectSupplierAmounts(ctx, tx, s.ID)
	if err != nil {
		return ledger.Entry{}, err
	}
	pool, allocated := ledger.SeasonPool(s.Season), int64(0)
	transfers := make([]ledger.Transfer, 0, len(amounts)+1)
	for _, a := range amounts {
		transfers = append(transfers, ledger.Transfer{
			Debit: pool, Credit: ledger.SupplierEarned(a.SupplierID), Amount: ledger.Amount(a.Amount),
		})
		allocated += a.Amount
	}
	if allocated != s.Allocated || allocated+s.Residual != season.Pool {
		return ledger.Entry{}, fmt.Errorf("%w: its lines amount to %d, its figures say %d + %d residual of a pool of %d; reject it and take it again",
			ErrConflict, allocated, s.Allocated, s.Residual, season.Pool)
	}
	if s.Residual > 0 {
		transfers = append(transfers, ledger.Transfer{Debit: pool, Credit: ledger.Treasury(), Amount: ledger.Amount(s.Residual)})
	}
	return ledger.Entry{
		Act: ledger.ActSeal, Key: "seal " + s.Name(), Actor: person, Reason: "season " + s.Season + " sealed",
		Season: s.Season, Revision: s.Revision, SubjectDigest: ledger.Digest(s.Digest),
		PayoutMinimum: ledger.Amount(rules.Payout.Minimum), Transfers: transfers,
	}, nil
}
