package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/internal/pgtest"
)

const (
	insufficientPrivilege = "42501"
	integrityViolation    = "23000" // refuse_change
)

// withoutTrigger are the tables of ours that no trigger guards, and why.
var withoutTrigger = []string{
	"api_replay",        // forgotten after a while
	"appeal",            // its state goes on
	"estimate",          // replaced whole, by its function
	"estimate_line",     // replaced whole, by its function
	"estimate_supplier", // replaced whole, by its function
	"fact_horizon",      // moves up
	"person",            // by grant only
	"person_name",       // by grant only
	"snapshot",          // its state goes on
	"snapshot_group",    // its lines are replaced whole
	"snapshot_line",     // by grant only: may be distributed
	"supplier_device",   // a projection, which follows from other tables
	"uptime_chunk",      // bits are merged in
	"uptime_coverage",   // bits are merged in, and hours closed
	"uptime_log",        // cursors
	"uptime_population", // counted again when an hour is closed again
	"uptime_strip",      // a copy, which goes when its day is opened again
	"uptime_summary",    // the service's counts, as last read
	"webhook_collected", // cursors
	"webhook_turn",      // given from one to the next
}

func TestAppendOnlyTablesRefuseChangeFromEveryRole(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	guarded := names(t, db.Owner, `
		SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
		WHERE tgname = 'append_only' ORDER BY relname`)
	for _, table := range guarded {
		key := names(t, db.Owner, `SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1`, table)[0]
		for _, statement := range []string{
			fmt.Sprintf(`UPDATE %s SET %s = DEFAULT WHERE false`, table, key), // triggers of a statement run for no rows too
			fmt.Sprintf(`DELETE FROM %s WHERE false`, table),
			fmt.Sprintf(`TRUNCATE %s CASCADE`, table),
		} {
			t.Run(statement, func(t *testing.T) {
				refused(t, db.App, insufficientPrivilege, statement)
				refused(t, db.Owner, integrityViolation, statement)
			})
		}
	}
}

func TestEveryTableIsAppendOnlyOrNamed(t *testing.T) {
	t.Parallel()
	open := names(t, pgtest.New(t).Owner, `
		SELECT relname FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
		  AND relname NOT LIKE 'river\_%' AND relname <> 'goose_db_version'
		  AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname = 'append_only')
		ORDER BY relname`)
	if !slices.Equal(open, withoutTrigger) {
		t.Errorf("tables without the append-only trigger:\n got %q\nwant %q", open, withoutTrigger)
	}
}

func TestAppDeletesNothingButRiversRows(t *testing.T) {
	t.Parallel()
	got := names(t, pgtest.New(t).Owner, `
		SELECT DISTINCT relname FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname NOT LIKE 'river\_%' AND relname <> 'api_replay' -- forgotten after a while
		  AND (has_table_privilege('uptally_app', oid, 'DELETE') OR has_table_privilege('uptally_app', oid, 'TRUNCATE'))`)
	if len(got) > 0 {
		t.Errorf("the application may delete from %q", got)
	}
}

func TestAppendOnlyByGrantAlone(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, table := range []string{"person", "person_name", "snapshot_line"} {
		key := names(t, db.Owner, `SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1`, table)[0]
		refused(t, db.App, insufficientPrivilege, fmt.Sprintf(`UPDATE %s SET %s = DEFAULT`, table, key))
		refused(t, db.App, insufficientPrivilege, `DELETE FROM `+table)
		refused(t, db.App, insufficientPrivilege, `TRUNCATE `+table)
	}
}

func TestAppCreatesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for _, statement := range []string{
		`CREATE TABLE mine (id integer)`,
		`CREATE SCHEMA mine`,
		`CREATE ROLE mine`,
		`CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'`,
		`ALTER TABLE uptime_chunk ADD COLUMN mine integer`,
		`CREATE TABLE uptime_chunk_209901 PARTITION OF uptime_chunk FOR VALUES FROM ('2099-01-01') TO ('2099-02-01')`,
		`DROP TABLE uptime_coverage`,
		`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)`,
	} {
		refused(t, db.App, insufficientPrivilege, statement)
	}
}

func TestNothingIsOpenToEveryone(t *testing.T) {
	t.Parallel()
	got := names(t, pgtest.New(t).Owner, `
		SELECT 'function ' || proname FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS granted
		WHERE pronamespace = 'public'::regnamespace AND grantee = 0
		  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
		UNION ALL
		SELECT 'relation ' || relname FROM pg_class, aclexplode(relacl) AS granted
		WHERE relnamespace = 'public'::regnamespace AND grantee = 0
		UNION ALL
		SELECT 'schema ' || nspname FROM pg_namespace, aclexplode(nspacl) AS granted WHERE nspname = 'public' AND grantee = 0`)
	if len(got) > 0 {
		t.Errorf("open to everyone: %q", got)
	}
}

func TestAppMakesPartitionsThroughTheFunction(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	const span = `SELECT uptime_make_partitions('2023-12-31T23:00:00Z', '2024-03-01T00:00:00Z')`
	for range 2 { // again changes nothing
		if _, err := db.App.Exec(t.Context(), span); err != nil {
			t.Fatal(err)
		}
	}
	partitions := names(t, db.Owner, `SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'uptime_chunk'::regclass ORDER BY 1`)
	if want := []string{"uptime_chunk_202312", "uptime_chunk_202401", "uptime_chunk_202402"}; !slices.Equal(partitions, want) {
		t.Fatalf("partitions: got %q, want %q", partitions, want)
	}
	storage := names(t, db.Owner, `
		SELECT DISTINCT attstorage::text || ' ' || array_to_string(reloptions, ' ') FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
		WHERE relname LIKE 'uptime\_chunk\_______' AND attname = 'up'`)
	if want := []string{"p fillfactor=50"}; !slices.Equal(storage, want) {
		t.Errorf("storage of the partitions: got %q, want %q", storage, want)
	}
	for _, hour := range []string{"2023-12-31T23:00:00Z", "2024-01-01T00:00:00Z", "2024-02-29T23:00:00Z"} {
		if _, err := db.App.Exec(t.Context(), `INSERT INTO uptime_chunk (shard, hour, up) VALUES (0, $1::text::timestamptz, repeat('0', 12288)::bit(12288))`, hour); err != nil {
			t.Errorf("inserting a chunk of %s: %v", hour, err)
		}
	}
	refused(t, db.App, insufficientPrivilege, `DELETE FROM uptime_chunk_202401`)
}

func TestFactStampsStayAboveTheHorizon(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if _, err := db.App.Exec(t.Context(), `UPDATE fact_horizon SET as_of = '2999-01-01T00:00:00Z'`); err != nil {
		t.Fatal(err)
	}
	var above bool
	if err := db.App.QueryRow(t.Context(), `SELECT fact_stamp() > as_of FROM fact_horizon`).Scan(&above); err != nil || !above {
		t.Errorf("a stamp after the clock was set back: above the horizon %t, error %v", above, err)
	}
}

// refused runs a statement in a transaction that is rolled back, and fails the
// test unless the database refuses it with the code.
func refused(t *testing.T, pool *pgxpool.Pool, code, statement string) {
	t.Helper()
	connection, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Release()
	refusedBy(t, connection.Conn(), code, statement)
}

func refusedBy(t *testing.T, connection *pgx.Conn, code, statement string) {
	t.Helper()
	tx, err := connection.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context()))
	_, err = tx.Exec(t.Context(), statement)
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("as %s: %s: got %v, want a refusal with code %s", connection.Config().User, statement, err, code)
	}
}

// names returns the one text column of a query.
func names(t *testing.T, pool *pgxpool.Pool, query string, arguments ...any) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), query, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}
