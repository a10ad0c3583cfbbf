package snapshot

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseFraction(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "0.0": "0", "1": "1", "1.000": "1", "0.5": "0.5", "00.50": "0.5", "0.333333": "0.333333",
		"0.000000000000000001": "0.000000000000000001", "0.999999999999999999": "0.999999999999999999",
	} {
		f, err := ParseFraction(text)
		if err != nil || f.String() != want {
			t.Errorf("%q is %s (%v), want %s", text, f, err, want)
		}
	}
	for text, wrong := range map[string]string{
		"": "no decimal", ".5": "no decimal", "1.": "no decimal", "-0": "no decimal", "+0.5": "no decimal", "5e-1": "no decimal",
		" 0.5": "no decimal", "0,5": "no decimal", "٠.٥": "no decimal", "0.5.0": "no decimal", "NaN": "no decimal", "0x1": "no decimal",
		"0.0000000000000000001": "19 places", "1.000000000000000001": "above 1", "2": "above 1",
		"18446744073709551617": "above 1", strings.Repeat("9", 400): "above 1",
	} {
		f := Fraction{numerator: 7}
		if err := f.UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), wrong) || f.numerator != 7 {
			t.Errorf("%q: error %v, want %q; fraction %s", text, err, wrong, f)
		}
	}
}

func TestFractionAtLeast(t *testing.T) {
	for _, c := range []struct {
		fraction    string
		part, whole int
		want        bool
	}{
		{"0.5", 1, 2, true},
		{"0.5", 143, 288, false},
		{"0.5", 144, 288, true},
		{"0.333333", 1, 3, true},
		{"0.333333333333333333", 1, 3, true},
		{"0.333333333333333334", 1, 3, false},
		{"1", math.MaxInt64, math.MaxInt64, true},
		{"1", math.MaxInt64 - 1, math.MaxInt64, false},
		{"0.999999999999999999", math.MaxInt64 - 1, math.MaxInt64, true},
		{"0", 0, 5, true},
		{"1", 0, 0, true},
	} {
		f, err := ParseFraction(c.fraction)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.AtLeast(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d at least %s: %v", c.part, c.whole, c.fraction, got)
		}
	}
}

func TestFractionIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Fraction{numerator: rapid.Uint64Range(0, fractionOne).Draw(t, "numerator")}
		whole := rapid.IntRange(0, math.MaxInt64).Draw(t, "whole")
		part := rapid.IntRange(0, whole).Draw(t, "part")
		if again, err := ParseFraction(f.String()); err != nil || again != f {
			t.Fatalf("%s read again is %s (%v)", f, again, err)
		}
		exact, ok := new(big.Rat).SetString(f.String())
		if !ok {
			t.Fatalf("%s is no number", f)
		}
		need := exact.Mul(exact, new(big.Rat).SetInt64(int64(whole)))
		if want := new(big.Rat).SetInt64(int64(part)).Cmp(need) >= 0; f.AtLeast(part, whole) != want {
			t.Fatalf("%d of %d at least %s: %v", part, whole, f, !want)
		}
	})
}
