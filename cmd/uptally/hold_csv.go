package main

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/uptally/uptally/snapshot"
)

// csv prints a row a change and field. Typed texts are in quotes within their field,
// so that no spreadsheet takes one for a formula; pays is "supplier:gain", joined by
// ";", in base units.
func (v reviewView) csv(out io.Writer) error {
	w := csv.NewWriter(out)
	header := []string{
		"seq", "hold", "device_id", "supplier_id", "changed_at", "channel", "field", "before", "after",
		"state", "decided_at", "decided_by", "reason", "pays",
	}
	if err := w.Write(header); err != nil {
		return err
	}
	for i := range v.Changes {
		h := &v.Changes[i]
		for _, f := range h.Fields {
			if err := w.Write(reviewRow(h, f)); err != nil {
				return err
			}
		}
	}
	w.Flush()
	return w.Error()
}

func reviewRow(h *snapshot.HeldChange, f snapshot.FieldChange) []string {
	before := ""
	if f.Before != nil {
		before = fieldValue(f.Field, f.Before)
	}
	row := []string{
		strconv.FormatInt(h.Seq, 10), strconv.FormatInt(h.Hold, 10), h.DeviceID.String(), h.SupplierID.String(), utc(h.ChangedAt), string(h.Channel),
		string(f.Field), before, fieldValue(f.Field, &f.After), string(h.State), "", "", "", pays(h.Effect),
	}
	if d := h.Decision; d != nil {
		row[10], row[11], row[12] = utc(d.At), d.Person, strconv.QuoteToGraphic(d.Reason)
	}
	return row
}
