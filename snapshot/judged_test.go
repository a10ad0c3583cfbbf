package snapshot_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// What is read of one device says what scoring the whole village says of it.
func TestOneDeviceAtATime(t *testing.T) {
	t.Parallel()
	v := newVillage()
	v.verdict(steady, uptime.Spoofed, may(2, 20))
	v.down(sold, uptime.SpanOf(may(2, 11), may(2, 13)))
	o := v.settle(t)
	if _, err := snapshot.Reestimate(t.Context(), o.App, v.season.Code); err != nil {
		t.Fatal(err)
	}
	t.Run("its estimate is explained as the whole is estimated", func(t *testing.T) {
		o := o.in(t)
		for i := range villagers {
			want := o.estimate(deviceID(i), v.season.Code)
			o.tx(func(ctx context.Context, tx pgx.Tx) error {
				got, err := snapshot.ExplainEstimated(ctx, tx, deviceID(i), v.season.Code)
				if err != nil {
					return err
				}
				if got.AsOf.After(want.AsOf) || got.Stored != nil {
					t.Errorf("device %d: as of %s, stored %v", i, got.AsOf, got.Stored)
				}
				got.AsOf = want.AsOf
				if !reflect.DeepEqual(got, want) {
					t.Errorf("device %d:\n got %+v\nwant %+v", i, got, want)
				}
				return nil
			})
		}
	})
	t.Run("its slots are judged as its days are drawn", func(t *testing.T) {
		o := o.in(t)
		granted := 0
		for i := range villagers {
			e := o.estimate(deviceID(i), v.season.Code)
			o.tx(func(ctx context.Context, tx pgx.Tx) error {
				j, err := judged(ctx, tx, e)
				if err != nil {
					return err
				}
				if !reflect.DeepEqual(j.Windows, e.Windows) {
					t.Errorf("device %d: %+v", i, j)
				}
				for _, day := range e.Days {
					first, err := time.Parse(time.DateOnly, day.Day)
					if err != nil {
						return err
					}
					for n := range day.Slots {
						if k := uptime.SlotOf(first) + uptime.Slot(n); j.Granted.Has(k) != (day.Slots[n] == snapshot.SlotGranted) {
							t.Fatalf("device %d, slot %s: granted %v, drawn %c", i, k.Start(), j.Granted.Has(k), day.Slots[n])
						}
					}
				}
				granted += j.Granted.Count(j.Granted.Span())
				return nil
			})
		}
		if granted == 0 {
			t.Error("no slot is granted")
		}
	})
	t.Run("a verdict of spoofed takes out what its season's rules say", func(t *testing.T) {
		day := villageSeason.Span()
		spoofed := &uptime.Verdict{Kind: uptime.Spoofed, EffectiveAt: may(2, 20)}
		for _, c := range []struct {
			rule snapshot.Exclude
			last *uptime.Verdict
			want int
		}{
			{snapshot.ExcludeSeason, spoofed, 288},
			{snapshot.ExcludeFromVerdict, spoofed, 48},
			{snapshot.ExcludeFromVerdict, &uptime.Verdict{Kind: uptime.Spoofed, EffectiveAt: may(1, 0)}, 288},
			{snapshot.ExcludeFromVerdict, &uptime.Verdict{Kind: uptime.Spoofed, EffectiveAt: may(4, 0)}, 0},
			{snapshot.ExcludeSeason, &uptime.Verdict{Kind: uptime.Genuine, EffectiveAt: may(2, 20)}, 0},
			{snapshot.ExcludeSeason, nil, 0},
		} {
			if got := c.rule.Excluded(day, c.last); got.Len() != c.want || c.want > 0 && got.To != day.To {
				t.Errorf("%s, %+v: %v, want %d slots", c.rule, c.last, got, c.want)
			}
		}
	})
	t.Run("nobody else is there", func(t *testing.T) {
		o := o.in(t)
		for name, f := range map[string]func(context.Context, pgx.Tx) error{
			"an unknown device estimated": func(ctx context.Context, tx pgx.Tx) error {
				_, err := snapshot.ExplainEstimated(ctx, tx, uuid.New(), v.season.Code)
				return err
			},
			"an unknown season estimated": func(ctx context.Context, tx pgx.Tx) error {
				_, err := snapshot.ExplainEstimated(ctx, tx, deviceID(steady), "nowhere")
				return err
			},
		} {
			if err := o.try(f); !errors.Is(err, snapshot.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// judged judges a device by all approved windows, as an explanation has its facts.
func judged(ctx context.Context, tx pgx.Tx, e *snapshot.Explanation) (*snapshot.Judged, error) {
	windows, err := snapshot.Windows(ctx, tx, e.Season, e.AsOf)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, w := range windows {
		ids = append(ids, w.ID)
	}
	grace, err := snapshot.GraceOf(ctx, tx, ids)
	if err != nil || len(grace) != 1 {
		return nil, fmt.Errorf("windows of %d seasons: %w", len(grace), err)
	}
	var number uptime.DeviceNumber
	if err := tx.QueryRow(ctx, `SELECT number FROM device WHERE id = $1`, e.DeviceID).Scan(&number); err != nil {
		return nil, err
	}
	var last *uptime.Verdict
	for i := range e.Verdicts {
		if v := &e.Verdicts[i]; v.Counts {
			last = &uptime.Verdict{Kind: v.Kind, EffectiveAt: v.EffectiveAt}
		}
	}
	return grace[0].Judge(ctx, tx, number, e.RegisteredAt, last, e.AsOf)
}

// A revision that is sealed after an estimate fixes the rate of what comes later, and
// not that of the estimate.
func TestAnEstimateIsExplainedAtItsOwnRate(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o := v.settle(t)
	o.readDays(v.season)
	o.fund(v.season, v.season.Pool)
	explained := func(name string, e snapshot.Estimate, fixedAt string) {
		t.Helper()
		for i := range villagers {
			o.tx(func(ctx context.Context, tx pgx.Tx) error {
				got, err := snapshot.ExplainEstimated(ctx, tx, deviceID(i), v.season.Code)
				if err != nil {
					return err
				}
				want := e.Points
				if fixedAt != "" {
					want = fixedAt
				}
				if got.Stored != nil || got.Rate.Points != want || got.Rate.Fixed != (fixedAt != "") {
					t.Errorf("%s, device %d: rate %+v, want that of %s; stored %+v", name, i, got.Rate, want, got.Stored)
				}
				return nil
			})
		}
	}
	before, _ := o.reestimate(v.season.Code)
	explained("nothing is sealed", before, "")
	o.verdictOn(outaged, uptime.Spoofed, 23)
	r1 := o.sealNext(v.season.Code)
	if r1.Points == before.Points {
		t.Fatalf("the revision has the estimate's points, %s", r1.Points)
	}
	explained("sealed since", before, "")
	o.verdictOn(outaged, uptime.Genuine, 23)
	after, _ := o.reestimate(v.season.Code)
	explained("sealed before", after, r1.Points)
}

// However far a window looks ahead and back, a device is judged by what was pulled, and
// no more is read: as by a window that looks no farther than that.
func TestJudgingLooksAtWhatWasPulledAlone(t *testing.T) {
	t.Parallel()
	v := newVillage()
	v.down(sold, uptime.SpanOf(may(2, 11), may(4, 0))) // and not back
	v.windows = nil
	o := v.settle(t)
	far := villageWindow
	far.Lookback, far.ReconnectBy = math.MaxInt32, time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)
	near := far
	near.Lookback, near.ReconnectBy = int(uptime.SlotOf(near.From)-villageSpan.From), may(5, 0)
	judge := func(w snapshot.Window, device int, now time.Time) (j *snapshot.Judged) {
		t.Helper()
		g := snapshot.Grace{Season: v.season, Windows: []snapshot.Window{w}}
		o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
			j, err = g.Judge(ctx, tx, uptime.DeviceNumber(device), may(1, 0), nil, now)
			return err
		})
		return j
	}
	decisions := map[string]bool{}
	for device := range villagers {
		got, want := judge(far, device, may(4, 12)), judge(near, device, may(4, 12))
		if span := got.Granted.Span(); span != villageSpan {
			t.Errorf("device %d: %d slots are looked at, from %s to %s", device, span.Len(), span.From.Start(), span.To.Start())
		}
		w := &got.Windows[0] // its terms are its own, and said as such
		if decisions[w.Decision] = true; w.Decision == snapshot.NoteGracePending.String() {
			w.Says = want.Windows[0].Says
		}
		w.Lookback, w.ReconnectBy = near.Lookback, near.ReconnectBy
		if !reflect.DeepEqual(got, want) {
			t.Errorf("device %d:\n got %+v\nwant %+v", device, got.Windows, want.Windows)
		}
	}
	for _, decision := range []string{snapshot.WindowNoGap, snapshot.WindowGranted, snapshot.NoteGracePending.String(), snapshot.NoteGraceInactiveBefore.String()} {
		if !decisions[decision] {
			t.Errorf("no device is judged %s: %v", decision, decisions)
		}
	}
}

// A season with such a window is taken, estimated and explained all the same.
func TestSeasonsWithWindowsThatLookFar(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o := v.settle(t)
	want := o.lines(o.take(v.season.Code))
	v.windows[0].Lookback, v.windows[0].ReconnectBy = math.MaxInt32, time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)
	o = v.settle(t)
	s := o.take(v.season.Code)
	if got := o.lines(s); got != want || s.Estimate {
		t.Errorf("an estimate: %v, of\n%s\nwant\n%s", s.Estimate, got, want)
	}
	if _, lines := o.reestimate(v.season.Code); lines != want {
		t.Errorf("estimated:\n%s\nwant\n%s", lines, want)
	}
	if e := o.explain(deviceID(outaged), s); len(e.Windows) != 1 || e.Windows[0].Decision != snapshot.WindowGranted || e.Stored != nil {
		t.Errorf("explained: %+v", e)
	}
	if guards := o.board(s); len(guards) == 0 {
		t.Error("nothing is guarded")
	}
}
