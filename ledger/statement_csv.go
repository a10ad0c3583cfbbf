package ledger

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
)

// statementHeader are the columns of a statement as CSV.
var statementHeader = []string{
	"account", "line", "journal", "transfer", "posted_at", "act", "season", "revision", "other_account", "reason",
	"debit", "debit_decimal", "credit", "credit_decimal", "balance", "balance_decimal", "balance_side",
}

// WriteCSV writes the statement as CSV (RFC 4180, LF): a header, the opening balance, a
// row a transfer, and the closing balance; line says which, "opening", "transfer" or
// "closing". Amounts are in base units, and beside it in IO with all 8 places. They
// have no sign: what came in is a credit, what went out a debit, and a balance is on
// the side that balance_side says, "credit" or, below 0, "debit". posted_at is RFC 3339
// in UTC, to the microsecond. What does not apply is empty.
//
// No cell begins with = + - @, a tab or a carriage return, by which a spreadsheet
// would take it for a formula: the reason, which a person typed, is in double quotes
// within its cell, with what is no graphic character escaped as in Go, so that it can
// be read back (strconv.Unquote); every other text is one that a journal or account
// restricts to begin with a letter or digit.
func (s Statement) WriteCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	if err := w.Write(s.Header()); err != nil {
		return err
	}
	for row := range s.Rows {
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// Header returns the columns of WriteCSV.
func (Statement) Header() []string { return slices.Clone(statementHeader) }

// Rows yields what WriteCSV writes below its header.
func (s Statement) Rows(yield func(row []string) bool) {
	if !yield(s.balanceRow("opening", s.Opening)) {
		return
	}
	for _, l := range s.Lines {
		if !yield(s.transferRow(l)) {
			return
		}
	}
	yield(s.balanceRow("closing", s.Closing))
}

func (s Statement) balanceRow(line string, balance Amount) []string {
	row := append([]string{s.Account.Path(), line}, make([]string, 12)...)
	return append(row, balanceCells(balance)...)
}

func (s Statement) transferRow(l StatementLine) []string {
	row := []string{
		s.Account.Path(), "transfer", strconv.FormatInt(l.Journal, 10), strconv.Itoa(l.Transfer),
		l.PostedAt.UTC().Format(timeMicroseconds), string(l.Act), l.Season, "", l.Other.Path(), strconv.QuoteToGraphic(l.Reason),
		"", "", "", "",
	}
	if l.Revision != 0 {
		row[7] = strconv.Itoa(l.Revision)
	}
	side := row[12:14]
	if l.Change < 0 {
		side = row[10:12]
	}
	side[0], side[1] = unsigned(l.Change)
	return append(row, balanceCells(l.Balance)...)
}

// timeMicroseconds is RFC 3339 with as many places as Postgres keeps.
const timeMicroseconds = "2006-01-02T15:04:05.000000Z07:00"

func balanceCells(balance Amount) []string {
	side := "credit"
	if balance < 0 {
		side = "debit"
	}
	units, decimal := unsigned(balance)
	return []string{units, decimal, side}
}

// unsigned writes an amount without its sign.
func unsigned(a Amount) (units, decimal string) {
	units, decimal = a.String(), a.Decimal()
	if a < 0 {
		return units[1:], decimal[1:]
	}
	return units, decimal
}
