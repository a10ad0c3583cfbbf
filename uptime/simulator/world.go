package simulator

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// The scenarios.
const (
	April2024 = "april-2024" // both Ignition seasons, the farms, the attack, the cut-over
	Steady    = "steady"     // honest outages only, every device from the first day
)

// MaxDevices is the largest number of real devices in a world.
const MaxDevices = 600_000

// Config says which world to make. Equal configurations make equal worlds, byte
// for byte, on every machine.
type Config struct {
	Scenario string // April2024 or Steady
	Devices  int    // real devices, 1 to MaxDevices
	Seed     uint64
	Spared   bool // the cut-over takes the API from no honest device: the world as it might have been
}

// script is what sets the scenarios apart.
type script struct {
	virtualsPerReal int
	standing        bool // every device is registered before Start, and stays
	verdicts        bool
	attackPerMille  int32 // of the honest devices, rewritten in the attack
}

var scripts = map[string]script{
	April2024: {virtualsPerReal: 3, verdicts: true, attackPerMille: 300},
	Steady:    {standing: true},
}

// World is a fleet of devices over the time of both seasons. It never changes
// after New, and is safe for use by many goroutines.
//
// Devices have an index: the honest ones from 0, then the virtual ones. It has
// nothing to do with the order of registration.
type World struct {
	config      Config
	script      script
	root        key
	beats       key // the stream of outages and heartbeats
	deviceIDs   identities
	supplierIDs identities

	fleets   []uint32 // the first honest device of each supplier
	lives    []life   // one an honest device
	cohorts  []cohort // of virtual devices
	virtuals int      // virtual devices
	together int      // virtual devices of one cohort; the last may have fewer
	blocks   []ticks  // when a block has any active device
	changes  []entry  // the change log's order
	verdicts []entry  // the verdict log's order
}

// The traits that are dealt to devices, each from a stream of its own.
const (
	traitFate uint64 = iota
	traitHabit
	traitRegistered
	traitSpan
	traitReturn
	traitModel
	traitCount
	traitConnectivity
	traitFleet
	traitCohort
	traitUserChange
	traitSale
	traitWorkerChange
	traitAttack
	traitWrongVerdict
	traitVerdict
	traitJob
	traitBeat
	traitOrder
	traitStray
	traitDeviceID
	traitSupplierID
	traitCursor
)

func (w *World) key(trait uint64) key { return w.root.child(trait) }

// New makes a world. It takes about a second for MaxDevices, and fails only on a
// configuration out of bounds.
func New(c Config) (*World, error) {
	script, ok := scripts[c.Scenario]
	if !ok {
		return nil, fmt.Errorf("simulator: scenario %q is unknown: choose %q or %q", c.Scenario, April2024, Steady)
	}
	if c.Devices < 1 || c.Devices > MaxDevices {
		return nil, fmt.Errorf("simulator: %d devices: choose 1 to %d real devices", c.Devices, MaxDevices)
	}
	w := &World{config: c, script: script, root: key(c.Seed)}
	w.beats = w.key(traitBeat)
	w.deviceIDs = identities(w.key(traitDeviceID))
	w.supplierIDs = identities(w.key(traitSupplierID))
	w.fleets = fleets(w.key(traitFleet), c.Devices)
	w.lives = make([]life, c.Devices)
	for i := range w.lives {
		w.lives[i] = w.lifeOf(i)
	}
	w.virtuals = c.Devices * script.virtualsPerReal
	w.together = max(1, min(cohortLargest, w.virtuals/cohortsFewest))
	w.cohorts = w.makeCohorts()
	w.blocks = w.makeBlocks()
	w.changes = w.indexChanges()
	w.verdicts = w.indexVerdicts()
	return w, nil
}

// Config returns what the world was made of.
func (w *World) Config() Config { return w.config }

// Devices returns the number of devices, honest and virtual. Indices are below it.
func (w *World) Devices() int { return len(w.lives) + w.virtuals }

// Up reports whether the device sends a heartbeat in the slot. It panics if the
// index is not one of the world.
func (w *World) Up(device int, slot uptime.Slot) bool {
	at := slot - originSlot
	if at < uptime.Slot(firstTick) || at >= uptime.Slot(endTick) {
		return false
	}
	_, up := w.beat(device, tick(at))
	return up
}

// Population returns how many devices of each kind are up in the slot. It asks
// every device: about 10 ns each.
func (w *World) Population(slot uptime.Slot) (honest, virtual int) {
	for device := range w.Devices() {
		switch {
		case !w.Up(device, slot):
		case device < len(w.lives):
			honest++
		default:
			virtual++
		}
	}
	return honest, virtual
}

// deviceID returns the id of a device. Ids of numbers past the last device are
// strays: no registration names them.
func (w *World) deviceID(device int) uuid.UUID { return w.deviceIDs.id(uint32(device)) }
