package migrations

import (
	"context"
	_ "embed"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed role.sql
var roleSQL string

//go:embed grants.sql
var grantsSQL string

func createRoles(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, roleSQL)
	return err
}

func grant(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, grantsSQL)
	return err
}

// appliedVersions returns the numbered migrations that a database has, and since
// when; of a database that was never migrated, none.
func appliedVersions(ctx context.Context, pool *pgxpool.Pool) (map[int64]time.Time, error) {
	var migrated bool
	if err := pool.QueryRow(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL`).Scan(&migrated); err != nil || !migrated {
		return nil, err
	}
	return readVersions(ctx, pool)
}

func readVersions(ctx context.Context, pool *pgxpool.Pool) (map[int64]time.Time, error) {
	rows, err := pool.Query(ctx, `SELECT version_id, tstamp::timestamptz FROM goose_db_version WHERE is_applied`)
	if err != nil {
		return nil, err
	}
	versions := map[int64]time.Time{}
	var version int64
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&version, &at}, func() error {
		versions[version] = at
		return nil
	})
	return versions, err
}

// findExcesses returns who is connected, and what they may do that nobody who serves
// may, each in a sentence: by themselves, or by a role that they can become.
func findExcesses(ctx context.Context, pool *pgxpool.Pool) (user string, excesses []string, err error) {
	err = pool.QueryRow(ctx, `
		WITH reach AS (
			SELECT oid, rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE pg_has_role(session_user, oid, 'MEMBER')
		), owned AS (
			SELECT r.rolname, min(c.relname) AS example FROM reach r JOIN pg_class c ON c.relowner = r.oid
			WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S') GROUP BY r.rolname
		), excess AS (
			SELECT rolname, format('%I is a superuser', rolname) AS text FROM reach WHERE rolsuper
			UNION ALL SELECT rolname, format('%I bypasses row security', rolname) FROM reach WHERE rolbypassrls
			UNION ALL SELECT rolname, format('%I may create roles', rolname) FROM reach WHERE rolcreaterole
			UNION ALL SELECT r.rolname, format('%I owns the database', r.rolname)
				FROM reach r JOIN pg_database d ON d.datdba = r.oid AND d.datname = current_database()
			UNION ALL SELECT rolname, format('%I owns tables of the database, such as %I', rolname, example) FROM owned
		)
		SELECT session_user, coalesce(array_agg(CASE rolname WHEN session_user THEN text ELSE 'it can become ' || rolname || ': ' || text END
			ORDER BY rolname <> session_user, text), '{}')
		FROM excess`).Scan(&user, &excesses)
	return user, excesses, err
}

// findSupplierExcesses returns what else whoever is connected may do that the role of
// suppliers may not, each in a sentence.
func findSupplierExcesses(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	rows, err := pool.Query(ctx, `
		WITH relation AS (
			SELECT oid, relname, relkind, relrowsecurity AND relforcerowsecurity AS held,
				CASE WHEN relkind <> 'S' THEN has_table_privilege(session_user, oid, 'SELECT')
					OR has_any_column_privilege(session_user, oid, 'SELECT') END AS seen
			FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
		)
		SELECT format('it can become %I', rolname) FROM pg_roles
			WHERE rolname <> session_user AND pg_has_role(session_user, oid, 'MEMBER')
		UNION ALL SELECT format('it sees %s, which has no forced row security', oid::regclass) FROM relation WHERE seen AND NOT held
		UNION ALL SELECT format('it may write to %s', oid::regclass) FROM relation
			WHERE CASE WHEN relkind <> 'S' THEN has_table_privilege(session_user, oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
				OR has_any_column_privilege(session_user, oid, 'INSERT, UPDATE, REFERENCES') END
		UNION ALL SELECT format('it may use sequence %s', oid::regclass) FROM relation
			WHERE CASE relkind WHEN 'S' THEN has_sequence_privilege(session_user, oid, 'USAGE, SELECT, UPDATE') END
		UNION ALL SELECT format('it may create in schema %I', nspname) FROM pg_namespace
			WHERE nspname !~ '^pg_' AND has_schema_privilege(session_user, oid, 'CREATE')
		UNION ALL SELECT format('it may create %s', what)
			FROM unnest(ARRAY['CREATE', 'TEMPORARY'], ARRAY['schemas', 'temporary tables']) AS of (privilege, what)
			WHERE has_database_privilege(session_user, current_database(), privilege)
		ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// identity is which database it is, wherever it is reached: a replica has the same.
type identity struct {
	cluster string // its system identifier
	number  uint32 // of the database
	name    string
}

func readIdentity(ctx context.Context, pool *pgxpool.Pool) (of identity, err error) {
	err = pool.QueryRow(ctx, `
		SELECT (SELECT 'cluster ' || system_identifier FROM pg_control_system()), oid, datname
		FROM pg_database WHERE datname = current_database()`).Scan(&of.cluster, &of.number, &of.name)
	return of, err
}

// readForeignOwner returns whose the schema is that everything stands in, and who we are,
// if we are not its owner and may not act for them; else empty texts.
func readForeignOwner(ctx context.Context, pool *pgxpool.Pool) (owner, us string, err error) {
	err = pool.QueryRow(ctx, `
		SELECT coalesce(max(nspowner::regrole::text), ''), coalesce(max(current_user::text), '') FROM pg_namespace
		WHERE nspname = 'public' AND NOT pg_has_role(current_user, nspowner, 'USAGE')`).Scan(&owner, &us)
	return owner, us, err
}
