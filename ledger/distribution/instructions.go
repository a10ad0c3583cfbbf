package distribution

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Instructions are what of a distribution is submitted: its transactions, which
// lack a blockhash, a price and signatures.
type Instructions struct {
	Source  solana.Source
	Batches []solana.Batch // batch n is d1-bn
}

// ReadInstructions returns what of an approved distribution on the rail
// transactions is submitted, read from the stored file once its bytes were checked
// against the approval. The error is ErrUnknown, ErrNotApproved, ErrCancelled,
// ErrRail or ErrCorrupt.
func ReadInstructions(ctx context.Context, tx pgx.Tx, id string) (Distribution, Instructions, error) {
	d, err := distributionByID(ctx, tx, id)
	var instructions Instructions
	if err == nil {
		instructions, err = readInstructions(ctx, tx, d)
	}
	if err != nil {
		return Distribution{}, Instructions{}, fmt.Errorf("distribution: instructions of %s: %w", id, err)
	}
	return d, instructions, nil
}

func readInstructions(ctx context.Context, tx pgx.Tx, d Distribution) (i Instructions, err error) {
	if d.Rail != RailTransactions {
		return i, fmt.Errorf("%w: it is on %q: pay it there, or cancel it and prepare it on %q", ErrRail, d.Rail, RailTransactions)
	}
	if err := d.payable(); err != nil {
		return i, err
	}
	files, err := approvedFiles(ctx, tx, d)
	if err != nil {
		return i, err
	}
	for _, f := range files {
		data, err := readFile(ctx, tx, d, f) // of every file: what is paid is what was approved
		if err != nil {
			return i, err
		}
		if f.Name == TransactionsFile {
			if i.Source, i.Batches, err = solana.DecodeNDJSON(data); err != nil {
				return i, fmt.Errorf("%w: %s: %w", ErrCorrupt, f.Name, err)
			}
		}
	}
	return i, nil
}

// payable refuses a distribution that nothing may be paid of.
func (d Distribution) payable() error {
	switch d.State {
	case Prepared:
		return fmt.Errorf("%w: have another person than who prepared it approve it first", ErrNotApproved)
	case Cancelling, Cancelled:
		return fmt.Errorf("%w: somebody asked to cancel it, because of %q: prepare another", ErrCancelled, d.CancelAsked.Reason)
	}
	return nil
}

// LockPaying takes the lock of a distribution's paying until the transaction ends:
// whoever adds attempts, sets payouts aside, ends them or cancels holds it. The error
// is ErrUnknown.
func LockPaying(ctx context.Context, tx pgx.Tx, id string) (Distribution, error) {
	if err := lockPaying(ctx, tx, id); err != nil {
		return Distribution{}, fmt.Errorf("distribution: lock %s: %w", id, err)
	}
	return Show(ctx, tx, id)
}

// Tree is one merkle tree of a distribution.
type Tree struct {
	Number  int
	ID      string // such as "d1-t1"
	Root    ledger.Digest
	Nodes   int // wallets
	Total   ledger.Amount
	Payouts []int // their numbers, in order
}

// ReadTrees returns a distribution's merkle trees, none on another rail.
func ReadTrees(ctx context.Context, tx pgx.Tx, id string) ([]Tree, error) {
	trees, err := treesOf(ctx, tx, id)
	if err != nil {
		return nil, fmt.Errorf("distribution: trees of %s: %w", id, err)
	}
	return trees, nil
}
