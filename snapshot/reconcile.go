package snapshot

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

// LedgerReconciliation holds what was sealed against the ledger, to the unit.
type LedgerReconciliation struct {
	Revisions   []RevisionReconciliation // every sealed one, by season and number
	Balances    []SupplierDifference     // suppliers whose accounts are not what their sealed amounts come to
	Suppliers   int                      // that have an amount or a balance
	SealedTotal int64                    // Σ amounts of the last sealed revision of each season, base units
	HeldTotal   int64                    // Σ earned + transit + paid - owing of all suppliers, base units
}

// RevisionReconciliation holds one sealed revision's lines against its journal.
type RevisionReconciliation struct {
	Season      string
	Revision    int
	Suppliers   int   // whose amount the revision changed
	Lines       int64 // what its lines add to those of the revision sealed before, base units
	Posted      int64 // what its journal posted, base units
	Differences []SupplierDifference
}

// SupplierDifference is what a supplier should have and has, in base units.
type SupplierDifference struct {
	SupplierID  uuid.UUID
	Should, Has int64
}

// Fits reports whether everything that was sealed is in the ledger.
func (r *LedgerReconciliation) Fits() bool {
	return len(r.Balances) == 0 && !slices.ContainsFunc(r.Revisions, func(x RevisionReconciliation) bool { return len(x.Differences) > 0 })
}

// String says in a phrase what was found.
func (r *LedgerReconciliation) String() string {
	differ := len(r.Balances)
	for _, x := range r.Revisions {
		differ += len(x.Differences)
	}
	return fmt.Sprintf("%d sealed revisions, %d suppliers, %d differences", len(r.Revisions), r.Suppliers, differ)
}

// ReconcileLedger holds each sealed revision's lines, per supplier and in sum,
// against its journal, and the suppliers' balances against what all of them come to.
func ReconcileLedger(ctx context.Context, tx pgx.Tx) (*LedgerReconciliation, error) {
	all, err := selectSnapshots(ctx, tx, "")
	if err != nil {
		return nil, err
	}
	var (
		result = &LedgerReconciliation{}
		last   = map[string]int64{} // by season, the snapshot sealed last
	)
	for _, s := range all {
		if s.State != Sealed {
			continue
		}
		r, err := reconcileRevision(ctx, tx, s, last[s.Season])
		if err != nil {
			return nil, fmt.Errorf("snapshot %s: %w", s.Name(), err)
		}
		result.Revisions, last[s.Season] = append(result.Revisions, r), s.ID
	}
	return result, result.balances(ctx, tx, slices.Sorted(maps.Values(last)))
}

// reconcileRevision compares what s adds to the snapshot sealed before it, 0 for
// none, with what its journal posted.
func reconcileRevision(ctx context.Context, tx pgx.Tx, s Snapshot, before int64) (RevisionReconciliation, error) {
	r := RevisionReconciliation{Season: s.Season, Revision: s.Revision}
	lines, err := selectDifferences(ctx, tx, before, s.ID)
	if err != nil {
		return r, err
	}
	posted, err := ledger.PostedBy(ctx, tx, s.Season, s.Revision)
	if err != nil {
		return r, err
	}
	r.Differences, r.Suppliers, r.Lines, r.Posted = compareAmounts(lines, posted)
	return r, nil
}

func (r *LedgerReconciliation) balances(ctx context.Context, tx pgx.Tx, snapshots []int64) error {
	lines, err := selectSupplierSums(ctx, tx, snapshots)
	if err != nil {
		return err
	}
	given, err := ledger.Given(ctx, tx)
	if err != nil {
		return err
	}
	r.Balances, r.Suppliers, r.SealedTotal, r.HeldTotal = compareAmounts(lines, given)
	return nil
}

// compareAmounts returns in what the two differ, by supplier, and their sums. It
// empties has.
func compareAmounts(should []SupplierAmount, has map[uuid.UUID]ledger.Amount) (differ []SupplierDifference, suppliers int, shouldSum, hasSum int64) {
	note := func(supplier uuid.UUID, should, has int64) {
		suppliers, shouldSum, hasSum = suppliers+1, shouldSum+should, hasSum+has
		if should != has {
			differ = append(differ, SupplierDifference{supplier, should, has})
		}
	}
	for _, a := range should {
		note(a.SupplierID, a.Amount, int64(has[a.SupplierID]))
		delete(has, a.SupplierID)
	}
	for supplier, amount := range has {
		note(supplier, 0, int64(amount))
	}
	slices.SortFunc(differ, func(a, b SupplierDifference) int { return slices.Compare(a.SupplierID[:], b.SupplierID[:]) })
	return differ, suppliers, shouldSum, hasSum
}
