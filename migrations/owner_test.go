package migrations_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/migrations"
)

// Every test's database is migrated by an owner who is no superuser: what owners
// usually are, whom forced row security holds.
func TestOwnersAreNoSuperusers(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	owners := names(t, db.Owner, `
		SELECT DISTINCT rolname || ' ' || rolsuper || ' ' || rolbypassrls FROM pg_roles
		WHERE oid IN (SELECT relowner FROM pg_class WHERE relnamespace = 'public'::regnamespace)
		   OR oid IN (SELECT proowner FROM pg_proc WHERE prosecdef)
		   OR oid = (SELECT datdba FROM pg_database WHERE datname = current_database())`)
	if !slices.Equal(owners, []string{"pgtest_owner false false"}) {
		t.Errorf("tables, functions and the database are of %q", owners)
	}
	owner := poolOf(t, strings.Replace(db.AppURL, migrations.AppRole, "pgtest_owner", 1))
	for _, role := range []string{migrations.AppRole, migrations.SupplierRole} {
		if err := migrations.CheckServing(t.Context(), owner, role); !errors.Is(err, migrations.ErrTooPowerful) || !strings.Contains(err.Error(), "owns tables") {
			t.Errorf("the owner serves as %s: %v", role, err)
		}
	}
}

func TestASchemaOfAnothersIsRefused(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyOfOwner(t)
	execute(t, superuser(url), `ALTER SCHEMA public OWNER TO uptally; GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC`)
	_, err := migrations.Up(t.Context(), url)
	if !errors.Is(err, migrations.ErrForeignSchema) || !strings.Contains(err.Error(), "ALTER SCHEMA public OWNER TO pgtest_owner") {
		t.Errorf("got %v", err)
	}
	status, err := migrations.Status(t.Context(), url)
	if err != nil || status[0].Applied {
		t.Errorf("%+v is applied, error %v", status[0], err)
	}
	execute(t, superuser(url), `ALTER SCHEMA public OWNER TO pgtest_owner`)
	if _, err := migrations.Up(t.Context(), url); err != nil {
		t.Error(err)
	}
}

func TestSuppliersReadTheSameDatabase(t *testing.T) {
	t.Parallel()
	one, other := pgtest.New(t), pgtest.New(t)
	if err := migrations.CheckSameDatabase(t.Context(), one.App, one.Supplier); err != nil {
		t.Error(err)
	}
	if err := migrations.CheckSameDatabase(t.Context(), one.App, other.Supplier); !errors.Is(err, migrations.ErrOtherDatabase) {
		t.Errorf("got %v", err)
	}
}

// A database of before there were suppliers' reads has all of its rows shown to whose
// they are, once its owner has brought it up to date.
func TestOldRowsAreCarriedOver(t *testing.T) {
	t.Parallel()
	url := databaseUpTo(t, 17)
	execute(t, url, `
		INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
			SELECT n, ('00000000-0000-0000-0000-00000000000' || n)::uuid, n, '2024-04-01T00:01:00Z', 'registration',
				'11111111-0000-0000-0000-111111111111', 'H100', 1, 'high', now() FROM generate_series(1, 2) n;
		INSERT INTO device_change (device, seq, changed_at, channel, supplier_id, recorded_at) VALUES
			(1, 11, '2024-04-10T00:00:00Z', 'user', '22222222-0000-0000-0000-222222222222', now()),
			(2, 12, '2024-04-25T09:00:00Z', 'worker-api', '22222222-0000-0000-0000-222222222222', now());
		INSERT INTO person DEFAULT VALUES;
		INSERT INTO metadata_hold (held_from, held_to, reason, person_id, recorded_at) SELECT '2024-04-25Z', '2024-04-26Z', 'x', id, now() FROM person`)
	applied, err := migrations.Up(t.Context(), url)
	if err != nil || !slices.Contains(applied, "00019_supplier_role.sql") || slices.Contains(applied, "00017_settle.sql") {
		t.Fatalf("applied %q, error %v", applied, err)
	}
	suppliers := poolOf(t, strings.Replace(url, "pgtest_owner", migrations.SupplierRole, 1))
	if err := migrations.CheckServing(t.Context(), suppliers, migrations.SupplierRole); err != nil {
		t.Error(err)
	}
	const runs = `SELECT device || CASE WHEN to_slot IS NULL THEN ' still' ELSE ' gone' END FROM supplier_device ORDER BY 1`
	for supplier, want := range map[uuid.UUID][]string{first: {"1 gone", "2 still"}, second: {"1 still"}} {
		var got []string
		err := inTransaction(t.Context(), suppliers, supplier, runs, func(found []string) { got = found })
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s has %q, error %v, want %q", supplier, got, err, want)
		}
	}
}

// databaseUpTo returns the URL of a database as it was up to a migration, of a plain owner.
func databaseUpTo(t *testing.T, last int64) string {
	t.Helper()
	pgtest.New(t) // the roles
	url := pgtest.EmptyOfOwner(t)
	database := stdlib.OpenDBFromPool(poolOf(t, url))
	defer database.Close()
	old, err := goose.NewProvider(goose.DialectPostgres, database, os.DirFS("."), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.UpTo(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	return url
}

// superuser returns the URL of whoever owns the cluster.
func superuser(ownerURL string) string {
	return strings.Replace(ownerURL, "pgtest_owner", "uptally", 1)
}

func poolOf(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// What was told as an outcome is kept as its cause, which no supplier reads.
func TestOldOutcomesBecomeCauses(t *testing.T) {
	t.Parallel()
	url := databaseUpTo(t, 30)
	execute(t, url, `
		INSERT INTO person DEFAULT VALUES;
		INSERT INTO webhook (supplier_id, url, events, description, made_by)
			SELECT '11111111-0000-0000-0000-111111111111', 'https://hooks.example.org/', '{payout.paid}', '', id FROM person;
		INSERT INTO webhook_message (webhook, supplier_id, kind, source, occurred_at, body)
			SELECT id, supplier_id, 'webhook.test', '1', now(), '{}' FROM webhook;
		INSERT INTO webhook_attempt (message, number, supplier_id, outcome, next_at, attempted_at)
			SELECT m.id, n, m.supplier_id, o, now(), now() FROM webhook_message m, (VALUES (1, 'forbidden_address'), (2, 'unreachable')) AS tried (n, o)`)
	if _, err := migrations.Up(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	pool := poolOf(t, url)
	got := names(t, pool, `SELECT number || ' ' || outcome || ' ' || coalesce(cause, '') FROM webhook_attempt ORDER BY number`)
	if want := []string{"1 unreachable forbidden_address", "2 unreachable "}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := pool.Exec(t.Context(), `UPDATE webhook_attempt SET cause = NULL`); err == nil {
		t.Error("what is on record can be changed again")
	}
}
