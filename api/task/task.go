package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Kind says what a task does.
type Kind string

// The kinds.
const (
	Preview        Kind = "preview"         // what a preparation would pay and cost
	Prepare        Kind = "prepare"         // a distribution: earned to transit, and its files
	ApproveCancel  Kind = "approve_cancel"  // the second person's word: what was not paid is earned again
	SettleReceipts Kind = "settle_receipts" // from a file of receipts
	SettleFunding  Kind = "settle_funding"  // by the funding of merkle trees
	SettleChain    Kind = "settle_chain"    // from the chain
	ReconcileChain Kind = "reconcile_chain" // the statement of what was earned, paid and is owed
	ImportWallets  Kind = "import_wallets"  // a table of signed texts
)

// State is how far a task has come.
type State string

// The states.
const (
	Queued  State = "queued"
	Running State = "running" // or begun, and to be begun again because its worker was killed
	Done    State = "done"
	Failed  State = "failed" // nothing of it happened, unless its error says what did
)

// InputMax bounds the file that comes with a task, in bytes. A check of the table
// repeats it.
const InputMax = 32 << 20

// Errors of tasks.
var (
	ErrUnknown  = errors.New("unknown task")
	ErrTooLarge = errors.New("too large a file")
)

// Task is work that was asked for, and what came of it. The file that came with it is
// left out.
type Task struct {
	ID        uuid.UUID
	Kind      Kind
	Arguments Arguments
	AskedBy   int64     // the person's id: it is done in their name
	AskedAt   time.Time // UTC
	State     State
	StartedAt time.Time // UTC; of the last time that a worker began it; zero: none did
	EndedAt   time.Time // UTC; zero: it has not
	Result    *Result   // if Done
	Refusal   string    // if Failed: the kind of refusal, in kebab-case
	Error     string    // if Failed: why, safe to show to whoever may ask
}

// Ask records what is asked for in the caller's transaction, in which the caller
// enqueues the job as well. An input above InputMax is ErrTooLarge.
func Ask(ctx context.Context, tx pgx.Tx, kind Kind, arguments Arguments, input []byte, person int64) (Task, error) {
	if len(input) > InputMax {
		return Task{}, fmt.Errorf("task: %w: %d bytes: give at most %d, in several files", ErrTooLarge, len(input), InputMax)
	}
	encoded, err := json.Marshal(arguments)
	if err != nil {
		return Task{}, fmt.Errorf("task: %s: %w", kind, err)
	}
	id := uuid.New()
	if err := insertTask(ctx, tx, id, kind, encoded, input, person); err != nil {
		return Task{}, fmt.Errorf("task: %s: %w", kind, err)
	}
	return Show(ctx, tx, id)
}

// Show returns the task with the id, or ErrUnknown.
func Show(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Task, error) {
	t, found, err := selectTask(ctx, tx, id)
	if err == nil && !found {
		err = ErrUnknown
	}
	if err != nil {
		return Task{}, fmt.Errorf("task %s: %w", id, err)
	}
	return t, nil
}

// Place is a task's in the list of them.
type Place struct {
	AskedAt time.Time
	ID      uuid.UUID
}

// List returns at most so many tasks, the newest first: those after a place, or from
// the newest on if it is nil.
func List(ctx context.Context, tx pgx.Tx, after *Place, limit int) ([]Task, error) {
	tasks, err := selectTasks(ctx, tx, after, limit)
	if err != nil {
		return nil, fmt.Errorf("task: list: %w", err)
	}
	return tasks, nil
}
