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
