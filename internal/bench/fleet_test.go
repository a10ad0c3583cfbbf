package main

import (
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
)

// worldOf is ten days with an outage in the middle.
func worldOf(devices int) *fleet {
	from := uptime.SlotOf(time.Date(2024, 4, 16, 0, 0, 0, 0, time.UTC))
	return &fleet{
		devices: devices,
		span:    uptime.Span{From: from, To: from + 10*uptime.SlotsPerDay},
		outage:  uptime.Span{From: from + 5*uptime.SlotsPerDay, To: from + 5*uptime.SlotsPerDay + 72},
	}
}

// population plays the shards [first, end) and counts who is up in each slot.
func population(f *fleet, first, end int32) []int {
	counts := make([]int, f.span.Len())
	reel := newReel(f, first, end)
	from, to := f.span.Hours()
	for hour := from; hour < to; hour++ {
		for shard := first; shard < end; shard++ {
			chunk := reel.play(shard, hour)
			for slot := range chunk {
				counts[hour.First()+uptime.Slot(slot)-f.span.From] += chunk.Count(slot)
			}
		}
	}
	return counts
}

func TestFleetIsMostlyUpButInTheOutage(t *testing.T) {
	f := worldOf(5000)
	counts := population(f, 0, shards(f.devices))
	before, during := counts[5*uptime.SlotsPerDay-1], counts[5*uptime.SlotsPerDay+36]
	if percent := 100 * before / f.devices; percent < 85 || percent > 97 {
		t.Errorf("%d %% are up before the outage, want about 92", percent)
	}
	if percent := 100 * during / f.devices; percent > 5 {
		t.Errorf("%d %% are up in the outage, want about 2", percent)
	}
	if last := counts[len(counts)-1]; last < during || last > before {
		t.Errorf("%d are up at the end, want those back who are no fakes: between %d and %d", last, during, before)
	}
}

func TestAReelOfSomeShardsPlaysWhatTheWholeDoes(t *testing.T) {
	f := worldOf(2500)
	whole, parts := population(f, 0, 3), make([]int, f.span.Len())
	for shard := range int32(3) {
		for slot, n := range population(f, shard, shard+1) {
			parts[slot] += n
		}
	}
	for slot := range whole {
		if whole[slot] != parts[slot] {
			t.Fatalf("slot %d: %d are up, in parts %d", slot, whole[slot], parts[slot])
		}
	}
}

func TestNobodyIsUpBeforeRegistrationOrBeyondTheFleet(t *testing.T) {
	f := worldOf(1500)
	reel := newReel(f, 0, 2)
	from, to := f.span.Hours()
	for hour := from; hour < to; hour++ {
		for shard := range int32(2) {
			chunk := reel.play(shard, hour)
			for lane := range uptime.LanesPerShard {
				device := int(shard)*uptime.LanesPerShard + lane
				for slot := range uptime.SlotsPerHour {
					k := hour.First() + uptime.Slot(slot)
					if chunk.Up(slot, lane) && (device >= f.devices || k < f.registered(device)) {
						t.Fatalf("device %d is up in slot %d", device, k-f.span.From)
					}
				}
			}
		}
	}
}

func BenchmarkReel(b *testing.B) {
	f := worldOf(10 * uptime.LanesPerShard)
	for b.Loop() {
		population(f, 0, 10)
	}
}
