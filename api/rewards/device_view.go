package rewards

import (
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

// What the domain says of a device goes out as it is, but that what is not there is left
// out: the specification has no word for an object that may be null.

// dossier is all that is on record of a device.
type dossier struct {
	snapshot.Dossier
	Changes []explainedChange `json:"changes" nullable:"false" doc:"Its changes, in the order in which they are folded."`
}

// explanation is a device's season; its amounts are strings of base units.
type explanation struct {
	snapshot.Explanation
	Changes  []explainedChange `json:"changes" nullable:"false" doc:"Its changes, in the order in which they are folded."`
	Windows  []explainedWindow `json:"windows" nullable:"false" doc:"What each grace window decided."`
	Lines    []explainedLine   `json:"lines" nullable:"false" doc:"Its lines, with what each figure follows from."`
	Decimals int               `json:"decimals" example:"8" doc:"Decimals of the token, of every amount here."`
}

type explainedChange struct {
	snapshot.ExplainedChange
	Decision *snapshot.Decision `json:"decision,omitempty" doc:"What a person decided on it; absent if nobody did."`
}

type explainedWindow struct {
	snapshot.ExplainedWindow
	Before *snapshot.ExplainedBefore `json:"before,omitempty" doc:"Whether the device was up before; absent where that was not asked."`
}

type explainedLine struct {
	snapshot.ExplainedLine
	Excluded *snapshot.Interval `json:"excluded,omitempty" doc:"Slots that a verdict takes out of every figure; absent if none."`
}

func viewChanges(changes []snapshot.ExplainedChange) []explainedChange {
	views := make([]explainedChange, len(changes))
	for i, c := range changes {
		views[i] = explainedChange{c, c.Decision}
	}
	return views
}

func viewExplanation(e *snapshot.Explanation) explanation {
	v := explanation{
		Explanation: *e, Changes: viewChanges(e.Changes), Windows: make([]explainedWindow, len(e.Windows)),
		Lines: make([]explainedLine, len(e.Lines)), Decimals: wire.Decimals,
	}
	for i, w := range e.Windows {
		v.Windows[i] = explainedWindow{w, w.Before}
	}
	for i, l := range e.Lines {
		v.Lines[i] = explainedLine{l, l.Excluded}
	}
	return v
}
