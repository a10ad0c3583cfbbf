package wire

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Reader reads as one supplier, or as nobody, through the role of the database that
// row-level security holds for. It keeps no connection: there is nothing of one caller
// that the next could find.
type Reader struct {
	pool     *pgxpool.Pool
	supplier uuid.UUID // Nil: nobody, for whom tables of suppliers are errors
}

// NewReader returns the reader of a supplier; of uuid.Nil, nobody's.
func NewReader(pool *pgxpool.Pool, supplier uuid.UUID) Reader {
	return Reader{pool: pool, supplier: supplier}
}

// Ask sends a batch in one round trip, and runs its callbacks. All of it is one
// transaction, the setting that says who reads included: PostgreSQL runs what comes
// before a Sync message as one, and pgx sends one Sync a batch.
// Source: PostgreSQL, "Pipelining" in the chapter on the extended query protocol.
func (r Reader) Ask(ctx context.Context, asked *pgx.Batch) error {
	return r.pool.SendBatch(ctx, r.scoped(asked)).Close()
}

// In runs f in one read-only transaction of one snapshot: for functions that take one.
func (r Reader) In(ctx context.Context, f func(tx pgx.Tx) error) error {
	reading := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, r.pool, reading, func(tx pgx.Tx) error {
		if err := tx.SendBatch(ctx, r.scoped(&pgx.Batch{})).Close(); err != nil {
			return err
		}
		return f(tx)
	})
}

// scoped returns the batch with the setting in front.
func (r Reader) scoped(asked *pgx.Batch) *pgx.Batch {
	if r.supplier == uuid.Nil {
		return asked
	}
	b := &pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, len(asked.QueuedQueries)+1)}
	queueSupplier(b, r.supplier.String())
	b.QueuedQueries = append(b.QueuedQueries, asked.QueuedQueries...)
	return b
}
