package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// dropDatabase takes a database out of the server at the URL of another.
func dropDatabase(ctx context.Context, url, name string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `DROP DATABASE IF EXISTS `+pgx.Identifier{name}.Sanitize()+` WITH (FORCE)`)
	return err
}

// skipTriggers spares the transaction the look-ups of foreign keys, a query a row:
// what is loaded here keeps them by construction. It takes a superuser.
func skipTriggers(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`)
	return err
}

// commitLazily lets the transaction return before it is on disk: a load that is cut
// off is begun again.
func commitLazily(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SET LOCAL synchronous_commit = off`)
	return err
}

func copyDevices(ctx context.Context, conn *pgconn.PgConn, rows io.Reader) error {
	_, err := conn.CopyFrom(ctx, rows, `
		COPY device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
		FROM STDIN (FORMAT binary)`)
	return err
}

func copyChanges(ctx context.Context, conn *pgconn.PgConn, rows io.Reader) error {
	_, err := conn.CopyFrom(ctx, rows, `
		COPY device_change (device, seq, changed_at, channel, supplier_id, gpu_count, recorded_at)
		FROM STDIN (FORMAT binary)`)
	return err
}

func copyVerdicts(ctx context.Context, conn *pgconn.PgConn, rows io.Reader) error {
	_, err := conn.CopyFrom(ctx, rows, `
		COPY verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, recorded_at)
		FROM STDIN (FORMAT binary)`)
	return err
}

func copyJobMinutes(ctx context.Context, conn *pgconn.PgConn, rows io.Reader) error {
	_, err := conn.CopyFrom(ctx, rows, `
		COPY job_minutes (device, day, minutes, recorded_at) FROM STDIN (FORMAT binary)`)
	return err
}

// partitionOf names the partition of chunks of the month that holds the instant.
func partitionOf(t time.Time) string {
	return pgx.Identifier{"uptime_chunk_" + t.UTC().Format("200601")}.Sanitize()
}

// copyChunks fills a month's partition, which it empties first: rows are then
// frozen as they are written, and no vacuum has to come after.
func copyChunks(ctx context.Context, tx pgx.Tx, month time.Time, rows io.Reader) error {
	if err := emptyMonth(ctx, tx, month); err != nil {
		return err
	}
	_, err := tx.Conn().PgConn().CopyFrom(ctx, rows,
		`COPY `+partitionOf(month)+` (shard, hour, up) FROM STDIN (FORMAT binary, FREEZE)`)
	return err
}

// emptyMonth takes out a month's chunks. Its partition must be there.
func emptyMonth(ctx context.Context, tx pgx.Tx, month time.Time) error {
	_, err := tx.Exec(ctx, `TRUNCATE `+partitionOf(month))
	return err
}

// deleteCoverage forgets that the hours in [from, to) were ever requested.
func deleteCoverage(ctx context.Context, tx pgx.Tx, from, to time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM uptime_coverage WHERE hour >= $1 AND hour < $2`, from, to)
	return err
}

// closeCoverage marks the requested hours in [from, to) as read in full and closed.
func closeCoverage(ctx context.Context, tx pgx.Tx, from, to time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE uptime_coverage SET observed = ~B'000000000000', final = ~B'000000000000', closed_at = clock_timestamp()
		WHERE hour >= $1 AND hour < $2`, from, to)
	return err
}

// monthBytes is what a month's chunks take on disk, indexes and maps included.
func monthBytes(ctx context.Context, tx pgx.Tx, month time.Time) (int64, error) {
	return relationBytes(ctx, tx, partitionOf(month))
}

func relationBytes(ctx context.Context, tx pgx.Tx, relation string) (int64, error) {
	var bytes int64
	err := tx.QueryRow(ctx, `SELECT pg_total_relation_size($1::text::regclass)`, relation).Scan(&bytes)
	return bytes, err
}

// mergeHour merges an hour's chunks by the statement of package uptime's merge. A
// pass of ten million devices would have to be read as pages first, 120 million
// rows an hour.
func mergeHour(ctx context.Context, tx pgx.Tx, hour time.Time, shards []int32, up []pgtype.Bits) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO uptime_chunk AS chunk (shard, hour, up)
		SELECT shard, $1, up::bit(12288) FROM unnest($2::int[], $3::varbit[]) AS merged (shard, up)
		ORDER BY shard
		ON CONFLICT (shard, hour) DO UPDATE SET up = chunk.up | excluded.up
		WHERE chunk.up | excluded.up <> chunk.up`, hour, shards, up)
	return err
}

// vacuum brings what was loaded into the state that a table is in after a while.
func vacuum(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `VACUUM ANALYZE device, device_change, verdict, job_minutes`); err != nil {
		return fmt.Errorf("vacuuming devices: %w", err)
	}
	if _, err := conn.Exec(ctx, `ANALYZE uptime_chunk`); err != nil {
		return fmt.Errorf("analysing chunks: %w", err)
	}
	return checkpoint(ctx, conn)
}

func checkpoint(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `CHECKPOINT`)
	return err
}

// vacuumLines is vacuum of a snapshot's lines.
func vacuumLines(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `VACUUM ANALYZE snapshot_line`)
	return err
}

func insertPerson(ctx context.Context, tx pgx.Tx) (id int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO person DEFAULT VALUES RETURNING id`).Scan(&id)
	return id, err
}

// selectPerson returns the first person, and whether there is any.
func selectPerson(ctx context.Context, tx pgx.Tx) (id int64, found bool, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce(min(id), 0), count(*) > 0 FROM person`).Scan(&id, &found)
	return id, found, err
}

// scanChunks is the scan that the snapshot is compared with: every bit is looked
// at, and nothing else done.
func scanChunks(ctx context.Context, tx pgx.Tx) (up int64, err error) {
	err = tx.QueryRow(ctx, `SELECT sum(bit_count(up))::bigint FROM uptime_chunk`).Scan(&up)
	return up, err
}

// scanSpan is such a scan of the chunks of the hours in [from, to) alone.
func scanSpan(ctx context.Context, tx pgx.Tx, from, to time.Time) error {
	var up int64
	return tx.QueryRow(ctx, `
		SELECT coalesce(sum(bit_count(up)), 0)::bigint FROM uptime_chunk WHERE hour >= $1 AND hour < $2`, from, to).Scan(&up)
}

// makeRows makes the table that we are compared with, empty: a row a heartbeat.
func makeRows(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		DROP TABLE IF EXISTS heartbeat_row;
		CREATE TABLE heartbeat_row (device integer, at timestamptz, PRIMARY KEY (device, at))`)
	return err
}

func copyRows(ctx context.Context, tx pgx.Tx, rows io.Reader) error {
	_, err := tx.Conn().PgConn().CopyFrom(ctx, rows, `COPY heartbeat_row (device, at) FROM STDIN (FORMAT binary)`)
	return err
}

func rowsBytes(ctx context.Context, tx pgx.Tx) (int64, error) {
	return relationBytes(ctx, tx, "heartbeat_row")
}

// transferRow is one of the ledger's.
type transferRow struct {
	journal, debit, credit, amount int64
	number                         int32
}

func transfersOf(ctx context.Context, tx pgx.Tx, journal int64) ([]transferRow, error) {
	rows, err := tx.Query(ctx, `
		SELECT journal, number, debit, credit, amount FROM ledger_transfer WHERE journal = $1 ORDER BY number`, journal)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r transferRow, err error) {
		err = row.Scan(&r.journal, &r.number, &r.debit, &r.credit, &r.amount)
		return r, err
	})
}

// copyTransfers adds the rows once more to the end of their journal.
func copyTransfers(ctx context.Context, conn *pgconn.PgConn, rows []transferRow) error {
	return copyTuples(func(data io.Reader) error {
		_, err := conn.CopyFrom(ctx, data, `COPY ledger_transfer (journal, number, debit, credit, amount) FROM STDIN (FORMAT binary)`)
		return err
	}, func(t *tuples) {
		for _, r := range rows {
			t.row(5)
			t.int8(r.journal)
			t.int4(int32(len(rows)) + r.number)
			t.int8(r.debit)
			t.int8(r.credit)
			t.int8(r.amount)
		}
	})
}

// vacuumLedger takes out what was rolled back, too.
func vacuumLedger(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, `VACUUM ANALYZE ledger_account, ledger_journal, ledger_transfer`); err != nil {
		return err
	}
	return checkpoint(ctx, conn)
}

// foldOwners fills in who owned which device, where the devices were loaded past the triggers.
func foldOwners(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT supplier_device_fold(ARRAY(
		SELECT number FROM device WHERE NOT EXISTS (SELECT FROM supplier_device s WHERE s.device = device.number)))`)
	return err
}

// pointOf is the one indexed row that a bare handler reads.
func pointOf(ctx context.Context, pool *pgxpool.Pool, season string) (code string, units int64, err error) {
	err = pool.QueryRow(ctx, `SELECT code, pool FROM season WHERE code = $1`, season).Scan(&code, &units)
	return code, units, err
}

// vacuumOwners brings what was folded into the state that it is in after a while.
func vacuumOwners(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `VACUUM ANALYZE supplier_device, snapshot_supplier`)
	return err
}
