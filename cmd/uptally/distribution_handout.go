package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/uptally/uptally/ledger/distribution/submit"
)

type distributionHandOut struct {
	ID      string `arg:"" help:"Distribution, such as d1, prepared with --nonce."`
	Out     string `required:"" placeholder:"FILE" help:"File to write, a line of JSON for each transaction; it appears whole or not at all."`
	Replace bool   `help:"Make those that are out ready again, at the price of now; of a transaction and its replacement at most one can land."`
	priceFlags
	chainFlag
}

// Run records transactions, one for each free nonce account, and writes them down for
// their signers, beside those that are out already.
func (c distributionHandOut) Run(ctx context.Context, a *app) error {
	if a.DryRun {
		return usage("distribution hand-out: what is handed out may land, and is recorded; to try it, use distribution submit --dry-run")
	}
	client, err := c.mustDial()
	if err != nil {
		return err
	}
	defer client.Close()
	var all []submit.HandedOut
	if err := a.paying(ctx, submit.Options{Price: c.Price, PriceCap: c.PriceCap}, func(db *database, o submit.Options) (r submit.Result, err error) {
		all, r, err = submit.HandOut(ctx, db.pool, client, c.ID, c.Replace, o)
		r.States = nil // what is out is shown instead
		for _, refused := range r.Refused {
			a.say("%s-%d is set aside: %s", c.ID, refused.Payout, refused.Detail)
		}
		return r, err
	}); err != nil {
		return err
	}
	text, err := submit.Encode(all)
	if err != nil {
		return err
	}
	if _, err := writeWhole(c.Out, func(out io.Writer) (int, error) { return out.Write(text) }); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	if len(all) == 0 {
		a.say("Nothing of %s waits for signatures; %s is empty.", c.ID, c.Out)
	} else {
		a.say("%d transactions written to %s. Have each signed, with the signed one in the field transaction, and bring them back with: uptally distribution take-back %s FILE",
			len(all), c.Out, c.ID)
	}
	if all == nil {
		all = []submit.HandedOut{}
	}
	return a.show(all, func(out io.Writer) {
		g := newGrid("transaction", ">payouts", ">total", "nonce", "signers")
		for _, h := range all {
			g.add(h.Batch, count(h.Payouts), inIO(int64(h.Total)), h.Nonce, len(h.Signers))
		}
		g.print(out)
	})
}

type distributionTakeBack struct {
	ID   string `arg:"" help:"Distribution, such as d1."`
	File string `arg:"" help:"File that was handed out, with signed transactions."`
	chainFlag
}

// Run checks every signature, records the signed transactions, sends them, and
// returns when each has ended.
func (c distributionTakeBack) Run(ctx context.Context, a *app) error {
	if a.DryRun {
		return usage("distribution take-back: what comes back signed may land, and is recorded; it cannot be tried")
	}
	client, err := c.mustDial()
	if err != nil {
		return err
	}
	defer client.Close()
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	defer file.Close()
	if err := a.confirm("Taking back %s sends its payouts on Solana, which cannot be undone.", c.ID); err != nil {
		return err
	}
	return a.paying(ctx, submit.Options{}, func(db *database, o submit.Options) (submit.Result, error) {
		return submit.TakeBack(ctx, db.pool, client, c.ID, file, o)
	})
}
