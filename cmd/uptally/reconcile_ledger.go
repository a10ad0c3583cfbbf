package main

import (
	"context"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

type reconcileLedger struct{}

// ledgerReconciliationView is what was sealed against the ledger, as --json prints it.
type ledgerReconciliationView struct {
	Fits      bool                   `json:"fits"`
	Revisions []reconciledView       `json:"revisions"`
	Suppliers int                    `json:"suppliers"`
	Sealed    ledger.Amount          `json:"sealed"` // Σ amounts of the last sealed revision of each season
	Held      ledger.Amount          `json:"held"`   // Σ earned + transit + paid - owing
	Balances  []supplierDifferenceIn `json:"balances_that_differ"`
}

type reconciledView struct {
	Revision    string                 `json:"revision"`
	Suppliers   int                    `json:"suppliers"`
	Lines       ledger.Amount          `json:"lines"`
	Posted      ledger.Amount          `json:"posted"`
	Differences []supplierDifferenceIn `json:"differences"`
}

type supplierDifferenceIn struct {
	Supplier uuid.UUID     `json:"supplier"`
	Should   ledger.Amount `json:"should"`
	Has      ledger.Amount `json:"has"`
}

// Run holds every sealed revision against its journal and the balances that followed.
func (reconcileLedger) Run(ctx context.Context, a *app) error {
	var found *snapshot.LedgerReconciliation
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		found, err = snapshot.ReconcileLedger(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	view := viewLedgerReconciliation(found)
	if err := a.show(view, func(out io.Writer) { printLedgerReconciliation(out, view) }); err != nil {
		return err
	}
	if !view.Fits {
		return fmt.Errorf("%w: what was sealed is not what the ledger holds: %s", snapshot.ErrGuard, found)
	}
	return nil
}

func viewLedgerReconciliation(r *snapshot.LedgerReconciliation) ledgerReconciliationView {
	view := ledgerReconciliationView{
		Fits: r.Fits(), Revisions: []reconciledView{}, Suppliers: r.Suppliers, Sealed: ledger.Amount(r.SealedTotal),
		Held: ledger.Amount(r.HeldTotal), Balances: viewDifferences(r.Balances),
	}
	for _, x := range r.Revisions {
		view.Revisions = append(view.Revisions, reconciledView{
			Revision: fmt.Sprintf("%s/r%d", x.Season, x.Revision), Suppliers: x.Suppliers,
			Lines: ledger.Amount(x.Lines), Posted: ledger.Amount(x.Posted), Differences: viewDifferences(x.Differences),
		})
	}
	return view
}

func viewDifferences(differences []snapshot.SupplierDifference) []supplierDifferenceIn {
	views := make([]supplierDifferenceIn, len(differences))
	for i, d := range differences {
		views[i] = supplierDifferenceIn{d.SupplierID, ledger.Amount(d.Should), ledger.Amount(d.Has)}
	}
	return views
}

func printLedgerReconciliation(out io.Writer, v ledgerReconciliationView) {
	g := newGrid("sealed", ">suppliers", ">lines", ">journal", ">differ")
	for _, r := range v.Revisions {
		g.add(r.Revision, count(r.Suppliers), inIO(int64(r.Lines)), inIO(int64(r.Posted)), count(len(r.Differences)))
	}
	g.AppendFooter([]any{"balances", count(v.Suppliers), inIO(int64(v.Sealed)), inIO(int64(v.Held)), count(len(v.Balances))})
	g.print(out)
	differ := newGrid("where", "supplier", ">should be", ">is")
	for _, r := range v.Revisions {
		for _, d := range r.Differences {
			differ.add(r.Revision, d.Supplier, inIO(int64(d.Should)), inIO(int64(d.Has)))
		}
	}
	for _, d := range v.Balances {
		differ.add("balances", d.Supplier, inIO(int64(d.Should)), inIO(int64(d.Has)))
	}
	if !v.Fits {
		fmt.Fprintln(out)
		differ.print(out)
	}
}
