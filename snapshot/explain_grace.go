package snapshot

import (
	"fmt"
	"time"

	"github.com/uptally/uptally/uptime"
)

// What a window decides on a device, beside the codes of the notes of refusal.
const (
	WindowSkipped = "skipped" // the last verdict keeps the device out
	WindowNoGap   = "no_gap"  // nothing was missed in it
	WindowGranted = "granted"
)

// ExplainedWindow is one grace window, applied to the device step by step: a step
// that was not reached is nil.
type ExplainedWindow struct {
	Window         int64            `json:"window"`
	From           time.Time        `json:"from"`
	To             time.Time        `json:"to"` // exclusive
	Cause          string           `json:"cause"`
	Lookback       int              `json:"lookback"` // slots
	MinBefore      Fraction         `json:"min_before"`
	Sustain        int              `json:"sustain"` // slots
	ReconnectBy    time.Time        `json:"reconnect_by"`
	Credit         Credit           `json:"credit"`
	Cap            *int             `json:"cap"` // slots
	RequireGenuine bool             `json:"require_genuine"`
	Decision       string           `json:"decision"` // "skipped", "no_gap", "granted", or the code of a refusal
	Says           string           `json:"says"`     // the decision as a sentence, with its numbers
	Gap            *time.Time       `json:"gap"`      // f: the first observed slot of the window that was missed
	Before         *ExplainedBefore `json:"before"`
	Back           *time.Time       `json:"back"`    // r: back for good from this slot on
	Granted        int              `json:"granted"` // |G|, slots
}

// ExplainedBefore is the second step: was the device up before the window?
type ExplainedBefore struct {
	Interval   // B are its observed slots
	Comparison // |U ∩ B| of |B| with min_before
}

// explainWindows tells what each window that meets the season decided.
func (s *Scorer) explainWindows(last *uptime.Verdict, span uptime.Span) []ExplainedWindow {
	explained := []ExplainedWindow{}
	for i, w := range s.windows {
		if span.Empty() {
			break
		}
		d := decision{window: w.slots(), skipped: true} // of a spoofed device there are no decisions
		if i < len(s.decisions) {
			d = s.decisions[i]
		}
		e := explainWindow(w, &d)
		e.Granted = s.down.Count(d.granted)
		e.Says = w.says(&d, e.Granted, last)
		explained = append(explained, e)
	}
	return explained
}

func explainWindow(w *Window, d *decision) ExplainedWindow {
	e := ExplainedWindow{
		Window: w.ID, From: w.From.UTC(), To: w.To.UTC(), Cause: w.Cause, Lookback: w.Lookback, MinBefore: w.MinBefore,
		Sustain: w.Sustain, ReconnectBy: w.ReconnectBy.UTC(), Credit: w.Credit, Cap: w.Cap, RequireGenuine: w.RequireGenuine,
	}
	if d.missed {
		e.Gap = new(d.gap.Start())
		e.Before = &ExplainedBefore{Interval: intervalOf(d.before), Comparison: w.MinBefore.Compare(d.seen, d.lookedAt)}
	}
	if d.isBack {
		e.Back = new(d.back.Start())
	}
	switch {
	case d.skipped:
		e.Decision = WindowSkipped
	case !d.missed:
		e.Decision = WindowNoGap
	case d.refused != 0:
		e.Decision = d.refused.String()
	default:
		e.Decision = WindowGranted
	}
	return e
}

// says puts the decision into words; granted is |G|.
func (w *Window) says(d *decision, granted int, last *uptime.Verdict) string {
	before := fmt.Sprintf("up in %d of the %d observed slots before it", d.seen, d.lookedAt)
	deadline := uptime.SlotAtOrAfter(w.ReconnectBy).Start()
	switch {
	case d.skipped && isKind(last, uptime.Spoofed):
		return "skipped: the last verdict on the device is spoofed"
	case d.skipped:
		return "skipped: the window asks for a genuine verdict, and the device's last verdict is not one"
	case !d.missed:
		return "nothing to grant: no observed slot of it was missed"
	case d.lookedAt == 0:
		return "refused: none of the slots before it was observed, so nothing proves that the device ran"
	case d.refused == NoteGraceInactiveBefore:
		return fmt.Sprintf("refused: %s, less than %s of them", before, w.MinBefore)
	case d.refused == NoteGracePending:
		return fmt.Sprintf("pending: %s, but not yet back; %d slots up in a row must begin before %s", before, w.Sustain, instant(deadline))
	case d.refused == NoteGraceNotBack:
		return fmt.Sprintf("refused: %s, but no %d slots up in a row began before %s", before, w.Sustain, instant(deadline))
	}
	text := fmt.Sprintf("granted: %s, missed from %s, back at %s: %d slots", before, instant(d.gap.Start()), instant(d.back.Start()), granted)
	if w.Cap != nil {
		text += fmt.Sprintf(", at most %d", *w.Cap)
	}
	return text
}
