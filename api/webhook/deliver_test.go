package webhook_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/webhook"
)

func isErr(err, want error) bool { return errors.Is(err, want) }

// ask records a test message of an endpoint.
func (x *exchange) ask(e webhook.Endpoint) (message uuid.UUID) {
	x.t.Helper()
	x.check(x.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		message, err = webhook.Try(ctx, tx, e.ID)
		return err
	}))
	return message
}

func (x *exchange) pending(message uuid.UUID) (d webhook.Delivery, due bool) {
	x.t.Helper()
	x.check(x.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		d, due, err = webhook.Pending(ctx, tx, message)
		return err
	}))
	return d, due
}

// causes are those of the outcomes that have one.
var causes = map[webhook.Outcome]webhook.Cause{webhook.Unreachable: webhook.ForbiddenAddress}

func (x *exchange) record(d webhook.Delivery, outcome webhook.Outcome, status int) (r webhook.Recorded) {
	x.t.Helper()
	x.check(x.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		r, err = x.sender.Record(ctx, tx, d, webhook.Result{Outcome: outcome, Status: status, Cause: causes[outcome]})
		return err
	}))
	return r
}

func TestAMessageIsTriedForADay(t *testing.T) {
	t.Parallel()
	x := open(t)
	message := x.ask(x.make(ann, webhook.PayoutPaid))
	var waits []time.Duration
	for number := 1; ; number++ {
		d, due := x.pending(message)
		if !due || d.Number != number || d.Supplier != ann || len(d.Secrets) != 1 {
			t.Fatalf("try %d: %+v, due %t", number, d, due)
		}
		r := x.record(d, webhook.Refused, 503)
		if r.Next.IsZero() {
			break
		}
		waits = append(waits, r.Next.Sub(d.Now))
		if again, _ := x.pending(message); again.Wait() <= 0 || again.Wait() > r.Next.Sub(d.Now) {
			t.Errorf("after try %d it waits %s", number, again.Wait())
		}
	}
	if !reflect.DeepEqual(waits, webhook.Schedule) || len(waits) < 8 {
		t.Errorf("it waited %v", waits)
	}
	var all time.Duration
	for _, wait := range waits {
		all += wait
	}
	if all < 24*time.Hour || all > 27*time.Hour {
		t.Errorf("it was tried for %s", all)
	}
	if _, due := x.pending(message); due {
		t.Error("it is tried again once it was given up")
	}
	taken := x.ask(x.make(ann, webhook.PayoutPaid))
	d, _ := x.pending(taken)
	if r := x.record(d, webhook.Delivered, 204); !r.Next.IsZero() || r.Off {
		t.Errorf("delivered: %+v", r)
	}
	if _, due := x.pending(taken); due {
		t.Error("it is tried again once it was delivered")
	}
	if _, due := x.pending(uuid.New()); due {
		t.Error("a message that there is not is tried")
	}
}

// Of two that tried at once, one try is on record, and the message goes on from there.
func TestTwoTryAtOnce(t *testing.T) {
	t.Parallel()
	x := open(t)
	message := x.ask(x.make(ann, webhook.PayoutPaid))
	first, _ := x.pending(message)
	second, _ := x.pending(message)
	x.record(first, webhook.Delivered, 200)
	if r := x.record(second, webhook.TimedOut, 0); !r.Next.Equal(second.Now) {
		t.Errorf("the second goes on at %s", r.Next)
	}
	if n := x.count(`SELECT count(*) FROM webhook_attempt`); n != 1 {
		t.Errorf("%d tries are on record", n)
	}
	if _, due := x.pending(message); due {
		t.Error("it is tried again")
	}
}

// A message fails while another is taken, and is put on record after it.
func TestAFailureThatEndedBeforeASuccess(t *testing.T) {
	t.Parallel()
	x := open(t)
	e := x.make(ann, webhook.PayoutPaid)
	failing, _ := x.pending(x.ask(e))
	taken, _ := x.pending(x.ask(e))
	x.record(taken, webhook.Delivered, 200)
	if r := x.record(failing, webhook.TimedOut, 0); r.Off || r.Next.IsZero() {
		t.Errorf("%+v", r)
	}
}

// exhaust lets a message fail until there is no next try, and returns what the last one
// came to.
func (x *exchange) exhaust(message uuid.UUID, outcome webhook.Outcome, status int) (last webhook.Recorded) {
	x.t.Helper()
	for range len(webhook.Schedule) + 1 {
		d, due := x.pending(message)
		if !due || last.Off {
			x.t.Fatalf("try %d: due %t after %+v", d.Number, due, last)
		}
		last = x.record(d, outcome, status)
	}
	if !last.Next.IsZero() {
		x.t.Fatalf("not given up: %+v", last)
	}
	return last
}

// age sets what was tried back.
func (x *exchange) age(by time.Duration) {
	x.t.Helper()
	x.past(`UPDATE webhook_attempt SET attempted_at = attempted_at - $1::interval`, by)
}

func TestAnEndpointThatTakesNothingIsSwitchedOff(t *testing.T) {
	t.Parallel()
	x := open(t)
	e := x.make(ann, webhook.PayoutPaid)
	if x.exhaust(x.ask(e), webhook.Unreachable, 0).Off {
		t.Error("switched off by one message")
	}
	x.age(webhook.FailingAfter)
	taken, _ := x.pending(x.ask(e))
	x.record(taken, webhook.Delivered, 200) // in between
	x.age(time.Hour)
	if x.exhaust(x.ask(e), webhook.Unreachable, 0).Off {
		t.Error("switched off although it took a message")
	}
	x.age(webhook.FailingAfter - time.Minute)
	if x.exhaust(x.ask(e), webhook.Refused, 500).Off {
		t.Error("switched off early")
	}
	x.age(time.Minute)
	waiting := x.ask(e)
	if r := x.exhaust(x.ask(e), webhook.Unreachable, 0); !r.Off {
		t.Errorf("not switched off: %+v", r)
	}
	if _, due := x.pending(waiting); due {
		t.Error("it is tried once it is off")
	}
	x.check(x.try(func(ctx context.Context, tx pgx.Tx) error {
		off, err := webhook.Find(ctx, tx, e.ID)
		if off.State != webhook.Failing || off.EndedAt.IsZero() {
			t.Errorf("%+v", off)
		}
		return err
	}))
	if n := x.count(`SELECT count(*) FROM webhook_attempt WHERE outcome = 'unreachable' AND cause = 'forbidden_address'`); n != 3*(len(webhook.Schedule)+1) {
		t.Errorf("%d causes are on record for us", n)
	}
	if n := x.count(`SELECT count(*) FROM webhook_end WHERE cause = 'failing' AND ended_by IS NULL`); n != 1 {
		t.Errorf("%d ends are on record", n)
	}
}

// Where there is little to tell, a message that fails once a long time after another did
// has its other tries, and if one of them is taken the endpoint goes on.
func TestAFailureLongAfterAnotherLeavesAnEndpointOn(t *testing.T) {
	t.Parallel()
	x := open(t)
	e := x.make(ann, webhook.PayoutPaid)
	x.exhaust(x.ask(e), webhook.TimedOut, 0)
	x.age(90 * 24 * time.Hour)
	message := x.ask(e)
	for number := 1; number <= len(webhook.Schedule); number++ {
		d, due := x.pending(message)
		if !due || d.Number != number {
			t.Fatalf("try %d: %+v, due %t", number, d, due)
		}
		if r := x.record(d, webhook.Refused, 503); r.Off || !r.Next.Equal(d.Now.Add(webhook.Schedule[number-1])) {
			t.Errorf("try %d came to %+v", number, r)
		}
	}
	last, _ := x.pending(message)
	if r := x.record(last, webhook.Delivered, 200); r.Off {
		t.Errorf("delivered: %+v", r)
	}
	if r := x.exhaust(x.ask(e), webhook.TimedOut, 0); r.Off {
		t.Errorf("switched off although it took a message: %+v", r)
	}
}

func TestSecretsWhileOneIsRotated(t *testing.T) {
	t.Parallel()
	x := open(t)
	e := x.make(ann, webhook.PayoutPaid)
	message := x.ask(e)
	rotate := func() {
		x.check(x.try(func(ctx context.Context, tx pgx.Tx) (err error) {
			e, err = webhook.Rotate(ctx, tx, e.ID, x.person)
			return err
		}))
	}
	rotate()
	if d, _ := x.pending(message); e.Secret != 2 || !reflect.DeepEqual(d.Secrets, []int{2, 1}) {
		t.Errorf("secret %d, signed by %v", e.Secret, d.Secrets)
	}
	x.past(`UPDATE webhook_secret SET recorded_at = recorded_at - $1::interval`, webhook.Overlap+time.Minute)
	if d, _ := x.pending(message); !reflect.DeepEqual(d.Secrets, []int{2}) {
		t.Errorf("a day later signed by %v", d.Secrets)
	}
	rotate()
	if d, _ := x.pending(message); !reflect.DeepEqual(d.Secrets, []int{3, 2}) {
		t.Errorf("rotated again, signed by %v", d.Secrets)
	}
}

// A message that lost its job is found once its time has long come.
func TestStrandedMessages(t *testing.T) {
	t.Parallel()
	x := open(t)
	e := x.make(ann, webhook.PayoutPaid)
	stranded := func() (all []uuid.UUID) {
		x.check(x.try(func(ctx context.Context, tx pgx.Tx) (err error) {
			all, err = webhook.Stranded(ctx, tx)
			return err
		}))
		return all
	}
	never, waits, taken, given := x.ask(e), x.ask(e), x.ask(e), x.ask(e)
	for message, outcome := range map[uuid.UUID]webhook.Outcome{waits: webhook.TimedOut, taken: webhook.Delivered, given: webhook.TimedOut} {
		d, _ := x.pending(message)
		status := 0
		if outcome == webhook.Delivered {
			status = 200
		}
		x.record(d, outcome, status)
	}
	x.past(`UPDATE webhook_attempt SET next_at = NULL WHERE message = $1`, given)
	if got := stranded(); len(got) != 0 {
		t.Errorf("at once: %v", got)
	}
	x.past(`UPDATE webhook_message SET recorded_at = recorded_at - interval '11 minutes'`)
	if got := stranded(); !reflect.DeepEqual(got, []uuid.UUID{never}) {
		t.Errorf("after 11 minutes: %v, want the one that was never tried", got)
	}
	x.past(`UPDATE webhook_attempt SET attempted_at = attempted_at - interval '11 minutes', next_at = next_at - interval '11 minutes'`)
	if got := stranded(); !reflect.DeepEqual(got, []uuid.UUID{never, waits}) {
		t.Errorf("when the next try is past too: %v", got)
	}
	x.check(x.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := webhook.Delete(ctx, tx, e.ID, x.person)
		return err
	}))
	if got := stranded(); len(got) != 0 {
		t.Errorf("of an endpoint that ended: %v", got)
	}
}
