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

// againAfter is when a task is looked at again while writes are halted, or what was to be
// put on record as failed could not be.
const againAfter = 30 * time.Second

// Work runs the task, which knows itself whether it has ended. The last try ends it: one
// that could not put that on record is made again until it can.
func (w *runTask) Work(ctx context.Context, job *river.Job[RunTask]) error {
	tools := task.Tools{Pool: w.c.pool, Node: w.c.solana, Payer: w.c.payer, Domain: w.c.domain, Notify: w.c.RequestNotices, Log: w.c.log}
	last := job.Attempt >= job.MaxAttempts
	err := tools.Run(ctx, job.Args.Task, last)
	switch {
	case errors.Is(err, task.ErrHalted):
		return river.JobSnooze(againAfter)
	case err != nil && last && !cutOff(ctx) && !errors.Is(err, task.ErrUnknown):
		w.c.log.Error("task has no end yet", "task", job.Args.Task, "error", err)
		return river.JobSnooze(againAfter)
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
