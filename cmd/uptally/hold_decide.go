package main

import (
	"context"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

// heldFilter is which held changes a command means.
type heldFilter struct {
	Supplier *uuid.UUID `placeholder:"ID" help:"Only changes of this supplier's devices, or that would make it the owner."`
	Device   *uuid.UUID `placeholder:"ID" help:"Only changes of this device."`
	Field    string     `placeholder:"FIELD" help:"Only changes that name supplier, gpu_model, gpu_count, connectivity or display."`
}

// filter returns the filter over the hold, or over all holds if it is nil.
func (f heldFilter) filter(hold *int64) (snapshot.HeldFilter, error) {
	filter := snapshot.HeldFilter{Hold: hold, Supplier: f.Supplier, Device: f.Device}
	if f.Field == "" {
		return filter, nil
	}
	var err error
	if filter.Field, err = snapshot.ParseField(f.Field); err != nil {
		return filter, usage("--field: %w", err)
	}
	return filter, nil
}

// heldChoice is which held changes are decided on, and why.
type heldChoice struct {
	ID     *int64  `arg:"" optional:"" help:"Number of the hold."`
	Change []int64 `placeholder:"SEQ" help:"Changes by their numbers in the network's log, instead of a hold and filters."`
	heldFilter
	Reason string `required:"" help:"Why it was decided so."`
}

func (c heldChoice) filter(command string) (snapshot.HeldFilter, error) {
	f, err := c.heldFilter.filter(c.ID)
	if err != nil {
		return f, err
	}
	switch narrow := f.Narrows(); {
	case len(c.Change) > 0 && (c.ID != nil || narrow):
		return f, usage("hold %s: --change names the changes; leave out the hold and the filters", command)
	case len(c.Change) == 0 && c.ID == nil && !narrow:
		return f, usage("hold %s: name a hold, or changes with --change, or filter with --supplier, --device or --field", command)
	}
	f.Changes = c.Change
	return f, nil
}

type holdRelease struct{ heldChoice }

// Run releases a whole hold, or changes one by one.
func (c holdRelease) Run(ctx context.Context, a *app) error {
	f, err := c.filter("release")
	if err != nil {
		return err
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		switch {
		case len(c.Change) > 0:
			for _, seq := range c.Change {
				if err := snapshot.ReleaseChange(ctx, tx, seq, c.Reason, person); err != nil {
					return err
				}
			}
			return a.showDecided("released", c.Change, c.Reason)
		case f.Narrows():
			decided, err := snapshot.ReleaseHeld(ctx, tx, f, c.Reason, person)
			if err != nil {
				return err
			}
			return a.showDecided("released", seqsOf(decided), c.Reason)
		}
		if err := snapshot.ReleaseHold(ctx, tx, *c.ID, c.Reason, person); err != nil {
			return err
		}
		a.say("Hold %d no longer counts in snapshots taken from now on.", *c.ID)
		return a.showHolds(ctx, tx, c.ID)
	})
}

type holdRefuse struct{ heldChoice }

// Run refuses changes one by one.
func (c holdRefuse) Run(ctx context.Context, a *app) error {
	f, err := c.filter("refuse")
	if err != nil {
		return err
	}
	return a.write(ctx, rewardsAct, func(tx pgx.Tx, person int64) error {
		decided, err := snapshot.RefuseHeld(ctx, tx, f, c.Reason, person)
		if err != nil {
			return err
		}
		return a.showDecided("refused", seqsOf(decided), c.Reason)
	})
}

func seqsOf(held []snapshot.HeldChange) []int64 {
	seqs := make([]int64, len(held))
	for i := range held {
		seqs[i] = held[i].Seq
	}
	return seqs
}

// showDecided prints how many changes were decided; which, with --json.
func (a *app) showDecided(decision string, seqs []int64, reason string) error {
	consequence := "believed in every snapshot taken from now on"
	if decision == "refused" {
		consequence = "set aside for good; no amount changes"
	}
	a.say("%s changes %s: %s.", count(len(seqs)), decision, consequence)
	return a.show(map[string]any{"decision": decision, "count": len(seqs), "changes": seqs, "reason": reason}, func(io.Writer) {})
}
