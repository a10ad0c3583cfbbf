package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Balance returns what the account holds: credits - debits. An account that never
// took part in a transfer is ErrUnknownAccount.
func Balance(ctx context.Context, tx pgx.Tx, account Account) (Amount, error) {
	row, err := knownAccount(ctx, tx, account)
	if err != nil {
		return 0, fmt.Errorf("ledger: balance: %w", err)
	}
	return row.balance, nil
}

// Held is Balance, or 0 if no transfer has named the account yet.
func Held(ctx context.Context, tx pgx.Tx, account Account) (Amount, error) {
	balance, err := Balance(ctx, tx, account)
	if errors.Is(err, ErrUnknownAccount) {
		return 0, nil
	}
	return balance, err
}

func knownAccount(ctx context.Context, tx pgx.Tx, account Account) (accountRow, error) {
	if err := account.check(); err != nil {
		return accountRow{}, err
	}
	rows, err := accountsByPath(ctx, tx, []string{account.Path()})
	if err != nil {
		return accountRow{}, err
	}
	if rows[0].id == 0 {
		return accountRow{}, fmt.Errorf("%w: %s: no transfer has named it yet; list the accounts to see which there are", ErrUnknownAccount, account)
	}
	return rows[0], nil
}

// AccountBalance is an account and what it holds.
type AccountBalance struct {
	Account Account
	Balance Amount
}

// Balances returns the accounts whose path begins with the prefix, in the order of
// their paths, and what they hold. The empty prefix is every account; the balances
// of all accounts sum to 0.
func Balances(ctx context.Context, tx pgx.Tx, prefix string) ([]AccountBalance, error) {
	balances, err := balancesByPrefix(ctx, tx, prefix, "", 0)
	if err != nil {
		return nil, fmt.Errorf("ledger: balances of %q: %w", prefix, err)
	}
	return balances, nil
}

// Holdings returns what those of the suppliers hold whose account of the kind holds
// anything. Who posts by it takes Lock first.
func Holdings(ctx context.Context, tx pgx.Tx, kind Kind, suppliers []uuid.UUID) (map[uuid.UUID]Amount, error) {
	held, err := holdings(ctx, tx, kind, suppliers)
	if err != nil {
		return nil, fmt.Errorf("ledger: holdings of kind %s: %w", kind, err)
	}
	return held, nil
}

// Statement is what went into and out of an account in a span of time:
// Opening + Σ Change = Closing.
type Statement struct {
	Account          Account
	Opening, Closing Amount
	Lines            []StatementLine
}

// StatementLine is one transfer as the account sees it.
type StatementLine struct {
	Journal  int64 // its number
	Transfer int   // the transfer's place in the journal, from 1
	Act      Act
	PostedAt time.Time // UTC
	Reason   string
	Season   string // "" if the act is not of one
	Revision int    // 0 if the act is not of one
	Other    Account
	Change   Amount // above 0 for a credit, below for a debit
	Balance  Amount // after it
}

// OpenEnd stands for the bound of a statement that is left open: from the first
// transfer, or up to the last.
var OpenEnd = time.Time{}

// ReadStatement returns the account's statement over [from, to), of which either
// may be OpenEnd. An account that never took part in a transfer is
// ErrUnknownAccount.
func ReadStatement(ctx context.Context, tx pgx.Tx, account Account, from, to time.Time) (Statement, error) {
	statement, err := readStatement(ctx, tx, account, from, to, statementLines)
	if err != nil {
		return Statement{}, fmt.Errorf("ledger: statement: %w", err)
	}
	return statement, nil
}

// ReadSupplierStatement is ReadStatement of a supplier's account as the supplier's own
// database role may read it. Its lines have no reasons, which people wrote to each
// other; an account of another supplier is ErrUnknownAccount.
func ReadSupplierStatement(ctx context.Context, tx pgx.Tx, account Account, from, to time.Time) (Statement, error) {
	statement, err := readStatement(ctx, tx, account, from, to, supplierStatementLines)
	if err != nil {
		return Statement{}, fmt.Errorf("ledger: supplier's statement: %w", err)
	}
	return statement, nil
}

func readStatement(ctx context.Context, tx pgx.Tx, account Account, from, to time.Time,
	read func(ctx context.Context, tx pgx.Tx, account int64, from, to time.Time) ([]StatementLine, error),
) (Statement, error) {
	row, err := knownAccount(ctx, tx, account)
	if err != nil {
		return Statement{}, err
	}
	opening, err := balanceBefore(ctx, tx, row.id, from)
	if err != nil {
		return Statement{}, err
	}
	lines, err := read(ctx, tx, row.id, from, to)
	if err != nil {
		return Statement{}, err
	}
	return Statement{Account: account, Opening: opening, Closing: run(opening, lines), Lines: lines}, nil
}

// run fills in the balance after each line and returns the last.
func run(balance Amount, lines []StatementLine) Amount {
	for i := range lines {
		balance += lines[i].Change // between two balances that were stored
		lines[i].Balance = balance
	}
	return balance
}
