package snapshot_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
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
		granted, excluded := 0, 0
		for i := range villagers {
			e := o.estimate(deviceID(i), v.season.Code)
			o.tx(func(ctx context.Context, tx pgx.Tx) error {
				j, err := snapshot.JudgeDevice(ctx, tx, deviceID(i), v.season.Code)
				if err != nil {
					return err
				}
				if !reflect.DeepEqual(j.Windows, e.Windows) || j.Exclude != snapshot.ExcludeSeason {
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
				granted, excluded = granted+j.Granted.Count(j.Granted.Span()), excluded+j.Excluded.Len()
				return nil
			})
		}
		if granted == 0 || excluded != 2*uptime.SlotsPerDay { // of the cheat and of the steady one
			t.Errorf("%d slots are granted, %d excluded", granted, excluded)
		}
	})
	t.Run("from a verdict on, the slots from its effective instant are out", func(t *testing.T) {
		v := newVillage()
		v.rules = strings.Replace(v.rules, `exclude = "season"`, `exclude = "from_verdict"`, 1)
		v.verdict(steady, uptime.Spoofed, may(2, 20))
		o := v.settle(t)
		o.tx(func(ctx context.Context, tx pgx.Tx) error {
			j, err := snapshot.JudgeDevice(ctx, tx, deviceID(steady), v.season.Code)
			if err == nil && j.Excluded != uptime.SpanOf(may(2, 20), may(3, 0)) {
				t.Errorf("excluded are %v", j.Excluded)
			}
			return err
		})
	})
	t.Run("nobody else is there", func(t *testing.T) {
		o := o.in(t)
		for name, f := range map[string]func(context.Context, pgx.Tx) error{
			"an unknown device": func(ctx context.Context, tx pgx.Tx) error {
				_, err := snapshot.JudgeDevice(ctx, tx, uuid.New(), v.season.Code)
				return err
			},
			"an unknown season": func(ctx context.Context, tx pgx.Tx) error {
				_, err := snapshot.JudgeDevice(ctx, tx, deviceID(steady), "nowhere")
				return err
			},
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
