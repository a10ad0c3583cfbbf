package main

import (
	"context"
	"io"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

const (
	mergeRounds     = 5
	windowsPerRound = 6 // a merge is short: of each round, the median
)

// measureMerge merges windows of five minutes in which every device is up, and
// inserts the same heartbeats as rows.
func (b *bench) measureMerge(ctx context.Context) ([]Figure, error) {
	d, err := b.dataset(ctx, b.devices, b.days)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	reader, err := d.serveFeed(ctx, b.devices)
	if err != nil {
		return nil, err
	}
	if err := d.clearMonth(ctx, mergeDay); err != nil {
		return nil, err
	}
	ours, other := uptime.SlotOf(mergeDay), uptime.SlotOf(mergeDay)
	times, err := interleave(ctx, mergeRounds,
		func(ctx context.Context) (time.Duration, error) {
			ours += windowsPerRound
			return d.mergeWindows(ctx, reader, uptime.Span{From: ours - windowsPerRound, To: ours})
		},
		timed(func(ctx context.Context) error {
			other++
			return d.insertRows(ctx, other-1, b.devices)
		}))
	if err != nil {
		return nil, err
	}
	return []Figure{
		ratioOf("ingest.merge", milliseconds(times[0]), milliseconds(times[1]), "ms", AtMost(0.01)),
	}, d.clearMonth(ctx, mergeDay)
}

// mergeWindows merges each slot of the span as a window of its own, and returns
// the median time of a merge alone: the pass has been read by then.
func (d *dataset) mergeWindows(ctx context.Context, reader *reader, span uptime.Span) (time.Duration, error) {
	var times []time.Duration
	for slot := span.From; slot < span.To; slot++ {
		pass, err := reader.pass(ctx, slot, 0)
		if err != nil {
			return 0, err
		}
		runtime.GC() // what the reading left is not the merge's to sweep
		took, err := timed(func(ctx context.Context) error { return d.merge(ctx, pass) })(ctx)
		if err != nil {
			return 0, err
		}
		times = append(times, took)
	}
	return median(times), nil
}

// clearMonth takes out what was merged into the month of the day, and the rows; it
// makes what the next merges need.
func (d *dataset) clearMonth(ctx context.Context, day time.Time) error {
	return d.begin(ctx, func(tx pgx.Tx) error {
		span := uptime.SpanOf(day, day.AddDate(0, 0, 1))
		if err := uptime.RequestSpan(ctx, tx, span); err != nil {
			return err
		}
		if err := deleteCoverage(ctx, tx, span.From.Start(), span.To.Start()); err != nil {
			return err
		}
		if err := emptyMonth(ctx, tx, day); err != nil {
			return err
		}
		return makeRows(ctx, tx)
	})
}

// merge merges the pass as a job would, to the commit.
func (d *dataset) merge(ctx context.Context, pass *uptime.Pass) error {
	return pgx.BeginFunc(ctx, d.app, func(tx pgx.Tx) error {
		_, err := uptime.Merge(ctx, tx, pass)
		return err
	})
}

// insertRows inserts a row a device, all up in the slot: by COPY, in the order of
// the primary key, to the commit. Nothing inserts them sooner.
func (d *dataset) insertRows(ctx context.Context, slot uptime.Slot, devices int) error {
	return d.begin(ctx, func(tx pgx.Tx) error {
		return copyTuples(func(rows io.Reader) error { return copyRows(ctx, tx, rows) }, func(t *tuples) {
			for device := range devices {
				t.row(2)
				t.int4(int32(device))
				t.timestamp(slot.Start().Add(time.Duration(device%uptime.SlotSeconds) * time.Second))
			}
		})
	})
}
