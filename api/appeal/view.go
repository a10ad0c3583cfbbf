package appeal

import (
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/wire"
)

// View is an appeal as a supplier reads it.
type View struct {
	ID         uuid.UUID   `json:"id" format:"uuid" doc:"Names the appeal."`
	State      State       `json:"state" enum:"open,in_review,accepted,refused,withdrawn" doc:"The last three are final."`
	Season     string      `json:"season" example:"ignition-s1" doc:"The season of the line."`
	Revision   int         `json:"revision" example:"1" doc:"The revision of the line."`
	DeviceID   uuid.UUID   `json:"device_id" format:"uuid" doc:"The device of the line."`
	SpanStart  time.Time   `json:"span_start" doc:"Start of the line's first slot."`
	SpanEnd    time.Time   `json:"span_end" doc:"End of its last slot, exclusive."`
	Outcome    string      `json:"outcome" example:"below_min_uptime" doc:"What the line came to."`
	Notes      []string    `json:"notes" nullable:"false" doc:"The notes of the line."`
	Amount     wire.Money  `json:"amount" doc:"What the line is paid."`
	Reason     string      `json:"reason" doc:"Why it is wrong, in the supplier's words."`
	Evidence   []string    `json:"evidence" nullable:"false" doc:"Links that the supplier gave."`
	RecordedAt time.Time   `json:"recorded_at" doc:"When it was raised."`
	DueAt      time.Time   `json:"due_at" doc:"By when it is to be answered."`
	ReviewedAt *time.Time  `json:"reviewed_at,omitempty" doc:"When somebody took it up."`
	EndedAt    *time.Time  `json:"ended_at,omitempty" doc:"When it was answered or withdrawn."`
	Answer     *AnswerView `json:"answer,omitempty" doc:"Absent until there is one."`
}

// AnswerView is an answer as a supplier reads it.
type AnswerView struct {
	Outcome    State     `json:"outcome" enum:"accepted,refused"`
	Reason     string    `json:"reason" doc:"Why, in the words of the rewards team."`
	Links      LinksView `json:"links" doc:"What came of the appeal."`
	AnsweredAt time.Time `json:"answered_at"`
}

// LinksView is what came of an appeal.
type LinksView struct {
	Verdict        *int64 `json:"verdict,omitempty" minimum:"1" example:"12" doc:"Number of a verdict by hand on the device."`
	GraceWindow    *int64 `json:"grace_window,omitempty" minimum:"1" example:"3" doc:"Number of an approved grace window over slots of the line."`
	ReleasedHold   *int64 `json:"released_hold,omitempty" minimum:"1" example:"1" doc:"Number of a hold that was released."`
	ReleasedChange *int64 `json:"released_change,omitempty" minimum:"1" example:"77120" doc:"Number of a change of the device that was released."`
	Revision       *int   `json:"revision,omitempty" minimum:"1" maximum:"2147483647" example:"2" doc:"A later revision of the season, sealed."`
}

func viewOf(a *Appeal) View {
	v := View{
		ID: a.ID, State: a.State, Season: a.Line.Season, Revision: a.Line.Revision, DeviceID: a.Line.DeviceID,
		SpanStart: a.Line.Span.From.Start(), SpanEnd: a.Line.Span.To.Start(), Outcome: a.Line.Outcome.String(), Notes: []string{},
		Amount: wire.MoneyOf(a.Line.Amount), Reason: a.Reason, Evidence: append([]string{}, a.Evidence...),
		RecordedAt: a.RecordedAt, DueAt: a.DueAt, ReviewedAt: comes(a.ReviewedAt), EndedAt: comes(a.EndedAt),
	}
	for _, note := range a.Line.Notes.Reasons() {
		v.Notes = append(v.Notes, note.Code)
	}
	if w := a.Answer; w != nil {
		l := w.Links
		v.Answer = &AnswerView{Outcome: w.Outcome, Reason: w.Reason, AnsweredAt: w.At,
			Links: LinksView{l.Verdict, l.Window, l.ReleasedHold, l.ReleasedChange, l.Revision}}
	}
	return v
}

// comes returns the moment, nil if it has not come.
func comes(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
