package snapshot

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/pgtest"
)

// What is committed after the view was made is seen by none of its transactions.
func TestAReadingIsOfOneMoment(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	pgtest.Person(t, db.Owner, "ada")
	err := readTogether(context.Background(), db.App, func(_ pgx.Tx, r *reading) error {
		pgtest.Person(t, db.Owner, "grace")
		return r.each(context.Background(), 8, 3, func(ctx context.Context, tx pgx.Tx, number int) error {
			var persons int
			var readOnly string
			if err := tx.QueryRow(ctx, `SELECT count(*), current_setting('transaction_read_only') FROM person`).Scan(&persons, &readOnly); err != nil {
				return err
			}
			if persons != 1 || readOnly != "on" {
				t.Errorf("transaction %d sees %d persons; read only: %s", number, persons, readOnly)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
