package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

type snapshotLines struct {
	Name     string     `arg:"" help:"Revision, such as ignition-s1/r2; a season alone is its latest."`
	CSV      bool       `name:"csv" help:"Print CSV."`
	Device   *uuid.UUID `placeholder:"ID" help:"Only lines of this device."`
	Supplier *uuid.UUID `placeholder:"ID" help:"Only lines of this supplier."`
	Outcome  string     `placeholder:"CODE" help:"Only lines with this outcome."`
}

// lineView is a line as --json prints it, with the columns of the CSV.
type lineView struct {
	DeviceID         uuid.UUID        `json:"device_id"`
	SupplierID       uuid.UUID        `json:"supplier_id"`
	SpanStart        time.Time        `json:"span_start"`
	SpanEnd          time.Time        `json:"span_end"` // exclusive
	Observed         int32            `json:"observed"`
	Up               int32            `json:"up"`
	Grace            int32            `json:"grace"`
	Credited         int32            `json:"credited"`
	WeightMillionths int64            `json:"weight_millionths"`
	JobMinutes       int64            `json:"job_minutes"`
	Points           int64            `json:"points,string"`
	Amount           ledger.Amount    `json:"amount"`
	Outcome          snapshot.Outcome `json:"outcome"`
	Notes            []string         `json:"notes"`
}

func viewLine(l *snapshot.Line) lineView {
	v := lineView{
		l.DeviceID, l.SupplierID, l.Span.From.Start(), l.Span.To.Start(), l.Observed, l.Up, l.Grace, l.Credited(),
		l.WeightMillionths, l.JobMinutes, l.Points, ledger.Amount(l.Amount), l.Outcome, []string{},
	}
	for _, note := range l.Notes.Reasons() {
		v.Notes = append(v.Notes, note.Code)
	}
	return v
}

// Run prints the lines sorted by device id, then span start, in bounded memory but
// for the table.
func (c snapshotLines) Run(ctx context.Context, a *app) error {
	if c.CSV && a.JSON {
		return usage("--csv and --json: choose one")
	}
	keep, err := c.filter()
	if err != nil {
		return err
	}
	return a.read(ctx, func(tx pgx.Tx) error {
		s, err := snapshot.Find(ctx, tx, c.Name)
		if err != nil {
			return err
		}
		out := bufio.NewWriterSize(a.out, 1<<16)
		each := func(visit func(*snapshot.Line) error) error {
			return snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
				if !keep(l) {
					return nil
				}
				return visit(l)
			})
		}
		form := printLines
		if c.CSV {
			form = printLinesCSV
		} else if a.JSON {
			form = printLinesJSON
		}
		return errors.Join(form(out, each), out.Flush())
	})
}

// filter tells which lines are asked for.
func (c snapshotLines) filter() (func(*snapshot.Line) bool, error) {
	var outcome snapshot.Outcome
	if c.Outcome != "" {
		if err := outcome.UnmarshalText([]byte(c.Outcome)); err != nil {
			return nil, usage("--outcome: %w", err)
		}
	}
	return func(l *snapshot.Line) bool {
		return (c.Device == nil || *c.Device == l.DeviceID) &&
			(c.Supplier == nil || *c.Supplier == l.SupplierID) &&
			(c.Outcome == "" || outcome == l.Outcome)
	}, nil
}

// lines calls visit for one line after another.
type lines func(visit func(*snapshot.Line) error) error

func printLinesCSV(out *bufio.Writer, each lines) error {
	if _, err := out.WriteString(snapshot.CSVHeader); err != nil {
		return err
	}
	var row []byte
	return each(func(l *snapshot.Line) error {
		row = snapshot.AppendCSV(row[:0], *l)
		_, err := out.Write(row)
		return err
	})
}

func printLinesJSON(out *bufio.Writer, each lines) error {
	separator := "[\n"
	err := each(func(l *snapshot.Line) error {
		text, err := json.Marshal(viewLine(l))
		if err != nil {
			return err
		}
		_, err = out.WriteString(separator + string(text))
		separator = ",\n"
		return err
	})
	if err != nil {
		return err
	}
	if separator == "[\n" {
		_, err = out.WriteString("[")
	}
	_, end := out.WriteString("\n]\n")
	return errors.Join(err, end)
}

func printLines(out *bufio.Writer, each lines) error {
	g := newGrid("device", "supplier", "from", "to", ">observed", ">up", ">grace", ">weight", ">job minutes", ">amount", "outcome", "notes")
	err := each(func(l *snapshot.Line) error {
		v := viewLine(l)
		g.add(v.DeviceID, v.SupplierID, utc(v.SpanStart), utc(v.SpanEnd), count(v.Observed), count(v.Up), count(v.Grace),
			millionths(v.WeightMillionths), count(v.JobMinutes), inIO(l.Amount), v.Outcome, strings.Join(v.Notes, " "))
		return nil
	})
	if err != nil {
		return err
	}
	g.print(io.Writer(out))
	return nil
}

// millionths writes a weight with its six places.
func millionths(n int64) string { return fmt.Sprintf("%d.%06d", n/1_000_000, n%1_000_000) }
