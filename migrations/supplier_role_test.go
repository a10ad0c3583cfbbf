package migrations_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
)

// supplierColumnsFile says which columns suppliers may read, a table a line. A new one
// is looked at by a person before it is written there, with -update.
const supplierColumnsFile = "testdata/supplier_columns.txt"

func TestSuppliersReadTheseColumnsAndNoOthers(t *testing.T) {
	t.Parallel()
	got := strings.Join(names(t, pgtest.New(t).Owner, `
		SELECT relname || ': ' || string_agg(attname, ' ' ORDER BY attnum)
		FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT attisdropped
		  AND has_column_privilege('uptally_supplier', pg_class.oid, attnum, 'SELECT')
		GROUP BY relname ORDER BY relname COLLATE "C"`), "\n") + "\n"
	if *update {
		if err := os.WriteFile(supplierColumnsFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(supplierColumnsFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("suppliers read these columns:\n%s\nbut %s has:\n%s", got, supplierColumnsFile, want)
	}
}

func TestSuppliersSeeNoPersons(t *testing.T) {
	t.Parallel()
	got := names(t, pgtest.New(t).Owner, `
		SELECT conrelid::regclass || '.' || attname
		FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
		WHERE contype = 'f' AND confrelid = 'person'::regclass AND has_column_privilege('uptally_supplier', conrelid, attnum, 'SELECT')`)
	if len(got) > 0 {
		t.Errorf("suppliers see who acted: %q", got)
	}
}

func TestWhateverSuppliersSeeIsUnderForcedRowSecurity(t *testing.T) {
	t.Parallel()
	got := names(t, pgtest.New(t).Owner, `
		SELECT relname FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
		  AND has_any_column_privilege('uptally_supplier', oid, 'SELECT')
		  AND NOT (relrowsecurity AND relforcerowsecurity
			AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polroles = ARRAY['uptally_supplier'::regrole::oid]
				AND polcmd = 'r' AND polpermissive))
		ORDER BY 1`)
	if len(got) > 0 {
		t.Errorf("suppliers see without forced row security, or without a policy of their own: %q", got)
	}
	open := names(t, pgtest.New(t).Owner, `
		SELECT polrelid::regclass || ' ' || polname FROM pg_policy
		WHERE 0 = ANY (polroles) OR 'uptally_supplier'::regrole = ANY (polroles) AND (polcmd <> 'r' OR cardinality(polroles) > 1)`)
	if len(open) > 0 {
		t.Errorf("policies that let suppliers write, or are not theirs alone: %q", open)
	}
}

// publicTables are what suppliers and everybody see alike: no row is anybody's.
var publicTables = []string{
	"estimate", "grace_approval", "grace_window", "metadata_hold", "metadata_release", "ruleset", "season", "snapshot",
	"snapshot_total", "uptime_coverage", "uptime_population",
}

// A table whose policy does not ask for the setting shows everybody the same.
func TestPoliciesAskWhoAsks(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	got := names(t, db.Owner, `
		SELECT DISTINCT tablename FROM pg_policies
		WHERE 'uptally_supplier' = ANY (roles)
		  AND qual !~ '\(current_setting\(''uptally.supplier''::text\)\)::uuid' ORDER BY 1`)
	if !slices.Equal(got, publicTables) {
		t.Errorf("policies without the setting are those of %q, want %q", got, publicTables)
	}
	owned := names(t, db.Owner, `
		SELECT DISTINCT table_name FROM information_schema.columns
		WHERE table_name = ANY ($1) AND column_name IN ('supplier_id', 'device', 'device_id', 'account', 'wallet', 'payout')`, publicTables)
	if len(owned) > 0 {
		t.Errorf("tables that everybody sees lead to suppliers or devices: %q", owned)
	}
}

func TestSuppliersWriteCreateAndBecomeNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	got := names(t, db.Owner, `
		SELECT 'writes ' || relname FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
		  AND (has_table_privilege('uptally_supplier', oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
			OR has_any_column_privilege('uptally_supplier', oid, 'INSERT, UPDATE, REFERENCES'))
		UNION ALL SELECT 'sees all of ' || relname FROM pg_class
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege('uptally_supplier', oid, 'SELECT')
		UNION ALL SELECT 'uses ' || relname FROM pg_class
		WHERE relnamespace = 'public'::regnamespace
		  AND CASE relkind WHEN 'S' THEN has_sequence_privilege('uptally_supplier', oid, 'USAGE, SELECT, UPDATE') END
		UNION ALL SELECT 'becomes ' || rolname FROM pg_roles
		WHERE rolname <> 'uptally_supplier' AND pg_has_role('uptally_supplier', oid, 'MEMBER')
		UNION ALL SELECT 'is become by ' || rolname FROM pg_roles
		WHERE NOT rolsuper AND rolname <> 'uptally_supplier' AND pg_has_role(oid, 'uptally_supplier', 'MEMBER')
		UNION ALL SELECT 'is ' || rolname FROM pg_roles
		WHERE rolname = 'uptally_supplier' AND (rolsuper OR rolbypassrls OR rolinherit OR rolcreaterole OR rolcreatedb OR rolreplication)
		UNION ALL SELECT 'creates in the database' WHERE has_database_privilege('uptally_supplier', current_database(), 'CREATE, TEMPORARY')`)
	if len(got) > 0 {
		t.Errorf("the role of suppliers %q", got)
	}
	functions := names(t, db.Owner, `
		SELECT proname FROM pg_proc
		WHERE pronamespace = 'public'::regnamespace AND has_function_privilege('uptally_supplier', oid, 'EXECUTE')
		  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
		ORDER BY 1`)
	if want := []string{"ledger_counterpart", "supplier_line_device", "supplier_line_number", "supplier_timeline"}; !slices.Equal(functions, want) {
		t.Errorf("functions for suppliers: got %q, want %q", functions, want)
	}
	for _, statement := range []string{
		`SET ROLE uptally_app`, `SET SESSION AUTHORIZATION uptally_app`, `SELECT up FROM uptime_chunk`, `SELECT id FROM device`,
		`SELECT seq FROM device_change`, `SELECT id FROM person`, `CREATE TEMPORARY TABLE mine (id integer)`, `INSERT INTO season DEFAULT VALUES`,
		`UPDATE wallet SET address = address`, `DELETE FROM supplier_device`, `SELECT supplier_device_fold('{}')`, `SELECT estimate_clear('s1')`,
		`SELECT * FROM verdict`, `SELECT evidence FROM verdict`, `ALTER TABLE wallet DISABLE ROW LEVEL SECURITY`, `DROP POLICY own ON wallet`,
	} {
		refused(t, db.Supplier, insufficientPrivilege, asSomebody+statement)
	}
	refused(t, db.Supplier, insufficientPrivilege, asSomebody+`SET row_security = off; SELECT id FROM wallet`)
}

const asSomebody = `SELECT set_config('uptally.supplier', gen_random_uuid()::text, true); `

// What says who asks is unset in a new connection, and empty once a transaction that
// made it is over: both are errors, on every table that has rows of suppliers.
func TestWithoutASupplierThereIsAnErrorAndNoRow(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	columns, err := os.ReadFile(supplierColumnsFile)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := pgx.Connect(t.Context(), db.SupplierURL)
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close(context.WithoutCancel(t.Context()))
	tables := 0
	for line := range strings.Lines(string(columns)) {
		table, shown, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if slices.Contains(publicTables, table) {
			continue
		}
		tables++
		column, _, _ := strings.Cut(shown, " ")
		// An index is asked for the setting even if the table has no row.
		query := `SET LOCAL enable_seqscan = off; SELECT ` + column + ` FROM ` + table
		refusedBy(t, fresh, undefinedObject, query)
		refused(t, db.Supplier, invalidText, `SELECT set_config('uptally.supplier', '', true); `+query)
		refused(t, db.Supplier, invalidText, `SELECT set_config('uptally.supplier', 'all', true); `+query)
	}
	const timeline = `SELECT supplier_timeline(gen_random_uuid(), 0, 12)`
	refusedBy(t, fresh, undefinedObject, timeline)
	refused(t, db.Supplier, invalidText, `SELECT set_config('uptally.supplier', '', true); `+timeline)
	if tables < 20 {
		t.Errorf("only %d tables have rows of suppliers", tables)
	}
}

const (
	undefinedObject = "42704" // no such setting
	invalidText     = "22P02" // no uuid
)
