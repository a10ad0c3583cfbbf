package persons

import (
	"context"

	"github.com/jackc/pgx/v5"
)

func selectPerson(ctx context.Context, tx pgx.Tx, kind Kind, name string) (person int64, err error) {
	err = tx.QueryRow(ctx, `SELECT person_id FROM person_name WHERE kind = $1 AND name = $2`, kind, name).Scan(&person)
	return person, err
}

// lockNames makes those who record names wait for each other, until the transaction
// ends.
func lockNames(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('person_name'))`)
	return err
}

func insertPerson(ctx context.Context, tx pgx.Tx) (person int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO person DEFAULT VALUES RETURNING id`).Scan(&person)
	return person, err
}

// insertName reports whether the name was free.
func insertName(ctx context.Context, tx pgx.Tx, person int64, kind Kind, name string) (added bool, err error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO person_name (kind, name, person_id) VALUES ($1, $2, $3) ON CONFLICT (kind, name) DO NOTHING`,
		kind, name, person)
	return tag.RowsAffected() == 1, err
}

func selectNames(ctx context.Context, tx pgx.Tx, persons []int64) (map[int64]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT ON (person_id) person_id, name FROM person_name
		WHERE person_id = ANY ($1) ORDER BY person_id, kind COLLATE "C", name COLLATE "C"`, persons)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(persons))
	var person int64
	var name string
	_, err = pgx.ForEachRow(rows, []any{&person, &name}, func() error {
		names[person] = name
		return nil
	})
	return names, err
}
