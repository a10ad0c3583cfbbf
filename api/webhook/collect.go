package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	lookBack     = 24 * time.Hour   // further back than any transaction lasts
	collectMax   = 500              // messages of a transaction
	strandedFor  = 10 * time.Minute // past its time, a message without a job is found
	strandedMost = 1000
)

// found is something that an endpoint is to be told.
type found struct {
	webhook, supplier uuid.UUID
	kind              Kind
	source            string // names it among those of its kind
	at                time.Time
	data              []byte
}

// Collect records messages for what happened since it was looked for last, 500 at most,
// and returns them: whoever calls enqueues their deliveries in the same transaction. If
// there may be more, ask again. While another collects, there is nothing.
func Collect(ctx context.Context, tx pgx.Tx) (messages []uuid.UUID, more bool, err error) {
	free, err := lockCollecting(ctx, tx)
	if err != nil || !free {
		return nil, false, err
	}
	now, err := clock(ctx, tx)
	if err != nil {
		return nil, false, err
	}
	events, err := selectEvents(ctx, tx, lookBack, collectMax)
	if err != nil {
		return nil, false, fmt.Errorf("webhook: what happened: %w", err)
	}
	if len(events) < collectMax {
		if err := updateCollected(ctx, tx, now); err != nil {
			return nil, false, fmt.Errorf("webhook: what was collected: %w", err)
		}
	}
	messages, err = record(ctx, tx, events)
	return messages, len(events) == collectMax, err
}

// record inserts a message for each, in order.
func record(ctx context.Context, tx pgx.Tx, events []found) ([]uuid.UUID, error) {
	bodies := make([][]byte, len(events))
	for i, e := range events {
		body, err := bodyOf(e.kind, e.at, e.data)
		if err != nil {
			return nil, fmt.Errorf("webhook: %s %s: %w", e.kind, e.source, err)
		}
		bodies[i] = body
	}
	messages, err := insertMessages(ctx, tx, events, bodies)
	if err != nil {
		return nil, fmt.Errorf("webhook: messages: %w", err)
	}
	return messages, nil
}

// Stranded returns messages whose time has come and gone: whose job was lost. To
// deliver one that has a job after all does no harm.
func Stranded(ctx context.Context, tx pgx.Tx) ([]uuid.UUID, error) {
	messages, err := selectStranded(ctx, tx, strandedFor, strandedMost)
	if err != nil {
		return nil, fmt.Errorf("webhook: stranded messages: %w", err)
	}
	return messages, nil
}
