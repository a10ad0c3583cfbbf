package uptime

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The logs of the network, as uptime_log and device_orphan name them.
const (
	logChanges    = "changes"
	logVerdicts   = "verdicts"
	logJobMinutes = "job-minutes"
)

// LogState is how far a log has been read.
type LogState struct {
	Name      string
	Rows      int64
	ReadToEnd *time.Time // when it was last seen to have no more; nil: never
}

// Logs returns how far each log has been read.
func Logs(ctx context.Context, tx pgx.Tx) ([]LogState, error) { return selectLogs(ctx, tx) }

// Clock returns the database's clock, by which facts are recorded.
func Clock(ctx context.Context, tx pgx.Tx) (time.Time, error) { return selectTime(ctx, tx) }

// SyncChanges reads the log of registrations and changes to its end, a page a
// transaction. One sync of a log runs at a time; others wait for it.
func SyncChanges(ctx context.Context, pool *pgxpool.Pool, feed *Feed) error {
	return syncLog(ctx, pool, logChanges, feed.Changes, recordChanges)
}

// SyncVerdicts reads the log of verdicts to its end, as SyncChanges does.
func SyncVerdicts(ctx context.Context, pool *pgxpool.Pool, feed *Feed) error {
	return syncLog(ctx, pool, logVerdicts, feed.Verdicts, recordVerdicts)
}

// syncLog reads a log from its stored cursor to its end. Rows and cursor are
// stored in one transaction, so a kill at any point loses and repeats nothing.
func syncLog[Row any](ctx context.Context, pool *pgxpool.Pool, log string,
	fetch func(context.Context, string) ([]Row, string, error),
	record func(context.Context, pgx.Tx, []Row, time.Time) error,
) error {
	// The lock and the transactions share one connection: waiting syncs then
	// cannot keep the connection from the one that they wait for.
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if err := lockLog(ctx, conn.Conn(), log); err != nil {
		return fmt.Errorf("log of %s: %w", log, err)
	}
	defer unlockLog(context.WithoutCancel(ctx), conn.Conn(), log) //nolint:errcheck // a broken session has no lock left
	for more := true; more; {
		var cursor string
		if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
			cursor, err = selectCursor(ctx, tx, log)
			return err
		}); err != nil {
			return fmt.Errorf("log of %s: %w", log, err)
		}
		rows, next, err := fetch(ctx, cursor)
		if err != nil {
			return err
		}
		more = len(rows) > 0
		if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			return storePage(ctx, tx, log, rows, next, record)
		}); err != nil {
			return fmt.Errorf("log of %s after cursor %q: %w", log, cursor, err)
		}
	}
	return nil
}

func storePage[Row any](ctx context.Context, tx pgx.Tx, log string, rows []Row, next string,
	record func(context.Context, pgx.Tx, []Row, time.Time) error,
) error {
	if len(rows) == 0 {
		now, err := selectTime(ctx, tx)
		if err != nil {
			return err
		}
		return endLog(ctx, tx, log, now)
	}
	stamp, err := stampFacts(ctx, tx)
	if err != nil {
		return err
	}
	if err := record(ctx, tx, rows, stamp); err != nil {
		return err
	}
	return advanceLog(ctx, tx, log, next, len(rows), stamp)
}

// StampFacts takes the shared lock of facts and returns the moment at which the
// transaction records what it records.
func StampFacts(ctx context.Context, tx pgx.Tx) (time.Time, error) { return stampFacts(ctx, tx) }

// recordChanges stores a page of the log of changes: registrations of new devices
// under the next numbers, later changes of known ones, the rest as orphans.
func recordChanges(ctx context.Context, tx pgx.Tx, rows []Change, stamp time.Time) error {
	known, err := selectNumbers(ctx, tx, idsOf(rows, func(c Change) uuid.UUID { return c.DeviceID }))
	if err != nil {
		return err
	}
	next, err := countDevices(ctx, tx)
	if err != nil {
		return err
	}
	var (
		numbers, changed []DeviceNumber
		registrations    []Change
		changes          []Change
		orphans          []Change
		newIDs           []uuid.UUID
	)
	for _, c := range rows {
		number, ok := known[c.DeviceID]
		switch {
		case ok:
			changes, changed = append(changes, c), append(changed, number)
		case c.Channel == ChannelRegistration:
			known[c.DeviceID] = next
			registrations, numbers, newIDs = append(registrations, c), append(numbers, next), append(newIDs, c.DeviceID)
			next++
		default:
			orphans = append(orphans, c)
		}
	}
	if err := copyDevices(ctx, tx, numbers, registrations, stamp); err != nil {
		return err
	}
	if err := copyChanges(ctx, tx, changed, changes, stamp); err != nil {
		return err
	}
	if err := keepOrphans(ctx, tx, logChanges, orphans, stamp, changeKey); err != nil {
		return err
	}
	return adopt(ctx, tx, newIDs, known, stamp)
}

// recordVerdicts stores a page of the log of verdicts.
func recordVerdicts(ctx context.Context, tx pgx.Tx, rows []Verdict, stamp time.Time) error {
	known, err := selectNumbers(ctx, tx, idsOf(rows, func(v Verdict) uuid.UUID { return v.DeviceID }))
	if err != nil {
		return err
	}
	kept, numbers, orphans := split(rows, known, func(v Verdict) uuid.UUID { return v.DeviceID })
	if err := insertFedVerdicts(ctx, tx, numbers, kept, stamp); err != nil {
		return err
	}
	return keepOrphans(ctx, tx, logVerdicts, orphans, stamp, verdictKey)
}

// ReadJobMinutes reads the job minutes of one UTC day to the last page and
// records what differs from before, in one transaction.
func ReadJobMinutes(ctx context.Context, pool *pgxpool.Pool, feed *Feed, day time.Time) error {
	var all []JobMinutes
	for cursor, more := "", true; more; more = cursor != "" {
		rows, next, err := feed.JobMinutes(ctx, day, cursor)
		if err != nil {
			return err
		}
		all, cursor = append(all, rows...), next
	}
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return recordJobMinutes(ctx, tx, day, all) })
	if err != nil {
		return fmt.Errorf("job minutes of %s: %w", day.Format(time.DateOnly), err)
	}
	return nil
}

func recordJobMinutes(ctx context.Context, tx pgx.Tx, day time.Time, rows []JobMinutes) error {
	stamp, err := stampFacts(ctx, tx)
	if err != nil {
		return err
	}
	last := make(map[uuid.UUID]JobMinutes, len(rows)) // a page may repeat a device: the last row counts
	for _, r := range rows {
		last[r.DeviceID] = r
	}
	id := func(m JobMinutes) uuid.UUID { return m.DeviceID }
	known, err := selectNumbers(ctx, tx, idsOf(rows, id))
	if err != nil {
		return err
	}
	distinct := make([]JobMinutes, 0, len(last))
	for _, r := range rows {
		if m, ok := last[r.DeviceID]; ok {
			distinct = append(distinct, m)
			delete(last, r.DeviceID)
		}
	}
	kept, numbers, orphans := split(distinct, known, id)
	if err := recordMinutes(ctx, tx, day, numbers, kept, stamp); err != nil {
		return err
	}
	if err := keepOrphans(ctx, tx, logJobMinutes, orphans, stamp, jobMinutesKey); err != nil {
		return err
	}
	return insertJobMinutesRead(ctx, tx, day, len(rows), stamp)
}

func recordMinutes(ctx context.Context, tx pgx.Tx, day time.Time, numbers []DeviceNumber, rows []JobMinutes, stamp time.Time) error {
	minutes := make([]int32, len(rows))
	for i, r := range rows {
		minutes[i] = r.Minutes
	}
	_, err := insertJobMinutes(ctx, tx, day, numbers, minutes, stamp)
	return err
}

// split parts rows of registered devices, with their numbers, from the others.
func split[Row any](rows []Row, known map[uuid.UUID]DeviceNumber, id func(Row) uuid.UUID) (kept []Row, numbers []DeviceNumber, orphans []Row) {
	for _, r := range rows {
		if n, ok := known[id(r)]; ok {
			kept, numbers = append(kept, r), append(numbers, n)
		} else {
			orphans = append(orphans, r)
		}
	}
	return kept, numbers, orphans
}

func idsOf[Row any](rows []Row, id func(Row) uuid.UUID) []uuid.UUID {
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = id(r)
	}
	return ids
}
