package rewards

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

func (d *desk) lines() {
	wire.Read(d.Service, reading("/snapshots/{season}/{revision}/lines", "list-snapshot-lines", "List the lines of a revision",
		"Every line by device id and span: figures, outcome and notes. As CSV, the pages one after the other are the table that the command line prints."),
		payers, d.snapshotLines)
	wire.Read(d.Service, reading("/snapshots/{season}/{revision}/suppliers", "list-snapshot-suppliers", "List a revision by supplier",
		"What the lines of each supplier come to, by supplier id."), payers, d.snapshotSuppliers)
}

// line is a device's result for a run of slots with one owner.
type line struct {
	DeviceID         uuid.UUID  `json:"device_id" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"The device."`
	SupplierID       uuid.UUID  `json:"supplier_id" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"Its owner over the span."`
	SpanStart        time.Time  `json:"span_start" example:"2023-11-04T00:00:00Z" doc:"First slot of the span."`
	SpanEnd          time.Time  `json:"span_end" example:"2024-04-26T00:00:00Z" doc:"End of the span, exclusive."`
	Observed         int32      `json:"observed" example:"50388" doc:"Slots that were read and count."`
	Up               int32      `json:"up" example:"49000" doc:"Slots of them that the device was up."`
	Grace            int32      `json:"grace" example:"120" doc:"Slots credited although it was not up."`
	Credited         int32      `json:"credited" example:"49120" doc:"Slots that are paid for: up and grace."`
	WeightMillionths int64      `json:"weight_millionths" example:"8500000" doc:"What a slot weighs, in millionths."`
	JobMinutes       int64      `json:"job_minutes" example:"1440" doc:"Minutes of jobs."`
	Points           string     `json:"points" example:"2087600000000000" doc:"Points, decimal digits; 0 unless eligible."`
	Amount           wire.Money `json:"amount" doc:"What the line gets; 0 unless eligible."`
	Outcome          string     `json:"outcome" example:"eligible" doc:"Why it is paid, or is not."`
	Notes            []string   `json:"notes" nullable:"false" example:"[\"grace_applied\"]" doc:"What else is to be known of it."`
}

func viewLine(l *snapshot.Line) line {
	v := line{
		DeviceID: l.DeviceID, SupplierID: l.SupplierID, SpanStart: l.Span.From.Start(), SpanEnd: l.Span.To.Start(),
		Observed: l.Observed, Up: l.Up, Grace: l.Grace, Credited: l.Credited(), WeightMillionths: l.WeightMillionths,
		JobMinutes: l.JobMinutes, Points: strconv.FormatInt(l.Points, 10), Amount: wire.MoneyOf(ledger.Amount(l.Amount)),
		Outcome: l.Outcome.String(), Notes: []string{},
	}
	for _, note := range l.Notes.Reasons() {
		v.Notes = append(v.Notes, note.Code)
	}
	return v
}

// linePage is a page of lines; as a table, with the columns of the command line.
type linePage struct {
	wire.Page[line]
	rows []snapshot.Line
}

// Header names the columns.
func (linePage) Header() []string { return cells(snapshot.CSVHeader) }

// Rows yields a row a line.
func (p linePage) Rows(yield func([]string) bool) {
	var row []byte
	for i := range p.rows {
		row = snapshot.AppendCSV(row[:0], p.rows[i])
		if !yield(cells(string(row))) {
			return
		}
	}
}

// cells are those of a row of CSV in which no field needs quotes.
func cells(row string) []string { return strings.Split(strings.TrimSuffix(row, "\n"), ",") }

// ManyRows is the paging of what has a row a device: its pages may be long.
type ManyRows struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"10000" default:"200" doc:"Most items of the page."`
	Cursor string `query:"cursor" maxLength:"512" pattern:"^[A-Za-z0-9_-]*$" doc:"Where the page begins: next_cursor of the page before. Keep the other parameters as they were."`
}

// LineQuery says which lines are asked for.
type LineQuery struct {
	Device   uuid.UUID `query:"device" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"Only lines of this device."`
	Supplier uuid.UUID `query:"supplier" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"Only lines of this supplier."`
	Outcome  string    `query:"outcome" maxLength:"40" pattern:"^[a-z_]+$" example:"eligible" doc:"Only lines with this outcome."`
	ManyRows
}

func (q LineQuery) filter() (f snapshot.LineFilter, err error) {
	f.Device, f.Supplier = orNone(q.Device), orNone(q.Supplier)
	if q.Outcome != "" {
		if f.Outcome, err = snapshot.ParseOutcome(q.Outcome); err != nil {
			return f, invalid("query.outcome", err)
		}
	}
	return f, nil
}

// orNone returns the id; nil, if it was not given.
func orNone(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// page is a page of what read returns of the lines behind a key.
func (q LineQuery) page(read func(f snapshot.LineFilter, after snapshot.LineKey, limit int) ([]snapshot.Line, error)) (*table[linePage], error) {
	f, err := q.filter()
	if err != nil {
		return nil, err
	}
	after, err := parseLineKey(q.Cursor)
	if err != nil {
		return nil, err
	}
	lines, err := read(f, after, q.Limit+1)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(lines) > q.Limit {
		lines = lines[:q.Limit]
		next = lineCursor(lines[q.Limit-1].Key())
	}
	p := linePage{Page: wire.Page[line]{Items: make([]line, len(lines)), NextCursor: next}, rows: lines}
	for i := range lines {
		p.Items[i] = viewLine(&lines[i])
	}
	return &table[linePage]{next, p}, nil
}

func lineCursor(k snapshot.LineKey) string {
	return wire.Cursor(k.DeviceID.String(), strconv.FormatInt(int64(k.First), 10))
}

// parseLineKey reads what lineCursor wrote; an empty one is before every line.
func parseLineKey(cursor string) (k snapshot.LineKey, err error) {
	at, err := wire.ParseCursor(cursor, 2)
	if err != nil || at == nil {
		return k, err
	}
	if k.DeviceID, err = parseID(at[0]); err != nil {
		return k, err
	}
	first, err := strconv.ParseInt(at[1], 10, 64)
	if err != nil {
		return k, wire.BadCursor
	}
	k.First = uptime.Slot(first)
	return k, nil
}

type snapshotLines struct {
	OneRevision
	LineQuery
}

func (d *desk) snapshotLines(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *snapshotLines) (*table[linePage], error) {
	s, err := in.find(ctx, tx)
	if err != nil {
		return nil, err
	}
	return in.LineQuery.page(func(f snapshot.LineFilter, after snapshot.LineKey, limit int) ([]snapshot.Line, error) {
		return snapshot.LinesAfter(ctx, tx, s, f, after, limit)
	})
}

type snapshotSuppliers struct {
	OneRevision
	wire.Paging
}

func (d *desk) snapshotSuppliers(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *snapshotSuppliers) (*table[supplierTotals], error) {
	s, err := in.find(ctx, tx)
	if err != nil {
		return nil, err
	}
	return pageOfTotals(in.Paging, func(after uuid.UUID, limit int) ([]snapshot.SupplierTotal, error) {
		return snapshot.SupplierTotalsAfter(ctx, tx, s, after, limit)
	})
}
