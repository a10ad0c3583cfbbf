package ledger

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Amount is a sum of money in base units, the smallest that the token can
// express: 10^-8 IO. It is signed, because a change of a balance is; a transfer
// is always of a positive amount. It has 63 bits, enough for 92 thousand million
// IO. No float ever becomes an Amount, nor the other way round.
//
// As text, and so in JSON, it is its number of base units in a string.
type Amount int64

// The scale of an Amount: how many decimal places a base unit is, and how many
// base units make one IO.
const (
	DecimalPlaces = 8
	Unit          = Amount(100_000_000)
)

// Errors of amounts.
var (
	ErrAmountSyntax = errors.New("not an amount")
	ErrAmountRange  = errors.New("amount out of range")
)

// ParseAmount reads a whole number of base units, such as "1250000000": decimal
// digits, with a leading '-' if negative, and nothing else. The error is
// ErrAmountSyntax or ErrAmountRange.
func ParseAmount(s string) (Amount, error) {
	if digits := strings.TrimPrefix(s, "-"); !isDigits(digits) {
		return 0, fmt.Errorf("ledger: %w: %q: write base units as digits only, such as 1250000000 for 12.5 IO", ErrAmountSyntax, s)
	}
	units, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, outOfRange(s)
	}
	return Amount(units), nil
}

// ParseDecimal reads a number of whole IO with at most 8 decimal places, such as
// "12.5" or "-0.00000001". The result is exact: a ninth place is refused, not
// rounded. The error is ErrAmountSyntax or ErrAmountRange.
func ParseDecimal(s string) (Amount, error) {
	whole, fraction, pointed := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	if !isDigits(whole) || pointed && !isDigits(fraction) {
		return 0, fmt.Errorf("ledger: %w: %q: write a plain decimal with digits on both sides of the point, such as 12.5", ErrAmountSyntax, s)
	}
	if len(fraction) > DecimalPlaces {
		return 0, fmt.Errorf("ledger: %w: %q has %d decimal places: write at most %d", ErrAmountSyntax, s, len(fraction), DecimalPlaces)
	}
	sign := s[:len(s)-len(strings.TrimPrefix(s, "-"))]
	padding := strings.Repeat("0", DecimalPlaces-len(fraction))
	units, err := strconv.ParseInt(sign+whole+fraction+padding, 10, 64)
	if err != nil {
		return 0, outOfRange(s)
	}
	return Amount(units), nil
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func outOfRange(s string) error {
	return fmt.Errorf("ledger: %w: %q: an amount lies between %s and %s IO",
		ErrAmountRange, s, Amount(math.MinInt64).Decimal(), Amount(math.MaxInt64).Decimal())
}

// String returns the number of base units, such as "1250000000".
func (a Amount) String() string { return strconv.FormatInt(int64(a), 10) }

// Decimal returns the amount in whole IO with all 8 places, such as
// "12.50000000".
func (a Amount) Decimal() string {
	sign, units := "", uint64(a)
	if a < 0 {
		sign, units = "-", -units
	}
	return fmt.Sprintf("%s%d.%08d", sign, units/uint64(Unit), units%uint64(Unit))
}

// Add returns a + b, or ErrAmountRange if the sum does not fit.
func (a Amount) Add(b Amount) (Amount, error) {
	sum := a + b
	if (sum > a) != (b > 0) && b != 0 {
		return 0, fmt.Errorf("ledger: %w: %s + %s base units does not fit in 63 bits", ErrAmountRange, a, b)
	}
	return sum, nil
}

// MarshalText returns the number of base units.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads a number of base units, as ParseAmount does.
func (a *Amount) UnmarshalText(text []byte) error {
	parsed, err := ParseAmount(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
