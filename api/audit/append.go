package audit

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Append puts the entries on record, in their order. It takes the lock of the log,
// which is held until the transaction ends: it comes last in a transaction, after the
// locks of the ledger and of paying. The transaction must read committed rows (the
// default), so that it sees what was written while it waited.
func Append(ctx context.Context, tx pgx.Tx, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	recordable := make([]Entry, len(entries))
	for i, e := range entries {
		recordable[i] = e.recordable()
	}
	if err := insertEntries(ctx, tx, recordable); err != nil {
		return fmt.Errorf("audit: %d entries: %w", len(entries), err)
	}
	return nil
}
