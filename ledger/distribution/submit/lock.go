package submit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger/distribution"
)

// A process that was killed lets go of its lock as soon as the server has noticed.
const (
	lockTries = 10
	lockPause = 100 * time.Millisecond
)

// lock takes the lock of submitting, for the sake of order: that nothing is paid
// twice rests on the database's keys alone.
func (s *submitter) lock(ctx context.Context) (unlock func(), err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		locked, err := lockSubmitting(ctx, conn, s.id)
		if err == nil && locked {
			return func() { letGo(ctx, conn, s.id) }, nil
		}
		if err == nil && try == lockTries {
			err = fmt.Errorf("%w: another process is submitting it: wait for that one, or stop it", distribution.ErrConflict)
		}
		if err == nil {
			err = wait(ctx, lockPause)
		}
		if err != nil {
			conn.Release()
			return nil, err
		}
	}
}

// letGo gives the lock back, and closes the session in case that it could not.
func letGo(ctx context.Context, conn *pgxpool.Conn, id string) {
	ctx = context.WithoutCancel(ctx)
	session := conn.Hijack()
	_ = unlockSubmitting(ctx, session, id)
	_ = session.Close(ctx)
}
