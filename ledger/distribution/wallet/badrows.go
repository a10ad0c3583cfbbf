package wallet

import (
	"fmt"
	"strings"
)

// BadRow is a row of a table that cannot be recorded. It is an error.
type BadRow struct {
	Line  int // in the table, from 1
	Cause error
}

func (b BadRow) Error() string { return fmt.Sprintf("line %d: %v", b.Line, b.Cause) }
func (b BadRow) Unwrap() error { return b.Cause }

// BadRows is the error of a table of which nothing was recorded.
type BadRows struct{ Rows []BadRow } // at least one, by line

// badRowsShown bounds the message, not the rows.
const badRowsShown = 20

// Error names the first 20 rows, and how many more there are.
func (b *BadRows) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d bad rows, nothing was recorded: correct them and give the whole table again", len(b.Rows))
	for _, row := range b.Rows[:min(len(b.Rows), badRowsShown)] {
		text.WriteString("\n  " + row.Error())
	}
	if more := len(b.Rows) - badRowsShown; more > 0 {
		fmt.Fprintf(&text, "\n  and %d more", more)
	}
	return text.String()
}

// Unwrap returns the rows.
func (b *BadRows) Unwrap() []error {
	errs := make([]error, len(b.Rows))
	for i, row := range b.Rows {
		errs[i] = row
	}
	return errs
}
