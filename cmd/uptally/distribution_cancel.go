package main

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
)

type distributionCancel struct {
	ID      string `arg:"" help:"Distribution, such as d1."`
	Reason  string `help:"Why: asks to cancel it, which stops it at once."`
	Unpaid  bool   `help:"Says that its exported files were not paid, and will not be."`
	Approve bool   `help:"Approves what another person asked for: what was not paid is earned again."`
	chainFlag
}

// Run asks to cancel, or approves it; with a node, after a look at the chain.
func (c distributionCancel) Run(ctx context.Context, a *app) error {
	if c.Approve == (c.Reason != "") {
		return usage("distribution cancel: ask for it with --reason, or approve what another person asked for with --approve")
	}
	client, err := c.dial()
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(db *database) error {
		if client != nil && !a.DryRun {
			if err := a.find(ctx, db, client, c.ID); err != nil {
				return err
			}
		}
		if c.Approve {
			return c.approve(ctx, a, db)
		}
		return c.ask(ctx, a, db)
	})
}

// find asks the chain what of the distribution landed, before anybody says that it
// can be cancelled.
func (a *app) find(ctx context.Context, db *database, client *solana.Client, id string) error {
	person, err := a.personIn(ctx, db, financeAct)
	if err != nil {
		return err
	}
	return submit.Find(ctx, db.pool, client, id, person)
}

func (c distributionCancel) ask(ctx context.Context, a *app, db *database) error {
	return a.writeIn(ctx, db, financeAct, func(tx pgx.Tx, person int64) error {
		d, err := distribution.AskCancel(ctx, tx, c.ID, c.Reason, c.Unpaid, person)
		if err != nil {
			return err
		}
		a.say("%s is stopped. Another person returns what was not paid with: uptally distribution cancel %s --approve", d.ID, d.ID)
		return a.showDistribution(ctx, tx, d)
	})
}

func (c distributionCancel) approve(ctx context.Context, a *app, db *database) error {
	return a.writeIn(ctx, db, financeAct, func(tx pgx.Tx, person int64) error {
		d, settled, err := distribution.ApproveCancel(ctx, tx, c.ID, person)
		if err != nil {
			return err
		}
		a.say("%s cancelled: %s of %s suppliers is earned again.", d.ID, inIO(int64(settled.ReturnedTotal)), count(settled.Returned))
		return a.showDistribution(ctx, tx, d)
	})
}
