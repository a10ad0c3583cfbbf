package snapshot_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/reconcile"
)

// compare reads what the network counts in the season.
func (o *office) compare(s snapshot.Season) {
	o.t.Helper()
	refusal, err := reconcile.Read(o.t.Context(), o.App, o.feed, s.Span(), afterwards)
	if o.check(err); refusal != "" {
		o.t.Fatal(refusal)
	}
}

// bars fails unless the guard of the ingest, and it alone, bars the approved revision.
func (o *office) bars(s snapshot.Snapshot, figure string) {
	o.t.Helper()
	board := o.board(s)
	g := board["ingest_reconciled"]
	if g.Verdict != snapshot.GuardFailed || g.Firm || !strings.HasPrefix(g.Figure, figure) || !strings.Contains(g.Remedy, "`uptally reconcile ingest --season "+s.Season+"`") {
		o.t.Errorf("the guard says %+v, want %s", g, figure)
	}
	for _, other := range board {
		if other.Verdict == snapshot.GuardFailed && other.Code != g.Code {
			o.t.Errorf("another bars it, too: %+v", other)
		}
	}
	_, err := o.seal(s)
	wantError(o.t, "sealing", err, snapshot.ErrGuard)
	if err != nil && !strings.Contains(err.Error(), "ingest_reconciled ("+figure) {
		o.t.Errorf("refused with %v", err)
	}
}

func (o *office) approved(season string) snapshot.Snapshot {
	o.t.Helper()
	s := o.take(season)
	o.approve(s)
	return o.at(s.ID, snapshot.Approved)
}

// lateVillage is a village of which the network found a device's heartbeats after
// its hours were closed: ten slots of them, of the season.
func lateVillage(t *testing.T) (*village, *office, uptime.Span) {
	t.Helper()
	v := newVillage()
	late := uptime.SpanOf(may(2, 14), may(2, 15))
	late.To -= 2
	whole := v.up[deviceID(steady)]
	v.down(steady, late)
	o := v.settle(t)
	o.fund(v.season, v.season.Pool)
	o.network.do(func(f *facts) { f.up[deviceID(steady)] = whole })
	return v, o, late
}

func TestWhatWasNeverComparedBarsNothing(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o := v.settle(t)
	o.fund(v.season, v.season.Pool)
	s := o.approved(v.season.Code)
	if g := o.board(s)["ingest_reconciled"]; g.Verdict != snapshot.GuardWarning || !strings.Contains(g.Figure, "288 not compared") || g.Remedy == "" {
		t.Errorf("never compared: %+v", g)
	}
	o.compare(v.season)
	if g := o.board(s)["ingest_reconciled"]; g.Verdict != snapshot.GuardPassed || !strings.Contains(g.Figure, "288 equal") || g.Remedy != "" {
		t.Errorf("equal: %+v", g)
	}
	o.network.do(func(f *facts) { f.down(sold, uptime.SpanOf(may(2, 20), may(2, 21))) }) // of which it counts less than it delivered
	o.compare(v.season)
	if g := o.board(s)["ingest_reconciled"]; g.Verdict != snapshot.GuardWarning || !strings.Contains(g.Figure, "12 theirs short") {
		t.Errorf("theirs short: %+v", g)
	}
	_, err := o.seal(s)
	o.check(err)
}

// A season of which less was read than the network counts is not sealed before the
// rest was read, and it was taken again.
func TestWhatLacksBarsASealUntilItIsMended(t *testing.T) {
	t.Parallel()
	v, o, late := lateVillage(t)
	s := o.approved(v.season.Code)
	o.compare(v.season)
	o.bars(s, "288 slots: 278 equal, 10 ours short, 0 theirs short, 0 unobserved, 0 not compared; 10 do not fit")
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		again, err := reconcile.Mend(ctx, tx, v.season.Span())
		if len(again) != 0 {
			t.Errorf("of closed hours %v are asked for again", again)
		}
		return err
	})

	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		id, err := uptime.ProposeReopening(ctx, tx, uptime.SpanOf(may(2, 14), may(2, 15)), "rows came late", o.ada)
		if err != nil {
			return err
		}
		_, err = uptime.ApproveReopening(ctx, tx, id, o.grace)
		return err
	})
	reading := uptime.NewTimeline(uptime.SpanOf(may(2, 14), may(2, 15)))
	reading.AddSpan(reading.Span())
	o.pull(reading)
	_, err := o.seal(s)
	wantError(t, "sealing what was taken before", err, snapshot.ErrGuard)
	s = o.approved(v.season.Code)
	if g := o.board(s)["ingest_reconciled"]; g.Verdict != snapshot.GuardPassed {
		t.Errorf("with %d slots mended: %+v", late.Len(), g)
	}
	_, err = o.seal(s)
	o.check(err)
}

func TestWhatLacksIsSealedByTwo(t *testing.T) {
	t.Parallel()
	v, o, _ := lateVillage(t)
	o.compare(v.season)
	s := o.approved(v.season.Code)
	o.bars(s, "288 slots: 278 equal, 10 ours short")
	o.override(s, "the network cannot say which")
	_, err := o.seal(s)
	o.check(err)
}
