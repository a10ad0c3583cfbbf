package snapshot_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

func (o *office) tryExplain(device uuid.UUID, s snapshot.Snapshot) (e *snapshot.Explanation, err error) {
	err = o.try(func(ctx context.Context, tx pgx.Tx) error {
		e, err = snapshot.ExplainDevice(ctx, tx, device, s)
		return err
	})
	return e, err
}

func (o *office) explain(device uuid.UUID, s snapshot.Snapshot) *snapshot.Explanation {
	o.t.Helper()
	e, err := o.tryExplain(device, s)
	o.check(err)
	return e
}

func (o *office) estimate(device uuid.UUID, season string) (e *snapshot.Explanation) {
	o.t.Helper()
	o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		e, err = snapshot.EstimateDevice(ctx, tx, device, season)
		return err
	})
	return e
}

func TestExplainDevice(t *testing.T) {
	t.Parallel()
	v := newVillage()
	v.observed = v.observed.AndNot(timelineOf(may(2, 14), may(2, 15)))
	v.change(steady, "worker-api", may(2, 6), row{"device_name": "pwned", "status": "down"})
	v.change(steady, "worker-api", may(2, 6).Add(time.Minute), row{"device_name": "pwned again"})
	v.released = append(v.released, attackSeq)
	o := v.settle(t)
	var estimates []*snapshot.Explanation
	for i := range villagers {
		estimates = append(estimates, o.estimate(deviceID(i), v.season.Code))
	}
	s := o.take(v.season.Code)

	t.Run("it is of the revision's own lines, and an estimate before the take comes to the same", func(t *testing.T) {
		o := o.in(t)
		for i := range villagers {
			e := o.explain(deviceID(i), s)
			if e.Stored != nil || e.Revision != 1 || e.State != snapshot.Draft || e.Estimate {
				t.Errorf("device %d: %+v", i, e)
			}
			before := estimates[i]
			if !before.Estimate || before.Revision != 0 || before.State != "" {
				t.Errorf("the estimate is %+v", before)
			}
			before.Revision, before.State, before.Estimate, before.AsOf = e.Revision, e.State, e.Estimate, e.AsOf
			if !reflect.DeepEqual(before, e) {
				t.Errorf("device %d was estimated as\n%+v\nand is\n%+v", i, before, e)
			}
		}
	})
	t.Run("its days are the device's bits where they were observed", func(t *testing.T) {
		day := o.in(t).explain(deviceID(outaged), s).Days[0].Slots
		want := strings.Repeat("#", 108) + strings.Repeat("+", 12) + strings.Repeat("#", 48) + strings.Repeat("?", 12) + strings.Repeat("#", 108)
		if day != want {
			t.Errorf("drawn as\n%s\nwant\n%s", day, want)
		}
	})
	t.Run("held and released changes are told apart, with what was logged for display", func(t *testing.T) {
		o := o.in(t)
		held := o.explain(deviceID(steady), s).Changes[1]
		if held.Standing != snapshot.Held || held.Hold == nil || held.Decision != nil || len(held.Fields) != 2 || held.Fields[0].After != "pwned" || held.Fields[0].Before != nil {
			t.Errorf("held: %+v", held)
		}
		for _, after := range [][]snapshot.FieldChange{
			o.explain(deviceID(steady), s).Changes[2].Fields, o.review(snapshot.HeldFilter{Changes: []int64{attackSeq + 2}}, farOff)[0].Fields,
		} {
			if len(after) != 1 || after[0].Before != nil || after[0].After != "pwned again" {
				t.Errorf("after a change that is not believed either: %+v", after)
			}
		}
		released := o.explain(deviceID(attacked), s).Changes[1]
		if released.Standing != snapshot.Released || released.Decision == nil || released.Decision.Reason != "the owner confirmed it" || released.Decision.Hold != nil {
			t.Errorf("released: %+v", released)
		}
		if *released.Fields[0].Before != supplierID(attacked/2).String() || released.Fields[0].After != supplierID(66).String() {
			t.Errorf("what it did: %+v", released.Fields[0])
		}
	})
	t.Run("with the words of verdicts", func(t *testing.T) {
		if v := o.in(t).explain(deviceID(cheat), s).Verdicts; len(v) != 1 || v[0].Reason != "pow_hash_rate_mismatch" || !v[0].Counts {
			t.Errorf("verdicts: %+v", v)
		}
	})
	t.Run("a hold released as a whole", func(t *testing.T) {
		o := o.in(t)
		hold := o.holds(farOff)[0].ID
		o.check(o.releaseHold(hold))
		if then := o.explain(deviceID(steady), s).Changes[1]; then.Standing != snapshot.Held {
			t.Errorf("as of the revision it was held: %+v", then)
		}
		now := o.estimate(deviceID(steady), v.season.Code).Changes[1]
		if now.Standing != snapshot.Released || *now.Hold != hold || *now.Decision.Hold != hold {
			t.Errorf("released with its hold: %+v", now)
		}
	})
	t.Run("what was recorded later is not there yet", func(t *testing.T) {
		o := o.in(t)
		const newcomer = 900
		o.network.do(func(f *facts) {
			f.change(newcomer, "registration", may(1, 0), row{"supplier_id": supplierID(1), "gpu_model": "NVIDIA T4", "gpu_count": 1, "connectivity": "high"})
			f.verdict(outaged, uptime.Spoofed, may(2, 1))
		})
		o.syncChanges()
		o.syncVerdicts()
		_, err := o.tryExplain(deviceID(newcomer), s)
		wantError(t, "a device registered since", err, snapshot.ErrNotFound)
		if e := o.explain(deviceID(outaged), s); len(e.Verdicts) != 0 || e.Stored != nil {
			t.Errorf("with a verdict of later: %+v", e)
		}
		if e := o.estimate(deviceID(newcomer), v.season.Code); len(e.Lines) != 1 {
			t.Errorf("an estimate of it: %+v", e)
		}
	})
	t.Run("hours reopened since are told", func(t *testing.T) {
		o := o.in(t)
		o.unhindered(reopen)
		e := o.explain(deviceID(sold), s)
		if len(e.Stored) != 2 || e.Stored[0].Observed != e.Lines[0].Observed+12 || e.Stored[0].Up != e.Lines[0].Up+12 || int64(e.Stored[0].Amount) == 0 {
			t.Errorf("stored %+v\nnow %+v", e.Stored, e.Lines)
		}
	})
	t.Run("a revision without lines", func(t *testing.T) {
		o := o.in(t)
		begun, _ := o.begin(v.season.Code)
		_, err := o.tryExplain(deviceID(sold), begun)
		wantError(t, "explaining it", err, snapshot.ErrConflict)
		o.tx(func(ctx context.Context, tx pgx.Tx) error {
			last, err := snapshot.LastWithLines(ctx, tx, v.season.Code, farOff)
			if last.Revision != 1 {
				t.Errorf("the last with lines is %s", last.Name())
			}
			return err
		})
	})
}

func timelineOf(from, to time.Time) uptime.Timeline {
	t := uptime.NewTimeline(villageSpan)
	t.AddSpan(uptime.SpanOf(from, to))
	return t
}
