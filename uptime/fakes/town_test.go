package fakes_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/fakes"
)

var span = uptime.Span{From: 5_700_000, To: 5_700_000 + 10*uptime.SlotsPerDay}

// town is a fleet in the making: honest machines, and what a test does to them.
type town struct {
	dice     *rand.Rand
	observed uptime.Timeline
	ids      []uuid.UUID
	up       []uptime.Timeline
}

func newTown(seed uint64, honestDevices int) *town {
	w := &town{dice: rand.New(rand.NewPCG(seed, 0)), observed: wholly(span)}
	for range honestDevices {
		w.add(honest(w.dice, span))
	}
	return w
}

func (w *town) add(up uptime.Timeline) {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], w.dice.Uint64())
	w.ids, w.up = append(w.ids, id), append(w.up, up)
}

// slot draws one of the span's middle.
func (w *town) slot() uptime.Slot { return span.From + 300 + uptime.Slot(w.dice.IntN(span.Len()-900)) }

// cut takes the devices down for some slots.
func (w *town) cut(devices []int, from uptime.Slot, slots int) {
	for _, d := range devices {
		remove(w.up[d], uptime.Span{From: from, To: from + uptime.Slot(slots)})
	}
}

func remove(from uptime.Timeline, gone uptime.Span) {
	cut := uptime.NewTimeline(span)
	cut.AddSpan(gone)
	copy(from.Words(), from.AndNot(cut).Words())
}

// farm adds devices on one switch: they come up in one slot, pause so often
// together, and each misses so many slots of its own.
func (w *town) farm(devices, pauses, missesEach int) (members []uuid.UUID) {
	return w.farmFrom(span.From+1+uptime.Slot(w.dice.IntN(span.Len()/3)), devices, pauses, missesEach)
}

func (w *town) farmFrom(on uptime.Slot, devices, pauses, missesEach int) (members []uuid.UUID) {
	pattern := uptime.NewTimeline(span)
	pattern.AddSpan(uptime.Span{From: on, To: span.To})
	for range pauses {
		at := on + 20 + uptime.Slot(w.dice.IntN(int(span.To-on)-40))
		remove(pattern, uptime.Span{From: at, To: at + 1 + uptime.Slot(w.dice.IntN(6))})
	}
	for range devices {
		own := uptime.NewTimeline(span)
		own.AddAll(pattern, span)
		for range missesEach {
			at := on + 20 + uptime.Slot(w.dice.IntN(int(span.To-on)-40))
			remove(own, uptime.Span{From: at, To: at + 1})
		}
		w.add(own)
		members = append(members, w.ids[len(w.ids)-1])
	}
	return members
}

// some returns the places of a share of the devices, per mille.
func (w *town) some(perMille int) (devices []int) {
	for d := range w.up {
		if w.dice.IntN(1000) < perMille {
			devices = append(devices, d)
		}
	}
	return devices
}

func (w *town) search() fakes.Findings {
	fleet := fakes.NewFleet(w.observed)
	for i, up := range w.up {
		fleet.Add(fakes.Device{Number: uptime.DeviceNumber(i), ID: w.ids[i]}, up)
	}
	return fakes.Find(fleet)
}

// listed returns the ids of the suspects, sorted.
func listed(found fakes.Findings) []uuid.UUID {
	ids := []uuid.UUID{}
	for _, s := range found.Suspects {
		ids = append(ids, s.Device.ID)
	}
	return sorted(ids)
}

func sorted(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// mustListNobody fails the test if an honest town has a suspect.
func mustListNobody(t interface{ Fatalf(string, ...any) }, w *town) {
	if found := w.search(); len(found.Suspects) > 0 {
		t.Fatalf("%d honest devices of %d are listed: %+v", len(found.Suspects), found.Devices, found.Cohorts)
	}
}
