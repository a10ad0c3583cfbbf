package snapshot_test

// Random small worlds for the oracle, with their corners made frequent: nearly
// every slot and instant is drawn beside one that already means something.

import (
	"math"
	"math/big"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/uptime"
)

// oracleMargin is how many slots a world knows before and after its season.
const oracleMargin = 400

// oracleDice draws a world. Slots are drawn near marks, instants near both.
type oracleDice struct {
	t        *rapid.T
	world    *oracleWorld
	marks    []int64
	instants []time.Time
	seq      int64
	calm     bool // fewer upsets, so that what needs several things to go well is drawn often
}

func drawOracleWorld(t *rapid.T) *oracleWorld {
	d := &oracleDice{t: t, world: &oracleWorld{released: map[int64]bool{}}}
	d.calm = d.chance(50)
	d.season()
	d.windows()
	d.holds()
	d.rules()
	d.world.observed = d.coverage()
	for range d.pick(1, 1, 2, 3) {
		d.device()
	}
	d.world.asOf = time.Unix((d.last()+1000)*300, 0).UTC()
	if len(d.world.windows) > 0 && d.chance(30) {
		d.world.asOf = d.off(oraclePick(d, d.world.windows...).reconnectBy.Add(-oraclePick(d, 0, time.Hour)))
	} else if d.chance(20) {
		d.world.asOf = d.instant()
	}
	d.sharpen()
	return d.world
}

func (d *oracleDice) season() {
	w := d.world
	w.firstDay = time.Date(2024, 4, 24, 0, 0, 0, 0, time.UTC)
	w.lastDay = w.firstDay.AddDate(0, 0, int(d.pick(0, 1, 2)))
	w.pool = d.pick(0, 1, 97, 100_000_000_000_007, math.MaxInt64)
	first, end := w.season()
	for _, k := range []int64{first, end, end - 288} {
		d.mark(time.Unix(k*300, 0).UTC())
	}
	for range 4 {
		d.marks = append(d.marks, d.anywhere(first-oracleMargin/4, end+oracleMargin/4))
	}
}

// first and last bound the slots that the world knows.
func (d *oracleDice) first() int64 { first, _ := d.world.season(); return first - oracleMargin }
func (d *oracleDice) last() int64  { _, end := d.world.season(); return end + oracleMargin }

// windows draws disjoint windows, in order: some touch, some hold no slot, some
// lie outside the season.
func (d *oracleDice) windows() {
	season, end := d.world.season()
	from := d.off(time.Unix(d.anywhere(season-60, end)*300, 0).UTC())
	if d.upset(20) {
		from = d.instant()
	}
	for id := range d.pick(1, 2, 2, 3, 4, 0) {
		to := from.Add(d.length())
		if d.chance(10) { // past the season's end
			to = d.off(from.AddDate(0, 0, 3))
		}
		g := oracleWindow{
			id: id + 1, from: from, to: to, lookback: d.pick(1, 2, 4, 10, 25, 288, 500),
			minBefore: oraclePick(d, "0.5", "0", "0.333333", "0.9", "1"), sustain: d.between(1, 5),
			credit: oraclePick(d, "full", "own_rate"), requireGenuine: d.chance(10),
		}
		d.mark(from)
		d.mark(g.middle())
		d.mark(to)
		g.reconnectBy = to.Add(d.length())
		if d.calm {
			g.reconnectBy = to.Add(30 * time.Hour)
		}
		if d.upset(25) {
			g.reconnectBy = d.instant()
		}
		d.mark(g.reconnectBy)
		if d.chance(35) {
			g.cap = new(d.pick(0, 1, 3, 40))
		}
		d.world.windows = append(d.world.windows, g)
		from = to
		if d.chance(40) {
			from = from.Add(d.length())
		}
	}
}

func (g oracleWindow) middle() time.Time { return g.from.Add(g.to.Sub(g.from) / 2) }

// length is how long a window, a gap between windows or a hold is.
func (d *oracleDice) length() time.Duration {
	if d.calm && !d.chance(20) {
		return oraclePick(d, 3*time.Hour, 22*time.Minute, time.Hour, 9*time.Hour+time.Second)
	}
	return oraclePick(d, 3*time.Hour+time.Second, time.Hour, 22*time.Minute, 12*time.Hour, 30*time.Hour,
		5*time.Minute, time.Minute, time.Nanosecond)
}

func (d *oracleDice) holds() {
	for range d.pick(0, 1, 2, 3) {
		from := d.instant()
		to := from.Add(d.length())
		d.world.holds = append(d.world.holds, oracleHold{from, to})
		d.mark(from)
		d.mark(to)
	}
}

func (d *oracleDice) rules() {
	d.world.rules = oracleRules{
		minUptime:      oraclePick(d, "0", "0.5", "1", "0.25", "0.333333"),
		minContinuous:  d.pick(0, 0, 1, 12, 100),
		requireGenuine: d.chance(20),
		exclude:        oraclePick(d, "season", "from_verdict"),
		gpu: map[string]string{
			"NVIDIA H100 PCIe": "8.5", "NVIDIA L40S": d.weight(), "NVIDIA T4": d.weight(),
		},
		connectivity: map[string]string{"high": d.weight(), "low": "0.8", "default": d.weight()},
		jobPermille:  d.pick(0, 1, 500, 1000, 1500),
	}
	if d.chance(40) {
		d.world.rules.gpu["default"] = d.weight()
	}
}

func (d *oracleDice) weight() string {
	if d.chance(1) { // the largest that fits 63 bits, and the first that does not
		return oraclePick(d, "9223372036854.775807", "9223372036854.775808", "1844674407")
	}
	return oraclePick(d, "1", "6", "2.333333", "0.142857", "1.3333337", "0.7654321", "0.000001", "0")
}

// coverage is mostly whole, with holes of a slot to some days.
func (d *oracleDice) coverage() oracleSlots {
	slots := d.line(!d.chance(4))
	for range d.pick(0, 1, 2, 4) {
		slots.run(d.slot(), d.pick(1, 1, 2, 12, 60, 400), false)
	}
	for _, g := range d.world.windows {
		switch w0 := oracleSlot(g.from); {
		case d.upset(10): // nothing seen of the lookback
			slots.run(w0-g.lookback, g.lookback, false)
		case d.chance(10):
			slots.pattern(w0-d.between(0, 40), d.bits())
		}
	}
	return slots.set()
}

func (d *oracleDice) device() {
	w := d.world
	v := &oracleDevice{id: uuid.UUID{15: byte(len(w.devices) + 1)}, minutes: map[int64]int64{}}
	v.registeredAt = w.firstDay.AddDate(0, -1, 0)
	switch {
	case d.upset(25):
		v.registeredAt = d.instant()
	case len(w.windows) > 0 && d.chance(10):
		v.registeredAt = d.off(oraclePick(d, w.windows...).middle())
	}
	d.mark(v.registeredAt)
	d.changes(v)
	d.verdicts(v)
	for day := w.firstDay.Unix()/86400 - 1; day <= w.lastDay.Unix()/86400+1; day++ {
		if d.chance(60) {
			v.minutes[day] = d.pick(0, 1, 77, 1440)
		}
	}
	v.up = d.timeline(v)
	for k := range v.up {
		if !w.observed[k] { // an up bit always stands in an observed slot
			delete(v.up, k)
		}
	}
	w.devices = append(w.devices, v)
}

// changes draws the device's log around its registration: rows before it, rows
// of one instant, to and fro between owners, inside holds and at their bounds.
func (d *oracleDice) changes(v *oracleDevice) {
	before := d.pick(0, 0, 0, 1, 2)
	for range before {
		d.change(v, oraclePick(d, uptime.ChannelUser, uptime.ChannelWorkerAPI), d.instant())
	}
	d.change(v, uptime.ChannelRegistration, v.registeredAt)
	for range d.pick(0, 0, 1, 2, 4, 7) {
		at := d.instant()
		switch {
		case d.chance(25): // one instant with the row before
			at = v.changes[len(v.changes)-1].ChangedAt
		case len(d.world.windows) > 0 && d.chance(25): // in the middle of a window
			g := oraclePick(d, d.world.windows...)
			at = g.middle()
		case len(d.world.holds) > 0 && d.chance(25): // at a bound of a hold
			h := oraclePick(d, d.world.holds...)
			at = oraclePick(d, h.from, h.to, h.from.Add(-1), h.to.Add(-1))
		}
		d.change(v, oraclePick(d, uptime.ChannelUser, uptime.ChannelWorkerAPI, uptime.ChannelWorkerAPI, uptime.ChannelRegistration), at)
	}
}

func (d *oracleDice) change(v *oracleDevice, channel uptime.Channel, at time.Time) {
	d.seq++
	c := uptime.Change{Seq: d.seq, DeviceID: v.id, ChangedAt: at, Channel: channel}
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
	v.changes = append(v.changes, c)
}

func (d *oracleDice) verdicts(v *oracleDevice) {
	decided := []time.Time{d.instant(), d.instant()}
	for i := range d.pick(0, 0, 1, 1, 2, 4) {
		kind := uptime.Genuine
		if d.upset(40) {
			kind = uptime.Spoofed
		}
		v.verdicts = append(v.verdicts, uptime.Verdict{
			Seq: i + 1, DeviceID: v.id, Kind: kind,
			EffectiveAt: d.instant(), DecidedAt: oraclePick(d, decided...), ByHand: d.chance(25),
		})
	}
}

// timeline draws a device's bits: a base, bursts and patterns, and round some
// windows an outage that ends with about as many slots up as prove it is back.
func (d *oracleDice) timeline(v *oracleDevice) oracleSlots {
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

// sharpen moves thresholds onto, or just beside, what the world came to.
func (d *oracleDice) sharpen() {
	w := d.world
	for i := range w.windows {
		for _, g := range w.gracesOf(oraclePick(d, w.devices...)) {
			if g.window.id != w.windows[i].id || !d.chance(50) {
				continue
			}
			if g.before > 0 && d.chance(50) {
				w.windows[i].minBefore = d.beside(g.upBefore, g.before)
			}
			if g.back > 0 && d.chance(30) {
				w.windows[i].reconnectBy = d.off(time.Unix((g.back+d.between(0, 1))*300, 0).UTC())
			}
			if n := int64(len(g.granted)); n > 0 && d.chance(30) {
				w.windows[i].cap = new(n - d.between(0, 1))
			}
		}
	}
	lines, _, err := w.result()
	if err != nil || len(lines) == 0 {
		return
	}
	if l := oraclePick(d, lines...); l.observed > 0 && d.chance(50) {
		w.rules.minUptime = d.beside(l.credited(), l.observed)
	}
	if l := oraclePick(d, lines...); d.chance(30) {
		w.rules.minContinuous = l.longest + d.between(0, 1)
	}
}

// beside is a/b as a decimal of six places, exact if it has no more, else just
// below it; or, at times, the next decimal above.
func (d *oracleDice) beside(a, b int64) string {
	millionths := a * 1_000_000 / b
	if millionths < 1_000_000 && d.chance(30) {
		millionths++
	}
	return big.NewRat(millionths, 1_000_000).FloatString(6)
}

// mark makes an instant, and the slots round it, likely to be drawn again.
func (d *oracleDice) mark(instant time.Time) {
	d.instants = append(d.instants, instant)
	d.marks = append(d.marks, oracleSlot(instant))
}

func (d *oracleDice) slot() int64 {
	if d.chance(25) {
		return d.anywhere(d.first(), d.last())
	}
	return oraclePick(d, d.marks...) + d.between(-4, 4)
}

func (d *oracleDice) instant() time.Time {
	if d.chance(30) {
		return d.off(oraclePick(d, d.instants...))
	}
	return d.off(time.Unix(d.slot()*300, 0).UTC())
}

// off leaves an instant as it is, or moves it off the grid of slots.
func (d *oracleDice) off(instant time.Time) time.Time {
	return instant.Add(oraclePick(d, 0, 0, 0, 1, -1, time.Second, -time.Second, 150*time.Second))
}

func (d *oracleDice) bits() uint64 { return rapid.Uint64().Draw(d.t, "bits") }

func (d *oracleDice) chance(percent int64) bool { return d.between(0, 99) >= 100-percent }

// upset is a chance that is smaller in a calm world.
func (d *oracleDice) upset(percent int64) bool {
	return d.chance(percent) && !(d.calm && d.chance(80))
}

func (d *oracleDice) between(least, most int64) int64 {
	return rapid.Int64Range(least, most).Draw(d.t, "number")
}

// anywhere is between, without its liking for the least.
func (d *oracleDice) anywhere(least, most int64) int64 {
	return least + d.between(0, 15)*((most-least)/16) + d.between(0, (most-least)/16)
}

func (d *oracleDice) pick(options ...int64) int64 { return oraclePick(d, options...) }

func oraclePick[T any](d *oracleDice, options ...T) T {
	return options[d.between(0, int64(len(options)-1))]
}

// oracleStrip is the world's slots as a row of booleans, to draw upon.
type oracleStrip struct {
	first int64
	on    []bool
}

func (d *oracleDice) line(on bool) oracleStrip {
	s := oracleStrip{first: d.first(), on: make([]bool, d.last()-d.first())}
	s.run(d.first(), int64(len(s.on)), on)
	return s
}

func (s oracleStrip) run(from, length int64, on bool) {
	for k := max(from, s.first); k < min(from+length, s.first+int64(len(s.on))); k++ {
		s.on[k-s.first] = on
	}
}

func (s oracleStrip) pattern(from int64, bits uint64) {
	for i := range int64(64) {
		s.run(from+i, 1, bits>>i&1 == 1)
	}
}

func (s oracleStrip) set() oracleSlots {
	slots := oracleSlots{}
	for i, on := range s.on {
		if on {
			slots[s.first+int64(i)] = true
		}
	}
	return slots
}
