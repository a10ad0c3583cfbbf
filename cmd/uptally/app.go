package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/term"

	"github.com/uptally/uptally/api/auth"
)

// app is what a command runs with.
type app struct {
	globals
	actorGiven bool           // --actor or its variable was
	verifier   *auth.Verifier // of tokens, once one is to be verified

	in     io.Reader
	out    io.Writer // data
	talk   io.Writer // everything else
	lookup func(variable string) (value string, set bool)
}

// say tells the person something that is no data.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.talk, format+"\n", args...) }

// held keeps what is written to a stream until it is true.
type held struct {
	bytes.Buffer
	to io.Writer
}

// holding runs f and passes on what it wrote and said once f has succeeded: a seal
// that is told of is a seal that stands. After an error nothing of it is told.
func (a *app) holding(f func() error) error {
	out, talk := &held{to: a.out}, &held{to: a.talk}
	a.out, a.talk = out, talk
	err := f()
	a.out, a.talk = out.to, talk.to
	if err != nil && !errors.Is(err, errRolledBack) {
		return err
	}
	_, told := talk.WriteTo(a.talk)
	_, shown := out.WriteTo(a.out)
	return errors.Join(err, told, shown)
}

// isTerminal reports whether the stream is one that a person looks at or types on.
func isTerminal(stream any) bool {
	if kept, ok := stream.(*held); ok {
		stream = kept.to
	}
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// confirm asks before what cannot be undone, if there is a person to ask.
func (a *app) confirm(format string, args ...any) error {
	if a.Yes || a.DryRun || !isTerminal(a.in) {
		return nil
	}
	fmt.Fprintf(a.talk, format+" Go on? [y/N] ", args...)
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("left as it was")
}

// read runs f in a read-only transaction.
func (a *app) read(ctx context.Context, f func(tx pgx.Tx) error) error {
	return a.withDatabase(ctx, func(db *database) error {
		return pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
	})
}

// write runs f as the actor, in one transaction, which is rolled back with
// --dry-run.
func (a *app) write(ctx context.Context, need authority, f func(tx pgx.Tx, person int64) error) error {
	return a.withDatabase(ctx, func(db *database) error { return a.writeIn(ctx, db, need, f) })
}

// errRolledBack ends the transaction of a dry run.
var errRolledBack = errors.New("dry run")

func (a *app) writeIn(ctx context.Context, db *database, need authority, f func(tx pgx.Tx, person int64) error) error {
	holder, err := a.holder(ctx, db, need) // before the transaction: issuers may take their time
	if err != nil {
		return err
	}
	var person int64
	err = a.transact(ctx, db, func(tx pgx.Tx) error {
		if person, err = a.person(ctx, tx, db, holder); err != nil {
			return err
		}
		return f(tx, person)
	})
	if slices.ContainsFunc(ownWork, func(refusal error) bool { return errors.Is(err, refusal) }) {
		return nameActor(ctx, db, person, err)
	}
	return err
}

// transact runs f in one transaction, which is rolled back with --dry-run, and tells of
// it once it stands.
func (a *app) transact(ctx context.Context, db *database, f func(tx pgx.Tx) error) error {
	err := a.holding(func() error {
		return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
			if err := f(tx); err != nil {
				return err
			}
			if a.DryRun {
				return errRolledBack
			}
			return nil
		})
	})
	if errors.Is(err, errRolledBack) {
		a.say("Dry run: nothing was written.")
		return nil
	}
	return err
}
