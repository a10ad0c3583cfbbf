package webhook

import (
	"context"
	"syscall"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Control is what looks at an address before it is dialled.
func (s *Sender) Control(network, address string, c syscall.RawConn) error {
	return s.control(network, address, c)
}

// LockCollecting takes the lock of whoever collects.
func LockCollecting(ctx context.Context, tx pgx.Tx) (bool, error) { return lockCollecting(ctx, tx) }

// LockSupplier takes the lock of whoever changes what a supplier has.
func LockSupplier(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) error {
	return lockSupplier(ctx, tx, supplier)
}
