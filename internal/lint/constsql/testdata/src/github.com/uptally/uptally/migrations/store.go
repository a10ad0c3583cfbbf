package migrations

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"
)

//go:embed role.sql
var role string

//go:embed role.sql
var changed string

//go:embed role.sql
var lent string

//go:embed role.sql
var Exported string

var built = role

func create(ctx context.Context, tx pgx.Tx) {
	tx.Exec(ctx, role)
	tx.Exec(ctx, changed)  // want `the statement is not a constant`
	tx.Exec(ctx, lent)     // want `the statement is not a constant`
	tx.Exec(ctx, Exported) // want `the statement is not a constant`
	tx.Exec(ctx, built)    // want `the statement is not a constant`
}

func change(to string) *string {
	changed += to
	return &lent
}
