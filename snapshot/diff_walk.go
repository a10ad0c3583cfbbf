package snapshot

import (
	"errors"
	"maps"
	"slices"

	"github.com/uptally/uptally/uptime"
)

// The way from one revision to a later one has a stage for each cause, between the
// lines that are stored of the one and of the other:
//
//	stage 0        1       2         3      4        …   8      9
//	stored lines ► hours ► ruleset ► hold ► verdict ► … ► rate ► stored lines
//
// Stage 9 differs from 8 only where bits differ from those that the later revision
// was scored from: it belongs to the hours too.
const (
	stageBefore = 0
	stageAfter  = int(causeEnd)
	stages      = stageAfter + 1
)

// causeOf returns the cause that leads to the stage, which is not the first.
func causeOf(stage int) Cause {
	if stage == stageAfter {
		return CauseHours
	}
	return Cause(stage)
}

// walk leads one device after another from the inputs of one revision to those of
// a later one. Both bases have the same Observed.
type walk struct {
	before, after *Basis
	scorers       [stages]*Scorer
	holdsDiffer   bool
	graceDiffers  bool
	lines         [stages][]Line // of the device at hand, without amounts but for the stored ones
	changed       [stages]bool   // whether a stage's lines differ from those of the one before
	buffers       [stages][]Line
}

// newWalk prepares a walk. It only reads the bases.
func newWalk(before, after *Basis) *walk {
	w := &walk{before: before, after: after, holdsDiffer: holdsDiffer(before, after), graceDiffers: graceDiffers(before, after)}
	hours := before.NewScorer()
	w.scorers[CauseHours], w.scorers[CauseRuleset] = hours, hours
	stage := *before // each scorer keeps its basis: it gets a copy
	if before.Rules.SHA256() != after.Rules.SHA256() {
		stage.Rules = after.Rules
		w.scorers[CauseRuleset] = new(stage).NewScorer()
	}
	stage.Holds, stage.Released = after.Holds, after.Released
	facts := new(stage).NewScorer()
	w.scorers[CauseHold], w.scorers[CauseVerdict], w.scorers[CauseFacts], w.scorers[CauseOwnership] = facts, facts, facts, facts
	stage.Windows, stage.AsOf = after.Windows, after.AsOf
	w.scorers[CauseGrace] = new(stage).NewScorer()
	return w
}

// holdsDiffer reports whether a hold or a release is in one basis only.
func holdsDiffer(before, after *Basis) bool {
	ids := func(b *Basis) map[int64]bool {
		set := map[int64]bool{}
		for _, h := range b.Holds {
			set[h.ID] = true
		}
		return set
	}
	return !maps.Equal(before.Released, after.Released) || !maps.Equal(ids(before), ids(after))
}

// graceDiffers reports whether a window is in one basis only, or was pending in one
// only. Windows are never edited, so they are told by their ids.
func graceDiffers(before, after *Basis) bool {
	pending := func(b *Basis) map[int64]bool {
		windows := map[int64]bool{}
		for _, w := range b.Windows {
			windows[w.ID] = w.ReconnectBy.After(b.AsOf)
		}
		return windows
	}
	one, other := pending(before), pending(after)
	for id, was := range one {
		if is, found := other[id]; !found || is != was {
			return true
		}
	}
	return len(one) != len(other)
}

// device walks one device: d as the earlier revision has it, without a change if it
// was not registered by then; since is what was recorded of it after that, or nil;
// stored are its lines in the two revisions. The error is one of a basis as it is:
// a stage between the two that cannot be computed is passed over, so that what it
// changes counts for the next that can.
func (w *walk) device(d, since *Device, storedBefore, storedAfter []Line) error {
	w.lines[stageBefore] = storedBefore
	for s := 1; s < stageAfter; s++ {
		w.lines[s], w.changed[s] = w.lines[s-1], false
		if !w.concerns(Cause(s), d, since) {
			continue
		}
		exchange(Cause(s), d, since)
		scored, err := w.score(s, d)
		if errors.Is(err, ErrWeightTooLarge) || errors.Is(err, ErrPointsTooLarge) {
			continue
		}
		if err != nil {
			return err
		}
		if !sameFigures(scored, w.lines[s-1]) {
			w.lines[s], w.changed[s] = scored, true
		}
	}
	w.lines[stageAfter] = storedAfter
	w.changed[stageAfter] = !sameFigures(storedAfter, w.lines[stageAfter-1])
	return nil
}

// score returns the device's lines at the stage: none if it is not registered yet.
func (w *walk) score(stage int, d *Device) (_ []Line, err error) {
	if len(d.Changes) == 0 {
		return nil, nil
	}
	w.buffers[stage], err = w.scorers[stage].Score(d, w.buffers[stage][:0])
	return w.buffers[stage], err
}

// concerns reports whether the cause may change the device's lines.
func (w *walk) concerns(c Cause, d, since *Device) bool {
	switch c {
	case CauseHours:
		return true
	case CauseRuleset:
		return w.scorers[CauseRuleset] != w.scorers[CauseHours]
	case CauseHold:
		return w.holdsDiffer && slices.ContainsFunc(d.Changes, func(change uptime.Change) bool {
			return w.before.held(&change) != w.after.held(&change)
		})
	case CauseVerdict:
		return since != nil && len(since.Verdicts) > 0
	case CauseFacts:
		return since != nil && (len(since.JobMinutes) > 0 || slices.ContainsFunc(since.Changes, namesFacts))
	case CauseOwnership:
		return since != nil && slices.ContainsFunc(since.Changes, namesOwner)
	case CauseGrace:
		return w.graceDiffers
	}
	return false // the rate changes no figures
}

// exchange gives the device what the cause exchanges of its own facts.
func exchange(c Cause, d, since *Device) {
	switch c {
	case CauseVerdict:
		d.Verdicts = slices.Concat(d.Verdicts, since.Verdicts)
	case CauseFacts:
		d.Changes = slices.Concat(d.Changes, withoutOwners(since.Changes, len(d.Changes) == 0))
		d.JobMinutes = latestMinutes(d.JobMinutes, since.JobMinutes)
	case CauseOwnership:
		d.Changes = withOwners(d.Changes, since.Changes)
	default: // of the bits and the basis
	}
}

// namesOwner reports whether the change names an owner.
func namesOwner(c uptime.Change) bool { return c.SupplierID != nil }

// namesFacts reports whether the change names anything but an owner. One that names
// nothing that is paid for may still be set aside by a hold, and noted.
func namesFacts(c uptime.Change) bool {
	return c.SupplierID == nil || c.GPUModel != nil || c.GPUCount != nil || c.Connectivity != nil
}

// withoutOwners returns the changes as far as they name anything but an owner. The
// first registration, if it is among them, is a fact as a whole.
func withoutOwners(changes []uptime.Change, registration bool) []uptime.Change {
	var kept []uptime.Change
	for i, c := range changes {
		if !namesFacts(c) {
			continue
		}
		if i > 0 || !registration {
			c.SupplierID = nil
		}
		kept = append(kept, c)
	}
	return kept
}

// withOwners returns the changes with those since then, whole.
func withOwners(changes, since []uptime.Change) []uptime.Change {
	whole := slices.Clone(changes)
	for _, c := range since {
		at := slices.IndexFunc(whole, func(known uptime.Change) bool { return known.Seq == c.Seq })
		if at < 0 {
			whole = append(whole, c)
		} else {
			whole[at] = c
		}
	}
	return whole
}

// latestMinutes returns the days with those recorded since in place of the earlier.
func latestMinutes(days, since []uptime.JobMinutes) []uptime.JobMinutes {
	latest := slices.Clone(days)
	for _, m := range since {
		at := slices.IndexFunc(latest, func(known uptime.JobMinutes) bool { return known.Day.Equal(m.Day) })
		if at < 0 {
			latest = append(latest, m)
		} else {
			latest[at] = m
		}
	}
	return latest
}

// sameFigures reports whether the lines agree in everything but their amounts.
func sameFigures(a, b []Line) bool {
	return slices.EqualFunc(a, b, func(a, b Line) bool {
		a.Amount, b.Amount = 0, 0
		return a == b
	})
}
