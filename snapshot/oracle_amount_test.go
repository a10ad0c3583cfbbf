package snapshot_test

// The oracle's third part: the figures of a line, its outcome, notes, points and
// amount.

import (
	"math/big"

	"github.com/uptally/uptally/uptime"
)

// Line figures.

// Observed and up are counted over the line, grace is what was credited. The
// longest run is within the line, over the slots up or granted; an unobserved
// slot neither breaks it nor counts.
func (w *oracleWorld) figures(d *oracleDevice, l *oracleLine, graces []oracleGrace) {
	granted := oracleSlots{}
	for _, g := range graces {
		l.grace += g.credit(l)
		for _, k := range g.granted {
			granted[k] = true
		}
	}
	run := int64(0)
	for k := l.first; k < l.end; k++ {
		if !w.observed[k] || !w.counts(d, k) {
			continue
		}
		l.observed++
		run++
		if d.up[k] {
			l.up++
		} else if !granted[k] {
			run = 0
		}
		l.longest = max(l.longest, run)
	}
}

// The outcome is the first that applies.
func (w *oracleWorld) outcome(d *oracleDevice, l *oracleLine) string {
	credited := oracleInteger(l.credited())
	required := new(big.Rat).Mul(oracleDecimal(w.rules.minUptime), oracleInteger(l.observed))
	switch {
	case w.excluded(d, l):
		return "spoofed"
	case w.rules.requireGenuine && !d.genuine():
		return "not_genuine"
	case w.gpuWeight(oracleFactsAt(l.end-1, w.believed(d))) == nil:
		return "unlisted_gpu"
	case l.credited() == 0:
		return "never_seen"
	case l.longest < w.rules.minContinuous:
		return "below_min_continuous"
	case credited.Cmp(required) < 0:
		return "below_min_uptime"
	}
	return "eligible"
}

// Notes: what grace came to, changes held, and more than one owner.
func (w *oracleWorld) note(d *oracleDevice, lines []*oracleLine, graces []oracleGrace) {
	first, end := w.season()
	for _, l := range lines {
		for _, g := range graces {
			// A refusal or pending goes on the lines whose span meets the window.
			if g.note != "" && l.meets(g.window) {
				l.notes[g.note] = true
			}
			// A grant is noted where its credit is above 0.
			if g.credit(l) > 0 {
				l.notes["grace_applied"] = true
			}
		}
		// All lines of a device with a change skipped by a hold in the season.
		for _, c := range d.changes {
			if k := oracleSlot(c.ChangedAt); w.skipped(c) && first <= k && k < end {
				l.notes["metadata_held"] = true
			}
		}
		// All lines of a device with more than one.
		if len(lines) > 1 {
			l.notes["owner_changed"] = true
		}
	}
}

// Points.

// gpuWeight is the model's own weight, byte for byte, or else the default; nil
// where there is neither: the model is unlisted.
func (w *oracleWorld) gpuWeight(facts uptime.Facts) *big.Rat {
	for _, model := range []string{facts.GPUModel, "default"} {
		if text, ok := w.rules.gpu[model]; ok {
			return oracleDecimal(text)
		}
	}
	return nil
}

func (w *oracleWorld) connectivityWeight(facts uptime.Facts) *big.Rat {
	if text, ok := w.rules.connectivity[facts.Connectivity]; ok {
		return oracleDecimal(text)
	}
	return oracleDecimal(w.rules.connectivity["default"])
}

// The weight is gpu weight * count * connectivity weight, by the facts in force
// at the start of the line's last slot, floored to millionths; an unlisted
// model weighs 0.
func (w *oracleWorld) weight(d *oracleDevice, l *oracleLine) *big.Int {
	facts := oracleFactsAt(l.end-1, w.believed(d))
	weight := w.gpuWeight(facts)
	if weight == nil {
		return new(big.Int)
	}
	weight.Mul(weight, oracleInteger(int64(facts.GPUCount)))
	weight.Mul(weight, w.connectivityWeight(facts))
	weight.Mul(weight, oracleInteger(1_000_000))
	return new(big.Int).Div(weight.Num(), weight.Denom())
}

// The job minutes of a UTC day belong to the line that holds the device's last
// slot of that day in S and R; like any figure, not where that slot no longer
// counts.
func (w *oracleWorld) jobMinutes(d *oracleDevice, l *oracleLine) int64 {
	sum := int64(0)
	for day, minutes := range d.minutes {
		last := int64(-1)
		for _, k := range w.seasonOf(d) {
			if k*300/86400 == day {
				last = k
			}
		}
		if l.contains(last) && w.counts(d, last) {
			sum += minutes
		}
	}
	return sum
}

// points = (1000 * 5 * credited + job_permille * job_minutes) * weight, for a
// line that is eligible; any other has none.
func (w *oracleWorld) points(l *oracleLine) *big.Int {
	if l.outcome != "eligible" {
		return new(big.Int)
	}
	uptime := new(big.Int).Mul(big.NewInt(1000*5), big.NewInt(l.credited()))
	jobs := new(big.Int).Mul(big.NewInt(w.rules.jobPermille), big.NewInt(l.jobMinutes))
	points := new(big.Int).Add(uptime, jobs)
	return points.Mul(points, l.weight)
}

// Amounts.

// amount = floor(pool * points / sum of points), 0 where the sum is 0. The
// residual is what the amounts leave of the pool.
func (w *oracleWorld) allocate(lines []*oracleLine) (residual *big.Int) {
	total, residual := new(big.Int), big.NewInt(w.pool)
	for _, l := range lines {
		total.Add(total, l.points)
	}
	for _, l := range lines {
		if total.Sign() > 0 {
			l.amount.Mul(big.NewInt(w.pool), l.points)
			l.amount.Div(l.amount, total)
		}
		residual.Sub(residual, l.amount)
	}
	return residual
}

// score is the whole of it for one device, but for the amounts.
func (w *oracleWorld) score(d *oracleDevice) ([]*oracleLine, error) {
	lines, graces := w.linesOf(d), w.gracesOf(d)
	for _, l := range lines {
		w.figures(d, l, graces)
		l.weight = w.weight(d, l)
		l.jobMinutes = w.jobMinutes(d, l)
		l.outcome = w.outcome(d, l)
		l.points = w.points(l)
		// Points of an eligible line, or a weight, above 63 bits fail the snapshot.
		if !l.weight.IsInt64() || !l.points.IsInt64() {
			return nil, errOracleTooLarge
		}
	}
	w.note(d, lines, graces)
	return lines, nil
}

// result is every line of every device, by device and then span, and what the
// pool keeps.
func (w *oracleWorld) result() (lines []*oracleLine, residual *big.Int, err error) {
	for _, d := range w.devices {
		scored, err := w.score(d)
		if err != nil {
			return nil, nil, err
		}
		lines = append(lines, scored...)
	}
	return lines, w.allocate(lines), nil
}
