package shop

import (
	"context"

	"github.com/jackc/pgx/v5"
)

func misplaced(ctx context.Context, tx pgx.Tx) {
	tx.Query(ctx, `SELECT 1`) // want `SQL stands in files named store.go \(in github.com/uptally/uptally/shop.misplaced\)`
	tx.Query(ctx, name())     // want `SQL stands in files` `the statement is not a constant`
	tx.CopyFrom(ctx, nil, nil)
}

func placedByException(ctx context.Context, tx pgx.Tx) {
	tx.Query(ctx, `SELECT 1`)
	tx.Query(ctx, name()) // want `the statement is not a constant`
}
