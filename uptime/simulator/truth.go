package simulator

import (
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// Kind is what a device is in truth.
type Kind string

// The kinds of device.
const (
	Honest  Kind = "honest"
	Virtual Kind = "virtual"
)

// Device is the truth about one device. A zero time stands for never.
type Device struct {
	Index        int // below World.Devices
	ID           uuid.UUID
	Kind         Kind
	RegisteredAt time.Time
	Facts        uptime.Facts // at its registration
	AttackedAt   time.Time    // when attackers rewrote it
	SoldAt       time.Time    // when it passed to another honest supplier
	LostAt       time.Time    // when the cut-over took the API from it
	BackAt       time.Time    // when its owner had restarted it after that
}

// Truth returns the truth about the device with the id, and false if no
// registration names it.
func (w *World) Truth(id uuid.UUID) (Device, bool) {
	number, ok := w.deviceIDs.number(id)
	if !ok || int64(number) >= int64(w.Devices()) {
		return Device{}, false
	}
	return w.Device(int(number)), true
}

// Device returns the truth about the device of the index. It panics if the index
// is not one of the world.
func (w *World) Device(index int) Device {
	d := Device{
		Index: index, ID: w.deviceID(index), Kind: Virtual,
		RegisteredAt: w.registered(index).time(), Facts: w.factsAtRegistration(index),
	}
	if index >= len(w.lives) {
		return d
	}
	d.Kind = Honest
	d.AttackedAt = orNever(w.changedAt(index, attack))
	d.SoldAt = orNever(w.changedAt(index, sale))
	if cut := w.lives[index].cut; cut.until > 0 {
		d.LostAt = cut.from.start().time()
		if cut.until < endTick {
			d.BackAt = cut.until.start().time()
		}
	}
	return d
}

func orNever(m moment) time.Time {
	if m == 0 {
		return time.Time{}
	}
	return m.time()
}

// Owner returns the supplier whose device it rightly is at the start of the slot:
// that of its registration or, once it is sold, the buyer, whatever attackers
// wrote.
func (w *World) Owner(device int, slot uptime.Slot) uuid.UUID {
	if device < len(w.lives) {
		if sold := w.changedAt(device, sale); sold > 0 && !slot.Start().Before(sold.time()) {
			return w.buyer(device)
		}
	}
	return w.factsAtRegistration(device).SupplierID
}
