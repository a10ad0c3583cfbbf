package uptime_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/uptally/uptally/uptime"
)

// Whatever is set in chunks is set in the timelines of the lanes, slot by slot.
func TestTransposeKeepsEveryBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := uptime.Slot(rapid.Int64Range(-1000, 1000).Draw(t, "from"))
		span := uptime.Span{From: from, To: from + uptime.Slot(rapid.Int64Range(0, 200).Draw(t, "slots"))}
		const first = 7
		shard := int32(first + rapid.IntRange(0, 1).Draw(t, "shard"))
		block := uptime.NewBlock(span, first, 2)
		want := map[[2]int64]bool{}
		firstHour, end := span.Hours()
		for hour := firstHour - 1; hour <= end; hour++ {
			var chunk uptime.Chunk
			for range 40 {
				slot := rapid.IntRange(0, 11).Draw(t, "slot")
				lane := rapid.IntRange(0, uptime.LanesPerShard-1).Draw(t, "lane")
				chunk.Set(slot, lane)
				want[[2]int64{int64(hour.First()) + int64(slot), int64(lane)}] = true
			}
			bytes, err := chunk.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := block.Put(shard, hour, bytes); err != nil {
				t.Fatal(err)
			}
		}
		again := uptime.NewBlock(span, first, 2)
		for hour := firstHour - 1; hour <= end; hour++ {
			chunk := block.Chunk(shard, hour)
			if err := again.Put(shard, hour, chunk[:]); err != nil {
				t.Fatal(err)
			}
			var within uptime.Chunk
			if err := within.UnmarshalBinary(chunk[:]); err != nil {
				t.Fatal(err)
			}
			for slot := range uptime.SlotsPerHour {
				if !span.Contains(hour.First()+uptime.Slot(slot)) && within.Count(slot) > 0 {
					t.Fatalf("slot %d of hour %d has bits outside the span", slot, hour)
				}
			}
		}
		if !bytes.Equal(again.Bits(shard), block.Bits(shard)) {
			t.Fatal("put together again, the chunks of the block are others")
		}
		var lanes uptime.Lanes
		block.Transpose(shard, &lanes)
		for lane := range uptime.LanesPerShard {
			line := lanes.Timeline(lane)
			for k := span.From; k < span.To; k++ {
				if got := line.Has(k); got != want[[2]int64{int64(k), int64(lane)}] {
					t.Fatalf("slot %d, lane %d: %v", k, lane, got)
				}
			}
			if line.Count(uptime.Span{From: span.From - 99, To: span.To + 99}) != line.Count(span) {
				t.Fatal("bits beyond the span")
			}
		}
	})
}

func TestBlockRefusesWhatIsNotItsOwn(t *testing.T) {
	block := uptime.NewBlock(uptime.Span{From: 0, To: 12}, 3, 2)
	if err := block.Put(3, 0, make([]byte, 1535)); err == nil {
		t.Error("a chunk of 1535 bytes was taken")
	}
	for _, shard := range []int32{2, 5} {
		if err := block.Put(shard, 0, make([]byte, uptime.ChunkBytes)); err == nil {
			t.Errorf("shard %d was taken", shard)
		}
	}
}
