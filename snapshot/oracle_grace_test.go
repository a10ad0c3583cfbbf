package snapshot_test

// The oracle's second part: grace.

import (
	"maps"
	"math/big"
	"slices"
)

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
