package main

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution"
)

type distributionCancel struct {
	ID      string `arg:"" help:"Distribution, such as d1."`
	Reason  string `help:"Why: asks to cancel it, which stops it at once."`
	Unpaid  bool   `help:"Says that its exported files were not paid, and will not be."`
	Approve bool   `help:"Approves what another person asked for: what was not paid is earned again."`
}

// Run asks to cancel, or approves it.
func (c distributionCancel) Run(ctx context.Context, a *app) error {
	if c.Approve == (c.Reason != "") {
		return usage("distribution cancel: ask for it with --reason, or approve what another person asked for with --approve")
	}
	if c.Approve {
		return c.approve(ctx, a)
	}
	return a.write(ctx, twoPerson, func(tx pgx.Tx, person int64) error {
		d, err := distribution.AskCancel(ctx, tx, c.ID, c.Reason, c.Unpaid, person)
		if err != nil {
			return err
		}
		a.say("%s is stopped. Another person returns what was not paid with: uptally distribution cancel %s --approve", d.ID, d.ID)
		return a.showDistribution(ctx, tx, d)
	})
}

func (c distributionCancel) approve(ctx context.Context, a *app) error {
	return a.write(ctx, twoPerson, func(tx pgx.Tx, person int64) error {
		d, settled, err := distribution.ApproveCancel(ctx, tx, c.ID, person)
		if err != nil {
			return err
		}
		a.say("%s cancelled: %s of %s suppliers is earned again.", d.ID, inIO(int64(settled.ReturnedTotal)), count(settled.Returned))
		return a.showDistribution(ctx, tx, d)
	})
}
