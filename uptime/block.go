package uptime

import (
	"encoding/binary"
	"fmt"
)

// Block is the bits of some shards over a span, slot by slot as the chunks hold
// them, on their way to timelines.
type Block struct {
	span       Span
	firstShard int32
	slots      [][][wordsPerSlot]uint64 // by shard, then by slot of the span
}

// NewBlock returns the empty block of shards firstShard, firstShard+1, … over
// the span. It takes 128 bytes a slot and shard.
func NewBlock(span Span, firstShard, shards int32) *Block {
	b := &Block{span: span, firstShard: firstShard, slots: make([][][wordsPerSlot]uint64, shards)}
	for i := range b.slots {
		b.slots[i] = make([][wordsPerSlot]uint64, span.Len())
	}
	return b
}

// Put takes in one chunk, given as the 1536 bytes of a bit(12288), replacing what
// the block held of that shard and hour. Slots outside the span are left out.
func (b *Block) Put(shard int32, hour Hour, chunk []byte) error {
	if len(chunk) != ChunkBytes {
		return fmt.Errorf("uptime chunk of shard %d, hour %s: %d bytes, want %d", shard, hour.Start(), len(chunk), ChunkBytes)
	}
	if shard < b.firstShard || int(shard-b.firstShard) >= len(b.slots) {
		return fmt.Errorf("uptime chunk of shard %d: outside the block's shards %d to %d",
			shard, b.firstShard, int(b.firstShard)+len(b.slots)-1)
	}
	rows := b.slots[shard-b.firstShard]
	for i := range Slot(SlotsPerHour) {
		if k := hour.First() + i; b.span.Contains(k) {
			row, src := &rows[k-b.span.From], chunk[i*wordsPerSlot*8:]
			for w := range row {
				row[w] = binary.BigEndian.Uint64(src[w*8:])
			}
		}
	}
	return nil
}

// Lanes are the timelines of the 1024 lanes of one shard.
type Lanes struct {
	span  Span
	width int // words a lane
	words []uint64
}

// Timeline returns the lane's timeline. It shares the memory of the lanes.
func (l *Lanes) Timeline(lane int) Timeline {
	return TimelineOf(l.span, l.words[lane*l.width:(lane+1)*l.width])
}

// Transpose turns the bits of one shard from slots of lanes into lanes of slots,
// in blocks of 64 x 64 bits. It reuses the memory of dst.
func (b *Block) Transpose(shard int32, dst *Lanes) {
	rows := b.slots[shard-b.firstShard]
	dst.span, dst.width = b.span, wordsFor(b.span)
	if need := dst.width * LanesPerShard; cap(dst.words) < need {
		dst.words = make([]uint64, need)
	} else {
		dst.words = dst.words[:need]
	}
	var m [64]uint64
	for block := range dst.width {
		part := rows[block*64 : min(block*64+64, len(rows))]
		for w := range wordsPerSlot {
			// Row i holds slot 63-i: a lane's word then has its first slot least
			// significant, as a timeline wants it.
			clear(m[:64-len(part)])
			for i := range part {
				m[63-i] = part[i][w]
			}
			transpose64(&m)
			for lane, word := range m {
				dst.words[(w*64+lane)*dst.width+block] = word
			}
		}
	}
}

// transpose64 transposes a matrix of 64 x 64 bits, bit 63 of a row being its
// first column: swap the off-diagonal quarters, then those of the quarters, and
// so on (Warren, Hacker's Delight, 7-3).
func transpose64(m *[64]uint64) {
	mask := uint64(0x00000000ffffffff)
	for j := uint(32); j != 0; j >>= 1 {
		for k := uint(0); k < 64; k = (k + j + 1) &^ j {
			t := (m[k&63] ^ m[(k+j)&63]>>j) & mask
			m[k&63] ^= t
			m[(k+j)&63] ^= t << j
		}
		mask ^= mask << (j >> 1)
	}
}

// Retain takes out of the lanes every slot that was not observed: an hour that is
// still open may have moved on since its coverage was read. Both have one span.
func (l *Lanes) Retain(observed Timeline) {
	for lane := range LanesPerShard {
		words := l.words[lane*l.width : (lane+1)*l.width]
		for i, w := range observed.words {
			words[i] &= w
		}
	}
}
