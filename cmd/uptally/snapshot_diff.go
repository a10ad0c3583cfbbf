package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

type snapshotDiff struct {
	A        string     `arg:"" help:"Revision to begin with, such as ignition-s1/r1; a season alone is its latest."`
	B        string     `arg:"" help:"Revision to end with."`
	CSV      bool       `name:"csv" help:"Print every changed line and cause as CSV."`
	Supplier *uuid.UUID `placeholder:"ID" help:"Only what changed for this supplier."`
	Limit    int        `default:"20" help:"Lines and suppliers in the tables, those that changed most; CSV and JSON have all."`
}

// Run explains how the second revision differs from the first.
func (c snapshotDiff) Run(ctx context.Context, a *app) error {
	if c.CSV && a.JSON {
		return usage("--csv and --json: choose one")
	}
	if c.Limit < 0 {
		return usage("--limit %d: give 0 or more", c.Limit)
	}
	return a.read(ctx, func(tx pgx.Tx) error {
		before, err := snapshot.Find(ctx, tx, c.A)
		if err != nil {
			return err
		}
		after, err := snapshot.Find(ctx, tx, c.B)
		if err != nil {
			return err
		}
		d, err := snapshot.Diff(ctx, tx, before, after)
		if err != nil {
			return err
		}
		return c.print(a, d)
	})
}

func (c snapshotDiff) print(a *app, d *snapshot.Difference) error {
	view, err := c.view(d)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(a.out, 1<<16)
	switch {
	case c.CSV:
		err = c.printCSV(out, d)
	case a.JSON:
		err = c.printJSON(out, d, view)
	default:
		err = c.printTables(out, d, view)
	}
	return errors.Join(err, out.Flush())
}

// diffView is a difference as --json prints it, but for its lines. Amounts are
// strings of base units, changes have a sign.
type diffView struct {
	A         string             `json:"a"`
	B         string             `json:"b"`
	Supplier  *uuid.UUID         `json:"supplier,omitempty"` // whose amounts all are
	Before    ledger.Amount      `json:"before"`             // allocated by a
	After     ledger.Amount      `json:"after"`              // allocated by b
	Change    ledger.Amount      `json:"change"`             // the sum of the causes' net
	Changed   int64              `json:"changed"`            // lines
	Causes    []causeView        `json:"causes"`
	Suppliers []supplierDiffView `json:"suppliers"`
}

type causeView struct {
	Cause     snapshot.Cause `json:"cause"`
	Lines     int64          `json:"lines"`
	Suppliers int64          `json:"suppliers"`
	Gained    ledger.Amount  `json:"gained"`
	Lost      ledger.Amount  `json:"lost"` // at least 0
	Net       ledger.Amount  `json:"net"`
}

type supplierDiffView struct {
	SupplierID uuid.UUID                        `json:"supplier_id"`
	Before     ledger.Amount                    `json:"before"`
	After      ledger.Amount                    `json:"after"`
	Change     ledger.Amount                    `json:"change"`
	Causes     map[snapshot.Cause]ledger.Amount `json:"causes"`
}

// view is the difference in sum, or that of the one supplier who is asked for.
func (c snapshotDiff) view(d *snapshot.Difference) (diffView, error) {
	v := diffView{
		A: d.A.Name(), B: d.B.Name(), Supplier: c.Supplier, Changed: d.Lines, Causes: []causeView{}, Suppliers: []supplierDiffView{},
		Before: ledger.Amount(d.A.Allocated), After: ledger.Amount(d.B.Allocated), Change: ledger.Amount(d.B.Allocated - d.A.Allocated),
	}
	causes := d.Causes
	if c.Supplier != nil {
		v.Before, v.After, v.Change = 0, 0, 0
		var err error
		if causes, v.Changed, err = d.Of(*c.Supplier); err != nil {
			return v, err
		}
	}
	for _, t := range causes {
		v.Causes = append(v.Causes, causeView{
			t.Cause, t.Lines, t.Suppliers, ledger.Amount(t.Gained), ledger.Amount(t.Lost), ledger.Amount(t.Net()),
		})
	}
	for _, s := range d.Suppliers {
		if c.Supplier != nil && *c.Supplier != s.SupplierID {
			continue
		}
		one := supplierDiffView{
			s.SupplierID, ledger.Amount(s.Before), ledger.Amount(s.After), ledger.Amount(s.After - s.Before), map[snapshot.Cause]ledger.Amount{},
		}
		for cause, change := range s.Changes {
			one.Causes[cause] = ledger.Amount(change)
		}
		v.Suppliers = append(v.Suppliers, one)
		if c.Supplier != nil {
			v.Before, v.After, v.Change = one.Before, one.After, one.Change
		}
	}
	return v, nil
}

// each visits the changed lines that are asked for.
func (c snapshotDiff) each(d *snapshot.Difference, visit func(*snapshot.ChangedLine) error) error {
	return d.Each(func(l *snapshot.ChangedLine) error {
		if c.Supplier != nil && !l.Of(*c.Supplier) {
			return nil
		}
		return visit(l)
	})
}

func (c snapshotDiff) printCSV(out *bufio.Writer, d *snapshot.Difference) error {
	if _, err := out.WriteString(snapshot.DiffCSVHeader); err != nil {
		return err
	}
	var rows []byte
	return c.each(d, func(l *snapshot.ChangedLine) error {
		rows = l.AppendCSV(rows[:0])
		_, err := out.Write(rows)
		return err
	})
}

// changedLineView is a line that differs, with its way from the one revision to the
// other. A line that is not there is null.
type changedLineView struct {
	DeviceID  uuid.UUID     `json:"device_id"`
	SpanStart string        `json:"span_start"`
	Change    ledger.Amount `json:"change"`
	Before    *lineView     `json:"before"`
	After     *lineView     `json:"after"`
	Steps     []stepView    `json:"steps"`
}

type stepView struct {
	Cause  snapshot.Cause `json:"cause"`
	Change ledger.Amount  `json:"change"`
	After  *lineView      `json:"after"`
}

func viewChangedLine(l *snapshot.ChangedLine) changedLineView {
	v := changedLineView{
		DeviceID: l.DeviceID, SpanStart: utc(l.First.Start()), Change: ledger.Amount(l.Change()),
		Before: viewLineOrNone(l.Before()), After: viewLineOrNone(l.After()),
	}
	for _, s := range l.Steps {
		v.Steps = append(v.Steps, stepView{s.Cause, ledger.Amount(s.Change()), viewLineOrNone(s.After)})
	}
	return v
}

func viewLineOrNone(l snapshot.Line) *lineView {
	if l.Span.Empty() {
		return nil
	}
	return new(viewLine(&l))
}

// printJSON prints the sums, then "lines", line by line: there may be one for every
// device.
func (c snapshotDiff) printJSON(out *bufio.Writer, d *snapshot.Difference, v diffView) error {
	sums, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	separator := "\n"
	fmt.Fprintf(out, "%s,\n  \"lines\": [", sums[:len(sums)-len("\n}")])
	if err := c.each(d, func(l *snapshot.ChangedLine) error {
		text, err := json.Marshal(viewChangedLine(l))
		if err != nil {
			return err
		}
		_, err = io.WriteString(out, separator+string(text))
		separator = ",\n"
		return err
	}); err != nil {
		return err
	}
	_, err = io.WriteString(out, "\n  ]\n}\n")
	return err
}
