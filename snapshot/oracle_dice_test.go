package snapshot_test

// What random worlds are drawn with.

import (
	"time"

	"pgregory.net/rapid"
)

// oracleMargin is how many slots a world knows before and after its season.
const oracleMargin = 400

// oracleDice draws a world. Slots are drawn near marks, instants near both.
type oracleDice struct {
	t        *rapid.T
	world    *oracleWorld
	marks    []int64
	instants []time.Time
	seq      int64
	calm     bool // fewer upsets, so that what needs several things to go well is drawn often
}

// mark makes an instant, and the slots round it, likely to be drawn again.
func (d *oracleDice) mark(instant time.Time) {
	d.instants = append(d.instants, instant)
	d.marks = append(d.marks, oracleSlot(instant))
}

func (d *oracleDice) slot() int64 {
	if d.chance(25) {
		return d.anywhere(d.first(), d.last())
	}
	return oraclePick(d, d.marks...) + d.between(-4, 4)
}

func (d *oracleDice) instant() time.Time {
	if d.chance(30) {
		return d.off(oraclePick(d, d.instants...))
	}
	return d.off(time.Unix(d.slot()*300, 0).UTC())
}

// off leaves an instant as it is, or moves it off the grid of slots.
func (d *oracleDice) off(instant time.Time) time.Time {
	return instant.Add(oraclePick(d, 0, 0, 0, 1, -1, time.Second, -time.Second, 150*time.Second))
}

func (d *oracleDice) bits() uint64 { return rapid.Uint64().Draw(d.t, "bits") }

func (d *oracleDice) chance(percent int64) bool { return d.between(0, 99) >= 100-percent }

// upset is a chance that is smaller in a calm world.
func (d *oracleDice) upset(percent int64) bool {
	return d.chance(percent) && (!d.calm || !d.chance(80))
}

func (d *oracleDice) between(least, most int64) int64 {
	return rapid.Int64Range(least, most).Draw(d.t, "number")
}

// anywhere is between, without its liking for the least.
func (d *oracleDice) anywhere(least, most int64) int64 {
	return least + d.between(0, 15)*((most-least)/16) + d.between(0, (most-least)/16)
}

func (d *oracleDice) pick(options ...int64) int64 { return oraclePick(d, options...) }

func oraclePick[T any](d *oracleDice, options ...T) T {
	return options[d.between(0, int64(len(options)-1))]
}

// oracleStrip is the world's slots as a row of booleans, to draw upon.
type oracleStrip struct {
	first int64
	on    []bool
}

func (d *oracleDice) line(on bool) oracleStrip {
	s := oracleStrip{first: d.first(), on: make([]bool, d.last()-d.first())}
	s.run(d.first(), int64(len(s.on)), on)
	return s
}

func (s oracleStrip) run(from, length int64, on bool) {
	for k := max(from, s.first); k < min(from+length, s.first+int64(len(s.on))); k++ {
		s.on[k-s.first] = on
	}
}

func (s oracleStrip) pattern(from int64, bits uint64) {
	for i := range int64(64) {
		s.run(from+i, 1, bits>>i&1 == 1)
	}
}

func (s oracleStrip) set() oracleSlots {
	slots := oracleSlots{}
	for i, on := range s.on {
		if on {
			slots[s.first+int64(i)] = true
		}
	}
	return slots
}
