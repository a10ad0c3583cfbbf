package snapshot

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Fraction is an exact decimal from 0 to 1 with at most 18 places: a share of
// slots that is asked for. The zero value is 0, and equal fractions are ==
// however they were written.
type Fraction struct {
	numerator uint64 // over 10^18
}

const (
	fractionPlaces = 18
	fractionOne    = 1_000_000_000_000_000_000
)

// ParseFraction reads plain digits with an optional fraction: "0.5", "1",
// "0.333333". Signs, exponents, spaces, more than 18 places and values above 1
// are errors.
func ParseFraction(text string) (Fraction, error) {
	whole, places, ok := plainDecimal(text)
	if !ok {
		return Fraction{}, fmt.Errorf(`%q is no decimal: write plain digits with an optional fraction, such as "0.5"`, text)
	}
	if len(places) > fractionPlaces {
		return Fraction{}, fmt.Errorf("%q has %d places: write at most %d", text, len(places), fractionPlaces)
	}
	// The last 18 places complete the number over 10^18; 20 digits pass 64 bits.
	digits := strings.TrimLeft(whole, "0") + places + strings.Repeat("0", fractionPlaces-len(places))
	numerator, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || numerator > fractionOne {
		return Fraction{}, fmt.Errorf(`%q is above 1: write a share from "0" to "1"`, text)
	}
	return Fraction{numerator: numerator}, nil
}

// AtLeast reports whether part / whole >= f, exactly, by cross-multiplication in
// 128 bits. Both are counts of slots, not negative; of 0 everything is at least
// any fraction, so a caller for whom nothing is not enough asks that first.
func (f Fraction) AtLeast(part, whole int) bool {
	partHigh, partLow := bits.Mul64(uint64(part), fractionOne)
	needHigh, needLow := bits.Mul64(uint64(whole), f.numerator)
	return partHigh > needHigh || partHigh == needHigh && partLow >= needLow
}

// String returns the shortest decimal that is the fraction: "0.5", "0", "1".
func (f Fraction) String() string {
	places := strings.TrimRight(fmt.Sprintf("%018d", f.numerator%fractionOne), "0")
	whole := strconv.FormatUint(f.numerator/fractionOne, 10)
	if places == "" {
		return whole
	}
	return whole + "." + places
}

// MarshalText returns String, for JSON and flags.
func (f Fraction) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText is ParseFraction; on an error the fraction stays as it was.
func (f *Fraction) UnmarshalText(text []byte) error {
	parsed, err := ParseFraction(string(text))
	if err == nil {
		*f = parsed
	}
	return err
}

// plainDecimal splits a number written as ASCII digits with an optional point
// between digits. It reports false for anything else.
func plainDecimal(text string) (whole, places string, ok bool) {
	whole, places, pointed := strings.Cut(text, ".")
	return whole, places, allDigits(whole) && (!pointed || allDigits(places))
}

func allDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
