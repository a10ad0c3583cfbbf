package webhook_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/webhook"
)

func (x *exchange) begin(message uuid.UUID) (d webhook.Delivery, ok bool, wait time.Duration) {
	x.t.Helper()
	x.check(x.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		d, ok, wait, err = webhook.Begin(ctx, tx, message)
		return err
	}))
	return d, ok, wait
}

// began is begin of what must have its turn.
func (x *exchange) began(message uuid.UUID) webhook.Delivery {
	x.t.Helper()
	d, ok, wait := x.begin(message)
	if !ok || d.Message != message {
		x.t.Fatalf("message %s has no turn, and waits for %s", message, wait)
	}
	return d
}

// goOn records a try of the turn that began with first, and goes on.
func (x *exchange) goOn(first, last webhook.Delivery, r webhook.Result) (next webhook.Delivery, more bool) {
	x.t.Helper()
	x.check(x.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		if _, err = x.sender.Record(ctx, tx, last, r); err == nil {
			next, more, err = webhook.GoOn(ctx, tx, first, last, r)
		}
		return err
	}))
	return next, more
}

var (
	takenNow = webhook.Result{Outcome: webhook.Delivered, Status: 204}
	refused  = webhook.Result{Outcome: webhook.Refused, Status: 500}
	hung     = webhook.Result{Outcome: webhook.TimedOut}
)

// While a message has the turn, the others of its endpoint form a line; they come again
// one after the other, so that a long line is no crowd.
func TestOneMessageAtATimeAndALine(t *testing.T) {
	t.Parallel()
	x := open(t)
	e, other := x.make(ann, webhook.PayoutPaid), x.make(ann, webhook.PayoutPaid)
	first := x.ask(e)
	d := x.began(first)
	last := time.Duration(0)
	for range 5 {
		_, ok, wait := x.begin(x.ask(e))
		if ok || wait <= last {
			t.Errorf("in line behind %s: its turn %t, and comes again in %s", last, ok, wait)
		}
		last = wait
	}
	if last > 5*webhook.LineApart {
		t.Errorf("the fifth in line comes again in %s", last)
	}
	x.began(first)        // its job was killed, and begun anew
	x.began(x.ask(other)) // another endpoint
	if _, more := x.goOn(d, d, hung); more {
		t.Error("it goes on with an endpoint that hangs")
	}
	x.began(x.ask(e))
}

// A turn that nobody gave back is over in the end.
func TestATurnOfTheDeadEnds(t *testing.T) {
	t.Parallel()
	x := open(t)
	e := x.make(ann, webhook.PayoutPaid)
	x.began(x.ask(e))
	second := x.ask(e)
	x.past(`UPDATE webhook_turn SET held_until = held_until - $1::interval`, webhook.TurnMax-10*time.Second)
	if _, ok, _ := x.begin(second); ok {
		t.Error("a turn is over early")
	}
	x.past(`UPDATE webhook_turn SET held_until = held_until - interval '10 seconds'`)
	x.began(second)
}

// So many endpoints as one likes hold no more of those who deliver than one may.
func TestASupplierHasSoManyTurns(t *testing.T) {
	t.Parallel()
	x := open(t)
	var last webhook.Delivery
	for range webhook.TurnsMax {
		last = x.began(x.ask(x.make(ann, webhook.PayoutPaid)))
	}
	further := x.ask(x.make(ann, webhook.PayoutPaid))
	if _, ok, wait := x.begin(further); ok || wait == 0 {
		t.Errorf("one more turn: %t, in %s", ok, wait)
	}
	x.began(x.ask(x.make(bob, webhook.PayoutPaid)))
	x.goOn(last, last, hung)
	x.began(further)
}

// A turn goes on, in order, with what is due, while the endpoint answers.
func TestATurnGoesOn(t *testing.T) {
	t.Parallel()
	x := open(t)
	e := x.make(ann, webhook.PayoutPaid)
	messages := []uuid.UUID{x.ask(e), x.ask(e), x.ask(e), x.ask(e)}
	x.ask(x.make(ann, webhook.PayoutPaid)) // another endpoint's
	later, _ := x.pending(messages[2])
	x.record(later, webhook.Refused, 500) // which waits
	first := x.began(messages[0])
	second, more := x.goOn(first, first, refused)
	if !more || second.Message != messages[1] || second.Number != 1 {
		t.Fatalf("first goes on %t, with %+v", more, second)
	}
	fourth, more := x.goOn(first, second, takenNow)
	if !more || fourth.Message != messages[3] {
		t.Fatalf("second goes on %t, with %+v", more, fourth)
	}
	if _, more := x.goOn(first, fourth, takenNow); more {
		t.Error("it goes on once all is told")
	}
	if _, ok, wait := x.begin(messages[1]); ok || wait != 0 {
		t.Errorf("what was told in another's turn is told again: %t, in %s", ok, wait)
	}
	old := x.began(x.ask(e))
	x.ask(e)
	old.Now = old.Now.Add(-time.Minute)
	last := old
	last.Now = last.Now.Add(time.Minute)
	if _, more := x.goOn(old, last, takenNow); more {
		t.Error("an old turn goes on")
	}
}

// What is told while its job stood at the door is not told again: it is looked at once
// more when the turn is had, and the turn given back.
func TestWhatWasToldMeanwhileIsNotToldAgain(t *testing.T) {
	t.Parallel()
	x := open(t)
	e := x.make(ann, webhook.PayoutPaid)
	first, second := x.ask(e), x.ask(e)
	d := x.began(first)
	held := make(chan struct{})
	released := make(chan error, 1)
	go func() { // whoever has the turn tells the second too, and is not done yet
		released <- x.try(func(ctx context.Context, tx pgx.Tx) error {
			if err := webhook.LockSupplier(ctx, tx, ann); err != nil {
				return err
			}
			close(held)
			if err := x.waiting(ctx); err != nil {
				return err
			}
			next, _, err := webhook.Pending(ctx, tx, second)
			if err == nil {
				_, err = x.sender.Record(ctx, tx, next, takenNow)
			}
			if err == nil {
				_, _, err = webhook.GoOn(ctx, tx, d, next, hung)
			}
			return err
		})
	}()
	<-held
	_, ok, wait := x.begin(second) // which waits for the lock
	x.check(<-released)
	if ok || wait != 0 {
		t.Errorf("told again: %t, in %s", ok, wait)
	}
	if n := x.count(`SELECT count(*) FROM webhook_turn WHERE held_until > clock_timestamp()`); n != 0 {
		t.Error("the turn is not given back")
	}
}

// waiting returns once somebody waits for an advisory lock.
func (x *exchange) waiting(ctx context.Context) error {
	for {
		var n int
		if err := x.Owner.QueryRow(ctx, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&n); err != nil || n > 0 {
			return err
		}
	}
}
