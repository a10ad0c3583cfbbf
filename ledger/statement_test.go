package ledger

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

func (b *bundle) statement(account Account, from, to time.Time) (s Statement) {
	b.t.Helper()
	b.read(func(tx pgx.Tx) (err error) {
		s, err = ReadStatement(context.Background(), tx, account, from, to)
		return err
	})
	return s
}

func TestStatementRunsFromOpeningToClosing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fund := b.post(b.fund("f1", "s1", 1000))
	seal := b.post(b.seal("s1", 600, 300))
	more := b.post(b.fund("f2", "s1", 50))

	pool := SeasonPool("s1")
	all := []StatementLine{
		{1, 1, ActFund, fund.PostedAt, "the pool of s1", "s1", 0, Treasury(), 1000, 1000},
		{2, 1, ActSeal, seal.PostedAt, "sealed", "s1", 1, SupplierEarned(supplier(0)), -600, 400},
		{2, 2, ActSeal, seal.PostedAt, "sealed", "s1", 1, SupplierEarned(supplier(1)), -300, 100},
		{3, 1, ActFund, more.PostedAt, "the pool of s1", "s1", 0, Treasury(), 50, 150},
	}
	for name, c := range map[string]struct {
		from, to         time.Time
		opening, closing Amount
		lines            []StatementLine
	}{
		"open on both sides":      {OpenEnd, OpenEnd, 0, 150, all},
		"from is inclusive":       {seal.PostedAt, OpenEnd, 1000, 150, all[1:]},
		"to is exclusive":         {OpenEnd, more.PostedAt, 0, 100, all[:3]},
		"between":                 {seal.PostedAt, more.PostedAt, 1000, 100, all[1:3]},
		"after everything":        {more.PostedAt.Add(time.Microsecond), OpenEnd, 150, 150, nil},
		"an empty span":           {seal.PostedAt, seal.PostedAt, 1000, 1000, nil},
		"before everything":       {OpenEnd, fund.PostedAt, 0, 0, nil},
		"in another time zone":    {seal.PostedAt.In(time.FixedZone("+05:45", 20700)), OpenEnd, 1000, 150, all[1:]},
		"a span that is reversed": {more.PostedAt, seal.PostedAt, 100, 100, nil},
	} {
		got := b.statement(pool, c.from, c.to)
		if got.Opening != c.opening || got.Closing != c.closing || !slices.Equal(got.Lines, c.lines) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, c)
		}
	}
	if got := b.statement(Treasury(), OpenEnd, OpenEnd); got.Closing != -1050 || len(got.Lines) != 2 || got.Lines[0].Other != pool {
		t.Errorf("treasury: %+v", got)
	}
}

func TestStatementAsCSV(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, time.April, 25, 12, 0, 0, 5000, time.FixedZone("", 3600))
	statement := Statement{Account: Treasury(), Opening: 7, Closing: -100_000_000, Lines: []StatementLine{
		{1, 1, ActFund, at, `=HYPERLINK("x"), it was`, "s1", 0, SeasonPool("s1"), -12, -5},
		{2, 9, ActCorrect, at, "-1\tand\r\nmore é\u202e", "s1", 2, SeasonReserve("s1"), -100_000_000, -100_000_005},
		{3, 1, ActReturn, at, "@", "", 0, SupplierTransit(supplier(1)), 5, -100_000_000},
	}}
	var out strings.Builder
	if err := statement.WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	want := `account,line,journal,transfer,posted_at,act,season,revision,other_account,reason,debit,debit_decimal,credit,credit_decimal,balance,balance_decimal,balance_side
treasury,opening,,,,,,,,,,,,,7,0.00000007,credit
treasury,transfer,1,1,2024-04-25T11:00:00.000005Z,fund,s1,,season/s1/pool,"""=HYPERLINK(\""x\""), it was""",12,0.00000012,,,5,0.00000005,debit
treasury,transfer,2,9,2024-04-25T11:00:00.000005Z,correct,s1,2,season/s1/reserve,"""-1\tand\r\nmore é\u202e""",100000000,1.00000000,,,100000005,1.00000005,debit
treasury,transfer,3,1,2024-04-25T11:00:00.000005Z,return,,,supplier/aa000000-0000-4000-8000-000000000001/transit,"""@""",,,5,0.00000005,100000000,1.00000000,debit
treasury,closing,,,,,,,,,,,,,100000000,1.00000000,debit
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// Whatever is typed as a reason, no cell is a formula, and the reason can be read back.
func FuzzStatementCSVIsSafe(f *testing.F) {
	for _, reason := range []string{"=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\"=1", "a\n=1", "\ufeff=1", "\xff"} {
		f.Add(reason, int64(-5), int64(3))
	}
	f.Fuzz(func(t *testing.T, reason string, change, balance int64) {
		statement := Statement{Account: SeasonPool("s1"), Opening: Amount(balance), Closing: Amount(change), Lines: []StatementLine{
			{1, 1, ActFund, time.Unix(0, 0), reason, "s1", 0, Treasury(), Amount(change), Amount(balance)},
		}}
		var out bytes.Buffer
		if err := statement.WriteCSV(&out); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if strings.ContainsAny(line[:1], "=+-@\t\r") {
				t.Errorf("a line begins as a formula: %q", line)
			}
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != 4 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, cell := range slices.Concat(rows...) {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("cell %q is a formula", cell)
			}
		}
		if read, err := strconv.Unquote(rows[2][9]); err != nil || utf8.ValidString(reason) && read != reason {
			t.Errorf("reason %q is read back as %q, %v", reason, read, err)
		}
	})
}

func TestUnknownAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	err := within(t.Context(), b.App, func(tx pgx.Tx) error {
		_, err := Balance(context.Background(), tx, SeasonPool("s9"))
		return err
	})
	if !errors.Is(err, ErrUnknownAccount) {
		t.Errorf("balance: got %v, want ErrUnknownAccount", err)
	}
	err = within(t.Context(), b.App, func(tx pgx.Tx) error {
		_, err := ReadStatement(context.Background(), tx, SeasonPool("s9"), OpenEnd, OpenEnd)
		return err
	})
	if !errors.Is(err, ErrUnknownAccount) {
		t.Errorf("statement: got %v, want ErrUnknownAccount", err)
	}
}

func TestBalancesByPrefix(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s1", 10))
	b.post(b.fund("f2", "s10", 20))
	for prefix, want := range map[string][]AccountBalance{
		"":           {{SeasonPool("s1"), 10}, {SeasonPool("s10"), 20}, {Treasury(), -30}},
		"season/s1":  {{SeasonPool("s1"), 10}, {SeasonPool("s10"), 20}},
		"season/s1/": {{SeasonPool("s1"), 10}},
		"season/%":   nil,
		"nobody":     nil,
	} {
		var got []AccountBalance
		b.read(func(tx pgx.Tx) (err error) {
			got, err = Balances(context.Background(), tx, prefix)
			return err
		})
		if !slices.Equal(got, want) {
			t.Errorf("prefix %q: got %v, want %v", prefix, got, want)
		}
	}
}

func TestEarningsSayWhereABalanceCameFrom(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.post(b.fund("f1", "s2", 1000))
	b.post(b.fund("f2", "s1", 1000))
	b.post(b.seal("s2", 10, 20))
	b.post(b.seal("s1", 100))
	b.post(Entry{Act: ActPrepare, Key: "p", Actor: b.actor, Reason: "pay",
		Transfers: []Transfer{{SupplierEarned(supplier(1)), SupplierTransit(supplier(1)), 20}}})
	correction := Entry{Act: ActCorrect, Key: "s1/r2", Actor: b.actor, Reason: "a late verdict", Season: "s1", Revision: 2, SubjectDigest: Digest{9},
		Transfers: []Transfer{{SupplierEarned(supplier(0)), SeasonReserve("s1"), 7}}}
	b.post(correction)

	var earnings []Earning
	var revisions []Journal
	var head Head
	b.read(func(tx pgx.Tx) (err error) {
		if earnings, err = Earnings(context.Background(), tx); err != nil {
			return err
		}
		if revisions, err = Revisions(context.Background(), tx); err != nil {
			return err
		}
		head, err = ReadHead(context.Background(), tx)
		return err
	})
	want := Earning{supplier(0), 103, []Credit{{"s2", 1, 10}, {"s1", 1, 100}, {"s1", 2, -7}}}
	if len(earnings) != 1 || earnings[0].Supplier != want.Supplier || earnings[0].Balance != want.Balance || !slices.Equal(earnings[0].Credits, want.Credits) {
		t.Errorf("got %+v, want only %+v", earnings, want)
	}
	if len(revisions) != 3 || revisions[2].Act != ActCorrect || revisions[2].Head() != head || head.Number != 6 {
		t.Errorf("revisions %+v, head %+v", revisions, head)
	}
}
