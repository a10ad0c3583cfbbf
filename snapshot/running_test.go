package snapshot_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

// reestimate computes the season's estimate and returns its lines as CSV.
func (o *office) reestimate(season string) (e snapshot.Estimate, lines string) {
	o.t.Helper()
	e, err := snapshot.Reestimate(o.t.Context(), o.App, season)
	o.check(err)
	var text []byte
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		kept, err := snapshot.EstimateOf(ctx, tx, season)
		if err == nil && !kept.AsOf.Equal(e.AsOf) {
			o.t.Errorf("the estimate kept is as of %s, not %s", kept.AsOf, e.AsOf)
		}
		return errors.Join(err, snapshot.EachEstimated(ctx, tx, season, nil, nil, func(l *snapshot.Line) error {
			text = snapshot.AppendCSV(text, *l)
			return nil
		}))
	})
	return e, string(text)
}

// An estimate is what a revision would be, is replaced whole, and moves no money.
func TestEstimate(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o := v.settle(t)
	books := o.books()
	missing := o.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := snapshot.EstimateOf(ctx, tx, v.season.Code)
		return err
	})
	wantError(t, "an estimate that never was", missing, snapshot.ErrNotFound)

	first, lines := o.reestimate(v.season.Code)
	s := o.take(v.season.Code)
	if lines != o.lines(s) || first.Allocated != s.Allocated || first.Residual != s.Residual || first.Points != s.Points || first.Lines != s.Lines {
		t.Errorf("estimate %+v\n%swant as %+v\n%s", first, lines, s, o.lines(s))
	}

	o.network.do(func(f *facts) { f.verdict(outaged, "spoofed", may(2, 20)) })
	o.syncVerdicts()
	second, again := o.reestimate(v.season.Code)
	s = o.take(v.season.Code)
	if again == lines || again != o.lines(s) || !second.AsOf.After(first.AsOf) {
		t.Errorf("the second estimate:\n%swant\n%s", again, o.lines(s))
	}
	if rows := o.text(`SELECT count(*)::text FROM estimate_line`); rows != o.text(`SELECT lines::text FROM estimate`) {
		t.Errorf("%s lines of both estimates are kept", rows)
	}
	supplier := supplierID(steady / 2)
	var own int
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachEstimated(ctx, tx, v.season.Code, &supplier, nil, func(l *snapshot.Line) error {
			own++
			if l.SupplierID != supplier {
				t.Errorf("a line of %s for %s", l.SupplierID, supplier)
			}
			return nil
		})
	})
	if own == 0 || !slices.Equal(books, o.books()) {
		t.Errorf("%d lines of the supplier; books\n%v\nwere\n%v", own, o.books(), books)
	}
	o.refused(notAllowed, `DELETE FROM estimate_line`)
	o.refused(notAllowed, `UPDATE estimate SET allocated = 0`)
}

// Estimated are the seasons that have begun and are not sealed.
func TestRunning(t *testing.T) {
	t.Parallel()
	o := newVillage().settle(t)
	running := func(now time.Time) (codes []string) {
		o.tx(func(ctx context.Context, tx pgx.Tx) error {
			seasons, err := snapshot.Running(ctx, tx, now)
			for _, s := range seasons {
				codes = append(codes, s.Code)
			}
			return err
		})
		return codes
	}
	if codes := running(villageSeason.FirstDay.Add(-1)); codes != nil {
		t.Errorf("before the season: %v", codes)
	}
	if codes := running(villageSeason.FirstDay); !slices.Equal(codes, []string{villageSeason.Code}) {
		t.Errorf("in the season: %v", codes)
	}
	o.readDays(villageSeason)
	o.fund(villageSeason, villageSeason.Pool)
	s := o.take(villageSeason.Code)
	o.approve(s)
	_, err := o.seal(s)
	o.check(err)
	if codes := running(may(30, 0)); codes != nil {
		t.Errorf("after the seal: %v", codes)
	}
}
