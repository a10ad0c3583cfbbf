package fakes_test

import (
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/fakes"
	"github.com/uptally/uptally/uptime/simulator"
)

// labelled reads a world's timelines into a fleet, each device under its index.
func labelled(t testing.TB, scenario string, devices int, seed uint64, from, to time.Time) (*simulator.World, *fakes.Fleet) {
	t.Helper()
	world, err := simulator.New(simulator.Config{Scenario: scenario, Devices: devices, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	span := uptime.SpanOf(from, to)
	observed := uptime.NewTimeline(span)
	observed.AddSpan(span)
	fleet := fakes.NewFleet(observed)
	for index := range world.Devices() {
		up := uptime.NewTimeline(span)
		for k := span.From; k < span.To; k++ {
			if world.Up(index, k) {
				up.Add(k)
			}
		}
		d := world.Device(index)
		fleet.Add(fakes.Device{
			Number: uptime.DeviceNumber(index), ID: d.ID, Supplier: d.Facts.SupplierID, RegisteredAt: d.RegisteredAt,
		}, up)
	}
	return world, fleet
}

// marks returns how many devices are virtual, how many are listed, and how many of
// these rightly.
func marks(world *simulator.World, found fakes.Findings) (virtual, listed, right int) {
	for _, s := range found.Suspects {
		listed++
		if world.Device(int(s.Device.Number)).Kind == simulator.Virtual {
			right++
		}
	}
	return world.Devices() - world.Config().Devices, listed, right
}

func day(month time.Month, day int) time.Time {
	return time.Date(2024, month, day, 0, 0, 0, 0, time.UTC)
}
