package wallet

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const tableHeader = "supplier_id,wallet,text,signature\n"

// rowOf is a good row of the i-th supplier and the w-th wallet.
func rowOf(i, w int) string { return rowWith(anyText(i, w), w) }

// rowWith is a row of a text that the w-th wallet signed.
func rowWith(text Text, w int) string {
	return fmt.Sprintf("%s,%s,%s,%s\n", text.Supplier, text.Wallet, text, sign(w, text.String()))
}

func (b *bundle) tryImport(table string, now time.Time, hold time.Duration) (e Entered, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		e, err = Import(ctx, tx, strings.NewReader(table), "test.example", Proof{Hold: hold, Now: now, Actor: b.ann})
		return err
	})
	return e, err
}

func TestImportATable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	later := anyText(1, 1) // the same wallet, signed once more
	later.Nonce[5] = 9
	ours := b.issue(4, 4, start)
	for _, c := range []struct {
		name  string
		table string
		want  Entered
	}{
		{"a plain table", tableHeader + rowOf(0, 0) + rowOf(1, 1), Entered{2, 2}},
		{"the same wallet again", tableHeader + rowWith(later, 1), Entered{1, 0}},
		{"as a spreadsheet writes it", "\ufeff" + strings.ReplaceAll(tableHeader+strings.Replace(rowOf(2, 2), supplier(2).String(), `"`+supplier(2).String()+`"`, 1), "\n", "\r\n"), Entered{1, 1}},
		{"only a header", tableHeader, Entered{}},
		{"a text that we issued", tableHeader + rowWith(ours.Text, 4), Entered{1, 1}},
		{"a new wallet", tableHeader + rowOf(0, 3), Entered{1, 1}},
	} {
		if got, err := b.tryImport(c.table, start, hold); got != c.want || err != nil {
			t.Errorf("%s: got %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
	if _, err := b.tryProve(ours.ID, sign(4, ours.String()), start, 0); !errors.Is(err, ErrUsed) {
		t.Errorf("a challenge that was imported: got %v, want ErrUsed", err)
	}
	how := map[int]How{}
	for _, r := range b.list(start) {
		how[int(r.Supplier[15])] = r.How
		if r.State != Pending || !r.ActiveFrom.Equal(after(72)) {
			t.Errorf("got %+v", r)
		}
	}
	if want := (map[int]How{0: ByText, 1: ByText, 2: ByText, 4: ByChallenge}); fmt.Sprint(how) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", how, want)
	}
	if got := b.standing(0, after(72)); got.Wallet != Wallet(address(3)) {
		t.Errorf("got %+v", got)
	}
}

func TestImportNamesEveryBadRowAndRecordsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good, used := rowOf(0, 0), rowOf(9, 9)
	if _, err := b.tryImport(tableHeader+used, start, 0); err != nil {
		t.Fatal(err)
	}
	of := func(change func(*Text)) string { // a text of supplier 7, signed by its wallet
		text := anyText(7, 7)
		change(&text)
		return text.String()
	}
	row := func(i, w int, text, signature string) string {
		return fmt.Sprintf("%s,%s,%s,%s\n", supplier(i), address(w), text, signature)
	}
	text := of(func(*Text) {})
	elsewhere := of(func(t *Text) { t.Domain = "elsewhere.example" })
	for _, c := range []struct {
		row  string
		want error
		says string
	}{
		{strings.Replace(good, supplier(0).String(), "nobody", 1), nil, `supplier_id "nobody"`},
		{strings.Replace(good, supplier(0).String(), "urn:uuid:"+supplier(0).String(), 1), nil, "give a UUID"},
		{supplier(1).String() + "\n", nil, "1 cells"},
		{row(1, 1, "hello", sign(1, "hello")), ErrText, "as it was issued"},
		{fmt.Sprintf("%s,%s,%s,%s\n", supplier(1), "11111111111111111111111111111111", text, sign(7, text)), ErrWallet, "the system program"},
		{row(1, 7, text, sign(7, text)), ErrAnother, "another supplier"},
		{row(7, 1, text, sign(7, text)), ErrAnother, "another wallet"},
		{row(7, 7, elsewhere, sign(7, elsewhere)), ErrAnother, "another domain"},
		{row(7, 7, text, sign(1, text)), ErrSignature, "signed again by the key of " + address(7)},
		{row(7, 7, text, "x"), ErrSignatureSyntax, "1 characters"},
		{good, ErrTwice, "stands on line 2 already"},
		{"a \"quote,x\n", csv.ErrBareQuote, "bare \""},
	} {
		table := tableHeader + good + "\n" + c.row // line 3 is blank, and none
		_, err := b.tryImport(table, start, 0)
		bad, ok := errors.AsType[*BadRows](err)
		if !ok || len(bad.Rows) != 1 || bad.Rows[0].Line != 4 || !strings.Contains(err.Error(), c.says) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%q: got %v, want %v on line 4 that says %q", c.row, err, c.want, c.says)
		}
	}
	// What only the database and the clock can tell.
	issued := b.issue(5, 5, start)
	forged := issued.Text
	forged.Expires = forged.Expires.Add(time.Second)
	late := anyText(3, 3)
	late.Issued, late.Expires = after(-3), after(-2)
	early := anyText(4, 4)
	early.Issued, early.Expires = after(1), after(2)
	_, err := b.tryImport(tableHeader+used+good+rowWith(late, 3)+rowWith(early, 4)+rowWith(forged, 5), start, 0)
	bad, ok := errors.AsType[*BadRows](err)
	if !ok {
		t.Fatalf("got %v, want *BadRows", err)
	}
	lines := make([]int, len(bad.Rows))
	for i, row := range bad.Rows {
		lines[i] = row.Line
	}
	if !slices.Equal(lines, []int{2, 4, 5, 6}) || !errors.Is(bad.Rows[0], ErrUsed) || !errors.Is(bad.Rows[1], ErrExpired) ||
		!errors.Is(bad.Rows[2], ErrText) || !errors.Is(bad.Rows[3], ErrText) {
		t.Errorf("got %v", err)
	}
	if got := b.history(0); len(got) != 0 {
		t.Errorf("the good row was recorded: %v", got)
	}
}

func TestReadTableRefusesAnotherTable(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"", "wallet,supplier_id\n", "supplier_id;wallet;text;signature\n", rowOf(0, 0)} {
		_, err := ReadTable(strings.NewReader(table), "test.example")
		if !errors.Is(err, ErrTable) || !strings.Contains(err.Error(), "begin it with supplier_id,wallet,text,signature") {
			t.Errorf("%q: got %v", table, err)
		}
	}
	same := anyText(1, 1)
	same.Nonce = anyText(0, 0).Nonce
	if _, err := ReadTable(strings.NewReader(tableHeader+rowOf(0, 0)+rowWith(same, 1)), "test.example"); !errors.Is(err, ErrTwice) {
		t.Errorf("a nonce twice: got %v", err)
	}
	many := BadRows{Rows: make([]BadRow, 25)}
	for i := range many.Rows {
		many.Rows[i] = BadRow{i + 2, ErrTable}
	}
	if text := many.Error(); !strings.Contains(text, "25 bad rows") || !strings.Contains(text, "and 5 more") || strings.Count(text, "\n") != 21 {
		t.Errorf("got %s", text)
	}
}
