package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

type seasonEstimate struct {
	Code     string     `arg:"" help:"Code of the season."`
	Now      bool       `help:"Compute it now; without it, the one that stands."`
	Supplier *uuid.UUID `placeholder:"ID" help:"Only the lines of this supplier."`
	Device   *uuid.UUID `placeholder:"ID" help:"Only the lines of this device."`
	CSV      bool       `name:"csv" help:"Print the lines as CSV."`
}

// estimateView is what a season would pay as things stand, as --json prints it.
type estimateView struct {
	Season    string             `json:"season"`
	Estimate  bool               `json:"estimate"` // always true: it is no result
	AsOf      time.Time          `json:"as_of"`
	Allocated ledger.Amount      `json:"allocated"`
	Residual  ledger.Amount      `json:"residual"`
	Lines     int64              `json:"lines"`
	Suppliers int64              `json:"suppliers"`
	Observed  int32              `json:"observed"` // of the season's slots
	Slots     int32              `json:"slots"`
	Amounts   []estimatedAmount  `json:"amounts,omitempty"` // by supplier
	Selected  []estimateLineView `json:"selected,omitempty"`
}

type estimatedAmount struct {
	Supplier uuid.UUID     `json:"supplier"`
	Amount   ledger.Amount `json:"amount"`
}

type estimateLineView struct {
	Device   uuid.UUID        `json:"device"`
	Supplier uuid.UUID        `json:"supplier"`
	From     time.Time        `json:"from"`
	To       time.Time        `json:"to"` // exclusive
	Observed int32            `json:"observed"`
	Credited int32            `json:"credited"`
	Amount   ledger.Amount    `json:"amount"`
	Outcome  snapshot.Outcome `json:"outcome"`
	Notes    string           `json:"notes"`
}

// Run shows the season's estimate, by supplier or for one supplier or device.
func (c seasonEstimate) Run(ctx context.Context, a *app) error {
	return a.withDatabase(ctx, func(db *database) error {
		if c.Now {
			if a.DryRun {
				return usage("--now writes the estimate: leave out --dry-run")
			}
			if _, err := snapshot.Reestimate(ctx, db.pool, c.Code); err != nil {
				return err
			}
		}
		return pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			return c.show(ctx, tx, a)
		})
	})
}

func (c seasonEstimate) show(ctx context.Context, tx pgx.Tx, a *app) error {
	e, err := snapshot.EstimateOf(ctx, tx, c.Code)
	if err != nil {
		return err
	}
	if c.CSV {
		return c.printCSV(ctx, tx, a)
	}
	view := estimateView{
		Season: e.Season, Estimate: true, AsOf: e.AsOf.UTC(), Allocated: ledger.Amount(e.Allocated), Residual: ledger.Amount(e.Residual),
		Lines: e.Lines, Suppliers: e.Suppliers, Observed: e.ObservedSlots, Slots: e.SeasonSlots,
	}
	if c.Supplier == nil && c.Device == nil {
		amounts, err := snapshot.EstimatedSuppliers(ctx, tx, c.Code)
		if err != nil {
			return err
		}
		for _, s := range amounts {
			view.Amounts = append(view.Amounts, estimatedAmount{s.SupplierID, ledger.Amount(s.Amount)})
		}
	} else if err := snapshot.EachEstimated(ctx, tx, c.Code, c.Supplier, c.Device, func(l *snapshot.Line) error {
		view.Selected = append(view.Selected, viewEstimated(l))
		return nil
	}); err != nil {
		return err
	}
	return a.show(view, func(out io.Writer) { a.printEstimate(out, view) })
}

func viewEstimated(l *snapshot.Line) estimateLineView {
	return estimateLineView{
		Device: l.DeviceID, Supplier: l.SupplierID, From: l.Span.From.Start(), To: l.Span.To.Start(), Observed: l.Observed,
		Credited: l.Credited(), Amount: ledger.Amount(l.Amount), Outcome: l.Outcome, Notes: l.Notes.String(),
	}
}

func (c seasonEstimate) printCSV(ctx context.Context, tx pgx.Tx, a *app) error {
	out := bufio.NewWriter(a.out)
	if _, err := out.WriteString(snapshot.CSVHeader); err != nil {
		return err
	}
	var row []byte
	if err := snapshot.EachEstimated(ctx, tx, c.Code, c.Supplier, c.Device, func(l *snapshot.Line) error {
		row = snapshot.AppendCSV(row[:0], *l)
		_, err := out.Write(row)
		return err
	}); err != nil {
		return err
	}
	return out.Flush()
}

func (a *app) printEstimate(out io.Writer, v estimateView) {
	fmt.Fprintf(out, "%s ESTIMATE as of %s: not a result, and not owed\n\n", a.bold(v.Season), utc(v.AsOf))
	fmt.Fprintf(out, "  %s would be allocated over %s lines of %s suppliers; %s of %s slots observed\n\n",
		inIO(int64(v.Allocated)), count(v.Lines), count(v.Suppliers), count(v.Observed), count(v.Slots))
	if v.Selected != nil {
		g := newGrid("device", "from", "to", ">observed", ">credited", ">estimate", "outcome", "notes")
		for _, l := range v.Selected {
			g.add(l.Device, utc(l.From), utc(l.To), count(l.Observed), count(l.Credited), inIO(int64(l.Amount)), l.Outcome, l.Notes)
		}
		g.print(out)
		return
	}
	g := newGrid("supplier", ">estimate")
	for _, s := range v.Amounts {
		g.add(s.Supplier, inIO(int64(s.Amount)))
	}
	g.print(out)
}
