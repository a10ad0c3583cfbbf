package shop

import (
	"context"

	"github.com/jackc/pgx/v5"
)

func inTests(ctx context.Context, tx pgx.Tx) { tx.Query(ctx, name()) }
