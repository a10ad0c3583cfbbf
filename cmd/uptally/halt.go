package main

import (
	"context"
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
}

// Run halts. It is an act of one person: whoever sees an attack stops it, also while no
// issuer of tokens can be reached.
func (c haltCommand) Run(ctx context.Context, a *app) error {
	if err := a.confirm("From now on no call over HTTP changes anything, until another person resumes."); err != nil {
		return err
	}
	return a.write(ctx, ordinary, func(tx pgx.Tx, person int64) error {
		stop, err := audit.Halt(ctx, tx, person, c.Reason)
		if err != nil {
			return err
		}
		a.say("Writing over HTTP is halted; reads go on. Another person resumes it: uptally resume --reason.")
		return a.showHalt(ctx, tx, stop, true)
	})
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
		return a.showHalt(ctx, tx, stop, false)
	})
}

func (a *app) showHalt(ctx context.Context, tx pgx.Tx, stop audit.Stop, halted bool) error {
	names, err := readNames(ctx, tx, &stop.By)
	if err != nil {
		return err
	}
	return a.show(haltView{halted, stop.Number, names.of(stop.By), stop.Reason, stop.At}, func(io.Writer) {})
}
