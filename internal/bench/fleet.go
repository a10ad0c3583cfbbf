package main

import (
	"encoding/binary"
	"math/bits"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// fleet is a seeded world of devices: a pure function of device and slot, so that
// every load of one size is the same.
//
//	90 of 100 honest: up for a day or so, missing a slot or some hours, up again;
//	          most of them lose the API in the outage and are back within a day
//	10 of 100 fakes, in cohorts: up without a break, gone with the outage for good
//
// One in ten devices registers within the span.
type fleet struct {
	devices int
	span    uptime.Span
	outage  uptime.Span // empty: none
}

// The shares of a fleet, per mille, and its lengths in slots.
const (
	fakesPerMille     = 100
	newcomersPerMille = 100
	spoofedPerMille   = 950 // of the fakes
	genuinePerMille   = 100 // of the honest devices
	lostPerMille      = 980 // of the honest devices, in the outage
	missPerMille      = 800 // of the gaps, that are one slot
	upLongest         = 640
	gapLongest        = 144
	backLongest       = 288 // after the outage's end
	cohortSize        = 500
)

// The streams of draws.
const (
	drawKind uint64 = iota + 1
	drawRegistered
	drawVerdict
	drawOutage
	drawFacts
	drawJob
	drawID
	drawRun
	drawLate
)

// draw returns a stream's n-th 64 hashed bits, n below 2^56: SplitMix64 (Steele,
// Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
func draw(stream, n uint64) uint64 {
	z := (stream<<56 + n + 1) * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number 0 <= x < n made of a draw.
func below(draw uint64, n int) int {
	high, _ := bits.Mul64(draw, uint64(n))
	return int(high)
}

func chance(draw uint64, perMille int) bool { return below(draw, 1000) < perMille }

// idOf is the device's id. Ids rise with the numbers, so that an index of ten
// million is built quickly; nothing that is measured goes by their order.
func idOf(device int) (id uuid.UUID) {
	binary.BigEndian.PutUint32(id[:], uint32(device))
	binary.BigEndian.PutUint64(id[8:], draw(drawID, uint64(device)))
	return id
}

func isFake(device int) bool { return chance(draw(drawKind, uint64(device)), fakesPerMille) }

// registered is the slot at which the device is registered, a month before the
// span or within its first two thirds.
func (f *fleet) registered(device int) uptime.Slot {
	d := draw(drawRegistered, uint64(device))
	if !chance(d, newcomersPerMille) {
		return f.span.From - uptime.Slot(1+below(d<<20, 30*uptime.SlotsPerDay))
	}
	if isFake(device) {
		d = draw(drawRegistered, 1<<40|uint64(device/cohortSize))
	}
	return f.span.From + uptime.Slot(below(d<<20, max(1, f.span.Len()*2/3)))
}

// next returns the slot after k at which the device turns, having turned up or down
// at slot k.
func (f *fleet) next(device int, k uptime.Slot, up bool) uptime.Slot {
	lost := f.lost(device)
	if up && isFake(device) {
		if k < lost.From {
			return lost.From
		}
		return f.span.To
	}
	turn := f.span.To
	if !isFake(device) {
		turn = k + f.run(device, k, up)
	}
	switch {
	case turn < lost.From || k >= lost.To:
		return turn
	case up && k < lost.From:
		return lost.From // however long it would have stayed
	}
	return max(turn, lost.To)
}

// run is how many slots an honest device stays as it is from slot k on.
func (f *fleet) run(device int, k uptime.Slot, up bool) uptime.Slot {
	d := draw(drawRun, uint64(device)<<24^uint64(k-f.span.From))
	switch {
	case up:
		return 1 + uptime.Slot(below(d, upLongest))
	case chance(d, missPerMille):
		return 1
	}
	return 1 + uptime.Slot(below(d<<20, gapLongest))
}

// lost is when the outage takes the device: empty if it does not.
func (f *fleet) lost(device int) uptime.Span {
	d := draw(drawOutage, uint64(device))
	switch {
	case f.outage.Empty():
		return uptime.Span{}
	case isFake(device):
		return uptime.Span{From: f.outage.From, To: f.span.To}
	case !chance(d, lostPerMille):
		return uptime.Span{}
	}
	return uptime.Span{
		From: f.outage.From + uptime.Slot(below(d<<40, 3)),
		To:   f.outage.To + uptime.Slot(below(d<<20, backLongest)),
	}
}
