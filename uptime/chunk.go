package uptime

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// The size of a chunk, as drawn in the package comment.
const (
	LanesPerShard = 1024
	wordsPerSlot  = LanesPerShard / 64
	ChunkBits     = SlotsPerHour * LanesPerShard
	ChunkBytes    = ChunkBits / 8
)

// DeviceNumber is a device's dense number, 0, 1, 2 …, its rank in the log of
// registrations.
type DeviceNumber int32

// Shard returns the shard that the device lies in.
func (n DeviceNumber) Shard() int32 { return int32(n) / LanesPerShard }

// Lane returns the device's place in its shard, 0 to 1023.
func (n DeviceNumber) Lane() int { return int(n) % LanesPerShard }

// Chunk is one hour of one shard: a row of 1024 lanes for each of 12 slots.
// Lane l of a slot is bit 63-l%64 of word l/64, so that the words, written most
// significant byte first, are the bytes of Postgres's bit(12288).
type Chunk [SlotsPerHour][wordsPerSlot]uint64

// Set marks the lane up in the slot of the hour; slot is 0 to 11, lane 0 to 1023.
func (c *Chunk) Set(slot, lane int) { c[slot][lane>>6] |= 1 << (63 - lane&63) }

// Up reports whether the lane is up in the slot of the hour.
func (c *Chunk) Up(slot, lane int) bool { return c[slot][lane>>6]>>(63-lane&63)&1 == 1 }

// Count returns how many lanes are up in the slot of the hour, 0 to 1024.
func (c *Chunk) Count(slot int) int {
	n := 0
	for _, w := range c[slot] {
		n += bits.OnesCount64(w)
	}
	return n
}

// AppendBinary appends the chunk's 1536 bytes, in the order of bit(12288).
func (c *Chunk) AppendBinary(dst []byte) ([]byte, error) {
	for _, row := range c {
		for _, w := range row {
			dst = binary.BigEndian.AppendUint64(dst, w)
		}
	}
	return dst, nil
}

// UnmarshalBinary replaces the chunk by the 1536 bytes of a bit(12288). Any
// other length is an error and leaves the chunk as it was.
func (c *Chunk) UnmarshalBinary(src []byte) error {
	if len(src) != ChunkBytes {
		return fmt.Errorf("uptime chunk: %d bytes, want %d (%d slots x %d lanes)",
			len(src), ChunkBytes, SlotsPerHour, LanesPerShard)
	}
	for slot := range c {
		for w := range c[slot] {
			c[slot][w] = binary.BigEndian.Uint64(src)
			src = src[8:]
		}
	}
	return nil
}
