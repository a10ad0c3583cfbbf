package settle

import (
	"errors"
	"fmt"
	"strings"
)

// Errors of settling.
var (
	ErrMisfit      = errors.New("it does not fit")
	ErrNotReceipts = errors.New("not a table of receipts")
	ErrNoPayer     = errors.New("what pays is not known")
)

// Misfit is one thing that keeps a payout from being settled, or a sum from being
// what it must.
type Misfit struct {
	Where string `json:"where"` // such as "line 7", "d1-b3", a signature
	Why   string `json:"why"`   // with the remedy, where there is one
}

func (m Misfit) String() string { return m.Where + ": " + m.Why }

// Misfits is the error of something that does not fit. It is an ErrMisfit.
type Misfits struct {
	All  []Misfit // at least one
	Then string   // what to do about all of them
}

// misfitsShown bounds the message, not the misfits.
const misfitsShown = 20

// Error names the first 20, and how many more there are.
func (m *Misfits) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d misfits: %s", len(m.All), m.Then)
	for _, misfit := range m.All[:min(len(m.All), misfitsShown)] {
		text.WriteString("\n  " + misfit.String())
	}
	if more := len(m.All) - misfitsShown; more > 0 {
		fmt.Fprintf(&text, "\n  and %d more", more)
	}
	return text.String()
}

// Unwrap makes it an ErrMisfit.
func (m *Misfits) Unwrap() error { return ErrMisfit }

// misfits collects what does not fit.
type misfits []Misfit

func (m *misfits) add(where, format string, args ...any) {
	*m = append(*m, Misfit{where, fmt.Sprintf(format, args...)})
}

// err returns an error of all, nil if there is none.
func (m misfits) err(then string) error {
	if len(m) == 0 {
		return nil
	}
	return &Misfits{m, then}
}
