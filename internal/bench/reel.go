package main

import (
	"math"

	"github.com/uptally/uptally/uptime"
)

// reel plays some shards of a fleet hour by hour. It keeps when each device turns
// next, 4 bytes, and who is up, a bit: ten million devices take 41 MB.
//
//	toggles of the hour     up after each slot
//	 slot 0  0100 0010       1011 1101 ^ toggles = 1111 1111
//	 slot 1  0000 1000       1111 1111 ^ toggles = 1111 0111   ...
type reel struct {
	fleet      *fleet
	firstShard int32
	turns      []int32 // by device: slots from the span's start
	up         []uptime.Chunk
}

// never is a turn past every span.
const never = math.MaxInt32

// newReel returns the shards [first, end) before the first hour of the span.
func newReel(f *fleet, first, end int32) *reel {
	r := &reel{fleet: f, firstShard: first, up: make([]uptime.Chunk, end-first)}
	r.turns = make([]int32, int(end-first)*uptime.LanesPerShard)
	for i := range r.turns {
		r.turns[i] = never
		if device := int(first)*uptime.LanesPerShard + i; device < f.devices {
			r.turns[i] = int32(max(0, f.registered(device)-f.span.From))
		}
	}
	return r
}

// shards is how many shards so many devices fill.
func shards(devices int) int32 {
	return int32((devices + uptime.LanesPerShard - 1) / uptime.LanesPerShard)
}

// play returns the chunk of the shard in the hour, valid until the shard's next.
// The hours of a shard are to be played one after another from the span's start.
func (r *reel) play(shard int32, hour uptime.Hour) *uptime.Chunk {
	chunk := &r.up[shard-r.firstShard]
	row := chunk[uptime.SlotsPerHour-1]
	*chunk = r.toggles(shard, hour, row)
	for slot := range chunk {
		for w := range row {
			row[w] ^= chunk[slot][w]
		}
		chunk[slot] = row
	}
	return chunk
}

// toggles returns which lanes turn in which slot of the hour; up is who was up
// before it.
func (r *reel) toggles(shard int32, hour uptime.Hour, up [uptime.LanesPerShard / 64]uint64) (turning uptime.Chunk) {
	start := r.fleet.span.From
	from, end := int32(hour.First()-start), int32((hour+1).First()-start)
	turns := r.turns[int(shard-r.firstShard)*uptime.LanesPerShard:][:uptime.LanesPerShard]
	for lane, turn := range turns {
		if turn >= end {
			continue
		}
		word, bit := lane>>6, uint64(1)<<(63-lane&63)
		for isUp := up[word]&bit != 0; turn < end; {
			turning[turn-from][word] ^= bit
			isUp = !isUp
			turn = int32(r.fleet.next(int(shard)*uptime.LanesPerShard+lane, start+uptime.Slot(turn), isUp) - start)
		}
		turns[lane] = turn
	}
	return turning
}
