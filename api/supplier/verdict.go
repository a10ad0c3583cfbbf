package supplier

import (
	"time"

	"github.com/uptally/uptally/uptime"
)

// Verdict is the last proof-of-work verdict on a device: only it counts.
type Verdict struct {
	Kind        uptime.VerdictKind `json:"verdict" enum:"spoofed,genuine" doc:"What was found."`
	DecidedAt   time.Time          `json:"decided_at" doc:"When it was decided."`
	EffectiveAt time.Time          `json:"effective_at" doc:"From when it holds."`
	Reason      string             `json:"reason" doc:"Why, as a code or in words." example:"pow_hash_rate_mismatch"`
	ToDo        string             `json:"to_do" doc:"What you can do."`
}

// What to do about a verdict.
const (
	toDoSpoofed = "If this is wrong, ask for another proof-of-work test, or appeal against the line: a later genuine verdict clears it in the next revision."
	toDoGenuine = "Nothing to do."
)

// verdictRow is a verdict as it is read; all nil if there is none.
type verdictRow struct {
	kind, reason           *string
	decidedAt, effectiveAt *time.Time
}

func (v *verdictRow) spoofed() bool { return v.kind != nil && *v.kind == string(uptime.Spoofed) }

// view returns the verdict; nil, if there is none.
func (v *verdictRow) view() *Verdict {
	if v.kind == nil {
		return nil
	}
	toDo := toDoGenuine
	if v.spoofed() {
		toDo = toDoSpoofed
	}
	return &Verdict{uptime.VerdictKind(*v.kind), v.decidedAt.UTC(), v.effectiveAt.UTC(), *v.reason, toDo}
}

// verdict is what the rules go by; nil, if there is none.
func (v *verdictRow) verdict() *uptime.Verdict {
	if v.kind == nil {
		return nil
	}
	return &uptime.Verdict{Kind: uptime.VerdictKind(*v.kind), EffectiveAt: *v.effectiveAt}
}
