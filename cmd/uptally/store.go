package main

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// dropDatabase removes the database, whoever is connected to it.
func dropDatabase(ctx context.Context, connection *pgx.Conn, name string) error {
	_, err := connection.Exec(ctx, `DROP DATABASE IF EXISTS `+pgx.Identifier{name}.Sanitize()+` WITH (FORCE)`)
	return err
}
