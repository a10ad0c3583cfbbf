package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/persons"
)

// person returns who acts. On the embedded database a name creates its person at
// first use: whoever may run the program there may write to it anyway. Elsewhere a
// name is only believed for ordinary acts, and must be known.
func (a *app) person(ctx context.Context, tx pgx.Tx, db *database, need authority) (int64, error) {
	if a.Actor == "" {
		return 0, usage("--actor is empty: give a name")
	}
	if db.embedded != nil {
		return persons.Ensure(ctx, tx, a.Actor)
	}
	if need == twoPerson {
		return 0, fmt.Errorf("%w: on a database of your own this act needs a token, and this version knows no tokens yet; "+
			"only on the embedded database is --actor enough", errNotAllowed)
	}
	person, err := persons.ByName(ctx, tx, persons.KindCLI, a.Actor)
	if err != nil {
		return 0, fmt.Errorf("--actor: %w; on a database of your own a name must be on record before it acts", err)
	}
	return person, nil
}

// personIn is person in a transaction of its own.
func (a *app) personIn(ctx context.Context, db *database, need authority) (person int64, err error) {
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		person, err = a.person(ctx, tx, db, need)
		return err
	})
	return person, err
}

// personNames are the names that persons are shown by.
type personNames map[int64]string

// readNames reads the names of the actors; nil and 0 are nobody.
func readNames(ctx context.Context, tx pgx.Tx, actors ...*int64) (personNames, error) {
	var ids []int64
	for _, person := range actors {
		if person != nil && *person != 0 {
			ids = append(ids, *person)
		}
	}
	names, err := persons.Names(ctx, tx, ids)
	return names, err
}

// of returns the person's name, or their number if they have none.
func (n personNames) of(person int64) string {
	if name, ok := n[person]; ok {
		return name
	}
	return fmt.Sprintf("person %d", person)
}
