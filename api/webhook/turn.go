package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// How endpoints share those who deliver.
const (
	// TurnMax is the longest that a turn lasts: whoever has it must have ended before.
	TurnMax = 90 * time.Second
	// TurnsMax is how many endpoints of one supplier are told something at once.
	TurnsMax = 4
	// LineApart is how far apart those come again who found an endpoint taken.
	LineApart = 100 * time.Millisecond

	goOnFor  = 20 * time.Second // no further message is begun in a turn after that
	lookNext = 100              // messages that are looked at for a further one
)

// Begin takes the turn with a message's endpoint, so that nobody else delivers to it
// meanwhile, in this process or another, and returns the try that is due. If there is
// nothing to do now, it is false: for good, or until wait is over, as the try is not due,
// or somebody has the turn, or the supplier has TurnsMax of them.
//
// A message that has the turn is given it again: its job was begun anew after a kill.
func Begin(ctx context.Context, tx pgx.Tx, message uuid.UUID) (d Delivery, ok bool, wait time.Duration, err error) {
	if d, ok, wait, err = due(ctx, tx, message); err != nil || !ok {
		return d, false, wait, err
	}
	if wait, err = take(ctx, tx, d); err != nil || wait > 0 {
		return d, false, wait, err
	}
	endpoint := d.Webhook
	if d, ok, wait, err = due(ctx, tx, message); err != nil || ok { // or it was told while the turn was another's
		return d, ok, wait, err
	}
	return d, false, wait, giveBack(ctx, tx, endpoint, message)
}

// due is Pending, if it is due; else how long it is until then.
func due(ctx context.Context, tx pgx.Tx, message uuid.UUID) (d Delivery, ok bool, wait time.Duration, err error) {
	d, ok, err = Pending(ctx, tx, message)
	if ok {
		wait = d.Wait()
	}
	return d, ok && wait == 0, wait, err
}

// take takes the turn, or puts the message in line for it.
func take(ctx context.Context, tx pgx.Tx, d Delivery) (wait time.Duration, err error) {
	err = lockSupplier(ctx, tx, d.Supplier)
	taken := false
	if err == nil {
		taken, err = updateTurn(ctx, tx, d, TurnMax, TurnsMax)
	}
	if err == nil && !taken {
		wait, err = updateLine(ctx, tx, d, LineApart)
		wait = max(wait, time.Millisecond)
	}
	if err != nil {
		return 0, fmt.Errorf("webhook %s: turn: %w", d.Webhook, err)
	}
	return wait, nil
}

// GoOn returns what else the endpoint is to be told in the turn that began with first,
// in the order in which things came up; false: the turn is given back. It goes on while
// the endpoint answers and the turn is young: so whoever stands in line finds nothing
// left to do, and only an endpoint that hangs is told one message a turn.
func GoOn(ctx context.Context, tx pgx.Tx, first, last Delivery, r Result) (next Delivery, more bool, err error) {
	message := uuid.Nil
	if r.Status != 0 && last.Now.Sub(first.Now) < goOnFor {
		if message, err = selectNext(ctx, tx, last.Webhook, last.Message, lookNext); err != nil {
			return next, false, fmt.Errorf("webhook %s: further messages: %w", last.Webhook, err)
		}
	}
	if message != uuid.Nil {
		if next, more, err = Pending(ctx, tx, message); err != nil || more {
			return next, more, err
		}
	}
	return next, false, giveBack(ctx, tx, first.Webhook, first.Message)
}

// giveBack frees an endpoint, if the message has the turn with it.
func giveBack(ctx context.Context, tx pgx.Tx, webhook, holder uuid.UUID) error {
	if err := updateTurnBack(ctx, tx, webhook, holder); err != nil {
		return fmt.Errorf("webhook %s: turn: %w", webhook, err)
	}
	return nil
}
