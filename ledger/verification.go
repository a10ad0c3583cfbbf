package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNeverVerified means that no verification is on record.
var ErrNeverVerified = errors.New("never verified")

// Verification is what a Verify found, as it stands on record.
type Verification struct {
	At        time.Time // when it was put on record, by the database's clock, in UTC
	Head      Head      // then; the zero Head if there was none
	Journals  int64
	Transfers int64
	Accounts  int64
	Faults    int64    // how many
	First     []string // the first hundred of them, each as Fault.String writes it
}

// firstFaultsMax is how many faults are kept in words. A check of the table repeats it.
const firstFaultsMax = 100

// Record puts on record what Verify found, in the same transaction. Of a ledger
// without a fault, every later Verify must find the head again.
func Record(ctx context.Context, tx pgx.Tx, r Report) error {
	first := make([]string, min(len(r.Faults), firstFaultsMax))
	for i := range first {
		first[i] = r.Faults[i].String()
	}
	if err := insertVerification(ctx, tx, r, first); err != nil {
		return fmt.Errorf("ledger: recording a verification: %w", err)
	}
	return nil
}

// LastVerification returns what was put on record last, or ErrNeverVerified.
func LastVerification(ctx context.Context, tx pgx.Tx) (Verification, error) {
	v, found, err := lastVerification(ctx, tx)
	if err == nil && !found {
		err = ErrNeverVerified
	}
	if err != nil {
		return Verification{}, fmt.Errorf("ledger: last verification: %w", err)
	}
	return v, nil
}
