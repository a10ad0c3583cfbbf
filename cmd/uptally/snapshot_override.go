package main

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

type overrideCommands struct {
	Ask     overrideAsk     `cmd:"" help:"Ask for a seal although guards have failed."`
	Approve overrideApprove `cmd:"" help:"Approve an override that another person asked for."`
}

type overrideAsk struct {
	Name   string `arg:"" help:"Revision, such as ignition-s1/r2; a season alone is its latest."`
	Reason string `required:"" help:"Why it may be sealed all the same."`
}

// Run records that the actor asks for it. It covers the guards that have failed now.
func (c overrideAsk) Run(ctx context.Context, a *app) error {
	return a.decide(ctx, c.Name, func(tx pgx.Tx, s snapshot.Snapshot, person int64) error {
		o, err := snapshot.AskOverride(ctx, tx, s, c.Reason, person)
		if err != nil {
			return err
		}
		a.say("Override %d of %s asked for by %s, over: %s. Another person approves it with: uptally snapshot override approve %s %d",
			o.ID, s.Name(), a.Actor, strings.Join(o.Guards, ", "), s.Name(), o.ID)
		return nil
	})
}

type overrideApprove struct {
	Name string `arg:"" help:"Revision, such as ignition-s1/r2."`
	ID   int64  `arg:"" help:"Number of the override."`
}

// Run approves the override as another person than who asked for it.
func (c overrideApprove) Run(ctx context.Context, a *app) error {
	return a.decide(ctx, c.Name, func(tx pgx.Tx, s snapshot.Snapshot, person int64) error {
		if err := snapshot.ApproveOverride(ctx, tx, s, c.ID, person); err != nil {
			return err
		}
		a.say("Override %d of %s approved by %s; it stays on record.", c.ID, s.Name(), a.Actor)
		return nil
	})
}
