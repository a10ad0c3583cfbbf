package snapshot

import "fmt"

// Cause is a kind of input that differs between two revisions, and so explains
// what it changed.
type Cause uint8

// The causes, in the order in which the inputs are exchanged.
const (
	CauseHours     Cause = iota + 1 // bits and coverage: the hours were open, or were reopened
	CauseRuleset                    // the rules that the season is paid by
	CauseHold                       // metadata holds, and releases from them
	CauseVerdict                    // proof-of-work verdicts
	CauseFacts                      // registrations, models, counts, connectivity, job minutes
	CauseOwnership                  // who the owner is
	CauseGrace                      // grace windows, and what was pending
	CauseRate                       // what a point is worth: a sealed revision fixed it

	causeEnd // one past the last
)

// causeReasons[c-1] is what cause c means.
var causeReasons = [...]struct{ code, meaning string }{
	{"hours", "Hours were still open or have been reopened: other heartbeats count."},
	{"ruleset", "The rules differ."},
	{"hold", "A metadata hold was added or released."},
	{"verdict", "A proof-of-work verdict was recorded."},
	{"facts", "A registration, GPU model, count, connectivity or job minutes were recorded."},
	{"ownership", "A change of owner was recorded."},
	{"grace", "A grace window was approved, or the deadline of one passed."},
	{"rate", "A sealed revision fixed what a point is worth."},
}

// Causes returns every cause, in order.
func Causes() []Cause {
	all := make([]Cause, len(causeReasons))
	for i := range all {
		all[i] = Cause(i + 1)
	}
	return all
}

// Valid reports whether the number is that of a cause.
func (c Cause) Valid() bool { return c >= 1 && c < causeEnd }

// String returns the cause's code, such as "verdict".
func (c Cause) String() string {
	if !c.Valid() {
		return fmt.Sprintf("cause(%d)", uint8(c))
	}
	return causeReasons[c-1].code
}

// Meaning says in a sentence what changed. It panics if the cause is not valid.
func (c Cause) Meaning() string { return causeReasons[c-1].meaning }

// MarshalText returns String, for JSON.
func (c Cause) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText wrote; on an error the cause stays as it was.
func (c *Cause) UnmarshalText(text []byte) error {
	for i := range causeReasons {
		if causeReasons[i].code == string(text) {
			*c = Cause(i + 1)
			return nil
		}
	}
	return fmt.Errorf("cause %q: there is no such", text)
}
