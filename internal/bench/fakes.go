package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/fakes"
	"github.com/uptally/uptally/uptime/simulator"
)

// labelledWorld is a world of the simulator whose likely fakes are looked for: the
// days of the search end with the day after the farms were cut off.
type labelledWorld struct {
	scenario string
	devices  int // real ones
	seed     uint64
	days     int
}

// labelledWorlds are of seeds and sizes that no number of the method was chosen by:
// those were 1 to 3 at up to 2,000 and at 10,000 devices.
var labelledWorlds = []labelledWorld{
	{simulator.April2024, 400, 101, 14},
	{simulator.April2024, 1_500, 202, 21},
	{simulator.April2024, 5_000, 303, 14},
	{simulator.April2024, 5_000, 404, 28},
	{simulator.April2024, 15_000, 505, 14},
	{simulator.Steady, 5_000, 606, 14}, // no fakes: whoever is listed is listed wrongly
}

// labelledEnd is the end of the spans that are searched.
var labelledEnd = simulator.CutOverAt.AddDate(0, 0, 2)

// label counts the devices of labelled worlds.
type label struct{ virtual, listed, right int }

// measureFakes looks for likely fakes in labelled worlds and counts over all of
// them who was listed, who of these is virtual in truth, and who is virtual.
func (b *bench) measureFakes(ctx context.Context) ([]Figure, error) {
	var sum label
	for _, world := range labelledWorlds {
		world.devices = min(world.devices, b.devices)
		l, err := world.label(ctx)
		if err != nil {
			return nil, err
		}
		b.tell("%s, %d real devices, seed %d, %d days: %d listed, %d of them virtual, of %d virtual ones",
			world.scenario, world.devices, world.seed, world.days, l.listed, l.right, l.virtual)
		sum.virtual, sum.listed, sum.right = sum.virtual+l.virtual, sum.listed+l.listed, sum.right+l.right
	}
	return []Figure{
		ratioOf("fakes.precision", float64(sum.right), float64(sum.listed), "devices", AtLeast(0.99)),
		ratioOf("fakes.recall", float64(sum.right), float64(sum.virtual), "devices", AtLeast(0.9)),
	}, nil
}

// label makes the world, searches it, and holds the list against the truth.
func (w labelledWorld) label(ctx context.Context) (l label, err error) {
	world, err := simulator.New(simulator.Config{Scenario: w.scenario, Devices: w.devices, Seed: w.seed})
	if err != nil {
		return l, err
	}
	end := uptime.SlotAtOrAfter(labelledEnd)
	span := uptime.Span{From: end - uptime.Slot(w.days*uptime.SlotsPerDay), To: end}
	observed := uptime.NewTimeline(span)
	observed.AddSpan(span)
	fleet := fakes.NewFleet(observed)
	for index := range world.Devices() {
		if ctx.Err() != nil {
			return l, ctx.Err()
		}
		d := world.Device(index)
		fleet.Add(fakes.Device{Number: uptime.DeviceNumber(index), ID: d.ID}, timelineIn(world, index, span))
		if d.Kind == simulator.Virtual {
			l.virtual++
		}
	}
	for _, suspect := range fakes.Find(fleet).Suspects {
		l.listed++
		if world.Device(int(suspect.Device.Number)).Kind == simulator.Virtual {
			l.right++
		}
	}
	return l, nil
}

func timelineIn(world *simulator.World, index int, span uptime.Span) uptime.Timeline {
	up := uptime.NewTimeline(span)
	for k := span.From; k < span.To; k++ {
		if world.Up(index, k) {
			up.Add(k)
		}
	}
	return up
}

// endOfTime is after every stamp.
var endOfTime = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

const (
	fakesDays   = 14
	fakesRounds = 3
)

// measureFakesScan searches a fortnight of the fleet, and scans the same chunks.
func (b *bench) measureFakesScan(ctx context.Context) ([]Figure, error) {
	d, err := b.dataset(ctx, b.devices, b.days)
	if err != nil {
		return nil, err
	}
	from := d.fleet.span.From
	span := uptime.Span{From: from, To: from + uptime.Slot(min(b.days, fakesDays)*uptime.SlotsPerDay)}
	var found fakes.Findings
	search := timed(func(ctx context.Context) error {
		return d.reading(ctx, func(tx pgx.Tx) (err error) {
			found, err = fakes.Read(ctx, tx, span, endOfTime)
			return err
		})
	})
	scan := timed(func(ctx context.Context) error {
		return d.reading(ctx, func(tx pgx.Tx) error { return scanSpan(ctx, tx, span.From.Start(), span.To.Start()) })
	})
	if _, err := scan(ctx); err != nil { // what comes after is warm
		return nil, err
	}
	times, err := interleave(ctx, fakesRounds, search, scan)
	if err != nil {
		return nil, err
	}
	b.tell("of %d devices %d are listed, in %d cohorts", found.Devices, len(found.Suspects), len(found.Cohorts))
	if found.Devices != b.devices {
		return nil, fmt.Errorf("%d devices were looked at, of %d", found.Devices, b.devices)
	}
	return []Figure{ratioOf("fakes.scan", times[0].Seconds(), times[1].Seconds(), "s", Bound{})}, nil
}

// reading runs f in a transaction as the command line reads in.
func (d *dataset) reading(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, d.app, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
}
