package rewards

import (
	"bytes"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

// difference is what one revision has more or less than another, in sum.
type difference struct {
	A        string      `json:"a" example:"ignition-s1/r1" doc:"Revision to begin with."`
	B        string      `json:"b" example:"ignition-s1/r2" doc:"Revision to end with."`
	Supplier *uuid.UUID  `json:"supplier,omitempty" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"Whose figures all are, if one was asked for."`
	Before   wire.Money  `json:"before" doc:"Allocated by a."`
	After    wire.Money  `json:"after" doc:"Allocated by b."`
	Change   wire.Money  `json:"change" doc:"The sum of the causes' net."`
	Changed  int64       `json:"changed" example:"1200" doc:"Lines that differ in anything."`
	Causes   []causeDiff `json:"causes" nullable:"false" doc:"Causes that changed any of them."`
}

// causeDiff is what one cause did.
type causeDiff struct {
	Cause     string     `json:"cause" example:"grace" doc:"The cause."`
	Meaning   string     `json:"meaning" example:"grace windows were approved, or no longer count" doc:"What it is."`
	Lines     int64      `json:"lines" example:"1000" doc:"Lines that it changed."`
	Suppliers int64      `json:"suppliers" example:"300" doc:"Suppliers that it concerns."`
	Gained    wire.Money `json:"gained" doc:"What suppliers got more by it."`
	Lost      wire.Money `json:"lost" doc:"What suppliers got less by it; at least 0."`
	Net       wire.Money `json:"net" doc:"Gained less lost."`
}

func viewDifference(d *snapshot.Difference, supplier *uuid.UUID) (difference, error) {
	v := difference{
		A: d.A.Name(), B: d.B.Name(), Supplier: supplier, Changed: d.Lines, Causes: []causeDiff{},
		Before: money(d.A.Allocated), After: money(d.B.Allocated), Change: money(d.B.Allocated - d.A.Allocated),
	}
	causes := d.Causes
	if supplier != nil {
		v.Before, v.After, v.Change = money(0), money(0), money(0)
		var err error
		if causes, v.Changed, err = d.Of(*supplier); err != nil {
			return v, err
		}
	}
	for _, t := range causes {
		v.Causes = append(v.Causes, causeDiff{
			t.Cause.String(), t.Cause.Meaning(), t.Lines, t.Suppliers, money(t.Gained), money(t.Lost), money(t.Net()),
		})
	}
	for _, s := range d.Suppliers {
		if supplier != nil && *supplier == s.SupplierID {
			v.Before, v.After, v.Change = money(s.Before), money(s.After), money(s.After-s.Before)
		}
	}
	return v, nil
}

// money is an amount of base units as it goes out.
func money(units int64) wire.Money { return wire.MoneyOf(ledger.Amount(units)) }

// supplierDiff is what a supplier gets in the one and in the other revision.
type supplierDiff struct {
	SupplierID uuid.UUID             `json:"supplier_id" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"The supplier."`
	Before     wire.Money            `json:"before" doc:"What it gets in a."`
	After      wire.Money            `json:"after" doc:"What it gets in b."`
	Change     wire.Money            `json:"change" doc:"The difference: the sum of the causes."`
	Causes     map[string]wire.Money `json:"causes" doc:"What each cause changed."`
}

func viewSupplierDiff(s snapshot.SupplierCauses) supplierDiff {
	v := supplierDiff{s.SupplierID, money(s.Before), money(s.After), money(s.After - s.Before), map[string]wire.Money{}}
	for cause, change := range s.Changes {
		v.Causes[cause.String()] = money(change)
	}
	return v
}

// supplierDiffPage is a page of them; as a table, with a column a cause.
type supplierDiffPage struct{ wire.Page[supplierDiff] }

// Header names the columns; amounts are base units.
func (supplierDiffPage) Header() []string {
	header := []string{"supplier_id", "before", "after", "change"}
	for _, cause := range snapshot.Causes() {
		header = append(header, cause.String())
	}
	return header
}

// Rows yields a row a supplier; a cause that does not concern it is empty.
func (p supplierDiffPage) Rows(yield func([]string) bool) {
	for _, s := range p.Items {
		row := []string{s.SupplierID.String(), s.Before.Amount, s.After.Amount, s.Change.Amount}
		for _, cause := range snapshot.Causes() {
			row = append(row, s.Causes[cause.String()].Amount)
		}
		if !yield(row) {
			return
		}
	}
}

// changedLine is a line that differs, with its way from the one revision to the other.
type changedLine struct {
	DeviceID  uuid.UUID  `json:"device_id" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"The device."`
	SpanStart time.Time  `json:"span_start" example:"2023-11-04T00:00:00Z" doc:"First slot of the line."`
	Change    wire.Money `json:"change" doc:"What it gets more or less."`
	Before    *line      `json:"before,omitempty" doc:"The line in a; absent if it is not there."`
	After     *line      `json:"after,omitempty" doc:"The line in b; absent if it is not there."`
	Steps     []step     `json:"steps" nullable:"false" doc:"What each cause made of it, in order."`
}

// step is what one cause made of a line.
type step struct {
	Cause  string     `json:"cause" example:"grace" doc:"The cause."`
	Change wire.Money `json:"change" doc:"What the line gets more or less by it."`
	After  *line      `json:"after,omitempty" doc:"The line after it; absent if it is not there then."`
}

// changedPage is a page of lines that differ; as a table, a row a step.
type changedPage struct {
	wire.Page[changedLine]
	rows []byte // CSV without its header
	last snapshot.LineKey
}

func (p *changedPage) add(l *snapshot.ChangedLine, key snapshot.LineKey) {
	v := changedLine{
		DeviceID: l.DeviceID, SpanStart: l.First.Start(), Change: money(l.Change()),
		Before: lineOrNone(l.Before()), After: lineOrNone(l.After()), Steps: []step{},
	}
	for _, s := range l.Steps {
		v.Steps = append(v.Steps, step{s.Cause.String(), money(s.Change()), lineOrNone(s.After)})
	}
	p.Items, p.rows, p.last = append(p.Items, v), l.AppendCSV(p.rows), key
}

func lineOrNone(l snapshot.Line) *line {
	if l.Span.Empty() {
		return nil
	}
	return new(viewLine(&l))
}

// Header names the columns.
func (changedPage) Header() []string { return cells(snapshot.DiffCSVHeader) }

// Rows yields a row a line and step.
func (p changedPage) Rows(yield func([]string) bool) {
	for row := range bytes.Lines(p.rows) {
		if !yield(cells(string(row))) {
			return
		}
	}
}
