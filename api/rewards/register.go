package rewards

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/api/wire"
)

// desk is what the operations share.
type desk struct {
	*wire.Service
	computing chan struct{} // holds one: see alone
}

// Register adds the operations of the rewards team to the service.
func Register(s *wire.Service) {
	d := &desk{Service: s, computing: make(chan struct{}, 1)}
	for _, topic := range []func(){
		d.seasons, d.estimates, d.rulesets, d.windows, d.incidents, d.proposals, d.holds, d.held, d.verdicts,
		d.snapshots, d.decisions, d.overrides, d.lines, d.diffs, d.previews, d.devices, d.pulls, d.reopenings,
	} {
		topic()
	}
}

// body is an answer.
type body[T any] struct{ Body T }

// made is an answer that says where what was made, or asked for, is.
type made[T any] struct {
	Location string `header:"Location" doc:"Where it is."`
	Body     T
}

// table is an answer that may be asked for as CSV.
type table[T any] struct {
	NextCursor string `header:"Next-Cursor" doc:"Cursor of the next page; empty on the last."`
	Body       T
}

// whole is a list that comes without pages.
func whole[T any](items []T) *body[wire.Page[T]] {
	if items == nil {
		items = []T{}
	}
	return &body[wire.Page[T]]{wire.Page[T]{Items: items}}
}

// OneSeason is the path of what is a season's.
type OneSeason struct {
	Season string `path:"season" minLength:"1" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$" example:"ignition-s1" doc:"Code of the season."`
}

// OneID is the path of what has a number.
type OneID struct {
	ID int64 `path:"id" minimum:"1" example:"3" doc:"Its number."`
}

// Because is a body that gives a reason alone.
type Because struct {
	Body Reasoned
}

// Reasoned is a reason.
type Reasoned struct {
	Reason string `json:"reason" minLength:"1" maxLength:"2000" pattern:"^[^\\x00]*[^\\x00\\s][^\\x00]*$" example:"Checked against the network's own counts." doc:"Why; it stays on record."`
}

// computeWorkers are the groups of devices that are read at once, each over a
// connection.
const computeWorkers = 2

// alone is for what computes a season in this process: one at a time, and whoever comes
// meanwhile is refused rather than made to wait, as they would hold a connection that
// the one may need. Call leave when it is done.
func (d *desk) alone() (leave func(), err error) {
	select {
	case d.computing <- struct{}{}:
		return func() { <-d.computing }, nil
	default:
		return nil, wire.Refuse(http.StatusServiceUnavailable, "busy", "Another computation of a season is under way: ask again in some seconds.")
	}
}

// invalid is the refusal of what the domain says is no valid request.
func invalid(part string, err error) error {
	return wire.Refuse(http.StatusUnprocessableEntity, "invalid-request", "The request is not valid.").
		Because(wire.FieldError{Location: part, Message: err.Error()})
}

// moments bounds instants to what every calendar writes, and cuts them to the
// microseconds that the database keeps.
func moments(part string, instants ...*time.Time) error {
	for _, at := range instants {
		*at = at.UTC().Truncate(time.Microsecond)
		if year := at.Year(); year < firstYear || year > lastYear {
			return invalid(part, fmt.Errorf("give instants of the years %d to %d", firstYear, lastYear))
		}
	}
	return nil
}

// The years that instants may be of.
const (
	firstYear = 1970
	lastYear  = 9000
)

// names are the names that persons are shown by.
type names map[int64]string

// readNames reads the names of persons; nil is nobody.
func readNames(ctx context.Context, tx pgx.Tx, people ...*int64) (names, error) {
	var ids []int64
	for _, person := range people {
		if person != nil {
			ids = append(ids, *person)
		}
	}
	return persons.Names(ctx, tx, ids)
}

// of returns the person's name, or their number if they have none.
func (n names) of(person int64) string {
	if name, known := n[person]; known {
		return name
	}
	return fmt.Sprintf("person %d", person)
}

// orNone is of for somebody who may be nobody.
func (n names) orNone(person *int64) *string {
	if person == nil {
		return nil
	}
	return new(n.of(*person))
}

// parseID reads a part of a cursor.
func parseID(text string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return id, wire.BadCursor
	}
	return id, nil
}
