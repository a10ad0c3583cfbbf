package snapshot

import (
	"fmt"
	"math/big"
	"strings"
)

// Comparison is the question whether part / whole is at least a share, as it is
// decided: without a division, so that anyone comes to the same.
//
//	part / whole >= 0.5   if and only if   part * 10 >= 5 * whole
type Comparison struct {
	Part    int      `json:"part"`     // slots
	Whole   int      `json:"whole"`    // slots
	AtLeast Fraction `json:"at_least"` // the share asked for
	Left    string   `json:"left"`     // part * 10^places, decimal digits
	Right   string   `json:"right"`    // the share's digits * whole, decimal digits
	Holds   bool     `json:"holds"`
	Written string   `json:"written"` // "270 * 10 = 2700 >= 5 * 288 = 1440"
}

// Compare returns the comparison of part / whole with the fraction; it holds if
// AtLeast says so.
func (f Fraction) Compare(part, whole int) Comparison {
	integer, places, _ := strings.Cut(f.String(), ".")
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(places))), nil)
	numerator, _ := new(big.Int).SetString(integer+places, 10)
	left := new(big.Int).Mul(big.NewInt(int64(part)), scale)
	right := new(big.Int).Mul(numerator, big.NewInt(int64(whole)))
	c := Comparison{Part: part, Whole: whole, AtLeast: f, Left: left.String(), Right: right.String(), Holds: f.AtLeast(part, whole)}
	sign := "<"
	if c.Holds {
		sign = ">="
	}
	c.Written = fmt.Sprintf("%d * %s = %s %s %s * %d = %s", part, scale, left, sign, numerator, whole, right)
	return c
}
