package finance

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
)

// LedgerBalance is what an account holds.
type LedgerBalance struct {
	Account string     `json:"account" example:"season/ignition-s1/pool" doc:"Path of the account."`
	Balance wire.Money `json:"balance" doc:"Credits less debits; below 0 for the treasury alone."`

	decimal string
}

// LedgerBalances is a page of balances.
type LedgerBalances struct {
	wire.Page[LedgerBalance]
}

// Header returns the columns of the table.
func (LedgerBalances) Header() []string { return []string{"account", "balance", "balance_decimal"} }

// Rows yields an account a row. An account never begins as a formula does; of amounts
// only the treasury's has a sign.
func (b LedgerBalances) Rows(yield func([]string) bool) {
	for _, item := range b.Items {
		if !yield([]string{item.Account, item.Balance.Amount, item.decimal}) {
			return
		}
	}
}

func registerBalances(s *wire.Service) {
	type input struct {
		Prefix string `query:"prefix" maxLength:"100" example:"season/" doc:"Only accounts whose path begins so, such as season/ or supplier/."`
		Paging
	}
	type output struct {
		NextCursor string `header:"Next-Cursor" doc:"Cursor of the next page; absent on the last."`
		Body       LedgerBalances
	}
	wire.Read(s, reading("list-ledger-balances", "/ledger/balances", "List what accounts hold",
		"Accounts by path. All of them sum to 0."), books,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *input) (*output, error) {
			after, err := wire.ParseCursor(in.Cursor, 1)
			if err != nil {
				return nil, err
			}
			balances, err := ledger.BalancesAfter(ctx, tx, in.Prefix, first(after), in.Limit+1)
			if err != nil {
				return nil, err
			}
			items := make([]LedgerBalance, len(balances))
			for i, b := range balances {
				items[i] = LedgerBalance{b.Account.Path(), wire.MoneyOf(b.Balance), b.Balance.Decimal()}
			}
			page := wire.PageOf(items, in.Limit, func(last LedgerBalance) string { return wire.Cursor(last.Account) })
			return &output{page.NextCursor, LedgerBalances{page}}, nil
		})
}

// first returns the first part of a cursor, "" if there is none.
func first(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return parts[0]
}
