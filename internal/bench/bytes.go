package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// The sample, in which every device is up: bytes grow with whole shards and whole
// hours and with nothing else.
const (
	sampleShards   = 32
	sampleRowHours = 4 // of the rows; ours are a whole day
)

// measureBytes merges a day of the sample slot by slot, each read again after an
// hour and after a day, and inserts some hours of the same heartbeats as rows.
func (b *bench) measureBytes(ctx context.Context) ([]Figure, error) {
	d, err := b.dataset(ctx, b.devices, b.days)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	devices := min(b.devices, sampleShards*uptime.LanesPerShard)
	reader, err := d.serveFeed(ctx, devices)
	if err != nil {
		return nil, err
	}
	if err := d.clearMonth(ctx, mergeDay); err != nil {
		return nil, err
	}
	if err := d.mergeThrice(ctx, reader, uptime.SpanOf(mergeDay, mergeDay.AddDate(0, 0, 1))); err != nil {
		return nil, err
	}
	for slot := range uptime.Slot(sampleRowHours * uptime.SlotsPerHour) {
		if err := d.insertRows(ctx, uptime.SlotOf(mergeDay)+slot, devices); err != nil {
			return nil, err
		}
	}
	ours, other, err := d.sizes(ctx, mergeDay)
	if err != nil {
		return nil, err
	}
	perHour := func(bytes int64, hours int) float64 { return float64(bytes) / float64(devices*hours) }
	return []Figure{ratioOf("ingest.bytes_per_device_hour",
		perHour(ours, hoursPerDay), perHour(other, sampleRowHours), "B", AtMost(0.0045))}, d.clearMonth(ctx, mergeDay)
}

const hoursPerDay = 24

// sizes returns the bytes on disk of a month's chunks and of the rows.
func (d *dataset) sizes(ctx context.Context, month time.Time) (chunks, rows int64, err error) {
	err = d.begin(ctx, func(tx pgx.Tx) (err error) {
		if chunks, err = monthBytes(ctx, tx, month); err != nil {
			return err
		}
		rows, err = rowsBytes(ctx, tx)
		return err
	})
	return chunks, rows, err
}

// mergeThrice merges every slot of the span three times, in the order in which a day's
// readings and re-readings come.
func (d *dataset) mergeThrice(ctx context.Context, reader *reader, day uptime.Span) error {
	read := func(slot uptime.Slot, reading int32) error {
		if !day.Contains(slot) {
			return nil
		}
		pass, err := reader.pass(ctx, slot, reading)
		if err != nil {
			return err
		}
		return d.merge(ctx, pass)
	}
	for slot := day.From; slot < day.To+uptime.SlotsPerDay; slot++ {
		for reading, after := range []uptime.Slot{0, uptime.SlotsPerHour, uptime.SlotsPerDay} {
			if err := read(slot-after, int32(reading+1)); err != nil {
				return err
			}
		}
	}
	return nil
}
