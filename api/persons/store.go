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

func selectNamesOf(ctx context.Context, tx pgx.Tx, person int64) ([]Name, error) {
	rows, err := tx.Query(ctx, `
		SELECT kind, name FROM person_name WHERE person_id = $1 ORDER BY kind COLLATE "C", name COLLATE "C"`, person)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Name])
}

func selectPersons(ctx context.Context, tx pgx.Tx) ([]Person, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.id, p.recorded_at, coalesce(n.kind, ''), coalesce(n.name, '')
		FROM person p LEFT JOIN person_name n ON n.person_id = p.id
		ORDER BY p.id, n.kind COLLATE "C", n.name COLLATE "C"`)
	if err != nil {
		return nil, err
	}
	var persons []Person
	var person Person
	var name Name
	_, err = pgx.ForEachRow(rows, []any{&person.ID, &person.RecordedAt, &name.Kind, &name.Name}, func() error {
		if len(persons) == 0 || persons[len(persons)-1].ID != person.ID {
			persons = append(persons, Person{ID: person.ID, RecordedAt: person.RecordedAt.UTC()})
		}
		if last := &persons[len(persons)-1]; name.Kind != "" {
			last.Names = append(last.Names, name)
		}
		return nil
	})
	return persons, err
}

// ownsNames asks whether the role may do what the owner of the table may.
func ownsNames(ctx context.Context, tx pgx.Tx) (owns bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = 'person_name'::regclass`).Scan(&owns)
	return owns, err
}

// selectShared asks whether two persons have a token's holder in common.
func selectShared(ctx context.Context, tx pgx.Tx, a, b int64) (shared bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM person_name x JOIN person_name y USING (name)
			WHERE x.person_id = $1 AND y.person_id = $2 AND x.kind IN ($3, $4) AND y.kind IN ($3, $4))`,
		a, b, KindToken, KindSupplier).Scan(&shared)
	return shared, err
}
