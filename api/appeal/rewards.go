package appeal

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/api/wire"
)

// StaffView is an appeal as the rewards team reads it.
type StaffView struct {
	View
	SupplierID uuid.UUID `json:"supplier_id" format:"uuid" doc:"Whose line it is."`
	OpenedBy   string    `json:"opened_by" doc:"The supplier's person who raised it: another answers."`
	ReviewedBy string    `json:"reviewed_by,omitempty" doc:"Who took it up."`
	AnsweredBy string    `json:"answered_by,omitempty" doc:"Who answered."`
	Overdue    bool      `json:"overdue" doc:"Whether it should have been answered."`
}

// StaffPage is a page of appeals, and a table of them.
type StaffPage wire.Page[StaffView]

// Header returns the names of the columns.
func (StaffPage) Header() []string {
	return []string{"id", "state", "overdue", "due_at", "supplier_id", "season", "revision", "device_id", "span_start", "span_end",
		"outcome", "notes", "amount", "reason", "evidence", "recorded_at", "ended_at", "answer", "answer_reason"}
}

// Rows yields an appeal a row; notes and evidence are joined by ";" and line feeds.
func (p StaffPage) Rows(yield func(row []string) bool) {
	for _, v := range p.Items {
		ended, answer, answerReason := "", "", ""
		if v.EndedAt != nil {
			ended = v.EndedAt.Format(time.RFC3339)
		}
		if v.Answer != nil {
			answer, answerReason = string(v.Answer.Outcome), v.Answer.Reason
		}
		if !yield([]string{v.ID.String(), string(v.State), strconv.FormatBool(v.Overdue), v.DueAt.Format(time.RFC3339), v.SupplierID.String(),
			v.Season, strconv.Itoa(v.Revision), v.DeviceID.String(), v.SpanStart.Format(time.RFC3339), v.SpanEnd.Format(time.RFC3339),
			v.Outcome, strings.Join(v.Notes, ";"), v.Amount.Amount, v.Reason, strings.Join(v.Evidence, "\n"),
			v.RecordedAt.Format(time.RFC3339), ended, answer, answerReason}) {
			return
		}
	}
}

type staffOutput struct{ Body StaffView }

type staffPageOutput struct {
	NextCursor string `header:"Next-Cursor" doc:"Cursor of the next page; absent on the last."`
	Body       StaffPage
}

type staffInput struct {
	wire.Paging
	State     State     `query:"state" enum:"open,in_review,accepted,refused,withdrawn" doc:"Only those in this state."`
	DueBefore time.Time `query:"due_before" format:"date-time" example:"2024-06-01T00:00:00Z" doc:"Only those that have not ended and are due before this."`
	Season    string    `query:"season" maxLength:"63" pattern:"^[a-z0-9-]*$" example:"ignition-s1" doc:"Only those of this season."`
	Supplier  string    `query:"supplier_id" format:"uuid" maxLength:"36" doc:"Only this supplier's."`
}

type answerInput struct {
	Appeal uuid.UUID `path:"appeal" format:"uuid" doc:"The appeal."`
	Body   struct {
		Outcome State      `json:"outcome" enum:"accepted,refused" doc:"Whether the supplier is right."`
		Reason  string     `json:"reason" minLength:"1" maxLength:"4000" example:"Its heartbeats of that day were pulled again." doc:"Why; the supplier reads it."`
		Links   *LinksView `json:"links,omitempty" doc:"What came of the appeal: to accept, at least one."`
	}
}

var team = []auth.Role{auth.Rewards}

func registerRewards(s *wire.Service) {
	wire.Read(s, huma.Operation{
		OperationID: "list-rewards-appeals", Method: http.MethodGet, Path: "/v1/rewards/appeals", Tags: []string{"Rewards"},
		Summary: "List appeals", Description: "Those that have not ended first, by the date that they are due: the overdue before all.",
	}, team, listForTeam)
	wire.Read(s, huma.Operation{
		OperationID: "get-rewards-appeal", Method: http.MethodGet, Path: "/v1/rewards/appeals/{appeal}", Tags: []string{"Rewards"},
		Summary: "Read an appeal", Description: "With its answer, once there is one.", Errors: []int{http.StatusNotFound},
	}, team, func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *idInput) (*staffOutput, error) {
		a, err := Find(ctx, tx, in.Appeal)
		return forTeam(ctx, tx, a, err)
	})
	wire.Act(s, huma.Operation{
		OperationID: "review-appeal", Method: http.MethodPost, Path: "/v1/rewards/appeals/{appeal}/review", Tags: []string{"Rewards"},
		Summary: "Take an appeal up", Description: "The supplier sees that somebody looks at it.", Errors: []int{http.StatusNotFound},
	}, team, func(ctx context.Context, a wire.Acting, in *idInput) (*staffOutput, error) {
		taken, err := Review(ctx, a.Tx, in.Appeal, a.Person)
		return forTeam(ctx, a.Tx, taken, err)
	})
	wire.Act(s, huma.Operation{
		OperationID: "answer-appeal", Method: http.MethodPost, Path: "/v1/rewards/appeals/{appeal}/answer", Tags: []string{"Rewards"},
		DefaultStatus: http.StatusCreated, Summary: "Answer an appeal",
		Description: "Once, and as another person than who raised it. The answer changes no amount: what it links does.",
		Errors:      []int{http.StatusNotFound},
	}, team, func(ctx context.Context, a wire.Acting, in *answerInput) (*staffOutput, error) {
		answer := Answer{Outcome: in.Body.Outcome, Reason: in.Body.Reason, AnsweredBy: a.Person}
		if l := in.Body.Links; l != nil {
			answer.Links = Links{l.Verdict, l.GraceWindow, l.ReleasedHold, l.ReleasedChange, l.Revision}
		}
		answered, err := Reply(ctx, a.Tx, in.Appeal, answer)
		return forTeam(ctx, a.Tx, answered, err)
	})
}

func listForTeam(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *staffInput) (*staffPageOutput, error) {
	f := Filter{DueBefore: in.DueBefore, Season: in.Season, Limit: in.Limit + 1}
	if in.State != "" {
		f.States = []State{in.State}
	}
	var err error
	if in.Supplier != "" {
		if f.Supplier, err = uuid.Parse(in.Supplier); err != nil {
			return nil, wire.Refuse(http.StatusUnprocessableEntity, "invalid-request", "supplier_id: give a UUID.")
		}
	}
	if f.After, err = placeOf(in.Cursor); err != nil {
		return nil, err
	}
	found, err := List(ctx, tx, f)
	if err != nil {
		return nil, err
	}
	page := wire.PageOf(found, in.Limit, func(last Appeal) string {
		p := last.Place()
		return wire.Cursor(strconv.FormatBool(p.Ended), p.DueAt.Format(time.RFC3339Nano), p.ID.String())
	})
	views, err := staffViews(ctx, tx, page.Items)
	return &staffPageOutput{page.NextCursor, StaffPage{views, page.NextCursor}}, err
}

// placeOf returns the place of a cursor; nil: the first page.
func placeOf(cursor string) (*Place, error) {
	parts, err := wire.ParseCursor(cursor, 3)
	if err != nil || parts == nil {
		return nil, err
	}
	ended, endedErr := strconv.ParseBool(parts[0])
	due, dueErr := time.Parse(time.RFC3339Nano, parts[1])
	id, idErr := uuid.Parse(parts[2])
	if endedErr != nil || dueErr != nil || idErr != nil {
		return nil, wire.BadCursor
	}
	return &Place{ended, due, id}, nil
}

// forTeam returns one appeal as the team reads it, or the error.
func forTeam(ctx context.Context, tx pgx.Tx, a Appeal, err error) (*staffOutput, error) {
	if err != nil {
		return nil, err
	}
	views, err := staffViews(ctx, tx, []Appeal{a})
	if err != nil {
		return nil, err
	}
	return &staffOutput{views[0]}, nil
}

func staffViews(ctx context.Context, tx pgx.Tx, appeals []Appeal) ([]StaffView, error) {
	now, err := Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, a := range appeals {
		ids = append(ids, a.OpenedBy, a.ReviewedBy)
		if a.Answer != nil {
			ids = append(ids, a.Answer.AnsweredBy)
		}
	}
	names, err := persons.Names(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	name := func(person int64) string {
		if person == 0 {
			return ""
		}
		if known, found := names[person]; found {
			return known
		}
		return fmt.Sprintf("person %d", person)
	}
	views := make([]StaffView, len(appeals))
	for i := range appeals {
		a := &appeals[i]
		views[i] = StaffView{View: viewOf(a), SupplierID: a.Supplier, OpenedBy: name(a.OpenedBy), ReviewedBy: name(a.ReviewedBy), Overdue: a.Overdue(now)}
		if a.Answer != nil {
			views[i].AnsweredBy = name(a.Answer.AnsweredBy)
		}
	}
	return views, nil
}
