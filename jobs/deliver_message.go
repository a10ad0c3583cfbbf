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

// Work takes the turn with the message's endpoint, if a try is due, and delivers while
// the endpoint answers. It holds no transaction, and no connection, while it waits for an
// answer: killed then, it tries again, and the endpoint knows the message by its id.
// Where the turn is another's, or the try is not due, it sleeps, which is no attempt of
// the job.
func (w *deliverMessage) Work(ctx context.Context, job *river.Job[DeliverMessage]) error {
	var first webhook.Delivery
	var ok bool
	var wait time.Duration
	if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		first, ok, wait, err = webhook.Begin(ctx, tx, job.Args.Message)
		return err
	}); err != nil {
		return err
	}
	if !ok {
		return sleep(wait)
	}
	next, more, err := w.deliver(ctx, first, first)
	for err == nil && more {
		next, more, err = w.deliver(ctx, first, next)
	}
	if err != nil {
		return err
	}
	return w.rest(ctx, job.Args.Message)
}

// deliver tries once, and returns what else the endpoint is to be told in the turn.
func (w *deliverMessage) deliver(ctx context.Context, first, d webhook.Delivery) (next webhook.Delivery, more bool, err error) {
	result, err := w.c.webhooks.Send(ctx, d, d.Now)
	if err != nil {
		return next, false, err
	}
	var recorded webhook.Recorded
	if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		if recorded, err = w.c.webhooks.Record(ctx, tx, d, result); err != nil {
			return err
		}
		next, more, err = webhook.GoOn(ctx, tx, first, d, result)
		return err
	}); err != nil {
		return next, false, err
	}
	w.tell(d, result, recorded)
	return next, more, nil
}

// tell logs what is ours to know of a try.
func (w *deliverMessage) tell(d webhook.Delivery, result webhook.Result, recorded webhook.Recorded) {
	switch {
	case recorded.Off:
		w.c.log.Warn("webhook switched off", "webhook", d.Webhook, "supplier", d.Supplier, "because", "it took nothing for days")
	case result.Cause == webhook.ForbiddenAddress && d.Number == 1:
		w.c.log.Warn("webhook leads inside", "webhook", d.Webhook, "supplier", d.Supplier, "message", d.Message)
	case result.Outcome != webhook.Delivered && recorded.Next.IsZero():
		w.c.log.Info("message given up", "message", d.Message, "webhook", d.Webhook, "tries", d.Number, "outcome", result.Outcome, "cause", result.Cause)
	}
}

// rest sleeps until the message's next try, if it is to have one.
func (w *deliverMessage) rest(ctx context.Context, message uuid.UUID) error {
	var d webhook.Delivery
	var more bool
	if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		d, more, err = webhook.Pending(ctx, tx, message)
		return err
	}); err != nil || !more {
		return err
	}
	return river.JobSnooze(d.Wait())
}

// sleep snoozes; for no time, it is over.
func sleep(wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	return river.JobSnooze(wait)
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
