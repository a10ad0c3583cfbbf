package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

type ledgerCommands struct {
	Fund      ledgerFund      `cmd:"" help:"Move an amount from the treasury to a season's pool or reserve."`
	Balance   ledgerBalance   `cmd:"" help:"Show what accounts hold."`
	Statement ledgerStatement `cmd:"" help:"Show what went into and out of an account."`
	Verify    ledgerVerify    `cmd:"" help:"Compute every digest and every balance again."`
	Head      ledgerHead      `cmd:"" help:"Show the newest journal, and sign it for a place outside the database."`
}

type ledgerFund struct {
	Season  string `arg:"" help:"Season to fund."`
	Amount  amount `arg:"" help:"Base units, or IO with the unit, such as 20000000IO."`
	Reserve bool   `help:"Fund the season's reserve, which corrections draw from, instead of its pool."`
	Reason  string `help:"Why; without it, that the season is funded."`
	Key     string `help:"Idempotency key: the same key funds once. Without it, one a season and account."`
}

// Run posts the journal; the same key again does nothing more.
func (c ledgerFund) Run(ctx context.Context, a *app) error {
	account := ledger.SeasonPool(c.Season)
	if c.Reserve {
		account = ledger.SeasonReserve(c.Season)
	}
	if c.Key == "" {
		c.Key = "fund " + c.Season
		if c.Reserve {
			c.Key += " reserve"
		}
	}
	if c.Reason == "" {
		c.Reason = "season " + c.Season + " funded"
	}
	return a.write(ctx, financeAct, func(tx pgx.Tx, person int64) error {
		if _, err := snapshot.SeasonByCode(ctx, tx, c.Season); err != nil {
			return err
		}
		journal, err := ledger.Fund(ctx, tx, account, c.Amount.Amount, person, c.Reason, c.Key)
		if err != nil {
			return fmt.Errorf("%w; to fund it once more, give another --key", err)
		}
		a.say("Journal %d: %s from the treasury to %s.", journal.Number, inIO(int64(journal.Total)), account)
		return a.show(viewJournal(journal), func(io.Writer) {})
	})
}

// journalView is a journal as --json prints it.
type journalView struct {
	Journal  int64         `json:"journal"`
	Act      ledger.Act    `json:"act"`
	Key      string        `json:"key"`
	Reason   string        `json:"reason"`
	Count    int64         `json:"transfers"`
	Total    ledger.Amount `json:"total"`
	PostedAt time.Time     `json:"posted_at"`
	Digest   ledger.Digest `json:"digest"`
}

func viewJournal(j ledger.Journal) journalView {
	return journalView{j.Number, j.Act, j.Key, j.Reason, j.Count, j.Total, j.PostedAt.UTC(), j.Digest}
}

type ledgerBalance struct {
	Prefix string `arg:"" optional:"" help:"Only accounts whose path begins so, such as season/ or supplier/."`
}

// balanceView is an account's balance as --json prints it.
type balanceView struct {
	Account string        `json:"account"`
	Balance ledger.Amount `json:"balance"`
}

// Run lists the accounts by path. All of them sum to 0.
func (c ledgerBalance) Run(ctx context.Context, a *app) error {
	var balances []ledger.AccountBalance
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		balances, err = ledger.Balances(ctx, tx, c.Prefix)
		return err
	}); err != nil {
		return err
	}
	views := make([]balanceView, len(balances))
	for i, b := range balances {
		views[i] = balanceView{b.Account.Path(), b.Balance}
	}
	return a.show(views, func(out io.Writer) { printBalances(out, views) })
}

func printBalances(out io.Writer, views []balanceView) {
	g := newGrid("account", ">balance")
	var sum ledger.Amount
	for _, v := range views {
		g.add(v.Account, inIO(int64(v.Balance)))
		sum += v.Balance
	}
	g.AppendFooter([]any{"", inIO(int64(sum))})
	g.print(out)
}
