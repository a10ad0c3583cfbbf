package snapshot_test

// Random small worlds for the oracle, with their corners made frequent: nearly
// every slot and instant is drawn beside one that already means something.

import (
	"math"
	"math/big"
	"time"

	"pgregory.net/rapid"
)

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
	d.sharpen()
	d.world.asOf = d.asOf()
	return d.world
}

// asOf is mostly after all that is known, else about a reconnect_by.
func (d *oracleDice) asOf() time.Time {
	switch {
	case len(d.world.windows) > 0 && d.chance(40):
		by := oraclePick(d, d.world.windows...).reconnectBy
		return d.off(by.Add(-oraclePick(d, 0, 0, time.Hour)))
	case d.chance(20):
		return d.instant()
	}
	return time.Unix((d.last()+1000)*300, 0).UTC()
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

// first and last bound the slots that the world knows, the last exclusive.
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
		if d.chance(5) { // far beyond all that is known
			g.reconnectBy = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
		}
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
	if d.chance(2) { // points of nearly 63 bits; the largest weight that fits, and the first that does not
		return oraclePick(d, "2000000", "2000000", "9223372036854.775807", "9223372036854.775808")
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
