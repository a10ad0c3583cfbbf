package main

import (
	"context"
	"fmt"
	"io"

	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger/distribution/settle"
)

type reconcileChain struct {
	Supplier string `placeholder:"ID" help:"The statement of one supplier."`
	CSV      bool   `name:"csv" help:"Print a line for each supplier and distribution as CSV."`
	paidFrom
	chainFlag
}

// chainView is a statement as --json prints it.
type chainView struct {
	Fits bool `json:"fits"`
	settle.Statement
	Lines []settle.SupplierLine `json:"lines,omitempty"` // of the one supplier that was asked for
}

// Run holds what was earned, paid and is owed against each other and, with a node,
// against the chain. It only reads.
func (c reconcileChain) Run(ctx context.Context, a *app) error {
	if c.CSV && a.JSON {
		return usage("--csv and --json: choose one")
	}
	asked, view := settle.Asked{}, chainView{}
	table := (*settle.Table)(nil)
	if c.Supplier != "" {
		supplier, err := uuid.Parse(c.Supplier)
		if err != nil {
			return usage("--supplier %q: give a UUID", c.Supplier)
		}
		asked.Supplier = supplier
		asked.Each = func(l settle.SupplierLine) { view.Lines = append(view.Lines, l) }
	}
	if c.CSV {
		table = settle.NewTable(a.out)
		asked.Each = table.Add
	}
	client, err := c.dial()
	if err != nil {
		return err
	}
	if asked.Payer, err = c.payer(); err != nil {
		return err
	}
	return a.withDatabase(ctx, func(db *database) error {
		if view.Statement, err = settle.Reconcile(ctx, db.pool, client, asked); err != nil {
			return err
		}
		view.Fits = view.Err() == nil
		if table != nil {
			if err := table.Flush(); err != nil {
				return err
			}
			return view.Err()
		}
		if err := a.show(view, view.print); err != nil {
			return err
		}
		if !view.Fits {
			return fmt.Errorf("%w: %d findings", settle.ErrMisfit, len(view.Misfits))
		}
		return nil
	})
}

// shownMax bounds what one page shows of a list; --json has all.
const shownMax = 20

func (v chainView) print(out io.Writer) {
	whose := "all suppliers"
	if v.Supplier != nil {
		whose = "supplier " + v.Supplier.String()
	}
	fmt.Fprintf(out, "What %s are owed, at %s: opening + earned - reversed - paid = closing\n\n", whose, utc(v.At))
	v.printRuns(out)
	v.printTransactions(out)
	v.printOpen(out)
	v.printChain(out)
	if len(v.Misfits) > 0 {
		fmt.Fprintln(out)
	}
	for _, m := range v.Misfits[:min(len(v.Misfits), shownMax)] {
		fmt.Fprintln(out, "MISFIT", m)
	}
	more(out, len(v.Misfits))
	if v.Fits {
		fmt.Fprintln(out, "\nEverything fits.")
	}
}

func (v chainView) printRuns(out io.Writer) {
	g := newGrid("", ">opening", ">earned", ">reversed", ">paid", ">closing", ">paid to", ">returned", ">in transit")
	for _, r := range v.Runs {
		name := r.Distribution
		if name == "" {
			name = "since"
		}
		g.add(name, inIO(int64(r.Opening)), inIO(int64(r.Earned)), inIO(int64(r.Reversed)), inIO(int64(r.Paid)), inIO(int64(r.Closing)),
			count(r.Settled.Payouts), count(r.Returned.Payouts), count(r.Transit.Payouts))
	}
	g.AppendFooter([]any{"balances", "", "", "", "", inIO(int64(v.Owed))})
	g.print(out)
}

func (v chainView) printTransactions(out io.Writer) {
	type paid struct {
		distribution string
		settle.Transaction
	}
	var all []paid
	for _, r := range v.Runs {
		for _, t := range r.Transactions {
			all = append(all, paid{r.Distribution, t})
		}
	}
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(out)
	g := newGrid("transaction of", "signature", "evidence", ">payouts", ">paid")
	for _, t := range all[:min(len(all), shownMax)] {
		g.add(t.distribution, t.Signature, t.Evidence, count(t.Payouts), inIO(int64(t.Total)))
	}
	g.print(out)
	more(out, len(all))
}

func (v chainView) printOpen(out io.Writer) {
	if len(v.Open) == 0 {
		return
	}
	fmt.Fprintln(out)
	g := newGrid("attempt of", "state", "since", ">payouts", ">total", "signature", "detail")
	for _, o := range v.Open[:min(len(v.Open), shownMax)] {
		g.add(o.Batch, o.State, utc(o.Since), count(o.Payouts), inIO(int64(o.Total)), o.Signature, o.Detail)
	}
	g.print(out)
	more(out, len(v.Open))
}

func (v chainView) printChain(out io.Writer) {
	fmt.Fprintln(out)
	if v.Chain == nil {
		fmt.Fprintln(out, "The chain was not asked: name a node with --rpc.")
		return
	}
	fmt.Fprintf(out, "The chain confirms %s of %s paid, by %s transactions; %s others took tokens out of the treasury.\n",
		inIO(int64(v.Chain.PaidByChain)), inIO(int64(v.Chain.PaidByLedger)), count(v.Chain.Transactions), count(len(v.Chain.NotOurs)))
}

// more says how much of a list a page leaves out.
func more(out io.Writer, all int) {
	if all > shownMax {
		fmt.Fprintf(out, "and %s more: see --json\n", count(all-shownMax))
	}
}
