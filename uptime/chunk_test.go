package uptime

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type lane struct{ slot, lane int }

var anyLane = rapid.Custom(func(t *rapid.T) lane {
	return lane{rapid.IntRange(0, SlotsPerHour-1).Draw(t, "slot"), rapid.IntRange(0, LanesPerShard-1).Draw(t, "lane")}
})

// naiveChunk writes the bytes of bit(12288) from its definition: bit index = slot
// in hour * 1024 + lane, the first bit most significant.
func naiveChunk(up map[lane]bool) []byte {
	b := make([]byte, 12288/8)
	for l := range up {
		index := l.slot*1024 + l.lane
		b[index/8] |= 0x80 >> (index % 8)
	}
	return b
}

func TestChunkIsASetOfLanes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Chunk
		up, perSlot := map[lane]bool{}, [SlotsPerHour]int{}
		for _, l := range rapid.SliceOf(anyLane).Draw(t, "up") {
			if !up[l] {
				perSlot[l.slot]++
			}
			up[l] = true
			c.Set(l.slot, l.lane) // twice is once
		}
		for slot, want := range perSlot {
			if got := c.Count(slot); got != want {
				t.Fatalf("%d up in slot %d, want %d", got, slot, want)
			}
		}
		probe := anyLane.Draw(t, "probe")
		if c.Up(probe.slot, probe.lane) != up[probe] {
			t.Fatalf("%v is up: %v, want %v", probe, !up[probe], up[probe])
		}
		written, err := c.AppendBinary([]byte("before"))
		if err != nil || !bytes.Equal(written, slices.Concat([]byte("before"), naiveChunk(up))) {
			t.Fatalf("bytes differ from the definition (%v)", err)
		}
	})
}

func TestChunkRefusesOtherLengths(t *testing.T) {
	for _, length := range []int{0, ChunkBytes - 1, ChunkBytes + 1} {
		var c Chunk
		c.Set(3, 700)
		before := c
		if err := c.UnmarshalBinary(make([]byte, length)); err == nil || c != before {
			t.Errorf("%d bytes: error %v, chunk changed %v", length, err, c != before)
		}
	}
}

func TestDeviceNumberIsShardAndLane(t *testing.T) {
	for number, want := range map[DeviceNumber][2]int{0: {0, 0}, 1023: {0, 1023}, 1024: {1, 0}, 8191: {7, 1023}, 1<<31 - 1: {1<<21 - 1, 1023}} {
		if got := [2]int{int(number.Shard()), number.Lane()}; got != want {
			t.Errorf("device %d: shard and lane %v, want %v", number, got, want)
		}
	}
}

func FuzzChunkCodec(f *testing.F) {
	f.Add([]byte{})
	f.Add(naiveChunk(map[lane]bool{{0, 0}: true, {11, 1023}: true}))
	f.Add(bytes.Repeat([]byte{0xa5}, ChunkBytes))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c Chunk
		if err := c.UnmarshalBinary(raw); err != nil {
			if len(raw) == ChunkBytes || c != (Chunk{}) {
				t.Fatalf("%d bytes: %v, chunk changed %v", len(raw), err, c != Chunk{})
			}
			return
		}
		again, err := c.AppendBinary(nil)
		if err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("read and written again, the bytes differ (%v)", err)
		}
	})
}
