package wire

import (
	"github.com/jackc/pgx/v5"
)

// queueSupplier makes the batch's statements those of one supplier. The setting ends
// with the transaction: row-level security fails without it.
func queueSupplier(b *pgx.Batch, supplier string) {
	b.Queue(`SELECT set_config('uptally.supplier', $1, true)`, supplier)
}
