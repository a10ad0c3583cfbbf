package migrations_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/migrations"
)

func TestTheRolesThatServeMay(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for role, pool := range map[string]*pgxpool.Pool{migrations.AppRole: db.App, migrations.SupplierRole: db.Supplier} {
		if err := migrations.CheckServing(t.Context(), pool, role); err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
}

// Roles are the cluster's, which tests share: these are one test's own, by name.
func TestWhoeverMayTooMuchDoesNotServe(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	make := func(statements string) *pgxpool.Pool {
		name := strings.Fields(statements)[2]
		statements += `; GRANT CONNECT ON DATABASE ` + databaseOf(t, db) + ` TO ` + name
		if _, err := db.Owner.Exec(t.Context(), statements); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { // before the database goes
			for _, statement := range []string{`REASSIGN OWNED BY ` + name + ` TO CURRENT_USER`, `DROP OWNED BY ` + name, `DROP ROLE ` + name} {
				if _, err := db.Owner.Exec(context.WithoutCancel(t.Context()), statement); err != nil {
					t.Error(err)
				}
			}
		})
		pool, err := pgxpool.New(t.Context(), strings.Replace(db.AppURL, "uptally_app", name, 1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		return pool
	}
	for _, c := range []struct {
		pool *pgxpool.Pool
		role string
		want string
	}{
		{db.Owner, migrations.AppRole, "uptally is a superuser"},
		{db.Owner, migrations.SupplierRole, "uptally is a superuser"},
		{db.App, migrations.SupplierRole, "it is not uptally_supplier\nit may create temporary tables\nit may use sequence"},
		{db.App, migrations.SupplierRole, " more"}, // and not all of some hundred
		{make(`CREATE ROLE serving_bypass LOGIN BYPASSRLS`), migrations.AppRole, "serving_bypass bypasses row security"},
		{make(`CREATE ROLE serving_member LOGIN NOINHERIT IN ROLE serving_bypass`), migrations.AppRole, "it can become serving_bypass"},
		{make(`CREATE ROLE serving_owner LOGIN; ALTER TABLE season OWNER TO serving_owner`),
			migrations.AppRole, "serving_owner owns tables of the database, such as season"},
		{make(`CREATE ROLE serving_maker LOGIN CREATEROLE`), migrations.AppRole, "serving_maker may create roles"},
	} {
		err := migrations.CheckServing(t.Context(), c.pool, c.role)
		if !errors.Is(err, migrations.ErrTooPowerful) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("serving as %s: got %v, want %q", c.role, err, c.want)
		}
	}
}

func TestSuppliersAreNotServedWithoutRowSecurity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ loosened, want string }{
		{`ALTER TABLE wallet DISABLE ROW LEVEL SECURITY`, "it sees wallet, which has no forced row security"},
		{`ALTER TABLE wallet NO FORCE ROW LEVEL SECURITY`, "it sees wallet, which has no forced row security"},
		{`GRANT SELECT (id) ON person TO uptally_supplier`, "it sees person, which has no forced row security"},
		{`GRANT UPDATE (address) ON wallet TO uptally_supplier`, "it may write to wallet"},
		{`GRANT CREATE ON SCHEMA public TO uptally_supplier`, "it may create in schema public"},
		{`GRANT USAGE ON SEQUENCE person_id_seq TO uptally_supplier`, "it may use sequence person_id_seq"},
	} {
		db := pgtest.New(t)
		if _, err := db.Owner.Exec(t.Context(), c.loosened); err != nil {
			t.Fatal(err)
		}
		err := migrations.CheckServing(t.Context(), db.Supplier, migrations.SupplierRole)
		if !errors.Is(err, migrations.ErrTooPowerful) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("after %s: got %v, want %q", c.loosened, err, c.want)
		}
	}
}

func databaseOf(t *testing.T, db *pgtest.DB) string {
	t.Helper()
	return names(t, db.Owner, `SELECT quote_ident(current_database())`)[0]
}
