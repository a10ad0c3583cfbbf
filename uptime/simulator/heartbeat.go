package simulator

import (
	"iter"

	"github.com/uptally/uptally/uptime"
)

// heartbeat is one row: a device, and when the service received it.
type heartbeat struct {
	device int
	at     moment
}

const (
	missedPerMille = 2    // of an honest device's heartbeats, which never arrive
	twicePerMille  = 20   // of all heartbeats, which arrive twice
	straysOneIn    = 2000 // slots with a heartbeat of a device that nobody registered
)

// beat returns the draw of a device's slot, from which its heartbeats follow, and
// whether there is any. The device after the last is the stray.
func (w *World) beat(device int, t tick) (draw uint64, up bool) {
	v := device - len(w.lives)
	if v >= 0 {
		if v >= w.virtuals {
			return w.strayBeat(t)
		}
		if !w.virtualUp(v, t) {
			return 0, false
		}
		return w.beats.child(uint64(device)).at(uint64(t)), true
	}
	if !w.lives[device].there(t) {
		return 0, false
	}
	own := w.beats.child(uint64(device))
	if w.habitOf(own).out(own.at(1<<40|t.day()), t.inDay()) {
		return 0, false
	}
	draw = own.at(uint64(t))
	return draw, part(draw, 0, 1000) >= missedPerMille
}

func (w *World) strayBeat(t tick) (draw uint64, up bool) {
	draw = w.key(traitStray).at(uint64(t))
	return draw, draw%straysOneIn == 0
}

// beats of a slot are one, or two at different seconds.
func beatsOf(draw uint64) int {
	if part(draw, 16, 1000) < twicePerMille {
		return 2
	}
	return 1
}

// secondOf returns the second of the slot at which the first or, with repeat 1,
// the second heartbeat was received.
func secondOf(draw uint64, repeat int) moment {
	return moment(part(draw, 32+16*uint(repeat), uptime.SlotSeconds))
}

// place is where a walk over the heartbeats stands: the next one to look at. The
// zero place is before the first of every walk.
type place struct {
	tick   tick
	step   int // the place in the order of the slot
	repeat int // 0 or 1: which heartbeat of the slot
}

// view is what a caller sees of the heartbeats: those with from <= at < until
// that are committed. A share of rows is committed late: up to a day after it
// was received.
type view struct {
	from, until  moment
	asked        moment // the end of the window; until is before it if it is not over
	now          moment // until when the service has committed rows
	latePerMille int32
}

// shows reports whether the heartbeat of the draw at the moment is in the view.
func (v *view) shows(draw uint64, at moment) bool {
	if at < v.from || at >= v.until {
		return false
	}
	if v.latePerMille == 0 {
		return true
	}
	late := key(draw).at(0)
	return part(late, 0, 1000) >= v.latePerMille || at+moment(part(late, 16, secondsPerDay/2))*2 <= v.now
}

// ticks returns the slots of the world that the view can have heartbeats in.
func (v *view) ticks() ticks {
	return ticks{max(firstTick, v.from.tick()), min(endTick, (v.until + uptime.SlotSeconds - 1).tick())}
}

// blockSize is how many devices a walk skips at once if none of them is active.
const blockSize = 256

// makeBlocks notes for each block of devices, and one stray, when any is active.
func (w *World) makeBlocks() []ticks {
	blocks := make([]ticks, w.Devices()/blockSize+1)
	for b := range blocks {
		blocks[b] = ticks{from: never}
	}
	for device := range w.Devices() {
		b, active := &blocks[device/blockSize], w.activeOf(device)
		b.from, b.until = min(b.from, active.from), max(b.until, active.until)
	}
	blocks[len(blocks)-1] = ticks{until: never} // the stray's
	return blocks
}

func (w *World) activeOf(device int) ticks {
	if device < len(w.lives) {
		return w.lives[device].active
	}
	return w.virtualActive(device - len(w.lives))
}

// order is the order of devices within a slot: the blocks from some block on, and
// each block shuffled by flipping bits of the place in it.
type order struct{ firstBlock, blocks, flip int }

func (w *World) orderOf(t tick) order {
	draw := w.key(traitOrder).at(uint64(t))
	return order{int(uint32(draw)) % len(w.blocks), len(w.blocks), int(draw >> 32 % blockSize)}
}

func (o order) block(step int) int {
	b := o.firstBlock + step/blockSize
	if b >= o.blocks {
		b -= o.blocks
	}
	return b
}

func (o order) device(step int) int { return o.block(step)*blockSize + (step%blockSize ^ o.flip) }

// walk yields the heartbeats of the view from a place on, each with its own place,
// slot by slot and in no order within the slot.
func (w *World) walk(v view, from place) iter.Seq2[place, heartbeat] {
	return func(yield func(place, heartbeat) bool) {
		span := v.ticks()
		if from.tick < span.from {
			from = place{tick: span.from}
		}
		for p := from; p.tick < span.until; p = (place{tick: p.tick + 1}) {
			if !w.walkSlot(&v, p, yield) {
				return
			}
		}
	}
}

// walkSlot yields the rest of one slot, and returns false if it was stopped.
func (w *World) walkSlot(v *view, p place, yield func(place, heartbeat) bool) bool {
	o := w.orderOf(p.tick)
	for steps := len(w.blocks) * blockSize; p.step < steps; p.step, p.repeat = p.step+1, 0 {
		if p.step%blockSize == 0 && !w.blocks[o.block(p.step)].contains(p.tick) {
			p.step += blockSize - 1
			continue
		}
		device := o.device(p.step)
		if device > w.Devices() {
			continue
		}
		draw, up := w.beat(device, p.tick)
		if !up {
			continue
		}
		for n := beatsOf(draw); p.repeat < n; p.repeat++ {
			at := p.tick.start() + secondOf(draw, p.repeat)
			if v.shows(draw, at) && !yield(p, heartbeat{device, at}) {
				return false
			}
		}
	}
	return true
}
