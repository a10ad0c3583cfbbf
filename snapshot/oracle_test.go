package snapshot_test

// The oracle: the rules that lead from timelines to amounts, written a second
// time from their text, in the order of the text, a sentence at a time. It
// shares no code with what it checks. Sets of slots are maps, every question is
// asked slot by slot, and every product, quotient and ratio is exact big
// arithmetic. It is slow, and meant to be read beside the text.

import (
	"errors"
	"maps"
	"math/big"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// oracleWorld is all that a season's result follows from: what was recorded and
// approved by the moment that the snapshot is taken.
type oracleWorld struct {
	firstDay, lastDay time.Time // midnights UTC, both days inclusive
	pool              int64
	rules             oracleRules
	asOf              time.Time
	windows           []oracleWindow
	holds             []oracleHold
	released          map[int64]bool // changes, by seq
	observed          oracleSlots
	devices           []*oracleDevice
}

// oracleSlots is a set of slot numbers.
type oracleSlots map[int64]bool

// oracleRules is a ruleset; decimals stay the text that they are written in.
type oracleRules struct {
	minUptime         string
	minContinuous     int64
	requireGenuine    bool
	exclude           string
	gpu, connectivity map[string]string
	jobPermille       int64
}

type oracleWindow struct {
	id             int64
	from, to       time.Time
	lookback       int64
	minBefore      string
	sustain        int64
	reconnectBy    time.Time
	credit         string
	cap            *int64
	requireGenuine bool
}

type oracleHold struct{ from, to time.Time }

type oracleDevice struct {
	id           uuid.UUID
	registeredAt time.Time
	changes      []uptime.Change
	verdicts     []uptime.Verdict
	minutes      map[int64]int64 // of a day, numbered in days since 1970
	up           oracleSlots
}

type oracleLine struct {
	device, supplier             uuid.UUID
	first, end                   int64 // slots, the end exclusive
	observed, up, grace, longest int64
	jobMinutes                   int64
	weight, points, amount       *big.Int // the weight in millionths
	outcome                      string
	notes                        map[string]bool
}

func (l *oracleLine) credited() int64       { return l.up + l.grace }
func (l *oracleLine) sortedNotes() []string { return slices.Sorted(maps.Keys(l.notes)) }
func (l *oracleLine) contains(k int64) bool { return l.first <= k && k < l.end }

var errOracleTooLarge = errors.New("a weight, or the points of an eligible line, pass 63 bits")

// Instants and slots.

// Set against slots, an instant stands for the first slot that starts at or
// after it.
func oracleSlot(instant time.Time) int64 {
	slot := instant.Unix()/300 - 1
	for time.Unix(slot*300, 0).Before(instant) {
		slot++
	}
	return slot
}

// A season is the slots from midnight of its first day to midnight after its
// last: S.
func (w *oracleWorld) season() (first, end int64) {
	return oracleSlot(w.firstDay), oracleSlot(w.lastDay.AddDate(0, 0, 1))
}

// seasonOf is S and R in order: the slots of the season from the device's
// registration on.
func (w *oracleWorld) seasonOf(d *oracleDevice) []int64 {
	var slots []int64
	first, end := w.season()
	for k := first; k < end; k++ {
		if k >= oracleSlot(d.registeredAt) {
			slots = append(slots, k)
		}
	}
	return slots
}

// Order.

// Changes come in the order of (changed_at, seq).
func (d *oracleDevice) changesInOrder() []uptime.Change {
	return slices.SortedFunc(slices.Values(d.changes), func(a, b uptime.Change) int {
		if c := a.ChangedAt.Compare(b.ChangedAt); c != 0 {
			return c
		}
		return int(a.Seq - b.Seq)
	})
}

// Verdicts come in the order of (decided_at, seq), one entered by hand after the
// feed's of the same instant. Only the last counts; without one the device is
// neither spoofed nor genuine.
func (d *oracleDevice) lastVerdict() (uptime.Verdict, bool) {
	var last uptime.Verdict
	for i, v := range d.verdicts {
		later := v.DecidedAt.After(last.DecidedAt)
		if v.DecidedAt.Equal(last.DecidedAt) {
			later = v.ByHand && !last.ByHand || v.ByHand == last.ByHand && v.Seq > last.Seq
		}
		if i == 0 || later {
			last = v
		}
	}
	return last, len(d.verdicts) > 0
}

func (d *oracleDevice) spoofed() bool {
	last, any := d.lastVerdict()
	return any && last.Kind == uptime.Spoofed
}

func (d *oracleDevice) genuine() bool {
	last, any := d.lastVerdict()
	return any && last.Kind == uptime.Genuine
}

// Holds.

// A change through worker-api inside [from, to) of a hold is skipped, unless the
// change is released. Released holds are not among the world's; outside holds
// the channel is believed.
func (w *oracleWorld) skipped(c uptime.Change) bool {
	if c.Channel != "worker-api" || w.released[c.Seq] {
		return false
	}
	for _, h := range w.holds {
		if !c.ChangedAt.Before(h.from) && c.ChangedAt.Before(h.to) {
			return true
		}
	}
	return false
}

// Changes are folded field by field: each field has the value of the last
// believed change that names it.
func (w *oracleWorld) factsAt(d *oracleDevice, slot int64) uptime.Facts {
	var facts uptime.Facts
	for _, c := range d.changesInOrder() {
		if w.skipped(c) || oracleSlot(c.ChangedAt) > slot {
			continue
		}
		if c.SupplierID != nil {
			facts.SupplierID = *c.SupplierID
		}
		if c.GPUModel != nil {
			facts.GPUModel = *c.GPUModel
		}
		if c.GPUCount != nil {
			facts.GPUCount = *c.GPUCount
		}
		if c.Connectivity != nil {
			facts.Connectivity = *c.Connectivity
		}
	}
	return facts
}

// Lines.

// A line is a maximal run of slots of S and R with one owner, the owner of a
// slot being the one at its start. Observed or not, every such slot is in one.
func (w *oracleWorld) linesOf(d *oracleDevice) []*oracleLine {
	var lines []*oracleLine
	for _, k := range w.seasonOf(d) {
		owner := w.factsAt(d, k).SupplierID
		if len(lines) == 0 || lines[len(lines)-1].supplier != owner {
			lines = append(lines, &oracleLine{
				device: d.id, supplier: owner, first: k,
				weight: new(big.Int), points: new(big.Int), amount: new(big.Int),
				notes: map[string]bool{},
			})
		}
		lines[len(lines)-1].end = k + 1
	}
	return lines
}

// Exclusion.

// counts says whether a slot counts in the figures of its line: with
// "from_verdict" those of a spoofed device no longer do from effective_at on.
func (w *oracleWorld) counts(d *oracleDevice, slot int64) bool {
	last, _ := d.lastVerdict()
	return !(d.spoofed() && w.rules.exclude == "from_verdict" && slot >= oracleSlot(last.EffectiveAt))
}

// excluded says whether the outcome of a line is "spoofed": with "season" every
// line of a spoofed device, whatever effective_at; with "from_verdict" those
// with no slot left.
func (w *oracleWorld) excluded(d *oracleDevice, l *oracleLine) bool {
	if !d.spoofed() {
		return false
	}
	for k := l.first; k < l.end; k++ {
		if w.rules.exclude == "from_verdict" && w.counts(d, k) {
			return false
		}
	}
	return true
}

// Grace.

// oracleGrace is what a window does for a device, and the figures that it came
// to that by.
type oracleGrace struct {
	window           oracleWindow
	step             string // the rule that decided: skip, gap, before, pending, not_back or grant
	note             string // of a refusal
	gap, back        int64  // f and r; 0 until found
	before, upBefore int64  // |B| and |U and B|
	granted          []int64
}

// The approved windows that meet the season are applied, each by itself, to the
// whole timeline of the device.
func (w *oracleWorld) gracesOf(d *oracleDevice) []oracleGrace {
	var graces []oracleGrace
	first, end := w.season()
	for _, window := range w.windows {
		meets := false
		for k := oracleSlot(window.from); k < oracleSlot(window.to); k++ {
			meets = meets || first <= k && k < end
		}
		if meets {
			graces = append(graces, w.graceOf(d, window))
		}
	}
	return graces
}

func (w *oracleWorld) graceOf(d *oracleDevice, window oracleWindow) oracleGrace {
	g := oracleGrace{window: window}
	w0, w1, registered := oracleSlot(window.from), oracleSlot(window.to), oracleSlot(d.registeredAt)

	// Skip: a device whose last verdict is spoofed, or is not genuine where the
	// window requires that, has no grant and no note.
	if d.spoofed() || window.requireGenuine && !d.genuine() {
		g.step = "skip"
		return g
	}

	// Gap: the first slot of the window, observed and registered, that is not up.
	// Without one there is nothing to grant and nothing to note.
	for k := w1 - 1; k >= w0; k-- {
		if w.observed[k] && k >= registered && !d.up[k] {
			g.gap = k
		}
	}
	if g.gap == 0 {
		g.step = "gap"
		return g
	}

	// Before: of the observed and registered slots of the lookback there must be
	// one, and of them at least min_before up, exactly.
	for k := w0 - window.lookback; k < w0; k++ {
		if w.observed[k] && k >= registered {
			g.before++
			if d.up[k] {
				g.upBefore++
			}
		}
	}
	required := new(big.Rat).Mul(oracleDecimal(window.minBefore), oracleInteger(g.before))
	if g.before == 0 || oracleInteger(g.upBefore).Cmp(required) < 0 {
		g.step, g.note = "before", "grace_inactive_before"
		return g
	}

	// After: the first slot from the gap on at which sustain slots in a row are
	// up, before reconnect_by; it may lie after the window. Without one it is
	// pending while reconnect_by is after the moment of the snapshot, both as the
	// instants that they are, and refused from then on.
	for _, r := range slices.Sorted(maps.Keys(d.up)) {
		sustained := r >= g.gap && r < oracleSlot(window.reconnectBy)
		for k := r; k < r+window.sustain; k++ {
			sustained = sustained && d.up[k]
		}
		if sustained {
			g.back = r
			break
		}
	}
	if g.back == 0 && window.reconnectBy.After(w.asOf) {
		g.step, g.note = "pending", "grace_pending"
		return g
	}
	if g.back == 0 {
		g.step, g.note = "not_back", "grace_not_back"
		return g
	}

	// Grant: the earliest slots, as many as the cap, that are observed, of the
	// season, registered, from the gap on, before the window's end and before the
	// device was back, and not up.
	g.step = "grant"
	for _, k := range w.seasonOf(d) {
		full := window.cap != nil && int64(len(g.granted)) >= *window.cap
		if w.observed[k] && g.gap <= k && k < w1 && k < g.back && !d.up[k] && !full {
			g.granted = append(g.granted, k)
		}
	}
	return g
}

// credit is what a grant adds to a line: full, its slots that the line holds;
// at the device's own rate, floor(slots * |U and B| / |B|).
func (g oracleGrace) credit(l *oracleLine) int64 {
	held := int64(0)
	for _, k := range g.granted {
		if l.contains(k) {
			held++
		}
	}
	if g.window.credit == "full" || held == 0 {
		return held
	}
	product := new(big.Int).Mul(big.NewInt(held), big.NewInt(g.upBefore))
	return product.Div(product, big.NewInt(g.before)).Int64()
}

// meets says whether the line's span meets the window.
func (l *oracleLine) meets(window oracleWindow) bool {
	for k := oracleSlot(window.from); k < oracleSlot(window.to); k++ {
		if l.contains(k) {
			return true
		}
	}
	return false
}

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
	case w.gpuWeight(w.factsAt(d, l.end-1)) == nil:
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
	facts := w.factsAt(d, l.end-1)
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

// oracleDecimal is the exact value of a decimal's text.
func oracleDecimal(text string) *big.Rat {
	value, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("oracle: not a decimal: " + text)
	}
	return value
}

func oracleInteger(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }
