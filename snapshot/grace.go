package snapshot

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/uptally/uptally/uptime"
)

// Credit is how a grace window credits the slots that it grants.
type Credit string

// The ways to credit: each granted slot as if up, or at the rate at which the
// device itself was up in the lookback.
const (
	CreditFull    Credit = "full"
	CreditOwnRate Credit = "own_rate"
)

// What a window's rule is where a person says nothing else.
const (
	DefaultLookback = 288 // slots
	DefaultSustain  = 3   // slots
)

// DefaultMinBefore is a half of the observed slots of the lookback.
var DefaultMinBefore = Fraction{numerator: fractionOne / 2}

// Window is an interval, [From, To), in which proven devices are credited although
// they were down, and the rule by which they prove themselves: seen before, and
// back after.
type Window struct {
	ID             int64
	From, To       time.Time
	Cause          string
	Lookback       int       // slots before From that are looked at, at least 1
	MinBefore      Fraction  // of the observed ones of them, up at least
	Sustain        int       // slots in a row that prove a device back, at least 1
	ReconnectBy    time.Time // the first of them starts before it
	Credit         Credit    //
	Cap            *int      // slots granted to a device at most, 0 or more; nil: all
	RequireGenuine bool      // only devices whose last verdict is genuine
}

// Validate reports the first thing wrong with the window, with its remedy.
func (w Window) Validate() error {
	switch {
	case !w.From.Before(w.To):
		return fmt.Errorf("grace window from %s to %s: it ends no later than it begins: give a later end", instant(w.From), instant(w.To))
	case w.Cause == "":
		return errors.New("grace window: cause is empty: say what happened")
	case w.Lookback < 1 || w.Lookback > math.MaxInt32:
		return fmt.Errorf("grace window: lookback %d: give slots, 1 or more (288 are a day)", w.Lookback)
	case w.Sustain < 1 || w.Sustain > math.MaxInt32:
		return fmt.Errorf("grace window: sustain %d: give slots, 1 or more", w.Sustain)
	case w.ReconnectBy.IsZero():
		return errors.New("grace window: reconnect_by is missing: give the instant by which a device must be back")
	case w.Credit != CreditFull && w.Credit != CreditOwnRate:
		return fmt.Errorf("grace window: credit %q: write %q or %q", w.Credit, CreditFull, CreditOwnRate)
	case w.Cap != nil && (*w.Cap < 0 || *w.Cap > math.MaxInt32):
		return fmt.Errorf("grace window: cap %d: give slots, 0 or more, or leave it out", *w.Cap)
	}
	return nil
}

// slots are the slots that stand for the window.
func (w *Window) slots() uptime.Span { return uptime.SpanOf(w.From, w.To) }

// before are the slots of the lookback.
func (w *Window) before() uptime.Span {
	from := uptime.SlotAtOrAfter(w.From)
	return uptime.Span{From: from - uptime.Slot(w.Lookback), To: from}
}

// looksAt are the slots that the window's decision goes by: the lookback, the window,
// and those that may prove a device back.
func (w *Window) looksAt() uptime.Span {
	proof := uptime.SlotAtOrAfter(w.ReconnectBy) + uptime.Slot(w.Sustain)
	return uptime.Span{From: w.before().From, To: max(w.slots().To, proof)}
}

// decision is what a window decides on a device: a grant, or a note that says why
// there is none, or neither where the window does not concern it. It keeps the
// numbers of every step that was taken.
type decision struct {
	window  uptime.Span
	skipped bool        // the last verdict keeps the device out: no further step
	gap     uptime.Slot // f, if missed
	missed  bool        // without a gap: no further step
	refused Notes       // 0, or one refusal or pending note
	granted uptime.Span // its slots that were observed and not up are G
	// B, and the own rate |U ∩ B| / |B|; set from the second step on.
	before         uptime.Span
	seen, lookedAt int
	back           uptime.Slot // r, if isBack
	isBack         bool
}

// presence is one device's timeline as a window looks at it.
type presence struct {
	observed, up uptime.Timeline
	down         uptime.Timeline // observed \ up
	registered   uptime.Slot     // R begins here
	season       uptime.Span
	last         *uptime.Verdict
}

// decide applies the window to the device's whole timeline, as of asOf.
func (w *Window) decide(p *presence, asOf time.Time) decision {
	d := decision{window: w.slots()}
	if d.skipped = w.skips(p.last); d.skipped {
		return d
	}
	if d.gap, d.missed = p.down.First(p.sinceRegistration(d.window)); !d.missed {
		return d
	}
	d.before = p.sinceRegistration(w.before())
	d.seen, d.lookedAt = p.up.Count(d.before), p.observed.Count(d.before)
	if d.lookedAt == 0 || !w.MinBefore.AtLeast(d.seen, d.lookedAt) {
		d.refused = NoteGraceInactiveBefore
		return d
	}
	deadline := uptime.SlotAtOrAfter(w.ReconnectBy)
	d.back, d.isBack = p.up.FirstRun(uptime.Span{From: d.gap, To: deadline}, w.Sustain)
	switch {
	case d.isBack:
		d.granted = w.grant(p, uptime.Span{From: d.gap, To: min(d.window.To, d.back)})
	case w.ReconnectBy.After(asOf):
		d.refused = NoteGracePending
	default:
		d.refused = NoteGraceNotBack
	}
	return d
}

// skips reports whether a device with that last verdict is left out.
func (w *Window) skips(last *uptime.Verdict) bool {
	return isKind(last, uptime.Spoofed) || w.RequireGenuine && !isKind(last, uptime.Genuine)
}

// grant returns the part of the season in which the missed slots are granted: up
// to the cap, the earliest.
func (w *Window) grant(p *presence, missed uptime.Span) uptime.Span {
	granted := p.sinceRegistration(missed.Intersect(p.season))
	if w.Cap != nil {
		granted = p.down.Prefix(granted, *w.Cap)
	}
	return granted
}

// sinceRegistration returns the slots of s that are in R.
func (p *presence) sinceRegistration(s uptime.Span) uptime.Span {
	return uptime.Span{From: max(s.From, p.registered), To: s.To}
}

// credit returns the slots that the decision credits to a line with so many
// granted slots.
func (d *decision) credit(how Credit, granted int) int {
	if how == CreditOwnRate && granted > 0 {
		return int(int64(granted) * int64(d.seen) / int64(d.lookedAt))
	}
	return granted
}
