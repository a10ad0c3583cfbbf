package distribution

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"
)

func encoded(t testing.TB, key string) string {
	t.Helper()
	data, err := hex.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	return base58.Encode(data)
}

func TestParseWallet(t *testing.T) {
	t.Parallel()
	for i := range 50 {
		if got, err := ParseWallet(wallet(i)); string(got) != wallet(i) || err != nil {
			t.Errorf("%s: got %q, %v", wallet(i), got, err)
		}
	}
	for name, c := range map[string]struct{ address, says string }{
		"nothing":         {"", "0 characters"},
		"a short text":    {wallet(0)[:31], "31 characters"},
		"a long text":     {wallet(0) + wallet(1), "8"},
		"31 bytes":        {base58.Encode(slices.Repeat([]byte{9}, 31)), "31 bytes"},
		"33 bytes":        {base58.Encode(slices.Repeat([]byte{1}, 33))[:44], "bytes"},
		"a blank":         {" " + wallet(0)[1:], "not base58"},
		"a zero":          {"0" + wallet(0)[1:], "not base58"},
		"hexadecimal":     {hex.EncodeToString(make([]byte, 16))[:32], "not base58"},
		"off the curve":   {encoded(t, strings.Repeat("02", 32)), "no private key"},
		"a vault":         {"GThUX1Atko4tqhN2NaiTazWSeFWMuiUvfFnyJyUghFMJ", "no private key"}, // the address Solana's documentation derives
		"the identity":    {encoded(t, "01"+strings.Repeat("00", 31)), "small order"},
		"order 2":         {encoded(t, "ec"+strings.Repeat("ff", 30)+"7f"), "small order"},
		"order 4":         {encoded(t, strings.Repeat("00", 31)+"80"), "small order"},
		"order 8":         {encoded(t, "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "small order"},
		"order 8, other":  {encoded(t, "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "small order"},
		"not canonical":   {encoded(t, "ee"+strings.Repeat("ff", 30)+"7f"), "no private key"},
		"system program":  {"11111111111111111111111111111111", "the system program"},
		"token program":   {"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "the token program"},
		"the mint itself": {"BZLbGTNCSFfoth2GYDtwr7e4imWzpR5jqcUuGEwr646K", "the mint of IO"},
	} {
		_, err := ParseWallet(c.address)
		if !errors.Is(err, ErrWallet) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.address) {
			t.Errorf("%s: got %v, want ErrWallet that says %q", name, err, c.says)
		}
	}
}

func TestNotWalletsAreAddresses(t *testing.T) {
	t.Parallel()
	for address, what := range notWallets {
		if _, err := decode(address); err != nil {
			t.Errorf("%s (%s): %v", address, what, err)
		}
	}
}

// FuzzParseWallet holds what is accepted to the group's own arithmetic: 8 P is not
// the identity, and the bytes are the encoding of P.
func FuzzParseWallet(f *testing.F) {
	for i := range 3 {
		f.Add(wallet(i))
	}
	for address := range notWallets {
		f.Add(address)
	}
	f.Add("")
	f.Add(encoded(f, strings.Repeat("02", 32)))
	f.Fuzz(func(t *testing.T, address string) {
		got, err := ParseWallet(address)
		if err != nil {
			if got != "" || !errors.Is(err, ErrWallet) {
				t.Fatalf("%q: %q, %v", address, got, err)
			}
			return
		}
		key, err := base58.Decode(string(got))
		if err != nil || string(got) != address || base58.Encode(key) != address {
			t.Fatalf("%q: %q, %v", address, got, err)
		}
		point, err := new(edwards25519.Point).SetBytes(key)
		if err != nil {
			t.Fatalf("%q is off the curve", address)
		}
		for range 3 {
			point.Add(point, point)
		}
		if point.Equal(edwards25519.NewIdentityPoint()) == 1 {
			t.Fatalf("%q is of small order", address)
		}
	})
}

func (b *bundle) history(i int) (wallets []string) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		records, err := WalletHistory(ctx, tx, supplier(i))
		for _, r := range records {
			wallets = append(wallets, string(r.Wallet))
		}
		return err
	})
	return wallets
}

func TestWalletsAreAHistory(t *testing.T) {
	t.Parallel()
	b := setup(t)
	add := func(address string) error {
		return b.try(func(ctx context.Context, tx pgx.Tx) error { return AddWallet(ctx, tx, supplier(0), address, b.ann) })
	}
	for _, i := range []int{1, 1, 2, 1} { // the second is current already
		if err := add(wallet(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := add("11111111111111111111111111111111"); !errors.Is(err, ErrWallet) {
		t.Errorf("got %v, want ErrWallet", err)
	}
	if got, want := b.history(0), []string{wallet(1), wallet(2), wallet(1)}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		current, err := Wallets(ctx, tx)
		if len(current) != 1 || string(current[0].Wallet) != wallet(1) || current[0].RecordedBy != b.ann || current[0].RecordedAt.IsZero() {
			t.Errorf("current: %+v", current)
		}
		return err
	})
}

func (b *bundle) tryAddWallets(table string) (added int64, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		added, err = AddWallets(ctx, tx, strings.NewReader(table), b.ann)
		return err
	})
	return added, err
}

func TestAddWalletsFromATable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	row := func(i, w int) string { return fmt.Sprintf("%s,%s\n", supplier(i), wallet(w)) }
	const header = "supplier_id,wallet\n"
	for _, c := range []struct {
		name  string
		table string
		added int64
	}{
		{"a plain table", header + row(0, 0) + row(1, 1), 2},
		{"the same again", header + row(1, 1) + row(0, 0), 0},
		{"as a spreadsheet writes it", "\ufeff" + strings.ReplaceAll(header+`"`+supplier(0).String()+`",`+wallet(5)+"\n"+row(2, 2), "\n", "\r\n"), 2},
		{"only a header", header, 0},
	} {
		if added, err := b.tryAddWallets(c.table); added != c.added || err != nil {
			t.Errorf("%s: got %d, %v, want %d", c.name, added, err, c.added)
		}
	}
	if got := b.history(0); !slices.Equal(got, []string{wallet(0), wallet(5)}) {
		t.Errorf("supplier 0: %v", got)
	}
}

func TestAddWalletsNamesEveryBadRowAndRecordsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := "supplier_id,wallet\n" + // line 1
		supplier(0).String() + "," + wallet(0) + "\n" + // 2: good
		"nobody," + wallet(1) + "\n" + // 3
		supplier(1).String() + ",11111111111111111111111111111111\n" + // 4
		supplier(2).String() + "\n" + // 5
		"\n" + // 6: blank lines are none
		supplier(0).String() + "," + wallet(1) + "\n" + // 7: twice
		"a \"quote,x\n" // 8
	_, err := b.tryAddWallets(table)
	bad, ok := errors.AsType[*BadRows](err)
	if !ok {
		t.Fatalf("got %v, want *BadRows", err)
	}
	lines := make([]int, len(bad.Rows))
	for i, row := range bad.Rows {
		lines[i] = row.Line
	}
	if !slices.Equal(lines, []int{3, 4, 5, 7, 8}) || !errors.Is(err, ErrWallet) {
		t.Errorf("got %v", err)
	}
	for _, part := range []string{`line 3: supplier_id "nobody"`, "the system program", "line 5: 1 cells", "stands on line 2 already"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if got := b.history(0); got != nil {
		t.Errorf("the good row was recorded: %v", got)
	}
}

func TestAddWalletsRefusesAnotherTable(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"", "wallet,supplier_id\n", "supplier_id;wallet\n", supplier(0).String() + "," + wallet(0) + "\n"} {
		if _, _, err := readWallets(strings.NewReader(table)); err == nil || !strings.Contains(err.Error(), "begin it with supplier_id,wallet") {
			t.Errorf("%q: got %v", table, err)
		}
	}
	many := BadRows{Rows: make([]BadRow, 25)}
	for i := range many.Rows {
		many.Rows[i] = BadRow{i + 2, errTable}
	}
	if text := many.Error(); !strings.Contains(text, "25 bad rows") || !strings.Contains(text, "and 5 more") || strings.Count(text, "\n") != 21 {
		t.Errorf("got %s", text)
	}
}
