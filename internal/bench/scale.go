package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/uptally/uptally/uptime"
)

// scaleNumerator and scaleDenominator make ten million devices of 600,000.
const scaleNumerator, scaleDenominator = 50, 3

// day is what one day of a fleet came to.
type day struct {
	devices       int
	bytes         int64
	merged, score time.Duration
}

// measureScale merges and scores one day of three sizes, and compares the largest
// with the straight line through the other two.
func (b *bench) measureScale(ctx context.Context) ([]Figure, error) {
	var days [3]day
	for i, size := range []struct{ devices, days int }{
		{b.devices, b.days},
		{grownTimes * b.devices, b.days},
		{b.devices * scaleNumerator / scaleDenominator, 0},
	} {
		d, err := b.dataset(ctx, size.devices, size.days)
		if err != nil {
			return nil, err
		}
		if days[i], err = d.oneDay(ctx); err != nil {
			return nil, fmt.Errorf("one day of %d devices: %w", size.devices, err)
		}
		b.tell("one day of %d devices: %.0f MB, merged in %.2f s, scored in %.2f s", size.devices,
			float64(days[i].bytes)/1e6, days[i].merged.Seconds(), days[i].score.Seconds())
	}
	figure := func(name, unit string, of func(day) float64) Figure {
		straight := extrapolate(days[0].devices, of(days[0]), days[1].devices, of(days[1]), days[2].devices)
		return ratioOf(name, of(days[2]), straight, unit, Bound{})
	}
	return []Figure{
		figure("scale.devices", "s", func(d day) float64 { return (d.merged + d.score).Seconds() }),
		figure("scale.devices.merge", "s", func(d day) float64 { return d.merged.Seconds() }),
		figure("scale.devices.score", "s", func(d day) float64 { return d.score.Seconds() }),
		figure("scale.devices.bytes", "MB", func(d day) float64 { return float64(d.bytes) / 1e6 }),
	}, nil
}

// extrapolate returns the value at x3 of the straight line through (x1, y1) and
// (x2, y2).
func extrapolate(x1 int, y1 float64, x2 int, y2 float64, x3 int) float64 {
	return y1 + (y2-y1)*float64(x3-x1)/float64(x2-x1)
}

// oneDay merges the day hour by hour, scores it, and takes it out again.
func (d *dataset) oneDay(ctx context.Context) (result day, err error) {
	if err := d.clearMonth(ctx, scaleDay); err != nil {
		return result, err
	}
	result.devices = d.fleet.devices
	span := uptime.SpanOf(scaleDay, scaleDay.AddDate(0, 0, 1))
	if result.merged, err = d.mergeHours(ctx, span); err != nil {
		return result, err
	}
	if err := d.begin(ctx, func(tx pgx.Tx) (err error) {
		if err := uptime.RequestSpan(ctx, tx, span); err != nil {
			return err
		}
		if err := closeCoverage(ctx, tx, span.From.Start(), span.To.Start()); err != nil {
			return err
		}
		result.bytes, err = monthBytes(ctx, tx, scaleDay)
		return err
	}); err != nil {
		return result, err
	}
	if result.score, err = d.score(scaleCode)(ctx); err != nil {
		return result, err
	}
	return result, d.clearMonth(ctx, scaleDay)
}

// mergeHours merges the chunks of the span and returns the time of the merges
// alone, to the commit, without that of making the bits up.
func (d *dataset) mergeHours(ctx context.Context, span uptime.Span) (took time.Duration, err error) {
	fleet := &fleet{devices: d.fleet.devices, span: span}
	end := shards(fleet.devices)
	reel, numbers, up := newReel(fleet, 0, end), make([]int32, end), make([]pgtype.Bits, end)
	first, last := span.Hours()
	for hour := first; hour < last; hour++ {
		for shard := range end {
			bytes, err := reel.play(shard, hour).AppendBinary(up[shard].Bytes[:0])
			if err != nil {
				return took, err
			}
			numbers[shard], up[shard] = shard, pgtype.Bits{Bytes: bytes, Len: uptime.ChunkBits, Valid: true}
		}
		one, err := timed(func(ctx context.Context) error {
			return pgx.BeginFunc(ctx, d.app, func(tx pgx.Tx) error { return mergeHour(ctx, tx, hour.Start(), numbers, up) })
		})(ctx)
		if err != nil {
			return took, err
		}
		took += one
	}
	return took, nil
}
