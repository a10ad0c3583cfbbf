package snapshot_test

// The random devices of a random world.

import (
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

func (d *oracleDice) device() {
	w := d.world
	device := &oracleDevice{id: uuid.UUID{15: byte(len(w.devices) + 1)}, minutes: map[int64]int64{}}
	device.registeredAt = w.firstDay.AddDate(0, -1, 0)
	switch {
	case d.upset(25):
		device.registeredAt = d.instant()
	case len(w.windows) > 0 && d.chance(10):
		device.registeredAt = d.off(oraclePick(d, w.windows...).middle())
	}
	d.mark(device.registeredAt)
	d.changes(device)
	d.verdicts(device)
	for day := w.firstDay.Unix()/86400 - 1; day <= w.lastDay.Unix()/86400+1; day++ {
		if d.chance(60) {
			device.minutes[day] = d.pick(0, 1, 77, 1440)
		}
	}
	device.up = d.timeline()
	for k := range device.up {
		if !w.observed[k] { // an up bit always stands in an observed slot
			delete(device.up, k)
		}
	}
	w.devices = append(w.devices, device)
}

// changes draws the device's log around its registration: rows before it, rows
// of one instant, to and fro between owners, inside holds and at their bounds.
func (d *oracleDice) changes(device *oracleDevice) {
	before := d.pick(0, 0, 0, 1, 2)
	for range before {
		d.change(device, oraclePick(d, uptime.ChannelUser, uptime.ChannelWorkerAPI), d.instant())
	}
	d.change(device, uptime.ChannelRegistration, device.registeredAt)
	for range d.pick(0, 0, 1, 2, 4, 7) {
		at := d.instant()
		switch {
		case d.chance(25): // one instant with the row before
			at = device.changes[len(device.changes)-1].ChangedAt
		case len(d.world.windows) > 0 && d.chance(25): // in the middle of a window
			g := oraclePick(d, d.world.windows...)
			at = g.middle()
		case len(d.world.holds) > 0 && d.chance(25): // at a bound of a hold
			h := oraclePick(d, d.world.holds...)
			at = oraclePick(d, h.from, h.to, h.from.Add(-1), h.to.Add(-1))
		}
		d.change(device, oraclePick(d, uptime.ChannelUser, uptime.ChannelWorkerAPI, uptime.ChannelWorkerAPI, uptime.ChannelRegistration), at)
	}
}

func (d *oracleDice) change(device *oracleDevice, channel uptime.Channel, at time.Time) {
	d.seq++
	c := uptime.Change{Seq: d.seq, DeviceID: device.id, ChangedAt: at, Channel: channel}
	every := channel == uptime.ChannelRegistration
	if every || d.chance(60) {
		c.SupplierID = &uuid.UUID{0: byte(d.between(1, 3))}
	}
	if every || d.chance(30) {
		c.GPUModel = new(oraclePick(d, "NVIDIA H100 PCIe", "NVIDIA L40S", "NVIDIA T4", "NVIDIA L40S", "nvidia t4", "default"))
	}
	if every || d.chance(30) {
		c.GPUCount = new(oraclePick[int32](d, 1, 2, 8, 1000))
		if d.chance(2) {
			c.GPUCount = new(int32(math.MaxInt32))
		}
	}
	if every || d.chance(30) {
		c.Connectivity = new(oraclePick(d, "high", "low", "High", "default"))
	}
	if d.chance(20) {
		c.DeviceName, c.Status = new("hacked"), new("down")
	}
	if channel == uptime.ChannelWorkerAPI && d.chance(20) {
		d.world.released[c.Seq] = true
	}
	device.changes = append(device.changes, c)
}

func (d *oracleDice) verdicts(device *oracleDevice) {
	decided := []time.Time{d.instant(), d.instant()}
	seqs := map[bool]int64{} // the feed's, and those entered by hand
	for range d.pick(0, 0, 1, 1, 2, 4) {
		verdict := uptime.Verdict{
			DeviceID: device.id, Kind: uptime.Genuine, ByHand: d.chance(25),
			EffectiveAt: d.instant(), DecidedAt: oraclePick(d, decided...),
		}
		if d.upset(40) {
			verdict.Kind = uptime.Spoofed
		}
		seqs[verdict.ByHand]++
		verdict.Seq = seqs[verdict.ByHand]
		device.verdicts = append(device.verdicts, verdict)
	}
}

// timeline draws a device's bits: a base, bursts and patterns, and round some
// windows an outage that ends with about as many slots up as prove it is back.
func (d *oracleDice) timeline() oracleSlots {
	slots := d.line(!d.upset(20))
	for range d.pick(0, 1, 3, 6) {
		if d.chance(40) {
			slots.pattern(d.slot(), d.bits())
		} else {
			slots.run(d.slot(), d.pick(1, 2, 3, 5, 12, 40, 288, 600), d.chance(50))
		}
	}
	for _, g := range d.world.windows {
		if w0, w1 := oracleSlot(g.from), oracleSlot(g.to); d.chance(85) {
			down, back := w0+d.pick(0, 1, 5, -1, -3), w1+d.pick(1, 5, 0, -1, -3, -30)
			if d.upset(40) {
				back = w1 + d.pick(50, 900)
			}
			slots.run(down, back-down, false)
			slots.run(back, g.sustain+d.between(-1, 1), true)
		}
	}
	return slots.set()
}
