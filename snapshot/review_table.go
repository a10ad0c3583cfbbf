package snapshot

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// HeldColumns returns the header of held changes as a table, of which Rows are the rows.
func HeldColumns() []string {
	return []string{
		"seq", "hold", "device_id", "supplier_id", "changed_at", "channel", "field", "before", "after",
		"state", "decided_at", "decided_by", "reason", "pays",
	}
}

// Rows returns the change as rows of a table, one a field. Typed texts are in quotes
// within their field, so that no spreadsheet takes one for a formula; pays is
// "supplier:gain", joined by ";", in base units.
func (h *HeldChange) Rows() [][]string {
	rows := make([][]string, len(h.Fields))
	for i, f := range h.Fields {
		before := ""
		if f.Before != nil {
			before = f.Field.Show(*f.Before)
		}
		rows[i] = []string{
			strconv.FormatInt(h.Seq, 10), strconv.FormatInt(h.Hold, 10), h.DeviceID.String(), h.SupplierID.String(),
			h.ChangedAt.UTC().Format(time.RFC3339), string(h.Channel), string(f.Field), before, f.Field.Show(f.After),
			string(h.State), "", "", "", pays(h.Effect),
		}
		if d := h.Decision; d != nil {
			rows[i][10], rows[i][11], rows[i][12] = d.At.UTC().Format(time.RFC3339), d.Person, strconv.QuoteToGraphic(d.Reason)
		}
	}
	return rows
}

// Show writes a value of the field as people are shown it: in quotes, if it was typed.
func (f Field) Show(value string) string {
	if f.Typed() {
		return strconv.QuoteToGraphic(value)
	}
	return value
}

// pays writes who would get more and who less, in base units.
func pays(effects []SupplierEffect) string {
	parts := make([]string, len(effects))
	for i, e := range effects {
		parts[i] = fmt.Sprintf("%s:%+d", e.SupplierID, int64(e.Gains))
	}
	return strings.Join(parts, ";")
}
