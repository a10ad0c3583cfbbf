package main

import (
	"context"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

type ledgerStatement struct {
	Account string   `arg:"" help:"Path of the account, such as treasury, season/ignition-s1/pool, or supplier/<id>/earned."`
	From    *instant `placeholder:"TIME" help:"First instant; without it, the beginning."`
	To      *instant `placeholder:"TIME" help:"End, exclusive; without it, now."`
	CSV     bool     `name:"csv" help:"Print CSV, a row a transfer, in base units and in IO."`
}

// statementView is a statement as --json prints it.
type statementView struct {
	Account string          `json:"account"`
	Opening ledger.Amount   `json:"opening"`
	Closing ledger.Amount   `json:"closing"`
	Lines   []statementLine `json:"lines"`
}

type statementLine struct {
	Journal  int64         `json:"journal"`
	Transfer int           `json:"transfer"`
	Act      ledger.Act    `json:"act"`
	PostedAt time.Time     `json:"posted_at"`
	Other    string        `json:"other"`
	Reason   string        `json:"reason"`
	Change   ledger.Amount `json:"change"`
	Balance  ledger.Amount `json:"balance"`
}

// Run shows the account's transfers in order.
func (c ledgerStatement) Run(ctx context.Context, a *app) error {
	if c.CSV && a.JSON {
		return usage("--csv and --json: choose one")
	}
	account, err := ledger.ParseAccount(c.Account)
	if err != nil {
		return err
	}
	bound := func(i *instant) time.Time {
		if i == nil {
			return ledger.OpenEnd
		}
		return i.Time
	}
	var statement ledger.Statement
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		statement, err = ledger.ReadStatement(ctx, tx, account, bound(c.From), bound(c.To))
		return err
	}); err != nil {
		return err
	}
	if c.CSV {
		return statement.WriteCSV(a.out)
	}
	view := statementView{account.Path(), statement.Opening, statement.Closing, []statementLine{}}
	for _, l := range statement.Lines {
		view.Lines = append(view.Lines, statementLine{
			l.Journal, l.Transfer, l.Act, l.PostedAt.UTC(), l.Other.Path(), l.Reason, l.Change, l.Balance,
		})
	}
	return a.show(view, view.print)
}

func (v statementView) print(out io.Writer) {
	g := newGrid(">journal", "posted", "act", "other account", ">change", ">balance", "reason")
	g.add("", "", "", "opening balance", "", inIO(int64(v.Opening)), "")
	for _, l := range v.Lines {
		g.add(l.Journal, utc(l.PostedAt), l.Act, l.Other, inIO(int64(l.Change)), inIO(int64(l.Balance)), l.Reason)
	}
	g.AppendFooter([]any{"", "", "", "closing balance", "", inIO(int64(v.Closing)), ""})
	g.print(out)
}
