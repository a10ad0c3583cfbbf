package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// Tools are what a worker has to run tasks with.
type Tools struct {
	Pool   *pgxpool.Pool
	Node   *solana.Client                             // nil: the chain is not asked
	Payer  settle.Payer                               // what pays the distributions that do not say it
	Domain string                                     // which installation texts are signed for
	Notify func(ctx context.Context, tx pgx.Tx) error // asks that what happened to wallets be told
	Log    *slog.Logger
}

// work is a task being done.
type work struct {
	Tools
	Task
	input   []byte
	found   Result             // what look found
	chain   distribution.Chain // of preview and prepare
	entries []wallet.Entry     // of import_wallets
}

// ErrHalted means that writes are halted: the task waits until they go on.
var ErrHalted = errors.New("writes are halted")

// act is what a kind of task does: look first, in transactions of its own or none;
// then act, in one transaction with the task's end. Either may be nil.
type act struct {
	reads bool // it writes nothing but its own end, and goes on while writes are halted
	look  func(ctx context.Context, w *work) error
	act   func(ctx context.Context, tx pgx.Tx, w *work) (Result, error)
}

var acts = map[Kind]act{
	Preview:        {reads: true, look: seeChain, act: preview},
	Prepare:        {look: seeChain, act: prepare},
	ApproveCancel:  {look: findLanded, act: approveCancel},
	SettleReceipts: {look: settleReceipts, act: settled},
	SettleFunding:  {look: settleFunding, act: settled},
	SettleChain:    {look: settleChain, act: settled},
	ReconcileChain: {reads: true, look: reconcileChain},
	ImportWallets:  {look: readWallets, act: importWallets},
}

// Run does the task, unless it has ended: nobody else works it meanwhile. A refusal
// ends it as failed, and is no error of Run's. Any other error leaves it to be tried
// again, unless this is the last try, which ends it as failed as well. While writes are
// halted, a task that writes is left as it is, with ErrHalted. A task that is not on
// record is ErrUnknown.
func (t Tools) Run(ctx context.Context, id uuid.UUID, last bool) error {
	conn, err := t.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	if err := lockTask(ctx, conn, id); err != nil { // the lock may be ours: end the session with it
		return errors.Join(err, conn.Hijack().Close(context.WithoutCancel(ctx)))
	}
	err = t.held(ctx, id, last)
	if failed := unlockTask(context.WithoutCancel(ctx), conn, id); failed != nil {
		return errors.Join(err, failed, conn.Hijack().Close(context.WithoutCancel(ctx)))
	}
	conn.Release()
	return err
}

// held does the task under its lock.
func (t Tools) held(ctx context.Context, id uuid.UUID, last bool) error {
	w := &work{Tools: t}
	if err := t.begin(ctx, func(tx pgx.Tx) (err error) {
		if w.Task, err = Show(ctx, tx, id); err != nil || w.over() {
			return err
		}
		if err := w.mayWrite(ctx, tx); err != nil {
			return err
		}
		if w.input, err = selectInput(ctx, tx, id); err != nil {
			return err
		}
		return insertStart(ctx, tx, id)
	}); err != nil || w.over() {
		return err
	}
	err := w.do(ctx)
	if err == nil {
		return nil
	}
	return w.fail(ctx, err, last)
}

func (t Task) over() bool { return t.State == Done || t.State == Failed }

// do looks, acts and records the end.
func (w *work) do(ctx context.Context) error {
	act, known := acts[w.Kind]
	if !known {
		return fmt.Errorf("task %s: kind %q is of another version of this program", w.ID, w.Kind)
	}
	if act.look != nil {
		if err := act.look(ctx, w); err != nil {
			return err
		}
	}
	return w.begin(ctx, func(tx pgx.Tx) (err error) {
		if err := w.mayWrite(ctx, tx); err != nil {
			return err
		}
		result := w.found
		if act.act != nil {
			if result, err = act.act(ctx, tx, w); err != nil {
				return err
			}
		}
		encoded, err := json.Marshal(result)
		if err != nil {
			return err
		}
		return insertDone(ctx, tx, w.ID, encoded)
	})
}

// mayWrite counts as under way until the transaction ends, or returns ErrHalted.
func (w *work) mayWrite(ctx context.Context, tx pgx.Tx) error {
	if acts[w.Kind].reads {
		return nil
	}
	_, halted, err := audit.Halted(ctx, tx)
	if err == nil && halted {
		err = fmt.Errorf("task %s: %w", w.ID, ErrHalted)
	}
	return err
}

// fail ends the task if trying again is in vain, or over.
func (w *work) fail(ctx context.Context, cause error, last bool) error {
	refusal, why, refused := refusalOf(cause)
	stopped := errors.Is(ctx.Err(), context.Canceled) // the worker is; a task whose time is up has failed
	if errors.Is(cause, ErrHalted) || !refused && (stopped || !last) {
		return cause
	}
	ctx = context.WithoutCancel(ctx)
	if !refused {
		w.Log.Error("task failed", "task", w.ID, "kind", w.Kind, "error", cause)
	}
	return w.begin(ctx, func(tx pgx.Tx) error { return insertFailed(ctx, tx, w.ID, refusal, why) })
}

func (t Tools) begin(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, t.Pool, f)
}

// reading runs f on one state of the database.
func (t Tools) reading(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, t.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
}
