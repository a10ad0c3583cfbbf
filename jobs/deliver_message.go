package jobs

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/api/webhook"
)

// DeliverMessage tells an endpoint of one event: it tries, and while that fails it goes
// to sleep until the next try.
type DeliverMessage struct {
	Message uuid.UUID `json:"message"`
}

// Kind names the job.
func (DeliverMessage) Kind() string { return "deliver_message" }

// InsertOpts keeps a message from standing in the queue twice.
func (DeliverMessage) InsertOpts() river.InsertOpts { return once(queueWebhook) }

type deliverMessage struct {
	river.WorkerDefaults[DeliverMessage]
	c *Client
}

func (*deliverMessage) Timeout(*river.Job[DeliverMessage]) time.Duration { return time.Minute }

func (*deliverMessage) NextRetry(job *river.Job[DeliverMessage]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work tries once, if a try is due. It holds no transaction while it waits for an
// answer: killed then, it tries again, and the endpoint knows the message by its id.
func (w *deliverMessage) Work(ctx context.Context, job *river.Job[DeliverMessage]) error {
	var d webhook.Delivery
	var due bool
	if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		d, due, err = webhook.Pending(ctx, tx, job.Args.Message)
		return err
	}); err != nil || !due {
		return err
	}
	if wait := d.Wait(); wait > 0 {
		return river.JobSnooze(wait)
	}
	result, err := w.c.webhooks.Send(ctx, d, d.Now)
	if err != nil {
		return err
	}
	var recorded webhook.Recorded
	if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		recorded, err = w.c.webhooks.Record(ctx, tx, d, result)
		return err
	}); err != nil {
		return err
	}
	switch {
	case recorded.Off:
		w.c.log.Warn("webhook switched off", "webhook", d.Webhook, "supplier", d.Supplier, "because", "it took nothing for days")
	case !recorded.Next.IsZero():
		return river.JobSnooze(max(0, recorded.Next.Sub(d.Now)))
	case result.Outcome != webhook.Delivered:
		w.c.log.Info("message given up", "message", d.Message, "webhook", d.Webhook, "tries", d.Number, "outcome", result.Outcome)
	}
	return nil
}

// RequestDeliveries asks in the transaction of messages that they be delivered.
func (c *Client) RequestDeliveries(ctx context.Context, tx pgx.Tx, messages ...uuid.UUID) error {
	if len(messages) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(messages))
	for i, message := range messages {
		params[i].Args = DeliverMessage{Message: message}
	}
	_, err := c.insert(ctx, tx, params)
	return err
}
