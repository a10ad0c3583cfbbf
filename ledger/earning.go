package ledger

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Earning is a supplier's earned account with something in it, and where that
// came from.
type Earning struct {
	Supplier uuid.UUID
	Balance  Amount   // above 0
	Credits  []Credit // in the order of their journals
}

// Credit is what the journal of one revision of a season credited to an earned
// account, less what it debited: below 0 for a correction downwards. What was
// taken out since by journals without a revision is not in it.
type Credit struct {
	Season   string
	Revision int
	Amount   Amount
}

// Earnings returns every supplier with an earned balance above 0, in the order of
// the suppliers' ids.
func Earnings(ctx context.Context, tx pgx.Tx) ([]Earning, error) {
	earnings, err := earningsOfAll(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("ledger: earnings: %w", err)
	}
	return earnings, nil
}

// NewestJournal returns the newest journal, and whether there is one.
func NewestJournal(ctx context.Context, tx pgx.Tx) (Journal, bool, error) {
	journal, found, err := newestJournal(ctx, tx)
	if err != nil {
		return Journal{}, false, fmt.Errorf("ledger: newest journal: %w", err)
	}
	return journal, found, nil
}

// ReadHead returns the newest journal's number and digest, the zero Head if there
// is none.
func ReadHead(ctx context.Context, tx pgx.Tx) (Head, error) {
	journal, _, err := newestJournal(ctx, tx)
	if err != nil {
		return Head{}, fmt.Errorf("ledger: head: %w", err)
	}
	return journal.Head(), nil
}

// Revisions returns the journals that posted a revision of a season, in order.
func Revisions(ctx context.Context, tx pgx.Tx) ([]Journal, error) {
	journals, err := revisionJournals(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("ledger: revisions: %w", err)
	}
	return journals, nil
}

// PostedBy returns what the journal of a season's revision gave each supplier, or
// took: the change of earned - owing. Whoever got nothing is left out.
func PostedBy(ctx context.Context, tx pgx.Tx, season string, revision int) (map[uuid.UUID]Amount, error) {
	posted, err := postedBy(ctx, tx, season, revision)
	if err != nil {
		return nil, fmt.Errorf("ledger: posted by %s/r%d: %w", season, revision, err)
	}
	return posted, nil
}

// Given returns what each supplier was given in all, paid or not: earned + transit +
// paid - owing. Whoever has nothing is left out.
func Given(ctx context.Context, tx pgx.Tx) (map[uuid.UUID]Amount, error) {
	given, err := givenInAll(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("ledger: given in all: %w", err)
	}
	return given, nil
}
