package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

type distributionSettle struct {
	ID       string `arg:"" help:"Distribution, such as d1."`
	Receipts string `placeholder:"FILE" help:"Receipts of what was paid outside of here; '-' is stdin. All of it is settled, or nothing."`
	Format   string `enum:"solana-tokens,uptally,trees" default:"solana-tokens" help:"Of the receipts: ${enum}. See the manual."`
	Tree     string `placeholder:"ID" help:"Merkle tree that was funded, such as d1-t1; with --funding, --vault and a node."`
	Funding  string `placeholder:"SIGNATURE" help:"Transaction that funded the tree."`
	Vault    string `placeholder:"ADDRESS" help:"Token account of the tree's distributor."`
	paidFrom
	chainFlag
}

// paidFrom are the flags that name what pays, where a distribution was prepared
// without.
type paidFrom struct {
	Mint         string `placeholder:"ADDRESS" env:"UPTALLY_MINT" default:"BZLbGTNCSFfoth2GYDtwr7e4imWzpR5jqcUuGEwr646K" help:"Mint of the token; by default IO's on the main network."`
	Treasury     string `placeholder:"ADDRESS" env:"UPTALLY_TREASURY" help:"Owner of the token account that pays. Those of the rail transactions know it."`
	TokenAccount string `placeholder:"ADDRESS" help:"The token account that pays; by default the treasury's associated one."`
}

// payer makes of the flags what pays, the zero Payer if they do not say.
func (p paidFrom) payer() (payer settle.Payer, err error) {
	if p.Treasury == "" && p.TokenAccount == "" {
		return payer, nil
	}
	if payer.Mint, err = addressFlag("--mint", p.Mint); err != nil {
		return settle.Payer{}, err
	}
	if p.TokenAccount != "" {
		payer.Account, err = addressFlag("--token-account", p.TokenAccount)
		return payer, err
	}
	owner, err := addressFlag("--treasury", p.Treasury)
	if err != nil {
		return settle.Payer{}, err
	}
	payer.Account, err = solana.AssociatedAccount(owner, payer.Mint)
	return payer, err
}

// Run settles from receipts, by the funding of a tree, or else from the chain.
func (c distributionSettle) Run(ctx context.Context, a *app) error {
	if err := c.check(); err != nil {
		return err
	}
	client, err := c.dial()
	if err != nil {
		return err
	}
	payer, err := c.payer()
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(db *database) error {
		person, err := a.personIn(ctx, db, financeAct)
		if err != nil {
			return err
		}
		request := settle.Request{Distribution: c.ID, Actor: person, Reason: "settled " + c.from(), DryRun: a.DryRun, Look: func(r settle.Result) error {
			resultView(r).print(a.talk)
			return a.confirm("This settles %s payouts of %s as paid.", count(r.Settled.Payouts), inIO(int64(r.Settled.Total)))
		}}
		result, err := c.settle(ctx, a, db, client, payer, request)
		if err != nil {
			return err
		}
		return a.showSettled(result)
	})
}

// check refuses flags that do not go together.
func (c distributionSettle) check() error {
	named := 0
	for _, flag := range []string{c.Tree, c.Funding, c.Vault} {
		if flag != "" {
			named++
		}
	}
	switch {
	case named > 0 && c.Receipts != "":
		return usage("--receipts and --tree: choose one")
	case named > 0 && named < 3:
		return usage("name the tree, what funded it and its vault: --tree, --funding and --vault")
	case c.RPC == "" && c.Tree != "":
		return usage("--tree is settled by the chain: name a node with --rpc, or give a file with --receipts FILE --format trees")
	case c.RPC == "" && c.Receipts == "":
		return usage("name a Solana RPC node with --rpc or UPTALLY_SOLANA_RPC to settle from the chain, or receipts with --receipts")
	}
	return nil
}

// from says what it is settled from.
func (c distributionSettle) from() string {
	switch {
	case c.Receipts != "":
		return "from receipts"
	case c.Tree != "":
		return "by the funding of " + c.Tree
	}
	return "from the chain"
}

func (c distributionSettle) settle(ctx context.Context, a *app, db *database, client *solana.Client, payer settle.Payer, r settle.Request) (settle.Result, error) {
	switch {
	case c.Tree != "":
		return settle.FromFunding(ctx, db.pool, client, payer, []settle.Funding{{Tree: c.Tree, Vault: c.Vault, Signature: c.Funding}}, r)
	case c.Receipts == "":
		return settle.FromChain(ctx, db.pool, client, r)
	}
	file, err := c.read(a)
	if err != nil {
		return settle.Result{}, err
	}
	if c.Format != "trees" {
		return settle.FromReceipts(ctx, db.pool, client, payer, settle.Format(c.Format), bytes.NewReader(file), r)
	}
	var fundings []settle.Funding
	if err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		trees, err := distribution.ReadTrees(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		fundings, err = settle.ReadFundings(bytes.NewReader(file), trees)
		return err
	}); err != nil {
		return settle.Result{}, err
	}
	return settle.FromFunding(ctx, db.pool, client, payer, fundings, r)
}

// read returns the receipts.
func (c distributionSettle) read(a *app) (file []byte, err error) {
	if c.Receipts == "-" {
		return io.ReadAll(a.in)
	}
	if file, err = os.ReadFile(c.Receipts); err != nil {
		return nil, usage("--receipts: %w", err)
	}
	return file, nil
}

// resultView is what a settlement did, as --json prints it.
type resultView settle.Result

// showSettled shows the result; what does not fit is an error after it was shown.
func (a *app) showSettled(r settle.Result) error {
	view := resultView(r)
	if err := a.show(view, view.print); err != nil {
		return err
	}
	if a.DryRun {
		a.say("Dry run: nothing was written.")
	}
	if len(r.Misfits) > 0 {
		return fmt.Errorf("%w: %d transactions of %s were left as they are; the others are settled", settle.ErrMisfit, len(r.Misfits), r.Distribution)
	}
	return nil
}

func (v resultView) print(out io.Writer) {
	g := newGrid(v.Distribution, ">payouts", ">total")
	row := func(what string, t settle.Tally) {
		if t.Payouts > 0 {
			g.add(what, count(t.Payouts), inIO(int64(t.Total)))
		}
	}
	g.add("settled", count(v.Settled.Payouts), inIO(int64(v.Settled.Total)))
	row("returned", v.Returned)
	row("failed", v.Failed)
	g.add("unknown", count(v.Unknown.Payouts), inIO(int64(v.Unknown.Total)))
	for _, s := range v.States {
		row("  "+string(s.State), s.Tally)
	}
	row("ended before", v.Already)
	g.print(out)
	for _, note := range v.Notes {
		fmt.Fprintln(out, "Note:", note)
	}
	for _, m := range v.Misfits {
		fmt.Fprintln(out, "MISFIT", m)
	}
}
