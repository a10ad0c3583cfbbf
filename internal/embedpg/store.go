package embedpg

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	cannotConnectNow  = "57P03" // starting up, or shutting down
	duplicateDatabase = "42P04"
	uniqueViolation   = "23505" // two that made one database at the same instant
)

// answers reports whether the server accepts connections. Not yet is no error;
// being turned away for any other reason is.
func answers(ctx context.Context, url string) (bool, error) {
	connection, err := pgx.Connect(ctx, url)
	if err == nil {
		return true, connection.Close(ctx)
	}
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) && refusal.Code != cannotConnectNow {
		return false, err
	}
	return false, nil
}

// ensureDatabase makes a database if it is absent.
func ensureDatabase(ctx context.Context, url, name string) error {
	connection, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	var exists bool
	if err := connection.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&exists); err != nil || exists {
		return err
	}
	_, err = connection.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize())
	var refusal *pgconn.PgError
	if errors.As(err, &refusal) && (refusal.Code == duplicateDatabase || refusal.Code == uniqueViolation) {
		return nil
	}
	return err
}
