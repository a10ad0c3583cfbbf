package supplier

import (
	"context"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

// Kinds of reasons.
const (
	KindOutcome = "outcome" // what a line comes to: exactly one
	KindNote    = "note"    // what else there is to know of it: any number
)

// Reason is a code of a line in words.
type Reason struct {
	Kind    string `json:"kind" enum:"outcome,note" doc:"Whether it is what a line came to, or a note beside."`
	Code    string `json:"code" doc:"The code, as lines have it." example:"below_min_uptime"`
	Meaning string `json:"meaning" doc:"What it means."`
	ToDo    string `json:"to_do" doc:"What you can do."`
}

func reasonOf(kind string, r snapshot.Reason) Reason {
	return Reason{kind, r.Code, r.Meaning, r.Remedy}
}

func reasonsOf(kind string, all []snapshot.Reason) []Reason {
	views := make([]Reason, len(all))
	for i := range all {
		views[i] = reasonOf(kind, all[i])
	}
	return views
}

// ReasonTable is every reason there is.
type ReasonTable struct {
	Items []Reason `json:"items" nullable:"false" doc:"Outcomes in the order in which they are tried, then notes."`
}

// Header names the columns of the reasons as CSV.
func (ReasonTable) Header() []string { return []string{"kind", "code", "meaning", "to_do"} }

// Rows yields the reasons as CSV.
func (t ReasonTable) Rows(yield func([]string) bool) {
	for _, r := range t.Items {
		if !yield([]string{r.Kind, r.Code, r.Meaning, r.ToDo}) {
			return
		}
	}
}

type reasonsOut struct{ Body ReasonTable }

func registerReasons(s *wire.Service) {
	op := get("list-reasons", "/v1/reasons", "List every reason", "What each outcome and note of a line means, and what to do about it.")
	op.Tags = []string{"Public"}
	wire.Public(s, op, func(context.Context, wire.Reader, *struct{}) (*reasonsOut, error) {
		out := &reasonsOut{}
		for _, o := range snapshot.Outcomes() {
			out.Body.Items = append(out.Body.Items, reasonOf(KindOutcome, o.Reason()))
		}
		out.Body.Items = append(out.Body.Items, reasonsOf(KindNote, snapshot.AllNotes.Reasons())...)
		return out, nil
	})
}
