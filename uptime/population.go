package uptime

import (
	"context"
	"math/bits"
	"time"

	"github.com/jackc/pgx/v5"
)

// Population is how many devices were up in a slot.
type Population struct {
	Slot     Slot
	Observed bool  // false: the counts say nothing
	Up       int64 // devices up
	Genuine  int64 // devices up, without those whose last verdict is spoofed
}

// PopulationOf counts the devices that were up in each slot of the span, with the
// verdicts recorded by asOf.
func PopulationOf(ctx context.Context, tx pgx.Tx, span Span, asOf time.Time) ([]Population, error) {
	hours, err := CoverageOf(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	spoofed, err := selectSpoofed(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	shards, err := countShards(ctx, tx, asOf)
	if err != nil {
		return nil, err
	}
	flagged := lanesOf(spoofed, shards)
	counts := make([]Population, span.Len())
	observed := Observed(hours, span)
	for i := range counts {
		k := span.From + Slot(i)
		counts[i] = Population{Slot: k, Observed: observed.Has(k)}
	}
	from, to := span.Hours()
	err = eachChunk(ctx, tx, 0, shards, from, to, func(shard int32, hour Hour, bytes []byte) error {
		var chunk Chunk
		if err := chunk.UnmarshalBinary(bytes); err != nil {
			return err
		}
		for i := range SlotsPerHour {
			if k := hour.First() + Slot(i); span.Contains(k) {
				addCounts(&counts[k-span.From], &chunk[i], &flagged[shard])
			}
		}
		return nil
	})
	return counts, err
}

func addCounts(p *Population, up, spoofed *[wordsPerSlot]uint64) {
	for w := range up {
		p.Up += int64(bits.OnesCount64(up[w]))
		p.Genuine += int64(bits.OnesCount64(up[w] &^ spoofed[w]))
	}
}

// lanesOf marks the devices, shard by shard, as one slot of a chunk would.
func lanesOf(devices []DeviceNumber, shards int32) [][wordsPerSlot]uint64 {
	lanes := make([][wordsPerSlot]uint64, shards)
	for _, d := range devices {
		lane := d.Lane()
		lanes[d.Shard()][lane>>6] |= 1 << (63 - lane&63)
	}
	return lanes
}

// SpoofedDevices returns the devices whose last verdict recorded by asOf is
// spoofed, by number.
func SpoofedDevices(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]DeviceNumber, error) {
	return selectSpoofed(ctx, tx, asOf)
}

// ReadBlock reads the chunks of shards first, first+1, … into a block over the
// span.
func ReadBlock(ctx context.Context, tx pgx.Tx, span Span, first, shards int32) (*Block, error) {
	block := NewBlock(span, first, shards)
	from, to := span.Hours()
	err := eachChunk(ctx, tx, first, first+shards, from, to, block.Put)
	return block, err
}

// ReadTimeline reads when one device was up within the span. It reads a strip a day, and
// an hour of its shard a row where there is none.
func ReadTimeline(ctx context.Context, tx pgx.Tx, device DeviceNumber, span Span) (Timeline, error) {
	up := NewTimeline(span)
	rest, err := readDays(ctx, tx, device, span, func(first Slot, _, was []byte) { up.addDay(first, was) })
	if err != nil || rest.Empty() {
		return up, err
	}
	from, to := rest.Hours()
	return up, eachHourOf(ctx, tx, device, from, to, up.addHour)
}

// ReadObserved reads which slots of the span were observed, and in which of those one
// device was up. Run it in a transaction of one snapshot, so that all is of one moment.
func ReadObserved(ctx context.Context, tx pgx.Tx, device DeviceNumber, span Span) (observed, up Timeline, err error) {
	observed, up = NewTimeline(span), NewTimeline(span)
	rest, err := readDays(ctx, tx, device, span, func(first Slot, seen, was []byte) {
		observed.addDay(first, seen)
		up.addDay(first, was)
	})
	if err == nil && !rest.Empty() {
		from, to := rest.Hours()
		err = eachObservedHourOf(ctx, tx, device, from, to, observed.addHour, up.addHour)
	}
	return observed, up.And(observed), err
}

// readDays visits the days of the span from its first on, as far as there are strips, and
// returns the rest of the span.
func readDays(ctx context.Context, tx pgx.Tx, device DeviceNumber, span Span, visit func(first Slot, observed, up []byte)) (rest Span, err error) {
	if span.Empty() {
		return span, nil
	}
	rest = span
	err = eachDayOf(ctx, tx, device, span.From.Day(), (span.To - 1).Day(), func(first Slot, observed, up []byte) {
		if first <= rest.From {
			visit(first, observed, up)
			rest.From = first + SlotsPerDay
		}
	})
	return rest, err
}

// addHour adds slots of an hour, as far as they are in the span.
func (t Timeline) addHour(hour Hour, slots HourSlots) {
	for i := range SlotsPerHour {
		if slots.Has(i) {
			t.Add(hour.First() + Slot(i))
		}
	}
}

// Shards returns how many shards the devices registered by asOf fill.
func Shards(ctx context.Context, tx pgx.Tx, asOf time.Time) (int32, error) {
	return countShards(ctx, tx, asOf)
}
