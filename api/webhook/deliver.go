package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Delivery is the next try of a message.
type Delivery struct {
	Message  uuid.UUID
	Webhook  uuid.UUID
	Supplier uuid.UUID
	URL      string
	Body     []byte
	Number   int       // of the try, from 1
	DueAt    time.Time // not before
	Now      time.Time // the database's clock
	Secrets  []int     // numbers of those that sign, the newest first
}

// Wait returns how long it is until the try is due; 0: it is.
func (d *Delivery) Wait() time.Duration { return max(0, d.DueAt.Sub(d.Now)) }

// Pending returns the next try of a message, and false if there is none: it was
// delivered or given up, its endpoint has ended, or nobody knows it.
func Pending(ctx context.Context, tx pgx.Tx, message uuid.UUID) (Delivery, bool, error) {
	d, err := selectDelivery(ctx, tx, message, Overlap)
	if errors.Is(err, pgx.ErrNoRows) {
		return Delivery{}, false, nil
	}
	if err != nil {
		return Delivery{}, false, fmt.Errorf("webhook: message %s: %w", message, err)
	}
	return d, true, nil
}

// Recorded is what a try came to.
type Recorded struct {
	Next time.Time // when the next try is due; zero: there is none
	Off  bool      // the endpoint was switched off, as the message was given up
}

// Record puts a try on record. If another process has recorded a try of that number,
// nothing is: the message goes on from there, and Next is now.
func (s *Sender) Record(ctx context.Context, tx pgx.Tx, d Delivery, r Result) (Recorded, error) {
	recorded, err := s.record(ctx, tx, d, r)
	if err != nil {
		return Recorded{}, fmt.Errorf("webhook: try %d of message %s: %w", d.Number, d.Message, err)
	}
	return recorded, nil
}

func (s *Sender) record(ctx context.Context, tx pgx.Tx, d Delivery, r Result) (Recorded, error) {
	var recorded Recorded
	if r.Outcome != Delivered {
		recorded.Next = s.next(d.Number, d.Now)
	}
	fresh, err := insertAttempt(ctx, tx, d, r, recorded.Next)
	if err != nil {
		return Recorded{}, err
	}
	if !fresh {
		return Recorded{Next: d.Now}, nil
	}
	if r.Outcome == Delivered || !recorded.Next.IsZero() { // a message that may still be taken says nothing of its endpoint
		return recorded, nil
	}
	since, err := failingSince(ctx, tx, d.Webhook)
	if err != nil || since == nil || d.Now.Sub(*since) < s.failingAfter {
		return recorded, err
	}
	if recorded.Off, err = insertEnd(ctx, tx, d.Webhook, d.Supplier, Failing, 0); err != nil {
		return Recorded{}, err
	}
	return Recorded{Off: recorded.Off}, nil
}
