package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// RunTask does what was asked for over HTTP and takes its time.
type RunTask struct {
	Task uuid.UUID `json:"task"`
}

// Kind names the job.
func (RunTask) Kind() string { return "run_task" }

// InsertOpts keeps a task from standing in the queue twice.
func (RunTask) InsertOpts() river.InsertOpts { return once(queueTask) }

type runTask struct {
	river.WorkerDefaults[RunTask]
	c *Client
}

// Timeout is long: a reconciliation asks the chain about each transaction, some ten a
// second.
func (*runTask) Timeout(*river.Job[RunTask]) time.Duration { return 12 * time.Hour }

func (*runTask) NextRetry(job *river.Job[RunTask]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// haltedFor is when a task is looked at again while writes are halted.
const haltedFor = 30 * time.Second

// Work runs the task, which knows itself whether it has ended.
func (w *runTask) Work(ctx context.Context, job *river.Job[RunTask]) error {
	tools := task.Tools{Pool: w.c.pool, Node: w.c.solana, Payer: w.c.payer, Domain: w.c.domain, Notify: w.c.RequestNotices, Log: w.c.log}
	err := tools.Run(ctx, job.Args.Task, job.Attempt >= job.MaxAttempts)
	if errors.Is(err, task.ErrHalted) {
		return river.JobSnooze(haltedFor)
	}
	return err
}

// RequestTask enqueues a task in the transaction that records it.
func (c *Client) RequestTask(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	_, err := c.insert(ctx, tx, []river.InsertManyParams{{Args: RunTask{Task: id}}})
	return err
}

// CheckWallet asks the node, if there is one, whether an address is a wallet; see
// wallet.CheckOnChain. A caller who waits for the answer bounds ctx.
func (c *Client) CheckWallet(ctx context.Context, address string) error {
	if c.solana == nil {
		return nil
	}
	return wallet.CheckOnChain(ctx, c.solana, address)
}
