package supplier

import (
	"context"
	"time"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

// Exclusion is a line of the caller's that earned nothing, or less than it might.
type Exclusion struct {
	Line
	Reason  Reason   `json:"reason" doc:"What its outcome means, and what to do."`
	Remarks []Reason `json:"remarks" nullable:"false" doc:"The same of each note."`
	Verdict *Verdict `json:"verdict,omitempty" doc:"The last verdict on the device as of the result; absent if there was none."`
	Appeal  Appeal   `json:"appeal" doc:"Whether you can appeal against it."`
}

// Appeal is whether a line can be appealed against.
type Appeal struct {
	Open  bool       `json:"open" doc:"Whether it can be at the moment."`
	Until *time.Time `json:"until" nullable:"true" doc:"Until when, exclusive; null of an estimate, against which nobody appeals."`
}

// ExclusionTable is a page of exclusions.
type ExclusionTable struct {
	Result Result `json:"result" doc:"What the lines are of."`
	wire.Page[Exclusion]
}

// Header names the columns of the exclusions as CSV.
func (ExclusionTable) Header() []string {
	return append(LineTable{}.Header(), "reason", "to_do", "verdict", "verdict_reason", "appeal_until")
}

// Rows yields the exclusions as CSV.
func (t ExclusionTable) Rows(yield func([]string) bool) {
	for i := range t.Items {
		x := &t.Items[i]
		extra := []string{x.Reason.Meaning, x.Reason.ToDo, "", "", instantOr(x.Appeal.Until)}
		if x.Verdict != nil {
			extra[2], extra[3] = string(x.Verdict.Kind), x.Verdict.Reason
		}
		for row := range (LineTable{Page: wire.Page[Line]{Items: []Line{x.Line}}}).Rows {
			if !yield(append(row, extra...)) {
				return
			}
		}
	}
}

type exclusionsIn struct {
	SeasonPath
	Which
	wire.Paging
}

func (r rooms) exclusions(ctx context.Context, reader wire.Reader, me auth.Caller, in *exclusionsIn) (*table[ExclusionTable], error) {
	asked := linesAsked{which: in.Which, season: in.Season, limit: in.Limit, less: true}
	read, err := readLines(ctx, reader, me, asked, in.Cursor)
	if err != nil {
		return nil, err
	}
	body := ExclusionTable{Result: read.result, Page: wire.Page[Exclusion]{Items: []Exclusion{}, NextCursor: read.next}}
	terms := r.appeal(read.sealedAt)
	for i := range read.lines {
		line := &read.lines[i]
		body.Items = append(body.Items, Exclusion{
			Line: line.view(), Reason: reasonOf(KindOutcome, line.Reason()), Remarks: reasonsOf(KindNote, line.Notes.Reasons()),
			Verdict: read.verdicts[i].view(), Appeal: terms,
		})
	}
	return &table[ExclusionTable]{body.NextCursor, body}, nil
}

// appeal is whether lines of what was sealed then can be appealed against.
func (r rooms) appeal(sealedAt *time.Time) Appeal {
	if sealedAt == nil {
		return Appeal{}
	}
	until := sealedAt.UTC().Add(time.Duration(r.appeals.Within) * 24 * time.Hour)
	return Appeal{Open: r.service.Now().Before(until), Until: &until}
}

// lessNotes are the notes of lines that might have earned more.
const lessNotes = snapshot.NoteGraceInactiveBefore | snapshot.NoteGraceNotBack | snapshot.NoteGracePending |
	snapshot.NoteMetadataHeld | snapshot.NoteOwnerChanged
