package wallet

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Payable returns where each supplier is paid at a moment, or why they are not: every
// supplier who ever had a wallet, or is frozen. Whoever is not in it has no wallet.
// It counts everything on record: a freeze counts at once, whatever the moment.
// 600,000 suppliers take one statement.
func Payable(ctx context.Context, tx pgx.Tx, at time.Time) (map[uuid.UUID]Standing, error) {
	standings, err := selectStandings(ctx, tx, at)
	if err != nil {
		return nil, fmt.Errorf("wallet: payable: %w", err)
	}
	return standings, nil
}

// standingOf is the rule of Payable.
func standingOf(active Wallet, frozen, pending bool) Standing {
	switch {
	case frozen:
		return Standing{Why: WalletFrozen}
	case active != "":
		return Standing{Wallet: active}
	case pending:
		return Standing{Why: OnHold}
	}
	return Standing{Why: NoWallet}
}

// List returns how suppliers' wallets stand at a moment, by supplier id: the one that
// counts, or is frozen, then the one whose hold is not over; of a supplier who never
// proved one, the last that was recorded.
func List(ctx context.Context, tx pgx.Tx, at time.Time) ([]Record, error) {
	records, err := selectRecords(ctx, tx, at, nil)
	if err != nil {
		return nil, fmt.Errorf("wallet: list: %w", err)
	}
	return records, nil
}

// ListAfter is List a page at a time: of at most so many suppliers, those after one. It
// returns whom the next page comes after as well, uuid.Nil if there is none: that is not
// always the last of the records, as of a supplier who was frozen once and has no wallet
// there is nothing to tell.
func ListAfter(ctx context.Context, tx pgx.Tx, at time.Time, after uuid.UUID, limit int) ([]Record, uuid.UUID, error) {
	suppliers, err := suppliersAfter(ctx, tx, after, limit)
	if err != nil {
		return nil, uuid.Nil, fmt.Errorf("wallet: list after %s: %w", after, err)
	}
	if len(suppliers) == 0 {
		return nil, uuid.Nil, nil
	}
	records, err := selectRecords(ctx, tx, at, suppliers)
	if err != nil {
		return nil, uuid.Nil, fmt.Errorf("wallet: list after %s: %w", after, err)
	}
	if len(suppliers) < limit {
		return records, uuid.Nil, nil
	}
	return records, suppliers[limit-1], nil
}

// Of is List of one supplier.
func Of(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, at time.Time) ([]Record, error) {
	records, err := selectRecords(ctx, tx, at, []uuid.UUID{supplier})
	if err != nil {
		return nil, fmt.Errorf("wallet: of supplier %s: %w", supplier, err)
	}
	return records, nil
}

// Own is List as the supplier's database role may read it: of that supplier alone, with
// TheProgram for whoever recorded it.
func Own(ctx context.Context, tx pgx.Tx, at time.Time) ([]Record, error) {
	records, err := selectOwnRecords(ctx, tx, at)
	if err != nil {
		return nil, fmt.Errorf("wallet: of the supplier: %w", err)
	}
	return records, nil
}
