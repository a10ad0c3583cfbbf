package fakes

import (
	"math/bits"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// Device is what is shown of a device. Nothing of it but the id, which breaks
// ties, has a part in who is listed.
type Device struct {
	Number       uptime.DeviceNumber
	ID           uuid.UUID
	Supplier     uuid.UUID // that registered it, whatever was written since
	RegisteredAt time.Time
	Spoofed      bool // its last verdict says so already
}

// Fleet is the devices of a span, each as the list of its turns: the slots, from
// the span's start, at which it is no longer what it was. They alternate, so that
// the first state and the places say it all:
//
//	bits      0 0 1 1 1 0 1 1 . . 0 0      . was not observed
//	turns     2 5 6 10, not up first
//
// What was not observed is taken for what was seen last; a turn after it is in the
// list, and stands for no slot. A turn takes 4 bytes, a device some 80.
type Fleet struct {
	observed uptime.Timeline
	devices  []Device
	upFirst  []bool
	ends     []int // of each device's part of turns
	turns    []int32
}

// NewFleet returns the empty fleet over the span of the observed slots.
func NewFleet(observed uptime.Timeline) *Fleet { return &Fleet{observed: observed} }

// Len returns the number of devices.
func (f *Fleet) Len() int { return len(f.devices) }

// Add takes in a device with the slots in which it was up. It keeps none of the
// timeline, whose span must be that of the observed slots.
func (f *Fleet) Add(d Device, up uptime.Timeline) {
	if up.Span() != f.observed.Span() {
		panic("fakes: a device's timeline has not the fleet's span")
	}
	first, any := f.observed.First(f.observed.Span())
	last := uint64(0)
	if any && up.Has(first) {
		last = 1
	}
	f.devices = append(f.devices, d)
	f.upFirst = append(f.upFirst, last == 1)
	observed := f.observed.Words()
	for i, word := range up.Words() {
		word = fill(word, observed[i], last)
		for turned := word ^ (word<<1 | last); turned != 0; turned &= turned - 1 {
			f.turns = append(f.turns, int32(i*64+bits.TrailingZeros64(turned)))
		}
		last = word >> 63
	}
	f.ends = append(f.ends, len(f.turns))
}

// fill gives each slot that was not observed the bit of the slot before it, the
// first that of last.
func fill(word, observed, last uint64) uint64 {
	word &= observed
	for missing := ^observed; missing != 0; missing &= missing - 1 {
		at := bits.TrailingZeros64(missing)
		before := last
		if at > 0 {
			before = word >> (at - 1) & 1
		}
		word |= before << at
	}
	return word
}

// of returns the turns of a device.
func (f *Fleet) of(device int32) []int32 {
	from := 0
	if device > 0 {
		from = f.ends[device-1]
	}
	return f.turns[from:f.ends[device]]
}

// slots is how many the span has.
func (f *Fleet) slots() int32 { return int32(f.observed.Span().Len()) }

// runs calls yield for each of a device's runs of up slots, [from, to).
func (f *Fleet) runs(device int32, yield func(from, to int32)) {
	up, from := f.upFirst[device], int32(0)
	for _, turn := range f.of(device) {
		if up {
			yield(from, turn)
		}
		up, from = !up, turn
	}
	if up {
		yield(from, f.slots())
	}
}

// seen reports whether a device was up at all.
func (f *Fleet) seen(device int32) bool { return f.upFirst[device] || len(f.of(device)) > 0 }

// population counts the devices up in each slot, of those that are not left out.
func (f *Fleet) population(leftOut []bool) []int32 {
	change := make([]int32, f.slots()+1)
	for device := range int32(f.Len()) {
		if leftOut[device] {
			continue
		}
		f.runs(device, func(from, to int32) {
			change[from]++
			change[to]--
		})
	}
	for k := 1; k < len(change); k++ {
		change[k] += change[k-1]
	}
	return change[:f.slots()]
}
