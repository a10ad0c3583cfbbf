package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/audit"
)

type haltCommand struct {
	Reason string `required:"" help:"Why; it stays on record."`
}

// haltView is a halt as --json prints it.
type haltView struct {
	Halted   bool      `json:"halted"`
	Number   int64     `json:"number"`
	By       string    `json:"by"`
	Reason   string    `json:"reason"`
	HaltedAt time.Time `json:"halted_at"`
	UnderWay *int64    `json:"under_way,omitempty"` // of the calls that had begun, when the command ended
}

// The calls that had begun before a halt are waited for, a bit longer than the longest
// of them may take.
const (
	underWayMax  = 5 * time.Minute
	underWayLook = 200 * time.Millisecond
)

// Run halts. It is an act of one person: whoever sees an attack stops it, also while no
// issuer of tokens can be reached. The halt stands at once; only then the command waits
// for what had begun before.
func (c haltCommand) Run(ctx context.Context, a *app) error {
	if err := a.confirm("From now on no call over HTTP changes anything, until another person resumes."); err != nil {
		return err
	}
	return a.withDatabase(ctx, func(db *database) error {
		var view haltView
		if err := a.writeIn(ctx, db, ordinary, func(tx pgx.Tx, person int64) error {
			stop, err := audit.Halt(ctx, tx, person, c.Reason)
			if err != nil {
				return err
			}
			view, err = viewHalt(ctx, tx, stop, true)
			return err
		}); err != nil {
			return err
		}
		var err error
		if !a.DryRun {
			a.say("Writing over HTTP is halted; reads go on. Another person resumes it: uptally resume --reason.")
			if view.UnderWay, err = a.awaitUnderWay(ctx, db, view.Number); err != nil {
				err = fmt.Errorf("the halt stands, but what had begun before could not be waited for: %w", err)
			}
		}
		return errors.Join(a.show(view, func(io.Writer) {}), err)
	})
}

// awaitUnderWay waits until the calls that had begun before the halt have ended, and
// returns how many have not; nil if somebody has resumed, as others begin then.
func (a *app) awaitUnderWay(ctx context.Context, db *database, halt int64) (*int64, error) {
	patience := time.NewTimer(underWayMax)
	defer patience.Stop()
	look := time.NewTicker(underWayLook)
	defer look.Stop()
	for first := true; ; first = false {
		n, err := callsUnderWay(ctx, db, halt)
		switch {
		case err != nil:
			return nil, err
		case n == nil:
			a.say("It was resumed meanwhile.")
			return nil, nil
		case *n == 0:
			a.say("Nothing that had begun before is under way.")
			return n, nil
		case first:
			a.say("Under way since before: %d. Waiting for them to end; the halt stands, whether you wait or not.", *n)
		}
		select {
		case <-look.C:
		case <-patience.C:
			a.say("Still under way: %d.", *n)
			return n, nil
		case <-ctx.Done():
			return n, ctx.Err()
		}
	}
}

// callsUnderWay is how many calls are under way, nil if the halt is over.
func callsUnderWay(ctx context.Context, db *database, halt int64) (n *int64, err error) {
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		stop, halted, err := audit.CurrentHalt(ctx, tx)
		if err != nil || !halted || stop.Number != halt {
			return err
		}
		count, err := audit.UnderWay(ctx, tx)
		n = &count
		return err
	})
	return n, err
}

type resumeCommand struct {
	Reason string `required:"" help:"Why it is safe again."`
}

// Run resumes what another person halted.
func (c resumeCommand) Run(ctx context.Context, a *app) error {
	return a.write(ctx, operatorAct, func(tx pgx.Tx, person int64) error {
		stop, err := audit.Resume(ctx, tx, person, c.Reason)
		if err != nil {
			return err
		}
		a.say("Writing over HTTP goes on.")
		view, err := viewHalt(ctx, tx, stop, false)
		if err != nil {
			return err
		}
		return a.show(view, func(io.Writer) {})
	})
}

func viewHalt(ctx context.Context, tx pgx.Tx, stop audit.Stop, halted bool) (haltView, error) {
	names, err := readNames(ctx, tx, &stop.By)
	if err != nil {
		return haltView{}, err
	}
	return haltView{Halted: halted, Number: stop.Number, By: names.of(stop.By), Reason: stop.Reason, HaltedAt: stop.At}, nil
}
