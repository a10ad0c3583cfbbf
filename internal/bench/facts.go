package main

import (
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// hardware is GPU models of the ruleset, the last one of none.
var hardware = [...]string{
	"NVIDIA H100 PCIe", "NVIDIA A100-SXM4-80GB", "NVIDIA L40S", "NVIDIA RTX A6000", "NVIDIA GeForce RTX 4090",
	"NVIDIA GeForce RTX 3090", "NVIDIA GeForce RTX 3080 Ti", "NVIDIA T4", "Apple M2 Max", "NVIDIA TITAN V",
}

var connectivities = [...]string{"low", "medium", "high", "ultra"}

// The rest of what is on record of a fleet, per mille.
const (
	devicesPerSupplier = 100
	changedPerMille    = 30
	heldPerMille       = 500 // of the changes, through the untrusted channel in the outage
	workingPerMille    = 100 // of the devices, on a third of the days
)

func supplierOf(n int) uuid.UUID {
	return uuid.NewSHA1(uuid.Nil, []byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
}

// writeDevices writes the devices [first, end). A device's number is its rank in
// the log, where it has all odd places.
func (f *fleet) writeDevices(t *tuples, first, end int, recorded time.Time) {
	for device := first; device < end; device++ {
		d := draw(drawFacts, uint64(device))
		t.row(10)
		t.int4(int32(device))
		t.id(idOf(device))
		t.int8(int64(2*device + 1))
		t.timestamp(f.registered(device).Start())
		t.text(string(uptime.ChannelRegistration))
		t.id(supplierOf(device / devicesPerSupplier))
		t.text(hardware[below(d, len(hardware))])
		t.int4(1 << below(d<<16, 4))
		t.text(connectivities[below(d<<32, len(connectivities))])
		t.timestamp(recorded)
	}
}

// writeChanges writes changes of owner and of count, at even places of the log.
func (f *fleet) writeChanges(t *tuples, recorded time.Time) {
	for device := range f.devices {
		d := draw(drawFacts, 1<<40|uint64(device))
		if !chance(d, changedPerMille) {
			continue
		}
		at, channel := f.span.From+uptime.Slot(below(d<<20, f.span.Len())), uptime.ChannelUser
		if chance(d<<40, heldPerMille) {
			at, channel = f.outage.From, uptime.ChannelWorkerAPI
		}
		t.row(7)
		t.int4(int32(device))
		t.int8(int64(2*device + 2))
		t.timestamp(at.Start())
		t.text(string(channel))
		if device%2 == 0 {
			t.id(supplierOf(device / devicesPerSupplier / 2))
			t.null()
		} else {
			t.null()
			t.int4(2)
		}
		t.timestamp(recorded)
	}
}

// writeVerdicts writes that most fakes are spoofed, and some honest devices genuine.
func (f *fleet) writeVerdicts(t *tuples, recorded time.Time) {
	for device := range f.devices {
		kind, share := uptime.Genuine, genuinePerMille
		if isFake(device) {
			kind, share = uptime.Spoofed, spoofedPerMille
		}
		if !chance(draw(drawVerdict, uint64(device)), share) {
			continue
		}
		t.row(9)
		t.int4(int32(device))
		t.truth(false)
		t.int8(int64(device + 1))
		t.text(string(kind))
		t.timestamp(f.outage.From.Start())
		t.timestamp(f.outage.To.Start())
		t.text("pow")
		t.text("")
		t.timestamp(recorded)
	}
}

// writeJobMinutes writes what some devices worked.
func (f *fleet) writeJobMinutes(t *tuples, recorded time.Time) {
	for device := range f.devices {
		d := draw(drawJob, uint64(device))
		if isFake(device) || !chance(d, workingPerMille) {
			continue
		}
		for k := f.span.From + uptime.Slot(below(d<<20, 3)*uptime.SlotsPerDay); k < f.span.To; k += 3 * uptime.SlotsPerDay {
			t.row(4)
			t.int4(int32(device))
			t.date(k.Day())
			t.int4(int32(below(d<<40, 24*60)))
			t.timestamp(recorded)
		}
	}
}
