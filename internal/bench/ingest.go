package main

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

const (
	mergeRounds   = 5
	decodeRounds  = 9
	pagesPerRound = 20
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
			pass, err := reader.pass(ctx, ours, 0)
			if err != nil {
				return 0, err
			}
			ours++
			return timed(func(ctx context.Context) error { return d.merge(ctx, pass) })(ctx)
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

// bytesShards is the sample of bytesPerDeviceHour, whole shards; rowHours that of
// the rows.
const (
	bytesShards = 32
	rowHours    = 4
)

// measureBytes merges a day of the sample slot by slot, each read again after an
// hour and after a day, and inserts some hours of the same heartbeats as rows.
func (b *bench) measureBytes(ctx context.Context) ([]Figure, error) {
	d, err := b.dataset(ctx, b.devices, b.days)
	if err != nil {
		return nil, err
	}
	devices := bytesShards * uptime.LanesPerShard
	if b.devices < devices {
		devices = max(1, b.devices/uptime.LanesPerShard) * uptime.LanesPerShard
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	reader, err := d.serveFeed(ctx, min(devices, b.devices))
	if err != nil {
		return nil, err
	}
	if err := d.clearMonth(ctx, mergeDay); err != nil {
		return nil, err
	}
	if err := d.mergeDay(ctx, reader, uptime.SpanOf(mergeDay, mergeDay.AddDate(0, 0, 1))); err != nil {
		return nil, err
	}
	for slot := range uptime.Slot(rowHours * uptime.SlotsPerHour) {
		if err := d.insertRows(ctx, uptime.SlotOf(mergeDay)+slot, devices); err != nil {
			return nil, err
		}
	}
	var ours, other int64
	if err := d.begin(ctx, func(tx pgx.Tx) (err error) {
		if ours, err = monthBytes(ctx, tx, mergeDay); err != nil {
			return err
		}
		other, err = rowsBytes(ctx, tx)
		return err
	}); err != nil {
		return nil, err
	}
	return []Figure{ratioOf("ingest.bytes_per_device_hour",
		float64(ours)/float64(devices*24), float64(other)/float64(devices*rowHours), "B", AtMost(0.0045))}, d.clearMonth(ctx, mergeDay)
}

// mergeDay merges every slot of the span three times, in the order in which a day's
// readings and re-readings come.
func (d *dataset) mergeDay(ctx context.Context, reader *reader, day uptime.Span) error {
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

// measureDecode reads one page over and over, with our decoder and with
// encoding/json: both end with ids and times that were checked.
func (b *bench) measureDecode(ctx context.Context) ([]Figure, error) {
	body := (&feed{devices: 2 * pageRows}).page(0, mergeDay, 0)
	var (
		ours  uptime.HeartbeatPage
		other struct {
			Heartbeats []struct {
				DeviceID uuid.UUID `json:"device_id"`
				At       time.Time `json:"at"`
			} `json:"heartbeats"`
			NextCursor string `json:"next_cursor"`
		}
	)
	times, err := interleave(ctx, decodeRounds,
		repeated(pagesPerRound, func() error { return ours.Decode(body) }),
		repeated(pagesPerRound, func() error { return json.Unmarshal(body, &other) }))
	if err != nil {
		return nil, err
	}
	speed := func(d time.Duration) float64 {
		return float64(pagesPerRound*len(body)) / 1e6 / d.Seconds()
	}
	return []Figure{ratioOf("ingest.decode", speed(times[0]), speed(times[1]), "MB/s", AtLeast(4))}, nil
}

// repeated is the task of doing so often what alone is too short to be timed.
func repeated(times int, f func() error) task {
	return timed(func(context.Context) error {
		for range times {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	})
}
