package snapshot

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// WhatIf is what a preview supposes to be otherwise than it is on record. The zero
// value supposes nothing.
type WhatIf struct {
	Ruleset        []byte                // TOML, in place of the season's; nil: its own
	Set            []string              // KEY=VALUE, see SetRules; applied to the ruleset
	WithWindows    []int64               // windows of the season that are proposed, as if approved
	AddWindows     []Window              // as if proposed and approved
	WithoutWindows []int64               // approved windows, as if they were not
	WithHolds      []Hold                // as if added
	WithoutHolds   []int64               // holds, as if released
	Verdicts       []uptime.VerdictEntry // as if entered by hand now, in this order
}

// rules returns the ruleset that is supposed, the season's own being given.
func (w *WhatIf) rules(own []byte) (*Ruleset, error) {
	file := own
	if w.Ruleset != nil {
		file = w.Ruleset
	}
	if len(w.Set) > 0 {
		var err error
		if file, err = SetRules(file, w.Set); err != nil {
			return nil, err
		}
	}
	return LoadRuleset(file)
}

// suppose changes the basis, which is the caller's own, to what is supposed of
// windows and holds. The windows on record are those of the season. What was
// observed has to be looked at anew. The error wraps ErrNotFound, ErrConflict or
// ErrWindowsOverlap.
func (w *WhatIf) suppose(b *Basis, onRecord []WindowRecord) error {
	for _, id := range w.WithoutWindows {
		i := slices.IndexFunc(b.Windows, func(x Window) bool { return x.ID == id })
		if i < 0 {
			return fmt.Errorf("approved grace window %d of season %s: %w; see which there are with: `uptally grace list`", id, b.Season.Code, ErrNotFound)
		}
		b.Windows = slices.Delete(b.Windows, i, i+1)
	}
	for _, id := range w.WithWindows {
		i := slices.IndexFunc(onRecord, func(x WindowRecord) bool { return x.ID == id })
		switch {
		case i < 0:
			return fmt.Errorf("grace window %d of season %s: %w; see which there are with: `uptally grace list`", id, b.Season.Code, ErrNotFound)
		case onRecord[i].ApprovedAt != nil:
			return fmt.Errorf("grace window %d: %w: it is approved, and counts without asking for it", id, ErrConflict)
		}
		b.Windows = append(b.Windows, onRecord[i].Window)
	}
	for _, x := range w.AddWindows {
		if err := x.Validate(); err != nil {
			return err
		}
		x.From, x.To, x.ReconnectBy = stored(x.From), stored(x.To), stored(x.ReconnectBy)
		b.Windows = append(b.Windows, x)
	}
	return errors.Join(inOrder(b.Windows), w.supposeHolds(b))
}

// inOrder sorts windows by their beginning, and refuses those that overlap.
func inOrder(windows []Window) error {
	slices.SortStableFunc(windows, func(a, b Window) int { return a.From.Compare(b.From) })
	for i := 1; i < len(windows); i++ {
		a, b := &windows[i-1], &windows[i]
		if b.From.Before(a.To) {
			return fmt.Errorf("%w: %s to %s, and %s to %s; leave one out, or give other bounds",
				ErrWindowsOverlap, instant(a.From), instant(a.To), instant(b.From), instant(b.To))
		}
	}
	return nil
}

func (w *WhatIf) supposeHolds(b *Basis) error {
	for _, id := range w.WithoutHolds {
		i := slices.IndexFunc(b.Holds, func(h Hold) bool { return h.ID == id })
		if i < 0 {
			return fmt.Errorf("hold %d that holds: %w; see which there are with: `uptally hold list`", id, ErrNotFound)
		}
		b.Holds = slices.Delete(b.Holds, i, i+1)
	}
	for _, h := range w.WithHolds {
		if err := h.Validate(); err != nil {
			return err
		}
		h.From, h.To = stored(h.From), stored(h.To)
		b.Holds = append(b.Holds, h)
	}
	return nil
}

// stored returns a moment as the database would have kept it.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// verdicts returns the supposed verdicts by device, each after all that is on
// record of its instant.
func (w *WhatIf) verdicts(b *Basis) map[uuid.UUID][]uptime.Verdict {
	of := make(map[uuid.UUID][]uptime.Verdict, len(w.Verdicts))
	for i, e := range w.Verdicts {
		of[e.DeviceID] = append(of[e.DeviceID], uptime.Verdict{
			Seq: math.MaxInt64 - int64(len(w.Verdicts)-i), DeviceID: e.DeviceID, Kind: e.Kind, EffectiveAt: stored(e.EffectiveAt),
			DecidedAt: b.AsOf, ByHand: true, Reason: e.Reason, Evidence: e.Evidence,
		})
	}
	return of
}

// String says what is supposed, in a line; "" for nothing.
func (w *WhatIf) String() string {
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if w.Ruleset != nil {
		say("another ruleset")
	}
	for _, assignment := range w.Set {
		say("%s", assignment)
	}
	for _, id := range w.WithWindows {
		say("with window %d", id)
	}
	for _, x := range w.AddWindows {
		say("with a window from %s to %s", instant(x.From), instant(x.To))
	}
	for _, id := range w.WithoutWindows {
		say("without window %d", id)
	}
	for _, h := range w.WithHolds {
		say("with a hold from %s to %s", instant(h.From), instant(h.To))
	}
	for _, id := range w.WithoutHolds {
		say("without hold %d", id)
	}
	if len(w.Verdicts) > 0 {
		say("with %d verdicts", len(w.Verdicts))
	}
	return strings.Join(parts, ", ")
}
