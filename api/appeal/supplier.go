package appeal

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/uptime"
)

// Register adds the operations of suppliers and of the rewards team on appeals, which
// are raised on the terms; no terms at all are DefaultTerms.
func Register(s *wire.Service, t Terms) {
	if t == (Terms{}) {
		t = DefaultTerms
	}
	registerRaise(s, t)
	registerOwn(s)
	registerWithdraw(s)
	registerRewards(s)
}

type output struct{ Body View }

type raiseInput struct {
	Body struct {
		Season    string    `json:"season" minLength:"1" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$" example:"ignition-s1" doc:"The season of the line."`
		Revision  int       `json:"revision" minimum:"1" maximum:"2147483647" example:"1" doc:"The revision of the line, which must be sealed."`
		DeviceID  uuid.UUID `json:"device_id" format:"uuid" doc:"The device of the line."`
		SpanStart time.Time `json:"span_start" format:"date-time" example:"2024-05-01T00:00:00Z" doc:"Start of the line, as its season shows it."`
		Reason    string    `json:"reason" minLength:"1" maxLength:"4000" example:"It ran without a break; see the log of its worker." doc:"Why the outcome is wrong."`
		Evidence  []string  `json:"evidence,omitempty" maxItems:"10" nullable:"false" doc:"Links to what shows it, for people to follow; 500 characters each at most."`
	}
}

func registerRaise(s *wire.Service, t Terms) {
	wire.Act(s, huma.Operation{
		OperationID: "raise-appeal", Method: http.MethodPost, Path: "/v1/appeals", Tags: []string{"Supplier"},
		DefaultStatus: http.StatusCreated, Summary: "Appeal against an outcome",
		Description: "Against one line of a sealed revision: for a time after the seal, and one at a time. The answer is due by due_at.",
		Errors:      []int{http.StatusNotFound},
	}, []auth.Role{auth.Supplier}, func(ctx context.Context, a wire.Acting, in *raiseInput) (*output, error) {
		from := uptime.SlotOf(in.Body.SpanStart)
		request := Request{
			Supplier: a.Me.Supplier, Season: in.Body.Season, Revision: in.Body.Revision, DeviceID: in.Body.DeviceID, From: from,
			Reason: in.Body.Reason, Evidence: in.Body.Evidence,
		}
		if !from.Start().Equal(in.Body.SpanStart) { // no line starts within a slot
			return nil, wire.NotFound
		}
		if err := gateLine(ctx, a, request); err != nil {
			return nil, err
		}
		raised, err := Raise(ctx, a.Tx, request, t, a.Person)
		return &output{viewOf(&raised)}, err
	})
}

// gateLine lets through who can see the line that the request names.
func gateLine(ctx context.Context, a wire.Acting, r Request) error {
	var owners []uuid.UUID
	batch := &pgx.Batch{}
	queueOwner(batch, r, &owners)
	if err := a.Reader.Ask(ctx, batch); err != nil {
		return err
	}
	if len(owners) == 0 || !wire.Mine(a.Me, owners[0]) {
		return wire.NotFound
	}
	return nil
}

type idInput struct {
	Appeal uuid.UUID `path:"appeal" format:"uuid" doc:"The appeal."`
}

type ownInput struct {
	wire.Paging
	State State `query:"state" enum:"open,in_review,accepted,refused,withdrawn" doc:"Only those in this state."`
}

type pageOutput struct{ Body wire.Page[View] }

func registerOwn(s *wire.Service) {
	wire.Own(s, huma.Operation{
		OperationID: "list-appeals", Method: http.MethodGet, Path: "/v1/appeals", Tags: []string{"Supplier"},
		Summary: "List my appeals", Description: "The newest first.",
	}, func(ctx context.Context, r wire.Reader, me auth.Caller, in *ownInput) (*pageOutput, error) {
		before, err := ownCursor(in.Cursor)
		if err != nil {
			return nil, err
		}
		var found []Appeal
		batch := &pgx.Batch{}
		queueOwnAppeals(batch, in.State, before, in.Limit+1, &found)
		if err := r.Ask(ctx, batch); err != nil {
			return nil, err
		}
		page := wire.PageOf(found, in.Limit, func(last Appeal) string {
			return wire.Cursor(last.RecordedAt.Format(time.RFC3339Nano), last.ID.String())
		})
		out := &pageOutput{wire.Page[View]{Items: []View{}, NextCursor: page.NextCursor}}
		for i := range page.Items {
			if wire.Mine(me, page.Items[i].Supplier) {
				out.Body.Items = append(out.Body.Items, viewOf(&page.Items[i]))
			}
		}
		return out, nil
	})
	wire.Own(s, huma.Operation{
		OperationID: "get-appeal", Method: http.MethodGet, Path: "/v1/appeals/{appeal}", Tags: []string{"Supplier"},
		Summary: "Read an appeal of mine", Description: "With its answer and what came of it, once there is one.",
		Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, r wire.Reader, me auth.Caller, in *idInput) (*output, error) {
		a, err := ownAppeal(ctx, r, me, in.Appeal)
		return &output{viewOf(&a)}, err
	})
}

// ownPlace is where an appeal stands among a supplier's own, the newest first.
type ownPlace struct {
	recordedAt time.Time
	id         uuid.UUID
}

// ownCursor returns the place that the page comes after; nil: it is the first.
func ownCursor(cursor string) (*ownPlace, error) {
	parts, err := wire.ParseCursor(cursor, 2)
	if err != nil || parts == nil {
		return nil, err
	}
	at, timeErr := time.Parse(time.RFC3339Nano, parts[0])
	id, idErr := uuid.Parse(parts[1])
	if timeErr != nil || idErr != nil {
		return nil, wire.BadCursor
	}
	return &ownPlace{at, id}, nil
}

// ownAppeal returns the caller's appeal, or wire.NotFound.
func ownAppeal(ctx context.Context, r wire.Reader, me auth.Caller, id uuid.UUID) (Appeal, error) {
	var found []Appeal
	batch := &pgx.Batch{}
	queueOwnAppeal(batch, id, &found)
	if err := r.Ask(ctx, batch); err != nil {
		return Appeal{}, err
	}
	if len(found) == 0 || !wire.Mine(me, found[0].Supplier) {
		return Appeal{}, wire.NotFound
	}
	return found[0], nil
}

func registerWithdraw(s *wire.Service) {
	wire.Act(s, huma.Operation{
		OperationID: "withdraw-appeal", Method: http.MethodPost, Path: "/v1/appeals/{appeal}/withdrawal", Tags: []string{"Supplier"},
		Summary: "Withdraw an appeal of mine", Description: "It ends without an answer; against its line another can be raised.",
		Errors: []int{http.StatusNotFound},
	}, []auth.Role{auth.Supplier}, func(ctx context.Context, a wire.Acting, in *idInput) (*output, error) {
		if _, err := ownAppeal(ctx, a.Reader, a.Me, in.Appeal); err != nil {
			return nil, err
		}
		withdrawn, err := Withdraw(ctx, a.Tx, in.Appeal, a.Person)
		return &output{viewOf(&withdrawn)}, err
	})
}
