package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

// snapshotView is a revision as `snapshot show --json` prints it; amounts are
// strings of base units.
type snapshotView struct {
	Season    string                     `json:"season"`
	Revision  int                        `json:"revision"`
	State     string                     `json:"state"`
	AsOf      time.Time                  `json:"as_of"`
	Pool      ledger.Amount              `json:"pool"`
	Allocated ledger.Amount              `json:"allocated"`
	Residual  ledger.Amount              `json:"residual"`        // pool + drawn = allocated + residual
	Drawn     *ledger.Amount             `json:"drawn,omitempty"` // of a correction: from the reserve so far
	Lines     int64                      `json:"lines"`
	Suppliers int64                      `json:"suppliers"` // with a line, whatever its outcome
	Outcomes  map[snapshot.Outcome]int64 `json:"outcomes"`  // lines of each that occurs
	Coverage  struct {
		Observed int32 `json:"observed"`
		Slots    int32 `json:"slots"`
	} `json:"coverage"`
	Guards []guardView `json:"guards"`
	Digest string      `json:"digest"`
}

// viewSnapshot reads a revision's figures.
func viewSnapshot(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot) (snapshotView, []snapshot.OutcomeTotal, error) {
	season, err := snapshot.SeasonByCode(ctx, tx, s.Season)
	if err != nil {
		return snapshotView{}, nil, err
	}
	totals, err := snapshot.OutcomeTotals(ctx, tx, s)
	if err != nil {
		return snapshotView{}, nil, err
	}
	v := snapshotView{
		Season: s.Season, Revision: s.Revision, State: string(s.State), AsOf: s.AsOf.UTC(), Pool: ledger.Amount(season.Pool),
		Allocated: ledger.Amount(s.Allocated), Residual: ledger.Amount(s.Residual), Lines: s.Lines, Suppliers: s.Suppliers,
		Outcomes: map[snapshot.Outcome]int64{}, Guards: []guardView{}, Digest: hex.EncodeToString(s.Digest),
	}
	if s.Corrects != nil {
		v.Drawn = new(ledger.Amount(s.Drawn))
	}
	if s.Digest != nil {
		if v.Guards, err = viewGuards(ctx, tx, s); err != nil {
			return v, nil, err
		}
	}
	v.Coverage.Observed, v.Coverage.Slots = s.ObservedSlots, s.SeasonSlots
	for _, t := range totals {
		v.Outcomes[t.Outcome] = t.Lines
	}
	return v, totals, nil
}

// showSnapshot prints the figures of a revision.
func (a *app) showSnapshot(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot) error {
	view, totals, err := viewSnapshot(ctx, tx, s)
	if err != nil {
		return err
	}
	names, err := readNames(ctx, tx, &s.TakenBy, s.DecidedBy, s.SealedBy)
	if err != nil {
		return err
	}
	return a.show(view, func(out io.Writer) {
		fmt.Fprintf(out, "%s is %s%s\n\n", s.Name(), s.State, estimateText(s.Estimate))
		printFigures(out, s, view, names)
		if len(totals) > 0 {
			fmt.Fprintln(out)
			printOutcomes(out, totals, s)
		}
		if len(view.Guards) > 0 {
			fmt.Fprintln(out)
			printBoard(out, view.Guards)
		}
	})
}

func printFigures(out io.Writer, s snapshot.Snapshot, v snapshotView, names personNames) {
	rows := [][2]string{
		{"as of", utc(v.AsOf)},
		{"taken by", names.of(s.TakenBy)},
		{"pool", inIO(int64(v.Pool))},
		{"allocated", inIO(s.Allocated)},
		{"residual", inIO(s.Residual)},
		{"points", grouped(s.Points)},
		{"lines", fmt.Sprintf("%s, of %s suppliers", count(s.Lines), count(s.Suppliers))},
		{"coverage", fmt.Sprintf("%s of %s slots observed", count(s.ObservedSlots), count(s.SeasonSlots))},
		{"digest", v.Digest},
	}
	if s.Corrects != nil {
		rows = append(rows, [2]string{"drawn", inIO(s.Drawn) + " from the reserve, by corrections so far"})
	}
	if s.DecidedBy != nil {
		rows = append(rows, [2]string{"decided by", names.of(*s.DecidedBy) + ", " + utcOr(s.DecidedAt, "") + ": " + s.Decision})
	}
	if s.SealedBy != nil {
		rows = append(rows, [2]string{"sealed by", names.of(*s.SealedBy) + ", " + utcOr(s.SealedAt, "")})
	}
	if s.Failure != "" {
		rows = append(rows, [2]string{"failure", s.Failure})
	}
	for _, row := range rows {
		fmt.Fprintf(out, "  %-18s %s\n", row[0], row[1])
	}
}

// printOutcomes is the table of outcomes, with its sum.
func printOutcomes(out io.Writer, totals []snapshot.OutcomeTotal, s snapshot.Snapshot) {
	g := newGrid("outcome", ">lines", ">amount")
	for _, t := range totals {
		g.add(t.Outcome, count(t.Lines), inIO(t.Amount))
	}
	g.AppendFooter([]any{"", count(s.Lines), inIO(s.Allocated)})
	g.print(out)
}
