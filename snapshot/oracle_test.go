package snapshot_test

// The oracle: the rules that lead from timelines to amounts, written a second
// time, a rule at a time. It shares no code with what it checks. Sets of slots
// are maps, every question is asked slot by slot, and every product, quotient
// and ratio is exact big arithmetic. It is slow, and meant to be read beside
// the text of the rules, in the text's order: instants, order, holds, lines and
// exclusion here, then oracle_grace_test.go, then oracle_amount_test.go.

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

// believed is the device's changes in order, without those that are skipped.
func (w *oracleWorld) believed(d *oracleDevice) []uptime.Change {
	return slices.DeleteFunc(d.changesInOrder(), w.skipped)
}

// Changes are folded field by field: at a slot, each field has the value of the
// last believed change by then that names it.
func oracleFactsAt(slot int64, believed []uptime.Change) uptime.Facts {
	var facts uptime.Facts
	for _, c := range believed {
		if oracleSlot(c.ChangedAt) > slot {
			break
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
	believed := w.believed(d)
	for _, k := range w.seasonOf(d) {
		owner := oracleFactsAt(k, believed).SupplierID
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
	return !d.spoofed() || w.rules.exclude != "from_verdict" || slot < oracleSlot(last.EffectiveAt)
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

// oracleDecimal is the exact value of a decimal's text.
func oracleDecimal(text string) *big.Rat {
	value, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("oracle: not a decimal: " + text)
	}
	return value
}

func oracleInteger(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }
