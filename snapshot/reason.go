package snapshot

import (
	"fmt"
	"strings"
)

// Outcome is what a line comes to: exactly one, the first that applies in this
// order. The numbers are stored: never renumber them.
type Outcome int16

// The outcomes, in order.
const (
	OutcomeSpoofed            Outcome = 1
	OutcomeNotGenuine         Outcome = 2
	OutcomeUnlistedGPU        Outcome = 3
	OutcomeNeverSeen          Outcome = 4
	OutcomeBelowMinContinuous Outcome = 5
	OutcomeBelowMinUptime     Outcome = 6
	OutcomeEligible           Outcome = 7
)

// Notes is a set of bits: what else a supplier should know of a line. The bits are
// stored: never renumber them.
type Notes int16

// The notes, in the order in which they are written.
const (
	NoteGraceApplied        Notes = 1 << 0
	NoteGraceInactiveBefore Notes = 1 << 1
	NoteGraceNotBack        Notes = 1 << 2
	NoteGracePending        Notes = 1 << 3
	NoteMetadataHeld        Notes = 1 << 4
	NoteOwnerChanged        Notes = 1 << 5
)

// Reason is a code as a supplier reads it: what it means, and what to do.
type Reason struct {
	Code    string `json:"code"`
	Meaning string `json:"meaning"`
	Remedy  string `json:"remedy"`
}

// outcomeReasons[o-1] is the reason of outcome o.
var outcomeReasons = [...]Reason{
	{"spoofed",
		"A proof of work found that the device is not the GPU that it claims to be, so these slots are not paid.",
		"If this is wrong, ask for another proof-of-work test: a later genuine verdict clears it in the next revision."},
	{"not_genuine",
		"The season pays only devices that a proof of work found genuine, and this one has no such verdict.",
		"Keep the device running and up to date until it has been tested, or ask for a test."},
	{"unlisted_gpu",
		"The season's rules give no weight to the GPU model that the device reported at the end of the span.",
		"Check that the model is reported as it should be; if it is, ask the rewards team about listing it."},
	{"never_seen",
		"In none of the slots that could be observed was there a heartbeat, and no grace was credited.",
		"Check that the device's worker runs, is up to date and reaches the network."},
	{"below_min_continuous",
		"The longest run of slots without an observed break is shorter than the season's rules ask for.",
		"Keep the device running without restarts; slots that could not be observed do not break a run."},
	{"below_min_uptime",
		"The share of observed slots in which the device was up or credited is less than the season's rules ask for.",
		"Keep the device running and connected for more of the season."},
	{"eligible",
		"The line meets the season's rules and has points.",
		"Nothing to do."},
}

// noteReasons[i] is the reason of the note with bit i.
var noteReasons = [...]Reason{
	{"grace_applied",
		"Slots that the device missed in an outage that was not its fault are credited.",
		"Nothing to do."},
	{"grace_inactive_before",
		"The device missed slots in an outage, but was not up enough in the time before it to be credited.",
		"If it ran then, tell the rewards team which slots look wrong."},
	{"grace_not_back",
		"The device missed slots in an outage, but was not back for long enough by the date set, so they are not credited.",
		"If it was back in time, tell the rewards team which slots look wrong."},
	{"grace_pending",
		"The device missed slots in an outage; they are credited if it is back for long enough by the date set.",
		"Restart and update the device's worker before that date."},
	{"metadata_held",
		"A change of the device came through a channel that was not trusted at the time, and was set aside.",
		"If the change was yours, ask the rewards team to release it."},
	{"owner_changed",
		"The device changed owner in the season: each owner has a line for the slots that were theirs.",
		"If you did not hand it over, tell the rewards team at once."},
}

// Outcomes returns every outcome, in the order in which they are tried.
func Outcomes() []Outcome {
	all := make([]Outcome, len(outcomeReasons))
	for i := range all {
		all[i] = Outcome(i + 1)
	}
	return all
}

// Valid reports whether the number is that of an outcome.
func (o Outcome) Valid() bool { return o >= 1 && int(o) <= len(outcomeReasons) }

// Reason returns what the outcome means and what to do. It panics if the outcome
// is not valid.
func (o Outcome) Reason() Reason { return outcomeReasons[o-1] }

// unseenReason is never_seen of a line that nobody could look at: it says nothing
// of the device.
var unseenReason = Reason{"never_seen",
	"We could not see you: none of these slots could be observed, so nothing says whether the device was up.",
	"Nothing to do: what could not be observed counts neither for nor against the device. If it ran then, tell the rewards team."}

// Reason returns what the line's outcome means and what to do, as it reads for this
// line: that nothing was seen is one thing where we looked, and another where we
// could not.
func (l Line) Reason() Reason {
	if l.Outcome == OutcomeNeverSeen && l.Observed == 0 {
		return unseenReason
	}
	return l.Outcome.Reason()
}

// String returns the outcome's code, such as "eligible".
func (o Outcome) String() string {
	if !o.Valid() {
		return fmt.Sprintf("outcome(%d)", int16(o))
	}
	return o.Reason().Code
}

// ParseOutcome returns the outcome of a code.
func ParseOutcome(code string) (Outcome, error) {
	for i, reason := range outcomeReasons {
		if reason.Code == code {
			return Outcome(i + 1), nil
		}
	}
	return 0, fmt.Errorf("outcome %q: write one of %s", code, codes(outcomeReasons[:]))
}

// MarshalText returns String, for JSON.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText is ParseOutcome; on an error the outcome stays as it was.
func (o *Outcome) UnmarshalText(text []byte) error {
	parsed, err := ParseOutcome(string(text))
	if err == nil {
		*o = parsed
	}
	return err
}

// AllNotes is the set of every note.
const AllNotes = Notes(1<<len(noteReasons)) - 1

// Has reports whether every note of other is in the set.
func (n Notes) Has(other Notes) bool { return n&other == other }

// Valid reports whether the set holds known notes only.
func (n Notes) Valid() bool { return n&^AllNotes == 0 }

// Reasons returns what each note of the set means and what to do, in order.
func (n Notes) Reasons() []Reason {
	var reasons []Reason
	for i, reason := range noteReasons {
		if n.Has(1 << i) {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// String returns the codes joined by ";", in order; "" for none.
func (n Notes) String() string { return string(n.append(nil)) }

func (n Notes) append(dst []byte) []byte {
	first := len(dst)
	for i := range noteReasons {
		if n.Has(1 << i) {
			if len(dst) > first {
				dst = append(dst, ';')
			}
			dst = append(dst, noteReasons[i].Code...)
		}
	}
	return dst
}

// ParseNotes returns the set of codes joined by ";", in any order.
func ParseNotes(text string) (Notes, error) {
	var notes Notes
	if text == "" {
		return 0, nil
	}
	for code := range strings.SplitSeq(text, ";") {
		note, err := parseNote(code)
		if err != nil {
			return 0, err
		}
		notes |= note
	}
	return notes, nil
}

func parseNote(code string) (Notes, error) {
	for i, reason := range noteReasons {
		if reason.Code == code {
			return 1 << i, nil
		}
	}
	return 0, fmt.Errorf("note %q: write any of %s", code, codes(noteReasons[:]))
}

func codes(reasons []Reason) string {
	all := make([]string, len(reasons))
	for i := range reasons {
		all[i] = reasons[i].Code
	}
	return strings.Join(all, ", ")
}

// outcome returns the first outcome that applies to a line with its figures.
func (e *Eligibility) outcome(l *Line, listed, spoofed, genuine bool) Outcome {
	switch {
	case spoofed:
		return OutcomeSpoofed
	case e.RequireGenuine && !genuine:
		return OutcomeNotGenuine
	case !listed:
		return OutcomeUnlistedGPU
	case l.Credited() == 0:
		return OutcomeNeverSeen
	case int64(l.LongestRun) < e.MinContinuous:
		return OutcomeBelowMinContinuous
	case !e.MinUptime.AtLeast(int(l.Credited()), int(l.Observed)):
		return OutcomeBelowMinUptime
	}
	return OutcomeEligible
}
