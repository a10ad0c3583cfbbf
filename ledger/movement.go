package ledger

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Movement is what seals and corrections changed of what one supplier is owed,
// earned + transit - owing, in one span of journals. What a supplier's part of one
// journal comes to is either added or taken back, never both.
type Movement struct {
	Supplier uuid.UUID
	Span     int    // from 0
	Earned   Amount // Σ of what journals added
	Reversed Amount // Σ of what journals took back: reversals, and receivables
}

// EachMovement calls f with every movement of the suppliers, or of one if it is not
// uuid.Nil, in the order of their ids and then of the spans. The ends are numbers of
// journals, rising: span 0 reaches from the first journal to ends[0], inclusive,
// span i from there on to ends[i], and span len(ends) to the newest.
func EachMovement(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, ends []int64, f func(Movement)) error {
	if err := movements(ctx, tx, supplier, ends, f); err != nil {
		return fmt.Errorf("ledger: movements: %w", err)
	}
	return nil
}

// Owed returns what every supplier is owed, or one if it is not uuid.Nil, by the
// balances: earned + transit - owing. It is below 0 for one who owes. Whoever is owed
// nothing is left out.
func Owed(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) (map[uuid.UUID]Amount, error) {
	owed, err := owedNow(ctx, tx, supplier)
	if err != nil {
		return nil, fmt.Errorf("ledger: owed: %w", err)
	}
	return owed, nil
}
