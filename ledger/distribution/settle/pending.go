package settle

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Due is a distribution of which something can be settled from the chain.
type Due struct {
	Distribution string // such as "d1"
	ApprovedBy   int64  // the person who let it be paid
}

// Dues returns the distributions with an attempt that landed and is not settled, or
// with payouts that are set aside and can come back, in their order.
func Dues(ctx context.Context, tx pgx.Tx) ([]Due, error) {
	dues, err := settleable(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("settle: what is due: %w", err)
	}
	return dues, nil
}
