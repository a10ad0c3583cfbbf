package webhooks

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/api/wire"
)

// Delivery is a message to a webhook, and how far it has come.
type Delivery struct {
	ID          uuid.UUID       `json:"id" format:"uuid" doc:"The message, as its header webhook-id names it."`
	Event       webhook.Kind    `json:"event" enum:"season.sealed,payout.paid,device.flagged,wallet.changed,appeal.answered,webhook.test" doc:"What it tells."`
	OccurredAt  time.Time       `json:"occurred_at" doc:"When that happened."`
	State       string          `json:"state" enum:"pending,retrying,delivered,given_up,dropped" doc:"dropped: the webhook ended before it was taken."`
	Attempts    int             `json:"attempts" minimum:"0" doc:"Tries so far."`
	LastOutcome webhook.Outcome `json:"last_outcome,omitempty" enum:"delivered,refused,redirected,timeout,unreachable" doc:"Of the last try; absent before the first. unreachable: no connection to a public address came about, or who took it is not trusted or does not speak HTTP."`
	LastStatus  int             `json:"last_status,omitempty" doc:"Status of its answer; absent if there was none."`
	LastAt      *time.Time      `json:"last_at,omitempty" doc:"When the last try was."`
	NextAt      *time.Time      `json:"next_at,omitempty" doc:"When the next is due."`
}

type deliveriesInput struct {
	wire.Paging
	Webhook uuid.UUID `path:"webhook" format:"uuid" doc:"The webhook."`
}

type deliveriesOutput struct{ Body wire.Page[Delivery] }

func registerDeliveries(s *wire.Service) {
	wire.Own(s, huma.Operation{
		OperationID: "list-webhook-deliveries", Method: http.MethodGet, Path: "/v1/webhooks/{webhook}/deliveries", Tags: []string{"Supplier"},
		Summary: "List the deliveries of a webhook", Description: "The newest message first.", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, r wire.Reader, me auth.Caller, in *deliveriesInput) (*deliveriesOutput, error) {
		before, err := messageCursor(in.Cursor)
		if err != nil {
			return nil, err
		}
		var endpoints []webhook.Endpoint
		var told []webhook.Told
		batch := &pgx.Batch{}
		webhook.QueueEndpoint(batch, in.Webhook, &endpoints)
		webhook.QueueTold(batch, in.Webhook, before, in.Limit+1, &told)
		if err := r.Ask(ctx, batch); err != nil {
			return nil, err
		}
		if len(endpoints) == 0 || !wire.Mine(me, endpoints[0].Supplier) {
			return nil, wire.NotFound
		}
		page := wire.PageOf(told, in.Limit, func(last webhook.Told) string { return wire.Cursor(strconv.FormatInt(last.Number, 10)) })
		out := &deliveriesOutput{wire.Page[Delivery]{Items: []Delivery{}, NextCursor: page.NextCursor}}
		for i := range page.Items {
			if wire.Mine(me, page.Items[i].Supplier) {
				out.Body.Items = append(out.Body.Items, deliveryOf(&page.Items[i], endpoints[0].State))
			}
		}
		return out, nil
	})
}

// messageCursor returns the message that the page comes before.
func messageCursor(cursor string) (before int64, err error) {
	parts, err := wire.ParseCursor(cursor, 1)
	if err != nil || parts == nil {
		return 1<<63 - 1, err
	}
	if before, err = strconv.ParseInt(parts[0], 10, 64); err != nil {
		return 0, wire.BadCursor
	}
	return before, nil
}

func deliveryOf(t *webhook.Told, endpoint webhook.State) Delivery {
	d := Delivery{ID: t.ID, Event: t.Kind, OccurredAt: t.OccurredAt.UTC(), State: "retrying", Attempts: t.Attempts,
		LastOutcome: t.Outcome, LastStatus: t.Status, LastAt: inUTC(t.LastAt), NextAt: inUTC(t.NextAt)}
	switch {
	case t.Outcome == webhook.Delivered:
		d.State = "delivered"
	case t.Attempts > 0 && t.NextAt == nil:
		d.State = "given_up"
	case endpoint != webhook.Active:
		d.State, d.NextAt = "dropped", nil
	case t.Attempts == 0:
		d.State = "pending"
	}
	return d
}

func inUTC(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	return new(at.UTC())
}
