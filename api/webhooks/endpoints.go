package webhooks

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/api/wire"
)

// Register adds the operations of suppliers on webhooks. A sender of nil has no key.
func Register(s *wire.Service, sender *webhook.Sender) {
	registerMake(s, sender)
	registerRead(s)
	registerSecret(s, sender)
	registerChange(s)
	registerDeliveries(s)
	describe(s.API)
}

// errOff is the answer where the server has no key.
var errOff = wire.Refuse(http.StatusServiceUnavailable, "webhooks-off", "This server has no key to sign with: webhooks are off.")

// Endpoint is a webhook as a supplier reads it.
type Endpoint struct {
	ID            uuid.UUID      `json:"id" format:"uuid" doc:"Names the webhook."`
	URL           string         `json:"url" example:"https://hooks.example.org/uptally" doc:"Where messages are posted."`
	Events        []webhook.Kind `json:"events" nullable:"false" doc:"What it is told of."`
	Description   string         `json:"description" doc:"Your own words."`
	State         webhook.State  `json:"state" enum:"active,deleted,failing" doc:"failing: it took nothing for five days, the last message in none of its tries, and is told no more: make another."`
	RecordedAt    time.Time      `json:"recorded_at" doc:"When it was made: nothing before is told."`
	EndedAt       *time.Time     `json:"ended_at,omitempty" doc:"When it was deleted or switched off."`
	Secret        int            `json:"secret" minimum:"1" example:"1" doc:"Number of the newest secret."`
	ReadableUntil time.Time      `json:"readable_until" doc:"Until when that secret can be read."`
}

type endpointOutput struct{ Body Endpoint }

func viewOf(e *webhook.Endpoint) Endpoint {
	v := Endpoint{ID: e.ID, URL: e.URL, Events: e.Events, Description: e.Description, State: e.State, RecordedAt: e.RecordedAt,
		Secret: e.Secret, ReadableUntil: e.ReadableUntil()}
	if !e.EndedAt.IsZero() {
		v.EndedAt = &e.EndedAt
	}
	return v
}

type makeInput struct {
	Body struct {
		URL         string         `json:"url" minLength:"9" maxLength:"1000" example:"https://hooks.example.org/uptally" doc:"https, port 443 or 8443, a public address, no credentials. No redirect is followed."`
		Events      []webhook.Kind `json:"events" minItems:"1" maxItems:"5" nullable:"false" enum:"season.sealed,payout.paid,device.flagged,wallet.changed,appeal.answered" example:"[\"season.sealed\"]" doc:"What it is to be told of."`
		Description string         `json:"description,omitempty" maxLength:"200" example:"accounting" doc:"Your own words, one line."`
	}
}

func registerMake(s *wire.Service, sender *webhook.Sender) {
	wire.Act(s, huma.Operation{
		OperationID: "create-webhook", Method: http.MethodPost, Path: "/v1/webhooks", Tags: []string{"Supplier"},
		DefaultStatus: http.StatusCreated, Summary: "Make a webhook",
		Description: "Messages follow the Standard Webhooks specification. Read the secret that signs them within the hour.",
	}, []auth.Role{auth.Supplier}, func(ctx context.Context, a wire.Acting, in *makeInput) (*endpointOutput, error) {
		if sender == nil {
			return nil, errOff
		}
		made, err := sender.Make(ctx, a.Tx, webhook.Order{
			Supplier: a.Me.Supplier, URL: in.Body.URL, Events: in.Body.Events, Description: in.Body.Description}, a.Person)
		return &endpointOutput{viewOf(&made)}, err
	})
}

type idInput struct {
	Webhook uuid.UUID `path:"webhook" format:"uuid" doc:"The webhook."`
}

type pageOutput struct{ Body wire.Page[Endpoint] }

func registerRead(s *wire.Service) {
	wire.Own(s, huma.Operation{
		OperationID: "list-webhooks", Method: http.MethodGet, Path: "/v1/webhooks", Tags: []string{"Supplier"},
		Summary: "List my webhooks", Description: "The newest first, those that have ended too.",
	}, func(ctx context.Context, r wire.Reader, me auth.Caller, in *wire.Paging) (*pageOutput, error) {
		before, beforeID, err := cursorOf(in.Cursor)
		if err != nil {
			return nil, err
		}
		var found []webhook.Endpoint
		batch := &pgx.Batch{}
		webhook.QueueEndpoints(batch, before, beforeID, in.Limit+1, &found)
		if err := r.Ask(ctx, batch); err != nil {
			return nil, err
		}
		page := wire.PageOf(found, in.Limit, func(last webhook.Endpoint) string {
			return wire.Cursor(last.RecordedAt.Format(time.RFC3339Nano), last.ID.String())
		})
		out := &pageOutput{wire.Page[Endpoint]{Items: []Endpoint{}, NextCursor: page.NextCursor}}
		for i := range page.Items {
			if wire.Mine(me, page.Items[i].Supplier) {
				out.Body.Items = append(out.Body.Items, viewOf(&page.Items[i]))
			}
		}
		return out, nil
	})
	wire.Own(s, huma.Operation{
		OperationID: "get-webhook", Method: http.MethodGet, Path: "/v1/webhooks/{webhook}", Tags: []string{"Supplier"},
		Summary: "Read a webhook of mine", Description: "Where it leads, what it is told of, and how it stands.", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, r wire.Reader, me auth.Caller, in *idInput) (*endpointOutput, error) {
		e, err := endpointOf(ctx, r, me, in.Webhook)
		return &endpointOutput{viewOf(&e)}, err
	})
}

// farOff is after every moment on record.
var farOff = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// cursorOf returns the place that the page comes after.
func cursorOf(cursor string) (time.Time, uuid.UUID, error) {
	parts, err := wire.ParseCursor(cursor, 2)
	if err != nil || parts == nil {
		return farOff, uuid.Nil, err
	}
	at, timeErr := time.Parse(time.RFC3339Nano, parts[0])
	id, idErr := uuid.Parse(parts[1])
	if timeErr != nil || idErr != nil {
		return farOff, uuid.Nil, wire.BadCursor
	}
	return at, id, nil
}

// endpointOf returns the caller's webhook, or wire.NotFound.
func endpointOf(ctx context.Context, r wire.Reader, me auth.Caller, id uuid.UUID) (webhook.Endpoint, error) {
	var found []webhook.Endpoint
	batch := &pgx.Batch{}
	webhook.QueueEndpoint(batch, id, &found)
	if err := r.Ask(ctx, batch); err != nil {
		return webhook.Endpoint{}, err
	}
	if len(found) == 0 || !wire.Mine(me, found[0].Supplier) {
		return webhook.Endpoint{}, wire.NotFound
	}
	return found[0], nil
}
