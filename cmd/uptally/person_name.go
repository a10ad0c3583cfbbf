package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/persons"
)

type personCommands struct {
	Add  personAdd  `cmd:"" help:"Put a person on record, with a name, and a token's holder if one is named."`
	Link personLink `cmd:"" help:"Give a person one more name: on the command line, or as a token's holder."`
	List personList `cmd:"" help:"List every person with the names that are theirs."`
}

// holderFlags name a token's holder.
type holderFlags struct {
	Issuer  string `and:"holder" placeholder:"URL" help:"Who signs the person's tokens, exactly as tokens say it (iss)."`
	Subject string `and:"holder" placeholder:"SUBJECT" help:"Whom the issuer's tokens call the person (sub)."`
}

type personAdd struct {
	Name string `arg:"" help:"Name on the command line, which must be new."`
	holderFlags
}

// Run records the person.
func (c personAdd) Run(ctx context.Context, a *app) error {
	if strings.TrimSpace(c.Name) == "" {
		return usage("the name is empty: give one")
	}
	return a.nameSomebody(ctx, func(tx pgx.Tx) (int64, error) {
		person, err := persons.Add(ctx, tx, c.Name)
		if err == nil && c.Issuer != "" {
			err = persons.Link(ctx, tx, person, c.Issuer, c.Subject)
		}
		return person, err
	})
}

type personLink struct {
	Name string `arg:"" help:"A name of the person on the command line."`
	Also string `placeholder:"NAME" help:"One more such name."`
	holderFlags
}

// Run records the names. A name belongs to one person for good.
func (c personLink) Run(ctx context.Context, a *app) error {
	if c.Also == "" && c.Issuer == "" {
		return usage("give one more name with --also, or a token's holder with --issuer and --subject")
	}
	if err := a.confirm("A name belongs to one person for good."); err != nil {
		return err
	}
	return a.nameSomebody(ctx, func(tx pgx.Tx) (int64, error) {
		person, err := persons.ByName(ctx, tx, persons.KindCLI, c.Name)
		if err == nil && c.Also != "" {
			err = persons.AddName(ctx, tx, person, persons.KindCLI, c.Also)
		}
		if err == nil && c.Issuer != "" {
			err = persons.Link(ctx, tx, person, c.Issuer, c.Subject)
		}
		return person, err
	})
}

// nameSomebody gives a person names and shows the person. Whoever may do so could be
// two people, so off the embedded database it takes the owner's connection.
func (a *app) nameSomebody(ctx context.Context, f func(tx pgx.Tx) (person int64, err error)) error {
	return a.withDatabase(ctx, func(db *database) error {
		return a.transact(ctx, db, func(tx pgx.Tx) error {
			if may, err := persons.MayName(ctx, tx); err != nil || !may && db.embedded == nil {
				return errorOr(err, fmt.Errorf("%w: who gives names could be two people, so it takes the connection of the database's owner: "+
					"give the UPTALLY_DATABASE_URL that uptally migrate up is run with", errNotAllowed))
			}
			person, err := f(tx)
			if err != nil {
				return err
			}
			return a.showPersons(ctx, tx, &person)
		})
	})
}

// errorOr returns the error, or another if it is nil.
func errorOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

type personList struct{}

// Run lists the persons by their numbers.
func (personList) Run(ctx context.Context, a *app) error {
	return a.read(ctx, func(tx pgx.Tx) error { return a.showPersons(ctx, tx, nil) })
}

// showPersons prints every person, or the one of the number.
func (a *app) showPersons(ctx context.Context, tx pgx.Tx, only *int64) error {
	all, err := persons.List(ctx, tx)
	if err != nil {
		return err
	}
	shown := []persons.Person{}
	for _, p := range all {
		if only == nil || *only == p.ID {
			shown = append(shown, p)
		}
	}
	var data any = shown
	if only != nil && len(shown) == 1 {
		data = shown[0]
	}
	return a.show(data, func(out io.Writer) {
		g := newGrid(">person", "on record since", "kind", "name")
		for _, p := range shown {
			for _, n := range p.Names {
				g.add(p.ID, utc(p.RecordedAt), n.Kind, n.Name)
			}
		}
		g.print(out)
	})
}
