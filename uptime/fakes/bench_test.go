package fakes_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/fakes"
)

// BenchmarkFind searches a fortnight of 100,000 devices: three in four in cohorts.
func BenchmarkFind(b *testing.B) {
	span := uptime.Span{From: 5_700_000, To: 5_700_000 + 14*uptime.SlotsPerDay}
	fleet := fakes.NewFleet(wholly(span))
	dice := rand.New(rand.NewPCG(1, 2))
	start := span.From
	for n := range 100_000 {
		var id uuid.UUID
		binary.BigEndian.PutUint64(id[:], dice.Uint64())
		up := uptime.NewTimeline(span)
		if n%4 == 0 {
			up = honest(dice, span)
		} else {
			if n%2000 == 1 {
				start = span.From + uptime.Slot(dice.IntN(span.Len()/2))
			}
			up.AddSpan(uptime.Span{From: start, To: span.To})
		}
		fleet.Add(fakes.Device{Number: uptime.DeviceNumber(n), ID: id}, up)
	}
	for b.Loop() {
		if found := fakes.Find(fleet); len(found.Suspects) != 75_000 {
			b.Fatalf("%d listed", len(found.Suspects))
		}
	}
}

// wholly is a span that was observed to the last slot.
func wholly(span uptime.Span) uptime.Timeline {
	observed := uptime.NewTimeline(span)
	observed.AddSpan(span)
	return observed
}

// honest is a machine of its own: it misses slots, and is out now and then.
func honest(dice *rand.Rand, span uptime.Span) uptime.Timeline {
	up := uptime.NewTimeline(span)
	rate := 50 + dice.IntN(600) // slots between gaps, in the mean
	for k := span.From; k < span.To; {
		run := 1 + uptime.Slot(float64(rate)*dice.ExpFloat64())
		up.AddSpan(uptime.Span{From: k, To: k + run})
		k += run + 1
		if dice.IntN(4) == 0 {
			k += uptime.Slot(dice.IntN(60))
		}
	}
	return up
}
