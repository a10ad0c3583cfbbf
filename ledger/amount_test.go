package ledger

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAmountText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount  Amount
		units   string
		decimal string
	}{
		{0, "0", "0.00000000"},
		{1, "1", "0.00000001"},
		{-1, "-1", "-0.00000001"},
		{100_000_000, "100000000", "1.00000000"},
		{-1_250_000_000, "-1250000000", "-12.50000000"},
		{math.MaxInt64, "9223372036854775807", "92233720368.54775807"},
		{math.MinInt64, "-9223372036854775808", "-92233720368.54775808"},
	} {
		if got := c.amount.String(); got != c.units {
			t.Errorf("String: got %s, want %s", got, c.units)
		}
		if got := c.amount.Decimal(); got != c.decimal {
			t.Errorf("Decimal: got %s, want %s", got, c.decimal)
		}
		if got, err := ParseAmount(c.units); got != c.amount || err != nil {
			t.Errorf("ParseAmount(%q): got %d, %v", c.units, got, err)
		}
		if got, err := ParseDecimal(c.decimal); got != c.amount || err != nil {
			t.Errorf("ParseDecimal(%q): got %d, %v", c.decimal, got, err)
		}
	}
}

func TestParseDecimalOfFewerPlaces(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Amount{"12": 1_200_000_000, "12.5": 1_250_000_000, "-0.1": -10_000_000, "0012.50": 1_250_000_000, "-0": 0} {
		if got, err := ParseDecimal(text); got != want || err != nil {
			t.Errorf("ParseDecimal(%q): got %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text           string
		units, decimal error // nil: accepted
	}{
		{"", ErrAmountSyntax, ErrAmountSyntax},
		{"-", ErrAmountSyntax, ErrAmountSyntax},
		{"--1", ErrAmountSyntax, ErrAmountSyntax},
		{"+1", ErrAmountSyntax, ErrAmountSyntax},
		{" 1", ErrAmountSyntax, ErrAmountSyntax},
		{"1_000", ErrAmountSyntax, ErrAmountSyntax},
		{"1,000", ErrAmountSyntax, ErrAmountSyntax},
		{"0x10", ErrAmountSyntax, ErrAmountSyntax},
		{"1e3", ErrAmountSyntax, ErrAmountSyntax},
		{"NaN", ErrAmountSyntax, ErrAmountSyntax},
		{"٣", ErrAmountSyntax, ErrAmountSyntax},
		{"1.5", ErrAmountSyntax, nil},
		{"1.", ErrAmountSyntax, ErrAmountSyntax},
		{".5", ErrAmountSyntax, ErrAmountSyntax},
		{"1.2.3", ErrAmountSyntax, ErrAmountSyntax},
		{"1.-5", ErrAmountSyntax, ErrAmountSyntax},
		{"0.000000001", ErrAmountSyntax, ErrAmountSyntax},
		{"9223372036854775808", ErrAmountRange, ErrAmountRange},
		{"92233720368.54775808", ErrAmountSyntax, ErrAmountRange},
		{"92233720369", nil, ErrAmountRange},
	} {
		if _, err := ParseAmount(c.text); !errors.Is(err, c.units) {
			t.Errorf("ParseAmount(%q): got %v, want %v", c.text, err, c.units)
		}
		_, err := ParseDecimal(c.text)
		if !errors.Is(err, c.decimal) {
			t.Errorf("ParseDecimal(%q): got %v, want %v", c.text, err, c.decimal)
		}
		if err != nil && !strings.Contains(err.Error(), `"`+c.text+`"`) {
			t.Errorf("ParseDecimal(%q): %q does not name the value", c.text, err)
		}
	}
}

func TestAmountAddIsCheckedAgainstWideIntegers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		edge := rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64 - 1, math.MaxInt64})
		any := rapid.OneOf(rapid.Int64(), edge)
		a, b := any.Draw(t, "a"), any.Draw(t, "b")
		exact := new(big.Int).Add(big.NewInt(a), big.NewInt(b))
		sum, err := Amount(a).Add(Amount(b))
		if exact.IsInt64() != (err == nil) || err == nil && int64(sum) != exact.Int64() || err != nil && !errors.Is(err, ErrAmountRange) {
			t.Fatalf("%d + %d: got %d, %v, want %s", a, b, sum, err, exact)
		}
	})
}

func TestAmountInJSONIsAString(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(map[string]Amount{"pool": math.MaxInt64})
	if err != nil || string(text) != `{"pool":"9223372036854775807"}` {
		t.Errorf("got %s, %v", text, err)
	}
	var back map[string]Amount
	if err := json.Unmarshal(text, &back); err != nil || back["pool"] != math.MaxInt64 {
		t.Errorf("got %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"pool":"1.5"}`), &back); !errors.Is(err, ErrAmountSyntax) {
		t.Errorf("got %v, want ErrAmountSyntax", err)
	}
}

// FuzzParseAmount holds both parsers to big.Rat, which reads more than they do,
// and to what they write.
func FuzzParseAmount(f *testing.F) {
	for _, seed := range []string{"0", "-1", "12.5", "1.00000001", "92233720368.54775808", "1e5", "1/3", "", "-", "0.123456789"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range []struct {
			parse  func(string) (Amount, error)
			format func(Amount) string
			unit   int64
		}{{ParseAmount, Amount.String, 1}, {ParseDecimal, Amount.Decimal, int64(Unit)}} {
			amount, err := p.parse(text)
			if err != nil {
				if amount != 0 || !errors.Is(err, ErrAmountSyntax) && !errors.Is(err, ErrAmountRange) {
					t.Fatalf("%q: %d, %v", text, amount, err)
				}
				continue
			}
			exact, ok := new(big.Rat).SetString(text)
			if !ok || exact.Mul(exact, big.NewRat(p.unit, 1)).Cmp(big.NewRat(int64(amount), 1)) != 0 {
				t.Fatalf("%q: got %d base units", text, amount)
			}
			if again, err := p.parse(p.format(amount)); again != amount || err != nil {
				t.Fatalf("%q is written as %q, which is read as %d, %v", text, p.format(amount), again, err)
			}
		}
	})
}
