package wallet

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

type Wallet string
type Reason string
type Standing struct {
	Wallet Wallet
	Why    Reason
}

func Payable(ctx context.Context, tx pgx.Tx, at time.Time) (map[uuid.UUID]Standing, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT ON (supplier_id) supplier_id, address FROM supplier_wallet ORDER BY supplier_id, id DESC`)
	if err != nil {
		return nil, err
	}
	all := map[uuid.UUID]Standing{}
	var id uuid.UUID
	var w Wallet
	_, err = pgx.ForEachRow(rows, []any{&id, &w}, func() error { all[id] = Standing{Wallet: w}; return nil })
	return all, err
}
func Freeze(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, reason string, actor int64) error {
	return nil
}
