package snapshot

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot/incident"
)

// Seal posts an approved revision to the ledger, as one journal: all of a season's
// first revision, and of a later one what differs from the one sealed before it.
// The change of state is in the same transaction. ErrGuard says what stands
// between the revision and its seal.
func Seal(ctx context.Context, tx pgx.Tx, id, person int64) (ledger.Journal, error) {
	s, err := lockSnapshot(ctx, tx, id)
	if err != nil {
		return ledger.Journal{}, err
	}
	journal, err := seal(ctx, tx, s, person)
	if err != nil {
		return ledger.Journal{}, fmt.Errorf("snapshot %s: %w", s.Name(), err)
	}
	if err := updateSealed(ctx, tx, id, person); err != nil {
		return ledger.Journal{}, fmt.Errorf("snapshot %s: %w", s.Name(), err)
	}
	return journal, nil
}

func seal(ctx context.Context, tx pgx.Tx, s Snapshot, person int64) (ledger.Journal, error) {
	if s.State != Approved {
		return ledger.Journal{}, fmt.Errorf("%w: it is %s, not approved", ErrConflict, s.State)
	}
	if _, err := incident.Look(ctx, tx, s.AsOf); err != nil { // the database asks for it, too
		return ledger.Journal{}, fmt.Errorf("looking for incidents: %w", err)
	}
	if err := ledger.Lock(ctx, tx); err != nil { // balances decide what is posted
		return ledger.Journal{}, err
	}
	b, err := BasisOf(ctx, tx, s)
	if err != nil {
		return ledger.Journal{}, err
	}
	if err := sealable(ctx, tx, s, b); err != nil {
		return ledger.Journal{}, err
	}
	entry, err := sealEntry(ctx, tx, s, b, person)
	if err != nil {
		return ledger.Journal{}, err
	}
	return ledger.Post(ctx, tx, entry)
}

// sealEntry is the journal of a revision.
func sealEntry(ctx context.Context, tx pgx.Tx, s Snapshot, b *Basis, person int64) (ledger.Entry, error) {
	entry := ledger.Entry{
		Act: ledger.ActSeal, Key: "seal " + s.Name(), Actor: person, Reason: "season " + s.Season + " sealed",
		Season: s.Season, Revision: s.Revision, SubjectDigest: ledger.Digest(s.Digest),
		PayoutMinimum: ledger.Amount(b.Rules.Payout.Minimum),
	}
	amounts, err := selectSupplierAmounts(ctx, tx, s.ID)
	if err != nil {
		return entry, err
	}
	if err := addUp(s, b, amounts); err != nil {
		return entry, err
	}
	if b.Corrects != nil {
		entry.Act, entry.Key = ledger.ActCorrect, "correct "+s.Name()
		entry.Reason = fmt.Sprintf("%s corrected by %s", b.Corrects.Sealed.Name(), s.Name())
		if amounts, err = selectDifferences(ctx, tx, b.Corrects.Sealed.ID, s.ID); err != nil {
			return entry, err
		}
	}
	entry.Transfers, err = transfersOf(ctx, tx, s, b, amounts)
	return entry, err
}

// addUp refuses a revision whose lines do not come to what its figures say.
func addUp(s Snapshot, b *Basis, amounts []SupplierAmount) error {
	var allocated int64
	for _, a := range amounts {
		allocated += a.Amount
	}
	if allocated != s.Allocated || allocated+s.Residual != b.Season.Pool+s.Drawn {
		return fmt.Errorf("%w: its lines amount to %d, its figures say %d + %d residual of a pool of %d + %d drawn; reject it and take it again",
			ErrConflict, allocated, s.Allocated, s.Residual, b.Season.Pool, s.Drawn)
	}
	return nil
}

// transfersOf turns what suppliers get, more or less, into transfers.
func transfersOf(ctx context.Context, tx pgx.Tx, s Snapshot, b *Basis, amounts []SupplierAmount) ([]ledger.Transfer, error) {
	var more, less []uuid.UUID
	for _, a := range amounts {
		if a.Amount > 0 {
			more = append(more, a.SupplierID)
		} else {
			less = append(less, a.SupplierID)
		}
	}
	owing, err := ledger.Holdings(ctx, tx, ledger.KindOwing, more)
	if err != nil {
		return nil, err
	}
	earned, err := ledger.Holdings(ctx, tx, ledger.KindEarned, less)
	if err != nil {
		return nil, err
	}
	p := posting{season: s.Season, source: ledger.SeasonPool(s.Season), owing: owing, earned: earned}
	if b.Corrects != nil {
		p.source = ledger.SeasonReserve(s.Season)
	}
	for _, a := range amounts {
		p.add(a)
	}
	if b.Corrects == nil {
		p.move(p.source, ledger.Treasury(), s.Residual)
	}
	return p.transfers, nil
}
