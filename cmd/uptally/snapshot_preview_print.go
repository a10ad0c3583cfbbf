package main

import (
	"fmt"
	"io"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

// printPreview is a preview for people.
func printPreview(out io.Writer, v previewView) {
	fmt.Fprintf(out, "%s as it would be now%s\n\n", v.Season, estimateText(v.Estimate))
	rows := [][2]string{
		{"supposed", orNothing(v.WhatIf)},
		{"as of", utc(v.AsOf)},
		{"pool", inIO(int64(v.Pool))},
		{"allocated", inIO(int64(v.Allocated))},
		{"residual", inIO(int64(v.Residual))},
		{"points", grouped(v.Points)},
		{"lines", fmt.Sprintf("%s, of %s suppliers", count(v.Lines), count(v.Suppliers))},
		{"coverage", fmt.Sprintf("%s of %s slots observed", count(v.Coverage.Observed), count(v.Coverage.Slots))},
	}
	if v.Corrects != nil {
		rows = append(rows, [2]string{"corrects", *v.Corrects + ", at its fixed rate"}, [2]string{"drawn", inIO(int64(v.Drawn))})
	}
	for _, outcome := range snapshot.Outcomes() {
		if n, occurs := v.Outcomes[outcome]; occurs {
			rows = append(rows, [2]string{outcome.String(), count(n) + " lines"})
		}
	}
	for _, row := range rows {
		fmt.Fprintf(out, "  %-20s %s\n", row[0], row[1])
	}
	if v.Against == nil {
		fmt.Fprintf(out, "\nThere is no revision of %s yet: it is compared with nothing.\n\n", v.Season)
	} else {
		fmt.Fprintf(out, "\nCompared with %s\n\n", *v.Against)
	}
	printMovements(out, v)
	printMovers(out, v)
}

func orNothing(text string) string {
	if text == "" {
		return "nothing: everything as on record"
	}
	return text
}

func printMovements(out io.Writer, v previewView) {
	g := newGrid("", ">gain", ">lose", ">same", ">appear", ">vanish", ">gained", ">lost")
	for _, row := range []struct {
		of string
		m  movementView
	}{{"lines", v.ByLine}, {"suppliers", v.BySupplier}} {
		g.add(row.of, count(row.m.Gain), count(row.m.Lose), count(row.m.Same), count(row.m.Appear), count(row.m.Vanish),
			inIO(int64(row.m.Gained)), inIO(int64(row.m.Lost)))
	}
	g.print(out)
	fmt.Fprintln(out)
	g = newGrid("change", ">lines", ">by", ">suppliers", ">by")
	for i, line := range v.ByLine.Distribution {
		supplier := v.BySupplier.Distribution[i]
		if line.Count+supplier.Count > 0 {
			g.add(line.Change, count(line.Count), signed(line.Delta), count(supplier.Count), signed(supplier.Delta))
		}
	}
	g.print(out)
}

// printMovers names those that move most.
func printMovers(out io.Writer, v previewView) {
	if len(v.TopSuppliers)+len(v.TopDevices) == 0 {
		fmt.Fprintln(out, "\nNobody moves.")
		return
	}
	fmt.Fprintln(out)
	g := newGrid("supplier", ">before", ">after", ">change")
	for _, s := range v.TopSuppliers {
		g.add(s.SupplierID, inIO(int64(s.Before)), inIO(int64(s.After)), signed(s.Delta))
	}
	g.print(out)
	fmt.Fprintln(out)
	g = newGrid("device", ">before", ">after", ">change", "was", "is")
	for _, d := range v.TopDevices {
		g.add(d.DeviceID, inIO(int64(d.Before)), inIO(int64(d.After)), signed(d.Delta), orDash(d.OutcomeBefore), orDash(d.Outcome))
	}
	g.print(out)
}

// signed writes a change of an amount, with its sign.
func signed(delta ledger.Amount) string {
	if delta > 0 {
		return "+" + inIO(int64(delta))
	}
	return inIO(int64(delta))
}
