package supplier

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/api/appeal"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
)

// Register adds the operations of suppliers to the service. What can be appealed against
// is told by the terms; no terms at all are appeal.DefaultTerms.
func Register(s *wire.Service, t appeal.Terms) {
	if t == (appeal.Terms{}) {
		t = appeal.DefaultTerms
	}
	r := rooms{service: s, app: s.App, rules: &rules{}, windows: &windows{}, turns: newTurns(), appeals: t}
	registerMe(s)
	registerReasons(s)
	r.registerDevices()
	r.registerEarnings()
	r.registerLedger()
}

// rooms is what the handlers share.
type rooms struct {
	service *wire.Service
	app     *pgxpool.Pool
	rules   *rules
	windows *windows

	turns   *turns // of those who compute
	appeals appeal.Terms
}

// compute runs f as the application, in one read-only transaction of one snapshot. What
// the supplier may see of its result was decided before, through row-level security. Few
// do so at once: the connections are those that acts need.
func (r rooms) compute(ctx context.Context, supplier uuid.UUID, f func(tx pgx.Tx) error) error {
	done, err := r.turns.take(ctx, supplier)
	if err != nil {
		return err
	}
	defer done()
	reading := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return pgx.BeginTxFunc(ctx, r.app, reading, f)
}

// get describes a GET of suppliers.
func get(id, path, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{"Supplier"}, Summary: summary, Description: description,
	}
}

// table is a page that may be asked for as CSV, which has no place for a cursor.
type table[T any] struct {
	NextCursor string `header:"Next-Cursor" doc:"Cursor of the next page; absent on the last."`
	Body       T
}

// DevicePath names a device in the path.
type DevicePath struct {
	Device string `path:"device" format:"uuid" minLength:"36" maxLength:"36" doc:"The device's id." example:"0000d000-0000-4000-8000-000000000000"`
}

// id is the device's; its form has been checked.
func (p DevicePath) id() (uuid.UUID, error) {
	id, err := uuid.Parse(p.Device)
	if err != nil {
		return uuid.Nil, wire.NotFound
	}
	return id, nil
}

// SeasonPath names a season in the path.
type SeasonPath struct {
	Season string `path:"season" pattern:"^[a-z0-9][a-z0-9-]*$" minLength:"1" maxLength:"63" doc:"The season's code." example:"ignition-s1"`
}

// Which names a sealed revision of a season, or its estimate.
type Which struct {
	Revision int  `query:"revision" minimum:"0" maximum:"2147483647" doc:"A sealed revision; 0 or absent: the newest." example:"2"`
	Estimate bool `query:"estimate" doc:"The estimate instead of a sealed revision."`
}

// check refuses a revision and an estimate at once.
func (w Which) check() error {
	if w.Estimate && w.Revision != 0 {
		return invalid("query.estimate", "an estimate has no revisions: give revision or estimate, not both")
	}
	return nil
}

// invalid refuses a request for one of its parts.
func invalid(location, message string) error {
	return wire.Refuse(http.StatusUnprocessableEntity, "invalid-request", "The request is not valid.").
		Because(wire.FieldError{Location: location, Message: message})
}

// mine keeps the rows that are the caller's.
func mine[T any](me auth.Caller, rows []T, owner func(*T) uuid.UUID) []T {
	kept := rows[:0]
	for i := range rows {
		if wire.Mine(me, owner(&rows[i])) {
			kept = append(kept, rows[i])
		}
	}
	return kept
}
