package settle

import (
	"encoding/csv"
	"io"

	"github.com/uptally/uptally/ledger"
)

// lineColumns are the columns of suppliers' lines as CSV.
var lineColumns = []string{
	"supplier_id", "distribution", "opening", "opening_side", "earned", "reversed", "paid", "closing", "closing_side",
	"payout_id", "payout_amount", "state", "evidence", "signature",
}

// Table writes suppliers' lines as CSV (RFC 4180, LF). Amounts are in base units and
// have no sign: a balance is on the side "credit", owed to the supplier, or "debit",
// owed by them. The distribution of what came since the last one is "since". What does
// not apply is empty. No cell begins with = + - @, a tab or a carriage return: each is
// a UUID, digits, base58 or one of our own words.
type Table struct{ w *csv.Writer }

// NewTable writes the header.
func NewTable(out io.Writer) *Table {
	t := &Table{csv.NewWriter(out)}
	t.write(lineColumns)
	return t
}

// Add writes a line. Flush returns the error, if there is one.
func (t *Table) Add(l SupplierLine) {
	opening, openingSide := sided(l.Opening)
	closing, closingSide := sided(l.Closing)
	row := []string{
		l.Supplier.String(), name(l.Distribution), opening, openingSide, l.Earned.String(), l.Reversed.String(), l.Paid.String(), closing, closingSide,
		"", "", "", "", "",
	}
	if p := l.Part; p != nil {
		copy(row[9:], []string{p.Payout, p.Amount.String(), string(p.State), string(p.Evidence), p.Signature})
	}
	t.write(row)
}

// write keeps the first error, which Flush returns.
func (t *Table) write(row []string) { _ = t.w.Write(row) }

// Flush writes what is left, and returns the first error.
func (t *Table) Flush() error {
	t.w.Flush()
	return t.w.Error()
}

// sided writes a balance without its sign, and the side that it is on.
func sided(a ledger.Amount) (units, side string) {
	if a < 0 {
		return a.String()[1:], "debit"
	}
	return a.String(), "credit"
}
