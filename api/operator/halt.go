package operator

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/api/wire"
)

func registerHalt(s *wire.Service) {
	wire.Read(s, get("/halt", "get-halt", "See whether writing is halted", "Whether acting calls are refused, since when, by whom and why, and how many had begun before and have not ended."), operators, seeHalt)
	wire.Act(s, post("/halt", "halt-writing", "Halt writing",
		"At once: from the moment that this is answered every acting call is refused; reads go on. What had begun before is let end, which may take minutes; "+
			"get-halt counts it (under_way), and once that is 0 no acting call changes anything any more. One person's act."), operators, halt)
	wire.Act(s, post("/resumption", "resume-writing", "Resume writing",
		"Lets acting calls go on. It takes another person than who halted."), operators, resume)
}

// Halt is whether writing is halted.
type Halt struct {
	Halted   bool       `json:"halted" doc:"Acting calls are refused."`
	Number   int64      `json:"number,omitempty" example:"1" doc:"Of the halt."`
	Person   int64      `json:"person,omitempty" example:"3" doc:"Who halted."`
	By       string     `json:"by,omitempty" example:"ada" doc:"Their name."`
	Reason   string     `json:"reason,omitempty" example:"A token leaked." doc:"Why."`
	HaltedAt *time.Time `json:"halted_at,omitempty" doc:"Since when, by the database's clock."`
	UnderWay *int64     `json:"under_way,omitempty" example:"0" doc:"Acting calls and tasks that had begun before, and may still change something; in answers of get-halt alone, while writing is halted."`
}

// because is a body that gives a reason alone.
type because struct {
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" example:"A token leaked." doc:"Why; it stays on record."`
	}
}

func seeHalt(ctx context.Context, tx pgx.Tx, _ auth.Caller, _ *struct{}) (*answer[Halt], error) {
	stop, halted, err := audit.CurrentHalt(ctx, tx)
	if err != nil || !halted {
		return &answer[Halt]{}, err
	}
	underWay, err := audit.UnderWay(ctx, tx) // after the halt was seen: who is not counted has ended
	if err != nil {
		return nil, err
	}
	seen, err := viewHalt(ctx, tx, stop, true)
	if err != nil {
		return nil, err
	}
	seen.Body.UnderWay = &underWay
	return seen, nil
}

func halt(ctx context.Context, a wire.Acting, in *because) (*answer[Halt], error) {
	stop, err := audit.Halt(ctx, a.Tx, a.Person, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return viewHalt(ctx, a.Tx, stop, true)
}

// resume answers with the halt that it ended.
func resume(ctx context.Context, a wire.Acting, in *because) (*answer[Halt], error) {
	stop, err := audit.Resume(ctx, a.Tx, a.Person, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return viewHalt(ctx, a.Tx, stop, false)
}

func viewHalt(ctx context.Context, tx pgx.Tx, stop audit.Stop, halted bool) (*answer[Halt], error) {
	names, err := persons.Names(ctx, tx, []int64{stop.By})
	if err != nil {
		return nil, err
	}
	by, known := names[stop.By]
	if !known {
		by = fmt.Sprintf("person %d", stop.By)
	}
	return &answer[Halt]{Halt{Halted: halted, Number: stop.Number, Person: stop.By, By: by, Reason: stop.Reason, HaltedAt: &stop.At}}, nil
}
