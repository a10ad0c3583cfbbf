package rewards

import (
	"bytes"
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) diffs() {
	all := reading("/snapshots/{season}/{revision}/diff", "get-snapshot-diff", "Compare two revisions",
		"What one revision gives more or less than another one of its season, and by which causes. The causes explain all of it, to the unit.")
	suppliers := reading("/snapshots/{season}/{revision}/diff/suppliers", "list-diff-suppliers", "Compare two revisions by supplier",
		"What each supplier with a line that differs gets in the one and in the other, and by which causes, by supplier id.")
	lines := reading("/snapshots/{season}/{revision}/diff/lines", "list-diff-lines", "List the lines that differ",
		"Every line that differs, by device id and first slot, with its way from the one revision to the other. As CSV, the table that the command line prints.")
	for _, op := range []*map[string]any{&all.Metadata, &suppliers.Metadata, &lines.Metadata} {
		*op = map[string]any{wire.Long: computing}
	}
	wire.Read(d.Service, all, payers, d.getDiff)
	wire.Read(d.Service, suppliers, payers, d.diffSuppliers)
	wire.Read(d.Service, lines, payers, d.diffLines)
}

// Against is what a revision is compared with.
type Against struct {
	OneRevision
	Against int `query:"against" required:"true" minimum:"1" maximum:"2147483647" example:"1" doc:"The revision of the season to begin with."`
}

// diff leads from the one revision to the other.
func (in Against) diff(ctx context.Context, tx pgx.Tx, d *desk) (*snapshot.Difference, error) {
	after, err := in.find(ctx, tx)
	if err != nil {
		return nil, err
	}
	before, err := snapshot.Find(ctx, tx, fmt.Sprintf("%s/r%d", in.Season, in.Against))
	if err != nil {
		return nil, err
	}
	leave, err := d.alone()
	if err != nil {
		return nil, err
	}
	defer leave()
	return snapshot.Diff(ctx, tx, before, after)
}

type getDiff struct {
	Against
	Supplier uuid.UUID `query:"supplier" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"Only what changed for this supplier."`
}

func (d *desk) getDiff(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *getDiff) (*body[difference], error) {
	diff, err := in.diff(ctx, tx, d)
	if err != nil {
		return nil, err
	}
	v, err := viewDifference(diff, orNone(in.Supplier))
	return &body[difference]{v}, err
}

type diffSuppliers struct {
	Against
	wire.Paging
}

func (d *desk) diffSuppliers(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *diffSuppliers) (*table[supplierDiffPage], error) {
	after := uuid.Nil
	at, err := wire.ParseCursor(in.Cursor, 1)
	if err == nil && at != nil {
		after, err = parseID(at[0])
	}
	if err != nil {
		return nil, err
	}
	diff, err := in.diff(ctx, tx, d)
	if err != nil {
		return nil, err
	}
	views := []supplierDiff{}
	for _, s := range diff.Suppliers { // by id
		if len(views) <= in.Limit && bytes.Compare(s.SupplierID[:], after[:]) > 0 {
			views = append(views, viewSupplierDiff(s))
		}
	}
	page := wire.PageOf(views, in.Limit, func(last supplierDiff) string { return wire.Cursor(last.SupplierID.String()) })
	return &table[supplierDiffPage]{page.NextCursor, supplierDiffPage{page}}, nil
}

type diffLines struct {
	Against
	Supplier uuid.UUID `query:"supplier" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"Only lines that are this supplier's before or after any step."`
	ManyRows
}

func (d *desk) diffLines(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *diffLines) (*table[changedPage], error) {
	after, err := parseLineKey(in.Cursor)
	if err != nil {
		return nil, err
	}
	diff, err := in.diff(ctx, tx, d)
	if err != nil {
		return nil, err
	}
	p := changedPage{Page: wire.Page[changedLine]{Items: []changedLine{}}}
	err = diff.Each(func(l *snapshot.ChangedLine) error {
		switch key := (snapshot.LineKey{DeviceID: l.DeviceID, First: l.First}); {
		case in.Supplier != uuid.Nil && !l.Of(in.Supplier), key.Compare(after) <= 0, p.NextCursor != "":
		case len(p.Items) == in.Limit:
			p.NextCursor = lineCursor(p.last)
		default:
			p.add(l, key)
		}
		return nil
	})
	return &table[changedPage]{p.NextCursor, p}, err
}
