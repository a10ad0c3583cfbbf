package ledger

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A statement read page by page is the statement, over any span and by pages of any
// length, and so are balances.
func TestPagesComeToTheWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 4 {
		season := fmt.Sprintf("s%d", i)
		b.post(b.fund("fund "+season, season, 100))
		b.post(b.seal(season, 1, 2, 3, 4, 5))
	}
	if err := pgx.BeginFunc(t.Context(), b.App, func(tx pgx.Tx) error {
		journals, err := JournalsBefore(t.Context(), tx, 0, 100)
		if err != nil || len(journals) != 8 || journals[0].Number != 8 {
			t.Fatalf("%d journals, error %v", len(journals), err)
		}
		middle := journals[4].PostedAt
		for _, account := range []Account{Treasury(), SeasonPool("s2"), SupplierEarned(supplier(3))} {
			for _, span := range [][2]time.Time{{}, {middle, OpenEnd}, {OpenEnd, middle}, {middle, middle}} {
				for _, limit := range []int{1, 3, 100} {
					checkPages(t, tx, account, span[0], span[1], limit)
				}
			}
		}
		return checkBalancePages(t.Context(), t, tx)
	}); err != nil {
		t.Fatal(err)
	}
}

func checkPages(t *testing.T, tx pgx.Tx, account Account, from, to time.Time, limit int) {
	t.Helper()
	whole, err := ReadStatement(t.Context(), tx, account, from, to)
	if err != nil {
		t.Fatal(err)
	}
	var lines []StatementLine
	var after Position
	balance := whole.Opening
	for {
		page, err := ReadStatementAfter(t.Context(), tx, account, from, to, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		if page.Opening != balance {
			t.Fatalf("%s after %v: it opens with %s, want %s", account, after, page.Opening, balance)
		}
		balance = page.Closing
		if len(page.Lines) == 0 {
			break
		}
		lines = append(lines, page.Lines...)
		last := lines[len(lines)-1]
		after = Position{last.Journal, last.Transfer}
	}
	if len(lines)+len(whole.Lines) > 0 && !reflect.DeepEqual(lines, whole.Lines) || balance != whole.Closing {
		t.Errorf("%s from %v to %v by %d: %d lines to %s, want %d to %s", account, from, to, limit, len(lines), balance, len(whole.Lines), whole.Closing)
	}
}

func checkBalancePages(ctx context.Context, t *testing.T, tx pgx.Tx) error {
	for _, prefix := range []string{"", "season/", "supplier/", "nothing"} {
		whole, err := Balances(ctx, tx, prefix)
		if err != nil {
			return err
		}
		paged, after := []AccountBalance{}, ""
		for {
			page, err := BalancesAfter(ctx, tx, prefix, after, 3)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			paged = append(paged, page...)
			after = page[len(page)-1].Account.Path()
		}
		if len(paged)+len(whole) > 0 && !reflect.DeepEqual(paged, whole) {
			t.Errorf("%q: %v, want %v", prefix, paged, whole)
		}
	}
	return nil
}
