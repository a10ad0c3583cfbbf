package wallet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Due is a wallet whose hold is over, of which that is not on record yet.
type Due struct {
	Supplier uuid.UUID
	Wallet   Wallet

	id int64
}

// DueMax is how many wallets Dues returns at most.
const DueMax = 10_000

// Dues returns the wallets whose holds are over at a moment, the longest first, at
// most DueMax. They count already: by their time alone, whether or not anybody looks.
func Dues(ctx context.Context, tx pgx.Tx, at time.Time) ([]Due, error) {
	dues, err := selectDues(ctx, tx, at)
	if err != nil {
		return nil, fmt.Errorf("wallet: whose hold is over: %w", err)
	}
	return dues, nil
}

// Activate puts on record that holds are over, each once, however often and by how
// many it is called. A supplier whose wallet the chain refuses, see RefusedOnChain,
// is frozen, and their payouts are to be set aside: it returns them.
func Activate(ctx context.Context, tx pgx.Tx, dues []Due, refused map[Wallet]error) (frozen []Due, err error) {
	now, err := lockedNow(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("wallet: activate: %w", err)
	}
	fresh, err := insertActivated(ctx, tx, dues, now)
	if err != nil {
		return nil, fmt.Errorf("wallet: activate: %w", err)
	}
	for _, d := range dues {
		if why := refused[d.Wallet]; fresh[d.id] && why != nil {
			if !errors.Is(why, ErrOnChain) {
				return nil, fmt.Errorf("wallet: activate %s: %w", d.Wallet, why)
			}
			if err := Freeze(ctx, tx, d.Supplier, why.Error(), TheProgram); err != nil {
				return nil, err
			}
			frozen = append(frozen, d)
		}
	}
	return frozen, nil
}
