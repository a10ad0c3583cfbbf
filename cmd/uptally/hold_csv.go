package main

import (
	"encoding/csv"
	"io"

	"github.com/uptally/uptally/snapshot"
)

// csv prints a row a change and field.
func (v reviewView) csv(out io.Writer) error {
	w := csv.NewWriter(out)
	if err := w.Write(snapshot.HeldColumns()); err != nil {
		return err
	}
	for i := range v.Changes {
		if err := w.WriteAll(v.Changes[i].Rows()); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
