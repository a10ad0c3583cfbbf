package simulator

import (
	"iter"
	"sort"

	"github.com/google/uuid"
)

// SupplierKind is what a supplier is in truth.
type SupplierKind string

// The kinds of supplier.
const (
	HonestSupplier   SupplierKind = "honest"
	FarmSupplier     SupplierKind = "farm"     // owns virtual devices
	AttackerSupplier SupplierKind = "attacker" // had devices rewritten to it
)

// Supplier is one supplier of the world.
type Supplier struct {
	ID   uuid.UUID
	Kind SupplierKind
}

const (
	farms             = 8
	attackers         = 3
	largestFleet      = 400 // devices of one honest supplier
	largestFleetShare = 5   // and at most a fifth of the world
)

// fleets deals the honest devices out to suppliers and returns the first device
// of each. One supplier in s has s devices or more, up to a bound: most have a few, some hundreds.
func fleets(k key, devices int) []uint32 {
	largest := max(1, min(largestFleet, devices/largestFleetShare))
	var firsts []uint32
	for first := 0; first < devices; {
		firsts = append(firsts, uint32(first))
		draw := 1 + int(k.at(uint64(len(firsts)))>>48)
		first += min(largest, 1<<16/draw)
	}
	return firsts
}

// fleetOf returns the number of the supplier that registered an honest device.
func (w *World) fleetOf(honest int) int {
	return sort.Search(len(w.fleets), func(s int) bool { return w.fleets[s] > uint32(honest) }) - 1
}

// Suppliers are numbered: the honest ones, the farms, the attackers.
func (w *World) farm(n int) uuid.UUID     { return w.supplierID(len(w.fleets) + n) }
func (w *World) attacker(n int) uuid.UUID { return w.supplierID(len(w.fleets) + farms + n) }

func (w *World) supplierID(number int) uuid.UUID { return w.supplierIDs.id(uint32(number)) }

// Suppliers yields every supplier of the world: the honest ones, and where the
// scenario has them the farms and the attackers. Together they own every device
// at every time.
func (w *World) Suppliers() iter.Seq[Supplier] {
	return func(yield func(Supplier) bool) {
		for number := range w.supplierCount() {
			if !yield(Supplier{w.supplierID(number), w.supplierKind(number)}) {
				return
			}
		}
	}
}

func (w *World) supplierCount() int {
	if w.script.virtualsPerReal == 0 {
		return len(w.fleets)
	}
	return len(w.fleets) + farms + attackers
}

func (w *World) supplierKind(number int) SupplierKind {
	switch {
	case number < len(w.fleets):
		return HonestSupplier
	case number < len(w.fleets)+farms:
		return FarmSupplier
	}
	return AttackerSupplier
}
