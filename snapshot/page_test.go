package snapshot_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

// pages reads lines page by page.
func pages(read func(after snapshot.LineKey) []snapshot.Line) (all []snapshot.Line) {
	for after := (snapshot.LineKey{}); ; {
		page := read(after)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		after = all[len(all)-1].Key()
	}
}

// Pages of any length, one after the other, are all lines in their order; of a filter,
// those that it means.
func TestPagesAreAllLinesInTheirOrder(t *testing.T) {
	t.Parallel()
	o := newVillage().settle(t)
	s := o.take(villageSeason.Code)
	_, err := snapshot.Reestimate(t.Context(), o.App, villageSeason.Code)
	o.check(err)
	for name, f := range map[string]snapshot.LineFilter{
		"all":           {},
		"of a device":   {Device: new(deviceID(sold))},
		"of a supplier": {Supplier: new(supplierID(0))},
		"of an outcome": {Outcome: snapshot.OutcomeSpoofed},
		"of nobody":     {Supplier: new(uuid.New())},
	} {
		o.tx(func(ctx context.Context, tx pgx.Tx) error {
			var want []snapshot.Line
			o.check(snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
				if (f.Device == nil || *f.Device == l.DeviceID) && (f.Supplier == nil || *f.Supplier == l.SupplierID) && (f.Outcome == 0 || f.Outcome == l.Outcome) {
					want = append(want, *l)
				}
				return nil
			}))
			for limit := 1; limit <= 10; limit++ {
				got := pages(func(after snapshot.LineKey) []snapshot.Line {
					lines, err := snapshot.LinesAfter(ctx, tx, s, f, after, limit)
					o.check(err)
					return lines
				})
				estimated := pages(func(after snapshot.LineKey) []snapshot.Line {
					lines, err := snapshot.EstimatedAfter(ctx, tx, villageSeason.Code, f, after, limit)
					o.check(err)
					return lines
				})
				if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(estimated, want) {
					t.Errorf("%s, by %d: %v and %v, want %v", name, limit, got, estimated, want)
				}
			}
			return nil
		})
	}
}

// Totals by supplier add up to the revision.
func TestTotalsAreAllOfTheRevision(t *testing.T) {
	t.Parallel()
	o := newVillage().settle(t)
	s := o.take(villageSeason.Code)
	_, err := snapshot.Reestimate(t.Context(), o.App, villageSeason.Code)
	o.check(err)
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		all, err := snapshot.SupplierTotalsAfter(ctx, tx, s, uuid.Nil, 100)
		o.check(err)
		estimated, err := snapshot.EstimatedTotalsAfter(ctx, tx, villageSeason.Code, uuid.Nil, 100)
		o.check(err)
		var lines, eligible, amount int64
		for i, one := range all {
			lines, eligible, amount = lines+one.Lines, eligible+one.Eligible, amount+one.Amount
			page, err := snapshot.SupplierTotalsAfter(ctx, tx, s, one.SupplierID, 1)
			o.check(err)
			if i+1 < len(all) && (len(page) != 1 || page[0] != all[i+1]) {
				t.Errorf("behind %v: %v", one, page)
			}
		}
		var paid int64
		totals, err := snapshot.OutcomeTotals(ctx, tx, s)
		for _, o := range totals {
			if o.Outcome == snapshot.OutcomeEligible {
				paid = o.Lines
			}
		}
		if lines != s.Lines || amount != s.Allocated || eligible != paid || int64(len(all)) != s.Suppliers || !reflect.DeepEqual(all, estimated) {
			t.Errorf("%v, and estimated %v, of %+v", all, estimated, s)
		}
		return err
	})
}
