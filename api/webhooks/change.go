package webhooks

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/api/wire"
)

// Secret is what signs the messages of a webhook.
type Secret struct {
	Number        int       `json:"number" minimum:"1" example:"1" doc:"Its number."`
	Secret        string    `json:"secret" example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=" doc:"whsec_ and the key of HMAC-SHA256 in base64."`
	ReadableUntil time.Time `json:"readable_until" doc:"Until when it can be read; then make another."`
}

type secretOutput struct{ Body Secret }

var (
	errScope = wire.Refuse(http.StatusForbidden, "scope-missing", "A secret is read with a token that may write.")
	errGone  = wire.Refuse(http.StatusGone, "secret-gone", "The secret was made more than an hour ago: make another, by rotation.")
)

func registerSecret(s *wire.Service, sender *webhook.Sender) {
	wire.Own(s, huma.Operation{
		OperationID: "get-webhook-secret", Method: http.MethodGet, Path: "/v1/webhooks/{webhook}/secret", Tags: []string{"Supplier"},
		Summary: "Read the secret of a webhook", Description: "Within an hour after it was made, with a token that may write.",
		Errors: []int{http.StatusNotFound, http.StatusGone}, Metadata: map[string]any{wire.Secret: true},
	}, func(ctx context.Context, r wire.Reader, me auth.Caller, in *idInput) (*secretOutput, error) {
		if !me.May(auth.ScopeWrite) {
			return nil, errScope
		}
		e, err := endpointOf(ctx, r, me, in.Webhook)
		switch {
		case err != nil:
			return nil, err
		case sender == nil:
			return nil, errOff
		case e.State != webhook.Active || !s.Now().Before(e.ReadableUntil()):
			return nil, errGone
		}
		return &secretOutput{Secret{Number: e.Secret, Secret: sender.Secret(e.ID, e.Secret), ReadableUntil: e.ReadableUntil()}}, nil
	})
}

// Sent names a message that was asked for.
type Sent struct {
	Message uuid.UUID `json:"message" format:"uuid" doc:"The message: see the webhook's deliveries."`
}

type sentOutput struct{ Body Sent }

func registerChange(s *wire.Service) {
	wire.Act(s, huma.Operation{
		OperationID: "delete-webhook", Method: http.MethodDelete, Path: "/v1/webhooks/{webhook}", Tags: []string{"Supplier"},
		Summary: "Delete a webhook of mine", Description: "It is told nothing more; its deliveries stay on record.", Errors: []int{http.StatusNotFound},
	}, []auth.Role{auth.Supplier}, func(ctx context.Context, a wire.Acting, in *idInput) (*endpointOutput, error) {
		if _, err := endpointOf(ctx, a.Reader, a.Me, in.Webhook); err != nil {
			return nil, err
		}
		ended, err := webhook.Delete(ctx, a.Tx, in.Webhook, a.Person)
		return &endpointOutput{viewOf(&ended)}, err
	})
	wire.Act(s, huma.Operation{
		OperationID: "rotate-webhook-secret", Method: http.MethodPost, Path: "/v1/webhooks/{webhook}/rotation", Tags: []string{"Supplier"},
		DefaultStatus: http.StatusCreated, Summary: "Make a new secret",
		Description: "Read it within the hour. For a day, messages are signed with the one before too.", Errors: []int{http.StatusNotFound},
	}, []auth.Role{auth.Supplier}, func(ctx context.Context, a wire.Acting, in *idInput) (*endpointOutput, error) {
		if _, err := endpointOf(ctx, a.Reader, a.Me, in.Webhook); err != nil {
			return nil, err
		}
		rotated, err := webhook.Rotate(ctx, a.Tx, in.Webhook, a.Person)
		return &endpointOutput{viewOf(&rotated)}, err
	})
	wire.Act(s, huma.Operation{
		OperationID: "test-webhook", Method: http.MethodPost, Path: "/v1/webhooks/{webhook}/test", Tags: []string{"Supplier"},
		DefaultStatus: http.StatusAccepted, Summary: "Have a test message sent",
		Description: "A message of type webhook.test, tried and retried as any other.", Errors: []int{http.StatusNotFound},
	}, []auth.Role{auth.Supplier}, func(ctx context.Context, a wire.Acting, in *idInput) (*sentOutput, error) {
		if _, err := endpointOf(ctx, a.Reader, a.Me, in.Webhook); err != nil {
			return nil, err
		}
		if s.Jobs == nil {
			return nil, errOff
		}
		message, err := webhook.Try(ctx, a.Tx, in.Webhook)
		if err != nil {
			return nil, err
		}
		return &sentOutput{Sent{message}}, s.Jobs.RequestDeliveries(ctx, a.Tx, message)
	})
}
