package task

import (
	"bytes"
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
)

// FormatTrees is the format of a file of fundings of merkle trees; the others are
// settle's.
const FormatTrees settle.Format = "trees"

// settlement is what the task settles. The reason names the task, so that its journals
// can be told from others'.
func (w *work) settlement() settle.Request {
	from := map[Kind]string{SettleReceipts: "from receipts", SettleFunding: "by funding", SettleChain: "from the chain"}[w.Kind]
	return settle.Request{
		Distribution: w.Arguments.Distribution, Actor: w.AskedBy, DryRun: w.Arguments.DryRun,
		Reason: fmt.Sprintf("settled %s by task %s", from, w.ID),
	}
}

func settleReceipts(ctx context.Context, w *work) error {
	result, err := settle.FromReceipts(ctx, w.Pool, w.Node, w.Payer, settle.Format(w.Arguments.Format), bytes.NewReader(w.input), w.settlement())
	w.found.Settlement = &result
	return err
}

// settleFunding settles by one funding, which the chain must confirm, or by a file of
// them.
func settleFunding(ctx context.Context, w *work) error {
	fundings, err := w.fundings(ctx)
	if err != nil {
		return err
	}
	result, err := settle.FromFunding(ctx, w.Pool, w.Node, w.Payer, fundings, w.settlement())
	w.found.Settlement = &result
	return err
}

func (w *work) fundings(ctx context.Context) (fundings []settle.Funding, err error) {
	if f := w.Arguments.Funding; f != nil {
		if w.Node == nil {
			return nil, fmt.Errorf("%w: a single funding is settled by the chain: configure one, or give a file of the format %s", ErrNoNode, FormatTrees)
		}
		return []settle.Funding{*f}, nil
	}
	err = w.reading(ctx, func(tx pgx.Tx) error {
		trees, err := distribution.ReadTrees(ctx, tx, w.Arguments.Distribution)
		if err != nil {
			return err
		}
		fundings, err = settle.ReadFundings(bytes.NewReader(w.input), trees)
		return err
	})
	return fundings, err
}

func settleChain(ctx context.Context, w *work) error {
	if w.Node == nil {
		return fmt.Errorf("%w: configure one, or settle by receipts", ErrNoNode)
	}
	result, err := settle.FromChain(ctx, w.Pool, w.Node, w.settlement())
	w.found.Settlement = &result
	return err
}

// settled tells of all that the task posted, in this run and before.
func settled(ctx context.Context, tx pgx.Tx, w *work) (Result, error) {
	journals, err := ledger.JournalsBecause(ctx, tx, w.settlement().Reason)
	if err != nil {
		return Result{}, err
	}
	return Result{Settlement: newSettlement(*w.found.Settlement, journals)}, nil
}

func reconcileChain(ctx context.Context, w *work) error {
	asked := settle.Asked{Payer: w.Payer}
	var lines []settle.SupplierLine
	if s := w.Arguments.Supplier; s != nil && *s != uuid.Nil {
		asked.Supplier = *s
		asked.Each = func(l settle.SupplierLine) { lines = append(lines, l) }
	}
	statement, err := settle.Reconcile(ctx, w.Pool, w.Node, asked)
	if err != nil {
		return err
	}
	w.found.Statement = newStatement(statement, lines)
	return nil
}
