package ledger

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// BalancesAfter is Balances a page at a time: at most so many accounts, those whose
// paths come after one, or from the first on if that is "".
func BalancesAfter(ctx context.Context, tx pgx.Tx, prefix, after string, limit int) ([]AccountBalance, error) {
	balances, err := balancesByPrefix(ctx, tx, prefix, after, limit)
	if err != nil {
		return nil, fmt.Errorf("ledger: balances of %q after %q: %w", prefix, after, err)
	}
	return balances, nil
}

// Position is a transfer's place in the ledger. The zero Position is before the first.
type Position struct {
	Journal  int64
	Transfer int // its number in the journal
}

// ReadStatementAfter is ReadStatement a page at a time: at most so many transfers,
// those after a position. The opening is the balance before the first of them, the
// closing that after the last.
func ReadStatementAfter(ctx context.Context, tx pgx.Tx, account Account, from, to time.Time, after Position, limit int) (Statement, error) {
	statement, err := readStatementAfter(ctx, tx, account, from, to, after, limit)
	if err != nil {
		return Statement{}, fmt.Errorf("ledger: statement: %w", err)
	}
	return statement, nil
}

func readStatementAfter(ctx context.Context, tx pgx.Tx, account Account, from, to time.Time, after Position, limit int) (Statement, error) {
	row, err := knownAccount(ctx, tx, account)
	if err != nil {
		return Statement{}, err
	}
	// Journals are posted in the order of their numbers, so a moment is a position.
	before, last, err := journalsBefore(ctx, tx, from, to)
	if err != nil {
		return Statement{}, err
	}
	if after.Journal <= before {
		after = Position{before, math.MaxInt32}
	}
	opening, err := balanceAt(ctx, tx, row.id, after)
	if err != nil {
		return Statement{}, err
	}
	lines, err := statementLinesAfter(ctx, tx, row.id, after, last, limit)
	if err != nil {
		return Statement{}, err
	}
	return Statement{Account: account, Opening: opening, Closing: run(opening, lines), Lines: lines}, nil
}

// JournalsBefore returns at most so many journals, the newest first: those below a
// number, or from the newest on if it is 0.
func JournalsBefore(ctx context.Context, tx pgx.Tx, number int64, limit int) ([]Journal, error) {
	journals, err := journalsBelow(ctx, tx, number, limit)
	if err != nil {
		return nil, fmt.Errorf("ledger: journals below %d: %w", number, err)
	}
	return journals, nil
}

// JournalsBecause returns the journals that were posted for a reason, in order: who
// gives a reason of its own finds what it posted.
func JournalsBecause(ctx context.Context, tx pgx.Tx, reason string) ([]Journal, error) {
	journals, err := journalsByReason(ctx, tx, reason)
	if err != nil {
		return nil, fmt.Errorf("ledger: journals posted because of %q: %w", reason, err)
	}
	return journals, nil
}
