package task

import (
	"bytes"
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// readWallets verifies every signature of the table, and asks the node, if there is
// one, about its wallets.
func readWallets(ctx context.Context, w *work) (err error) {
	if w.entries, err = wallet.ReadTable(bytes.NewReader(w.input), w.Domain); err != nil || w.Node == nil {
		return err
	}
	return wallet.CheckEntriesOnChain(ctx, w.Node, w.entries)
}

func importWallets(ctx context.Context, tx pgx.Tx, w *work) (Result, error) {
	now, err := wallet.Now(ctx, tx)
	if err != nil {
		return Result{}, err
	}
	proof := wallet.Proof{Hold: time.Duration(w.Arguments.HoldHours) * time.Hour, Now: now, Actor: w.AskedBy}
	entered, err := wallet.Enter(ctx, tx, w.entries, proof)
	if err != nil {
		return Result{}, err
	}
	return Result{Entered: &entered}, w.Notify(ctx, tx)
}
