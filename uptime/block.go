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
	shards     [][]byte // 128 bytes a slot of the span, as in a chunk
}

// slotBytes are the bytes of one slot of a shard.
const slotBytes = LanesPerShard / 8

// NewBlock returns the empty block of shards firstShard, firstShard+1, … over
// the span. It takes 128 bytes a slot and shard.
func NewBlock(span Span, firstShard, shards int32) *Block {
	b := &Block{span: span, firstShard: firstShard, shards: make([][]byte, shards)}
	for i := range b.shards {
		b.shards[i] = make([]byte, slotBytes*span.Len())
	}
	return b
}

// Put takes in one chunk, given as the 1536 bytes of a bit(12288), replacing what
// the block held of that shard and hour. Slots outside the span are left out.
func (b *Block) Put(shard int32, hour Hour, chunk []byte) error {
	if len(chunk) != ChunkBytes {
		return fmt.Errorf("uptime chunk of shard %d, hour %s: %d bytes, want %d", shard, hour.Start(), len(chunk), ChunkBytes)
	}
	if shard < b.firstShard || int(shard-b.firstShard) >= len(b.shards) {
		return fmt.Errorf("uptime chunk of shard %d: outside the block's shards %d to %d",
			shard, b.firstShard, int(b.firstShard)+len(b.shards)-1)
	}
	first := hour.First()
	if within := (Span{From: first, To: first + SlotsPerHour}).Intersect(b.span); !within.Empty() {
		copy(b.Bits(shard)[slotBytes*(within.From-b.span.From):], chunk[slotBytes*(within.From-first):slotBytes*(within.To-first)])
	}
	return nil
}

// Chunk returns the 1536 bytes of one chunk, as Put takes them. Slots outside the
// span are empty.
func (b *Block) Chunk(shard int32, hour Hour) (chunk [ChunkBytes]byte) {
	first := hour.First()
	if within := (Span{From: first, To: first + SlotsPerHour}).Intersect(b.span); !within.Empty() {
		copy(chunk[slotBytes*(within.From-first):], b.Bits(shard)[slotBytes*(within.From-b.span.From):slotBytes*(within.To-b.span.From)])
	}
	return chunk
}

// Bits returns the shard's own bytes, not a copy: 128 a slot of the span, lane l
// of a slot being bit 7-l%8 of byte l/8.
func (b *Block) Bits(shard int32) []byte { return b.shards[shard-b.firstShard] }

// Retain takes out every slot that was not observed: an hour that is still open
// may have moved on since its coverage was read.
func (b *Block) Retain(observed Timeline) {
	for k, found := observed.FirstAbsent(b.span); found; k, found = observed.FirstAbsent(Span{From: k + 1, To: b.span.To}) {
		for _, bits := range b.shards {
			clear(bits[slotBytes*(k-b.span.From):][:slotBytes])
		}
	}
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
	bits := b.Bits(shard)
	dst.span, dst.width = b.span, wordsFor(b.span)
	if need := dst.width * LanesPerShard; cap(dst.words) < need {
		dst.words = make([]uint64, need)
	} else {
		dst.words = dst.words[:need]
	}
	var m [64]uint64
	for block := range dst.width {
		part := bits[block*64*slotBytes : min((block+1)*64*slotBytes, len(bits))]
		slots := len(part) / slotBytes
		for w := range wordsPerSlot {
			// Row i holds slot 63-i: a lane's word then has its first slot least
			// significant, as a timeline wants it.
			clear(m[:64-slots])
			for i := range slots {
				m[63-i] = binary.BigEndian.Uint64(part[i*slotBytes+w*8:])
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
// so on (Warren, Hacker's Delight, 7-3), two sizes at a time.
func transpose64(m *[64]uint64) {
	swapQuarters(m, 32, 0x00000000ffffffff, 0x0000ffff0000ffff)
	swapQuarters(m, 8, 0x00ff00ff00ff00ff, 0x0f0f0f0f0f0f0f0f)
	swapQuarters(m, 2, 0x3333333333333333, 0x5555555555555555)
}

// swapQuarters swaps the off-diagonal quarters of side j, then those of side j/2.
// Four rows at a time go through both, so that each is loaded and stored once. The
// masks are the low halves of 2j and of j bits.
func swapQuarters(m *[64]uint64, j uint, mask, halfMask uint64) {
	h := j / 2
	for base := uint(0); base < 64; base += 2 * j {
		for k := base; k < base+h; k++ {
			a, b, c, d := m[k&63], m[(k+h)&63], m[(k+j)&63], m[(k+j+h)&63]
			a, c = exchange(a, c, j, mask)
			b, d = exchange(b, d, j, mask)
			a, b = exchange(a, b, h, halfMask)
			c, d = exchange(c, d, h, halfMask)
			m[k&63], m[(k+h)&63], m[(k+j)&63], m[(k+j+h)&63] = a, b, c, d
		}
	}
}

// exchange swaps the masked bits of x with those of y that lie so far above.
func exchange(x, y uint64, distance uint, mask uint64) (_, _ uint64) {
	t := (x ^ y>>(distance&63)) & mask
	return x ^ t, y ^ t<<(distance&63)
}
