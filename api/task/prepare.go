package task

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// request is what the task asks for. Its key is the task's: it prepares once.
func (w *work) request() (distribution.Request, error) {
	r, err := w.Arguments.Request("task "+w.ID.String(), w.AskedBy)
	r.Chain = w.chain
	return r, err
}

// seeChain asks the node, if there is one, what makes transactions smaller and their
// cost known, before anything is held.
func seeChain(ctx context.Context, w *work) error {
	request, err := w.request()
	if err != nil || w.Node == nil {
		return err
	}
	mint, err := address("mint", MintDefault)
	if err != nil {
		return err
	}
	if !w.Payer.Mint.IsZero() {
		mint = w.Payer.Mint
	}
	if request.Source != nil {
		mint = request.Source.Mint
		if _, err := w.Node.CheckSource(ctx, *request.Source); err != nil {
			return err
		}
	}
	w.chain, err = w.walletsOnChain(ctx, mint, request)
	return err
}

func (w *work) walletsOnChain(ctx context.Context, mint solana.Key, request distribution.Request) (distribution.Chain, error) {
	var wallets []wallet.Wallet
	if err := w.begin(ctx, func(tx pgx.Tx) (err error) {
		wallets, err = distribution.Wallets(ctx, tx, request)
		return err
	}); err != nil {
		return distribution.Chain{}, err
	}
	return distribution.LookAtChain(ctx, w.Node, mint, wallets)
}

func preview(ctx context.Context, tx pgx.Tx, w *work) (Result, error) {
	request, err := w.request()
	if err != nil {
		return Result{}, err
	}
	seen, err := distribution.Look(ctx, tx, request)
	return Result{Preview: &seen}, err
}

// prepare grants the request, provided that it comes to what was expected.
func prepare(ctx context.Context, tx pgx.Tx, w *work) (Result, error) {
	request, err := w.request()
	if err != nil {
		return Result{}, err
	}
	d, err := distribution.Prepare(ctx, tx, request)
	if err != nil {
		return Result{}, err
	}
	if e := w.Arguments.Expect; e != nil && (d.Payees != e.Payees || d.Total != e.Total) {
		return Result{}, fmt.Errorf("%w: it would pay %s base units to %d suppliers, not %s to %d as expected: see a preview of what changed",
			distribution.ErrConflict, d.Total, d.Payees, e.Total, e.Payees)
	}
	return Result{Distribution: d.ID}, nil
}

// findLanded asks the node, if there is one, what of the distribution landed, before
// anybody says that it is cancelled.
func findLanded(ctx context.Context, w *work) error {
	if w.Node == nil {
		return nil
	}
	return submit.Find(ctx, w.Pool, w.Node, w.Arguments.Distribution, w.AskedBy)
}

func approveCancel(ctx context.Context, tx pgx.Tx, w *work) (Result, error) {
	d, returned, err := distribution.ApproveCancel(ctx, tx, w.Arguments.Distribution, w.AskedBy)
	return Result{Distribution: d.ID, Cancelled: &returned}, err
}
