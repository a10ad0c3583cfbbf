package simulator

import (
	"fmt"
	"iter"
	"slices"
	"sort"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// entry is one row of a log, as much as must be kept of it: the rest follows from
// the device. In order of time, entries are in order as numbers.
//
//	time 32 bits | device 29 bits | kind 3 bits
type entry uint64

func newEntry(at moment, device int, kind uint64) entry {
	return entry(uint64(at)<<32 | uint64(device)<<3 | kind)
}

func (e entry) at() moment   { return moment(e >> 32) }
func (e entry) device() int  { return int(uint32(e) >> 3) }
func (e entry) kind() uint64 { return uint64(e & 7) }

// committed returns the entries of a log up to and including the moment.
func committed(log []entry, now moment) []entry {
	return log[:sort.Search(len(log), func(i int) bool { return log[i].at() > now })]
}

// sequence returns the seq of a log's n-th entry: rising, with gaps as real logs
// have them.
func sequence(n int) int64 { return int64(n + 1 + n/7) }

// The kinds of change.
const (
	registration uint64 = iota
	userChange          // the owner corrects the connectivity, the count or the name
	sale                // the device passes to another supplier
	workerChange        // a genuine one, through the worker API
	attack              // 25 April, through the worker API
)

const (
	userChangePerMille   = 120
	salePerMille         = 30
	workerChangePerMille = 50
)

func (w *World) indexChanges() []entry {
	log := make([]entry, 0, w.Devices()+len(w.lives)*5/8)
	for device := range w.Devices() {
		log = append(log, newEntry(w.registered(device), device, registration))
	}
	for honest := range w.lives {
		for kind := userChange; kind <= attack; kind++ {
			if at := w.changedAt(honest, kind); at > 0 {
				log = append(log, newEntry(at, honest, kind))
			}
		}
	}
	slices.Sort(log)
	return log
}

func (w *World) registered(device int) moment {
	if device < len(w.lives) {
		return w.lives[device].registered
	}
	return w.virtualRegistered(device - len(w.lives))
}

// changedAt returns when an honest device has a change of the kind, or 0 if it
// has none: at some time from a day after its registration on.
func (w *World) changedAt(honest int, kind uint64) moment {
	switch kind {
	case userChange:
		return w.dealtChange(honest, traitUserChange, userChangePerMille)
	case sale:
		if len(w.fleets) == 1 {
			return 0
		}
		return w.dealtChange(honest, traitSale, salePerMille)
	case workerChange:
		at := w.dealtChange(honest, traitWorkerChange, workerChangePerMille)
		if at.tick().day() == tickOf(AttackAt).day() {
			return at - secondsPerDay // on the day of the attack there were no others
		}
		return at
	}
	return w.attackedAt(honest)
}

// dealtChange deals a change to a share of the devices.
func (w *World) dealtChange(honest int, trait uint64, share int32) moment {
	stream := w.key(trait)
	if perMille(stream.quantile(honest, len(w.lives))) >= share {
		return 0
	}
	from := max(w.registered(honest), firstTick.start()) + 2*secondsPerDay
	span := int32(endTick.start() - from)
	if span <= 0 {
		return 0
	}
	return from + moment(spread(uint32(stream.child(1).at(uint64(honest))), span))
}

// attackedAt returns when the device was rewritten in the attack, or 0.
func (w *World) attackedAt(honest int) moment {
	stream := w.key(traitAttack)
	from, until := momentAtOrAfter(AttackAt), momentAtOrAfter(AttackEnd)
	if w.registered(honest) >= from || perMille(stream.quantile(honest, len(w.lives))) >= w.script.attackPerMille {
		return 0
	}
	return from + moment(spread(uint32(stream.child(1).at(uint64(honest))), int32(until-from)))
}

// Changes yields the change log from the first row to the last, as the API serves
// it. The rows are made as they are asked for.
func (w *World) Changes() iter.Seq[uptime.Change] {
	return func(yield func(uptime.Change) bool) {
		for n := range w.changes {
			if !yield(w.change(n)) {
				return
			}
		}
	}
}

// change makes the n-th row of the change log.
func (w *World) change(n int) uptime.Change {
	e := w.changes[n]
	c := uptime.Change{Seq: sequence(n), DeviceID: w.deviceID(e.device()), ChangedAt: e.at().time()}
	switch e.kind() {
	case registration:
		facts := w.factsAtRegistration(e.device())
		c.Channel = uptime.ChannelRegistration
		c.SupplierID, c.GPUModel = &facts.SupplierID, &facts.GPUModel
		c.GPUCount, c.Connectivity = &facts.GPUCount, &facts.Connectivity
	case userChange:
		c.Channel = uptime.ChannelUser
		w.correct(&c, e.device())
	case sale:
		c.Channel = uptime.ChannelUser
		c.SupplierID = new(w.buyer(e.device()))
	case workerChange:
		c.Channel = uptime.ChannelWorkerAPI
		c.DeviceName, c.Status = new(fmt.Sprintf("worker-%d", e.device())), new("up")
		if e.device()%2 == 0 {
			c.Connectivity = new(w.connectivityAfter(e.device(), 2))
		}
	case attack:
		c.Channel = uptime.ChannelWorkerAPI
		w.rewrite(&c, e.device())
	}
	return c
}

// factsAtRegistration returns what the device registers with.
func (w *World) factsAtRegistration(device int) uptime.Facts {
	if v := device - len(w.lives); v >= 0 {
		draw := w.key(traitCohort).child(1).at(uint64(v / w.together))
		model := catalogue[part(draw, 0, claimed)].model
		return uptime.Facts{SupplierID: w.farm(w.farmOf(v)), GPUModel: model,
			GPUCount: virtualGPUs, Connectivity: virtualConnectivity}
	}
	h := w.hardwareOf(device)
	return uptime.Facts{SupplierID: w.supplierID(w.fleetOf(device)), GPUModel: h.model,
		GPUCount: w.countOf(device, h), Connectivity: w.connectivityAfter(device, 0)}
}

// connectivityAfter returns the connectivity so many places after that of the
// registration: a change by 1 and one by 2 change it in either order.
func (w *World) connectivityAfter(honest int, places int32) string {
	return connectivities[(w.connectivityOf(honest)+places)%int32(len(connectivities))]
}

// names that people type: a client must not trip over quotes and accents.
var names = [...]string{"rack 7", `Jürgen's "big" rig`, `C:\miner`, "机房-12", "garage"}

// correct fills in what the owner changes, by a draw of the device.
func (w *World) correct(c *uptime.Change, honest int) {
	draw := w.key(traitUserChange).child(2).at(uint64(honest))
	h := w.hardwareOf(honest)
	count := w.countOf(honest, h)
	switch choice := part(draw, 0, 3); {
	case choice == 0 && count < 1<<h.largest:
		c.GPUCount = new(2 * count)
	case choice == 1:
		c.DeviceName = new(names[part(draw, 16, int32(len(names)))])
	default:
		c.Connectivity = new(w.connectivityAfter(honest, 1))
	}
}

// buyer returns the supplier that a sold device passes to: not its first one.
func (w *World) buyer(honest int) uuid.UUID {
	draw := w.key(traitSale).child(2).at(uint64(honest))
	places := 1 + spread(uint32(draw), int32(len(w.fleets)-1))
	return w.supplierID((w.fleetOf(honest) + int(places)) % len(w.fleets))
}

// rewrite fills in what the attackers wrote: a name and "down" on every device,
// themselves as the owner of two in three.
func (w *World) rewrite(c *uptime.Change, honest int) {
	draw := w.key(traitAttack).child(2).at(uint64(honest))
	c.DeviceName, c.Status = new(fmt.Sprintf("pwned-%04x", draw>>48)), new("down")
	if part(draw, 0, 3) > 0 {
		c.SupplierID = new(w.attacker(int(part(draw, 16, attackers))))
	}
}
