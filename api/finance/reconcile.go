package finance

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

// shownMax bounds the lists of what differs; their lengths are told beside.
const shownMax = 1000

// LedgerReconciliation is what was sealed, against the ledger.
type LedgerReconciliation struct {
	Fits      bool                  `json:"fits" doc:"Everything that was sealed is in the ledger, to the unit."`
	Revisions []RevisionReconciled  `json:"revisions" nullable:"false" doc:"Every sealed one, by season and number."`
	Suppliers int                   `json:"suppliers" doc:"How many have an amount or a balance."`
	Sealed    wire.Money            `json:"sealed" doc:"The amounts of the last sealed revision of each season."`
	Held      wire.Money            `json:"held" doc:"What the suppliers' accounts come to: earned + transit + paid - owing."`
	Balances  []SupplierDiscrepancy `json:"balances_that_differ" nullable:"false" doc:"The first thousand suppliers whose accounts are not what their amounts come to."`
}

// RevisionReconciled holds one sealed revision's lines against its journal.
type RevisionReconciled struct {
	Revision    string                `json:"revision" example:"ignition-s1/r1" doc:"Its name."`
	Suppliers   int                   `json:"suppliers" doc:"Whose amount it changed."`
	Lines       wire.Money            `json:"lines" doc:"What its lines add to those of the revision before."`
	Posted      wire.Money            `json:"posted" doc:"What its journal posted."`
	Differences []SupplierDiscrepancy `json:"differences" nullable:"false" doc:"The first thousand that differ."`
}

// SupplierDiscrepancy is what a supplier should have and has.
type SupplierDiscrepancy struct {
	SupplierID uuid.UUID  `json:"supplier_id" doc:"Who."`
	Should     wire.Money `json:"should" doc:"What they should have."`
	Has        wire.Money `json:"has" doc:"What they have."`
}

// StatementRequest says whose statement is asked for.
type StatementRequest struct {
	Supplier *uuid.UUID `json:"supplier_id,omitempty" format:"uuid" doc:"The statement of one supplier; without it, everybody's."`
}

// reconcileMax is how long it may take: a second or two a hundred thousand suppliers.
const reconcileMax = time.Minute

func registerReconciling(s *wire.Service) {
	type output struct{ Body LedgerReconciliation }
	wire.Read(s, with(reading("get-ledger-reconciliation", "/reconciliation/ledger", "Reconcile the ledger",
		"Holds every sealed revision against its journal, and all of them against the balances."), wire.Long, reconcileMax), books,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, _ *struct{}) (*output, error) {
			found, err := snapshot.ReconcileLedger(ctx, tx)
			if err != nil {
				return nil, err
			}
			return &output{viewReconciliation(found)}, nil
		})

	type asked struct{ Body StatementRequest }
	wire.Act(s, acting("reconcile-chain", "/reconciliation/chain", http.StatusAccepted, "Reconcile what was paid",
		"As a task: holds what was earned, paid and is owed against each other and, where a node is configured, against the chain. It writes nothing."), money,
		func(ctx context.Context, a wire.Acting, in *asked) (*taskOutput, error) {
			return askFor(ctx, s, a, task.ReconcileChain, task.Arguments{Supplier: in.Body.Supplier}, nil)
		})
	registerIngest(s)
}

func viewReconciliation(r *snapshot.LedgerReconciliation) LedgerReconciliation {
	view := LedgerReconciliation{
		Fits: r.Fits(), Revisions: make([]RevisionReconciled, len(r.Revisions)), Suppliers: r.Suppliers,
		Sealed: units(r.SealedTotal), Held: units(r.HeldTotal), Balances: viewDiscrepancies(r.Balances),
	}
	for i, x := range r.Revisions {
		view.Revisions[i] = RevisionReconciled{
			fmt.Sprintf("%s/r%d", x.Season, x.Revision), x.Suppliers, units(x.Lines), units(x.Posted), viewDiscrepancies(x.Differences),
		}
	}
	return view
}

func units(amount int64) wire.Money { return wire.MoneyOf(ledger.Amount(amount)) }

func viewDiscrepancies(all []snapshot.SupplierDifference) []SupplierDiscrepancy {
	views := make([]SupplierDiscrepancy, min(len(all), shownMax))
	for i := range views {
		views[i] = SupplierDiscrepancy{all[i].SupplierID, units(all[i].Should), units(all[i].Has)}
	}
	return views
}
