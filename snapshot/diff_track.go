package snapshot

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/holiman/uint256"

	"github.com/uptally/uptally/uptime"
)

// tracks are the lines of all devices on their way from one revision to a later
// one, as far as they may have changed. A line that no stage changes, which is most,
// has one state; its amounts follow from the rates.
type tracks struct {
	all    []track
	states []state
	points [stages]uint256.Int // Σ points of a stage's lines; those of stage 0 are the stored ones
	rates  [stages]Rate        // of stages 1 to 8; the amounts of 0 and 9 are the stored ones
	fixed  bool                // one rate for all stages
}

// newTracks returns room for so many lines. At one rate for all stages few are kept.
func newTracks(lines int64, fixed bool) (t tracks) {
	t.fixed = fixed
	if !fixed {
		t.all, t.states = make([]track, 0, lines), make([]state, 0, lines+lines/8)
	}
	return t
}

// track is one line: states[first:first+count].
type track struct {
	first int
	count uint8
	after int64 // amount in the later revision
}

// state is what a line is from a stage on. A line without slots stands for none.
type state struct {
	stage int
	line  Line
}

// is reports whether there is a line.
func (l *Line) is() bool { return !l.Span.Empty() }

// add takes in the lines of the device that was walked last.
func (t *tracks) add(w *walk) {
	AddPoints(&t.points[stageBefore], w.lines[stageBefore])
	for s := 1; s < stageAfter; s++ {
		if w.changed[s] { // modulo 2^256: a difference may be below 0, a sum is not
			AddPoints(&t.points[s], w.lines[s])
			takePoints(&t.points[s], w.lines[s-1])
		}
	}
	if w.quiet() {
		for i := range w.lines[stageBefore] {
			t.addQuiet(&w.lines[stageBefore][i], w.lines[stageAfter][i].Amount)
		}
		return
	}
	for _, first := range w.firstSlots() {
		t.addTrack(w, first)
	}
}

// takePoints is the inverse of AddPoints.
func takePoints(total *uint256.Int, lines []Line) {
	for i := range lines {
		total.SubUint64(total, uint64(lines[i].Points))
	}
}

// addQuiet takes in a line whose figures are the same in every stage, unless its
// amount in both revisions is too: then it does not differ.
func (t *tracks) addQuiet(l *Line, after int64) {
	if l.Amount == after {
		return
	}
	t.all = append(t.all, track{first: len(t.states), count: 1, after: after})
	t.states = append(t.states, state{stageBefore, *l})
}

func (t *tracks) addTrack(w *walk, first uptime.Slot) {
	one := track{first: len(t.states)}
	for s := range stages {
		if s > stageBefore && !w.changed[s] {
			continue
		}
		line := lineFrom(w.lines[s], first)
		if s == stageBefore || !sameFigures([]Line{line}, []Line{t.states[len(t.states)-1].line}) {
			t.states = append(t.states, state{s, line})
			one.count++
		}
	}
	last := lineFrom(w.lines[stageAfter], first)
	one.after = last.Amount
	t.all = append(t.all, one)
}

// lineFrom returns the line that begins with the slot, or none.
func lineFrom(lines []Line, first uptime.Slot) Line {
	for i := range lines {
		if lines[i].Span.From == first {
			return lines[i]
		}
	}
	return Line{}
}

// quiet reports whether no stage changed the device's lines.
func (w *walk) quiet() bool { return !slices.Contains(w.changed[1:], true) }

// firstSlots returns the keys of the device's lines in all stages, in order.
func (w *walk) firstSlots() (keys []uptime.Slot) {
	for s := range stages {
		if s > stageBefore && !w.changed[s] {
			continue
		}
		for i := range w.lines[s] {
			if at, known := slices.BinarySearch(keys, w.lines[s][i].Span.From); !known {
				keys = slices.Insert(keys, at, w.lines[s][i].Span.From)
			}
		}
	}
	return keys
}

// settle sets the rates of all stages, once all devices are in.
func (t *tracks) settle(before, after *Basis) {
	for s := 1; s < stageAfter; s++ {
		t.points[s].Add(&t.points[s], &t.points[s-1])
		t.rates[s] = before.Rate(&t.points[s])
		if t.fixed || Cause(s) == CauseRate {
			t.rates[s] = after.Rate(&t.points[s])
		}
	}
}

// sort brings the tracks into the order of device id, then first slot.
func (t *tracks) sort() {
	slices.SortFunc(t.all, func(a, b track) int {
		one, other := t.key(a), t.key(b)
		return cmp.Or(bytes.Compare(one.DeviceID[:], other.DeviceID[:]), cmp.Compare(one.Span.From, other.Span.From))
	})
}

// key is the first line of the track that is one: it has the device and the slot.
func (t *tracks) key(one track) *Line {
	states := t.statesOf(one)
	for i := range states {
		if states[i].line.is() {
			return &states[i].line
		}
	}
	return &states[0].line // there is no such track
}

func (t *tracks) statesOf(one track) []state { return t.states[one.first : one.first+int(one.count)] }

// steps appends what changed the line, stage by stage, with amounts; nothing, if it
// is the same in both revisions.
func (t *tracks) steps(one track, dst []Step) []Step {
	states := t.statesOf(one)
	line := states[0].line
	for s := 1; s < stages; s++ {
		next := line
		moved := len(states) > 1 && states[1].stage == s
		if moved {
			states = states[1:]
			next = states[0].line
		}
		if next.Amount = t.amount(s, &next, line.Amount, moved); s == stageAfter {
			next.Amount = one.after
		}
		if next != line {
			dst = append(dst, Step{causeOf(s), line, next})
		}
		line = next
	}
	if line == t.states[one.first].line {
		return dst[:0]
	}
	return dst
}

// amount returns what the line gets at the stage. One that cannot be computed is
// passed over: the stage before stands.
func (t *tracks) amount(stage int, l *Line, before int64, moved bool) int64 {
	if stage == stageAfter || !moved && !t.rateMoves(stage) {
		return before
	}
	if amount, err := t.rates[stage].Amount(l.Points); err == nil {
		return amount
	}
	return before
}

// rateMoves reports whether the stage has another rate than the one before.
func (t *tracks) rateMoves(stage int) bool {
	if stage == 1 {
		return true
	}
	return t.rates[stage].Points.Cmp(t.rates[stage-1].Points) != 0
}
