package pgtest

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Querier is a pool or a transaction.
type Querier interface {
	QueryRow(ctx context.Context, statement string, arguments ...any) pgx.Row
}

// Person records a person with one name on the command line, and returns its id.
func Person(t testing.TB, db Querier, name string) int64 {
	t.Helper()
	var id int64
	err := db.QueryRow(t.Context(), `
		WITH new AS (INSERT INTO person DEFAULT VALUES RETURNING id)
		INSERT INTO person_name (kind, name, person_id) SELECT 'cli', $1, id FROM new RETURNING person_id`, name).Scan(&id)
	if err != nil {
		t.Fatalf("recording person %q: %v", name, err)
	}
	return id
}

// keepToRoles grants on the database what migrations do, and gives it to whoever owns
// its tables: a clone of the template is open to everyone as any new database is.
func keepToRoles(t testing.TB, owner *pgxpool.Pool) {
	t.Helper()
	_, err := owner.Exec(context.Background(), `DO $$ BEGIN
		EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
		EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO uptally_app', current_database());
		EXECUTE format('GRANT CONNECT ON DATABASE %I TO uptally_supplier', current_database());
		EXECUTE format('ALTER DATABASE %I OWNER TO pgtest_owner', current_database());
	END $$`)
	if err != nil {
		t.Fatal(err)
	}
}

// ownPlainly makes plainOwner, if there is none yet, the owner of the database at the
// superuser's URL.
func ownPlainly(ctx context.Context, superURL string) (err error) {
	connection, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close(context.WithoutCancel(ctx))) }()
	_, err = connection.Exec(ctx, `DO $$ BEGIN
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pgtest_owner') THEN
			BEGIN
				CREATE ROLE pgtest_owner LOGIN CREATEROLE;
			EXCEPTION WHEN duplicate_object OR unique_violation THEN
				NULL; -- another test made it at this moment
			END;
		END IF;
		EXECUTE format('ALTER DATABASE %I OWNER TO pgtest_owner', current_database());
	END $$`)
	return err
}
