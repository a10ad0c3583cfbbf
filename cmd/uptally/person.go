package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/persons"
)

// person returns who acts, in one transaction with what they do: the person on record
// for the holder of the token, if there is one; else the one of the name. On the embedded
// database a name creates its person at first use, and so does a token of its issuer:
// whoever may run the program there may write to it anyway. Elsewhere who acts must be
// on record.
func (a *app) person(ctx context.Context, tx pgx.Tx, db *database, holder *auth.Caller) (int64, error) {
	if a.Actor == "" {
		return 0, usage("--actor is empty: give a name")
	}
	if holder != nil {
		return a.personOf(ctx, tx, *holder)
	}
	if db.embedded != nil {
		return persons.Ensure(ctx, tx, a.Actor)
	}
	person, err := persons.ByName(ctx, tx, persons.KindCLI, a.Actor)
	if err != nil {
		return 0, fmt.Errorf("--actor: %w; on a database of your own a name must be on record before it acts", err)
	}
	return person, nil
}

// personOf returns the person on record for a token's holder. A name that was given
// beside the token must be theirs, too.
func (a *app) personOf(ctx context.Context, tx pgx.Tx, holder auth.Caller) (person int64, err error) {
	if a.verifier.Development(holder.Issuer) {
		person, err = persons.DevelopmentPerson(ctx, tx, holder.Subject)
	} else {
		person, err = persons.ByToken(ctx, tx, holder.Issuer, holder.Subject)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w; the owner of the database puts them on record with: uptally person add, or link", tokenVariable, err)
	}
	if a.actorGiven {
		named, err := persons.ByName(ctx, tx, persons.KindCLI, a.Actor)
		if err != nil && !errors.Is(err, persons.ErrNoPerson) {
			return 0, err
		}
		if err != nil || named != person {
			return 0, fmt.Errorf("%w: --actor %q is no name of the token's holder; leave it out, and the token says who acts", errNotAllowed, a.Actor)
		}
		return person, nil
	}
	names, err := readNames(ctx, tx, &person)
	a.Actor = names.of(person) // what the act is told under
	return person, err
}

// personIn is person in a transaction of its own.
func (a *app) personIn(ctx context.Context, db *database, need authority) (person int64, err error) {
	holder, err := a.holder(ctx, db, need)
	if err != nil {
		return 0, err
	}
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		person, err = a.person(ctx, tx, db, holder)
		return err
	})
	return person, err
}

// nameActor adds to the refusal of one's own work which names are the person's: the first
// half may have been done under another one of them.
func nameActor(ctx context.Context, db *database, person int64, refusal error) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		known, err := persons.Known(ctx, tx, person)
		if err != nil || known == "" {
			return errors.Join(refusal, err)
		}
		return fmt.Errorf("%w. %s", refusal, known)
	})
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
