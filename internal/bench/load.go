package main

import (
	"context"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"github.com/uptally/uptally/uptime"
)

// load fills an empty database, in bounded memory and over several connections at
// once: by COPY, which skips the merge.
func (d *dataset) load(ctx context.Context) error {
	var recorded time.Time
	if err := d.begin(ctx, func(tx pgx.Tx) (err error) {
		if recorded, err = uptime.StampFacts(ctx, tx); err != nil || d.fleet.span.Empty() {
			return err
		}
		return uptime.RequestSpan(ctx, tx, d.fleet.span)
	}); err != nil {
		return err
	}
	if err := d.loadFacts(ctx, recorded); err != nil {
		return err
	}
	if err := d.loadChunks(ctx); err != nil {
		return err
	}
	if err := d.settle(ctx); err != nil {
		return err
	}
	return d.begin(ctx, func(tx pgx.Tx) error { return d.decide(ctx, tx) })
}

// settle vacuums on a connection of its own: it cannot run in a transaction.
func (d *dataset) settle(ctx context.Context) error {
	conn, err := d.owner.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return vacuum(ctx, conn.Conn())
}

// loadFacts loads the devices in two parts at once, then what hangs on them.
func (d *dataset) loadFacts(ctx context.Context, recorded time.Time) error {
	f, half := d.fleet, d.fleet.devices/2
	parts := []struct {
		copy  func(context.Context, *pgconn.PgConn, io.Reader) error
		write func(*tuples)
	}{
		{copyDevices, func(t *tuples) { f.writeDevices(t, 0, half, recorded) }},
		{copyDevices, func(t *tuples) { f.writeDevices(t, half, f.devices, recorded) }},
		{copyChanges, func(t *tuples) { f.writeChanges(t, recorded) }},
		{copyVerdicts, func(t *tuples) { f.writeVerdicts(t, recorded) }},
		{copyJobMinutes, func(t *tuples) { f.writeJobMinutes(t, recorded) }},
	}
	if f.span.Empty() {
		parts = parts[:2]
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for _, part := range parts {
		group.Go(func() error {
			return d.loading(ctx, func(tx pgx.Tx) error {
				return copyTuples(func(rows io.Reader) error { return part.copy(ctx, tx.Conn().PgConn(), rows) }, part.write)
			})
		})
	}
	return group.Wait()
}

// loadChunks loads the season's chunks, a partition a connection, in the order in
// which they would have been merged: hour by hour.
func (d *dataset) loadChunks(ctx context.Context) error {
	group, loading := errgroup.WithContext(ctx)
	span := d.fleet.span
	for from := span.From; from < span.To; {
		start := from.Start()
		month := time.Date(start.Year(), start.Month(), 1, 0, 0, 0, 0, time.UTC)
		part := uptime.Span{From: from, To: min(span.To, uptime.SlotOf(month.AddDate(0, 1, 0)))}
		group.Go(func() error {
			return d.loading(loading, func(tx pgx.Tx) error {
				return copyTuples(
					func(rows io.Reader) error { return copyChunks(loading, tx, month, rows) },
					func(t *tuples) { d.fleet.writeChunks(t, part) })
			})
		})
		from = part.To
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return d.begin(ctx, func(tx pgx.Tx) error { return closeCoverage(ctx, tx, span.From.Start(), span.To.Start()) })
}

// loading runs f in a transaction that is quick and cares for nothing.
func (d *dataset) loading(ctx context.Context, f func(tx pgx.Tx) error) error {
	return d.begin(ctx, func(tx pgx.Tx) error {
		if err := skipTriggers(ctx, tx); err != nil {
			return err
		}
		if err := commitLazily(ctx, tx); err != nil {
			return err
		}
		return f(tx)
	})
}

// writeChunks plays the whole fleet from the span's start and writes the hours of
// the part.
func (f *fleet) writeChunks(t *tuples, part uptime.Span) {
	end := shards(f.devices)
	reel := newReel(f, 0, end)
	first, _ := f.span.Hours()
	from, to := part.Hours()
	for hour := first; hour < to; hour++ {
		for shard := range end {
			chunk := reel.play(shard, hour)
			if hour < from {
				continue
			}
			t.row(3)
			t.int4(shard)
			t.timestamp(hour.Start())
			t.bits(uptime.ChunkBytes, chunk.AppendBinary)
		}
	}
}
