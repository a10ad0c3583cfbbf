package operator

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
)

func registerPersons(s *wire.Service) {
	wire.Read(s, get("/persons", "list-persons", "List the persons",
		"Who is who: each human with the names that they act under, the newest first."), operators, listPersons)
}

type listPersonsIn struct{ wire.Paging }

// Person is one human.
type Person struct {
	ID         int64        `json:"id" example:"3" doc:"Their number, as the audit log has it."`
	RecordedAt time.Time    `json:"recorded_at" doc:"Since when they are on record."`
	Names      []PersonName `json:"names" nullable:"false" doc:"What they act under, by kind and name."`
}

// PersonName is a name that one human acts under.
type PersonName struct {
	Kind string `json:"kind" enum:"cli,token,supplier" doc:"Where: on the command line, as the holder of a token, or as one who acts for a supplier."`
	Name string `json:"name" example:"ada" doc:"The name."`
}

func listPersons(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *listPersonsIn) (*answer[wire.Page[Person]], error) {
	start, err := before(in.Paging)
	if err != nil {
		return nil, err
	}
	people, err := selectPersons(ctx, tx, start, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &answer[wire.Page[Person]]{wire.PageOf(people, in.Limit, func(last Person) string { return cursorAt(last.ID) })}, nil
}
