package needless // want `needless.Bound needs no exception for SQL that is built` `needless.Gone needs no exception for SQL that is outside of store.go`

import (
	"context"

	"github.com/jackc/pgx/v5"
)

func Bound(ctx context.Context, tx pgx.Tx, name string) { tx.Exec(ctx, `SELECT $1`, name) }
