package rewards

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) estimates() {
	wire.Read(d.Service, reading("/seasons/{season}/estimate", "get-season-estimate", "Look at a season's estimate",
		"What the season would pay as things stood when a nightly job last computed it. It is no result, and not owed."), payers, d.getEstimate)
	wire.Read(d.Service, reading("/seasons/{season}/estimate/suppliers", "list-estimate-suppliers", "List a season's estimate by supplier",
		"What the lines of each supplier would come to, by supplier id."), payers, d.estimateSuppliers)
	wire.Read(d.Service, reading("/seasons/{season}/estimate/lines", "list-estimate-lines", "List the lines of a season's estimate",
		"Every line of the estimate, by device id and span, with the columns of a snapshot's lines."), payers, d.estimateLines)
}

// estimate is what a season would pay as things stand.
type estimate struct {
	Season    string     `json:"season" example:"ignition-s2" doc:"The season."`
	Estimate  bool       `json:"estimate" example:"true" doc:"Always true: it is no result."`
	AsOf      time.Time  `json:"as_of" example:"2024-05-20T02:00:00Z" doc:"What was recorded by then counts."`
	Points    string     `json:"points" example:"123456789012345678901" doc:"Sum of all points, decimal digits."`
	Allocated wire.Money `json:"allocated" doc:"What the lines would get."`
	Residual  wire.Money `json:"residual" doc:"What would be left of the pool."`
	Lines     int64      `json:"lines" example:"601234" doc:"Its lines."`
	Suppliers int64      `json:"suppliers" example:"20123" doc:"Suppliers with a line."`
	Coverage  coverage   `json:"coverage" doc:"Which of the season's slots were read."`
}

func (d *desk) getEstimate(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *OneSeason) (*body[estimate], error) {
	e, err := snapshot.EstimateOf(ctx, tx, in.Season)
	if err != nil {
		return nil, err
	}
	return &body[estimate]{estimate{
		Season: e.Season, Estimate: true, AsOf: e.AsOf.UTC(), Points: e.Points,
		Allocated: wire.MoneyOf(ledger.Amount(e.Allocated)), Residual: wire.MoneyOf(ledger.Amount(e.Residual)),
		Lines: e.Lines, Suppliers: e.Suppliers, Coverage: coverage{int(e.ObservedSlots), int(e.SeasonSlots)},
	}}, nil
}

// supplierTotal is what a supplier's lines come to.
type supplierTotal struct {
	SupplierID uuid.UUID  `json:"supplier_id" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"The supplier."`
	Lines      int64      `json:"lines" example:"31" doc:"Its lines, whatever their outcome."`
	Eligible   int64      `json:"eligible" example:"29" doc:"Those of them that are eligible."`
	Amount     wire.Money `json:"amount" doc:"What they get."`
}

// supplierTotals is a page of them.
type supplierTotals struct{ wire.Page[supplierTotal] }

// Header names the columns; amounts are base units.
func (supplierTotals) Header() []string {
	return []string{"supplier_id", "lines", "eligible", "amount"}
}

// Rows yields a row a supplier.
func (p supplierTotals) Rows(yield func([]string) bool) {
	for _, t := range p.Items {
		row := []string{t.SupplierID.String(), strconv.FormatInt(t.Lines, 10), strconv.FormatInt(t.Eligible, 10), t.Amount.Amount}
		if !yield(row) {
			return
		}
	}
}

type seasonPage struct {
	OneSeason
	wire.Paging
}

func (d *desk) estimateSuppliers(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *seasonPage) (*table[supplierTotals], error) {
	if _, err := snapshot.EstimateOf(ctx, tx, in.Season); err != nil {
		return nil, err
	}
	return pageOfTotals(in.Paging, func(after uuid.UUID, limit int) ([]snapshot.SupplierTotal, error) {
		return snapshot.EstimatedTotalsAfter(ctx, tx, in.Season, after, limit)
	})
}

// pageOfTotals is a page of what select returns of those behind an id.
func pageOfTotals(p wire.Paging, read func(after uuid.UUID, limit int) ([]snapshot.SupplierTotal, error)) (*table[supplierTotals], error) {
	after := uuid.Nil
	at, err := wire.ParseCursor(p.Cursor, 1)
	if err == nil && at != nil {
		after, err = parseID(at[0])
	}
	if err != nil {
		return nil, err
	}
	totals, err := read(after, p.Limit+1)
	if err != nil {
		return nil, err
	}
	views := make([]supplierTotal, len(totals))
	for i, t := range totals {
		views[i] = supplierTotal{t.SupplierID, t.Lines, t.Eligible, wire.MoneyOf(ledger.Amount(t.Amount))}
	}
	page := wire.PageOf(views, p.Limit, func(last supplierTotal) string { return wire.Cursor(last.SupplierID.String()) })
	return &table[supplierTotals]{page.NextCursor, supplierTotals{page}}, nil
}

type estimateLines struct {
	OneSeason
	LineQuery
}

func (d *desk) estimateLines(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *estimateLines) (*table[linePage], error) {
	if _, err := snapshot.EstimateOf(ctx, tx, in.Season); err != nil {
		return nil, err
	}
	return in.LineQuery.page(func(f snapshot.LineFilter, after snapshot.LineKey, limit int) ([]snapshot.Line, error) {
		return snapshot.EstimatedAfter(ctx, tx, in.Season, f, after, limit)
	})
}
