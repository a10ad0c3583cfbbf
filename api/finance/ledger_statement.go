package finance

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
)

// LedgerStatement is a page of what went into and out of an account: opening + Σ change
// = closing.
type LedgerStatement struct {
	Account string     `json:"account" example:"treasury" doc:"Path of the account."`
	Opening wire.Money `json:"opening" doc:"Balance before the first transfer of the page."`
	Closing wire.Money `json:"closing" doc:"Balance after the last transfer of the page."`
	wire.Page[LedgerStatementLine]

	table ledger.Statement
}

// LedgerStatementLine is one transfer as the account sees it.
type LedgerStatementLine struct {
	Journal  int64      `json:"journal" example:"7" doc:"Number of the journal."`
	Transfer int        `json:"transfer" example:"1" doc:"The transfer's place in it, from 1."`
	Act      ledger.Act `json:"act" enum:"fund,seal,correct,prepare,settle,return" doc:"What the journal records."`
	PostedAt time.Time  `json:"posted_at" doc:"When it was posted."`
	Other    string     `json:"other" example:"treasury" doc:"Path of the account on the other side."`
	Reason   string     `json:"reason" doc:"Why, in the words of who posted it."`
	Change   wire.Money `json:"change" doc:"Above 0 for a credit, below for a debit."`
	Balance  wire.Money `json:"balance" doc:"After it."`
}

// Header returns the columns of the ledger's own CSV of a statement.
func (s LedgerStatement) Header() []string { return s.table.Header() }

// Rows yields its rows: the opening, the transfers of the page, the closing.
func (s LedgerStatement) Rows(yield func([]string) bool) { s.table.Rows(yield) }

func registerStatements(s *wire.Service) {
	type input struct {
		Account string    `query:"account" required:"true" minLength:"1" maxLength:"100" example:"treasury" doc:"Path of the account: treasury, season/<code>/pool or reserve, supplier/<id>/earned, transit, paid or owing."`
		From    time.Time `query:"from" doc:"First instant; without it, the beginning."`
		To      time.Time `query:"to" doc:"End, exclusive; without it, now."`
		Paging
	}
	type output struct {
		NextCursor string `header:"Next-Cursor" doc:"Cursor of the next page; absent on the last."`
		Body       LedgerStatement
	}
	wire.Read(s, reading("get-ledger-statement", "/ledger/statement", "Read an account's statement",
		"Transfers in the order in which they were posted."), books,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *input) (*output, error) {
			account, err := ledger.ParseAccount(in.Account)
			if err != nil {
				return nil, err
			}
			after, err := positionOf(in.Cursor)
			if err != nil {
				return nil, err
			}
			statement, err := ledger.ReadStatementAfter(ctx, tx, account, in.From, in.To, after, in.Limit+1)
			if err != nil {
				return nil, err
			}
			body := viewStatement(statement, in.Limit)
			return &output{body.NextCursor, body}, nil
		})
}

// viewStatement shows the first lines of a statement that has one more if there is a
// next page.
func viewStatement(s ledger.Statement, limit int) LedgerStatement {
	page := wire.PageOf(s.Lines, limit, func(last ledger.StatementLine) string {
		return wire.Cursor(strconv.FormatInt(last.Journal, 10), strconv.Itoa(last.Transfer))
	})
	s.Lines = page.Items
	if n := len(s.Lines); n > 0 {
		s.Closing = s.Lines[n-1].Balance
	}
	view := LedgerStatement{Account: s.Account.Path(), Opening: wire.MoneyOf(s.Opening), Closing: wire.MoneyOf(s.Closing), table: s}
	view.NextCursor, view.Items = page.NextCursor, make([]LedgerStatementLine, len(s.Lines))
	for i, l := range s.Lines {
		view.Items[i] = LedgerStatementLine{
			l.Journal, l.Transfer, l.Act, l.PostedAt, l.Other.Path(), l.Reason, wire.MoneyOf(l.Change), wire.MoneyOf(l.Balance),
		}
	}
	return view
}

// positionOf reads the place in the ledger after which a page begins.
func positionOf(cursor string) (p ledger.Position, err error) {
	parts, err := wire.ParseCursor(cursor, 2)
	if err != nil || parts == nil {
		return p, err
	}
	journal, err := strconv.ParseInt(parts[0], 10, 64)
	transfer, bad := strconv.ParseInt(parts[1], 10, 32)
	if err != nil || bad != nil {
		return p, wire.BadCursor
	}
	return ledger.Position{Journal: journal, Transfer: int(transfer)}, nil
}

// numberOf reads the number after, or below, which a page begins; 0 if there is none.
func numberOf(cursor string) (int64, error) {
	parts, err := wire.ParseCursor(cursor, 1)
	if err != nil || parts == nil {
		return 0, err
	}
	number, err := strconv.ParseInt(parts[0], 10, 32)
	if err != nil || number < 1 {
		return 0, wire.BadCursor
	}
	return number, nil
}

// cursorAt is the cursor of a page that begins after, or below, a number.
func cursorAt(number int64) string { return wire.Cursor(strconv.FormatInt(number, 10)) }
