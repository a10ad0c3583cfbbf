package wire

import (
	"strconv"

	"github.com/uptally/uptally/ledger"
)

// Money is an amount of a token.
type Money struct {
	Amount   string `json:"amount" pattern:"^-?[0-9]+$" example:"125000000" doc:"Base units, an integer."`
	Decimals int    `json:"decimals" example:"8" minimum:"0" doc:"Decimals of the token: amount / 10^decimals tokens."`
}

// Decimals is how many decimals the token has.
const Decimals = 8

// MoneyOf returns the amount as it goes out.
func MoneyOf(amount ledger.Amount) Money {
	return Money{Amount: strconv.FormatInt(int64(amount), 10), Decimals: Decimals}
}
