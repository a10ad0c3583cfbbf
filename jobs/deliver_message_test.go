package jobs_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/jobs"
)

// receiver is a supplier's server: it believes what is signed, and takes a message at
// the time that its script says.
type receiver struct {
	*httptest.Server
	mutex  sync.Mutex
	secret string
	script func(message string, attempt int) int // the status to answer; 0: hang up
	tries  map[string]int                        // by message
	taken  map[string]int
	forged int
}

func receive(t *testing.T, script func(message string, attempt int) int) *receiver {
	r := &receiver{script: script, tries: map[string]int{}, taken: map[string]int{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP checks a message as the Standard Webhooks specification says.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	secret, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.secret, "whsec_"))
	id := request.Header.Get("Webhook-Id")
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, request.Header.Get("Webhook-Timestamp"), body)
	if request.Header.Get("Webhook-Signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		r.forged++
	}
	r.tries[id]++
	status := r.script(id, r.tries[id])
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	if status < 300 {
		r.taken[id]++
	}
	w.Header().Set("Location", r.URL+"/elsewhere")
	w.WriteHeader(status)
}

// endpoint makes a webhook of the supplier at the receiver, an hour ago.
func (w *town) endpoint(s *webhook.Sender, supplier uuid.UUID, r *receiver) (e webhook.Endpoint) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		e, err = s.Make(ctx, tx, webhook.Order{Supplier: supplier, URL: r.URL, Events: []webhook.Kind{webhook.WalletChanged}}, w.ada)
		return err
	})
	w.pastAppendOnly("webhook", `UPDATE webhook SET recorded_at = recorded_at - interval '1 hour'`)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.secret = s.Secret(e.ID, e.Secret)
	return e
}

// freeze lets so many things happen to the supplier's wallets.
func (w *town) freeze(supplier uuid.UUID, times int) {
	w.t.Helper()
	w.owner(`INSERT INTO wallet_event (supplier_id, kind, reason, recorded_at)
		SELECT $1, 'frozen', 'why', clock_timestamp() FROM generate_series(1, $2::integer)`, supplier, times)
}

// Two processes tell a server that fails in every way: each event is one message, and
// each message is taken, once unless somebody is killed.
func TestEachEventIsOneMessageThatArrives(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	sender := webhook.New(webhook.Config{Loopback: true, Schedule: make([]time.Duration, 8)})
	answers := []int{500, 0, 302, 404, 204}
	r := receive(t, func(_ string, attempt int) int { return answers[min(attempt, len(answers))-1] })
	w.endpoint(sender, uuid.UUID{15: 1}, r)
	w.freeze(uuid.UUID{15: 1}, 20)
	w.freeze(uuid.UUID{15: 2}, 5) // another's
	for range 2 {
		c := w.noFeed(jobs.Options{Webhooks: sender, Periodic: true})
		w.check(c.Start(context.Background()))
		t.Cleanup(func() { w.check(c.Stop(context.Background())) })
	}
	w.until(`SELECT count(*) FROM webhook_attempt WHERE outcome = 'delivered'`, 20)
	w.until(`SELECT count(*) FROM river_job WHERE kind = 'deliver_message' AND state = 'completed'`, 20)
	w.expect("tries", `SELECT outcome || ' ' || coalesce(status, 0) || ' ' || count(*) FROM webhook_attempt GROUP BY outcome, status ORDER BY 1`,
		"delivered 204 20", "redirected 302 20", "refused 404 20", "refused 500 20", "unreachable 0 20")
	w.expect("messages", `SELECT count(*) || ' ' || count(DISTINCT source) FROM webhook_message`, "20 20")
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.taken) != 20 || r.forged != 0 {
		t.Errorf("%d messages are taken, %d forged", len(r.taken), r.forged)
	}
	for message, n := range r.taken {
		if n != 1 || r.tries[message] != 5 {
			t.Errorf("message %s was taken %d times in %d tries", message, n, r.tries[message])
		}
	}
}

// A process that dies once its message was taken leaves it to be told again: the
// server knows it by its id.
func TestAMessageOfADeadProcessIsToldAgain(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	sender := webhook.New(webhook.Config{Loopback: true})
	r := receive(t, func(string, int) int { return http.StatusOK })
	w.endpoint(sender, uuid.UUID{15: 1}, r)
	w.freeze(uuid.UUID{15: 1}, 1)
	c := w.noFeed(jobs.Options{Webhooks: sender})
	w.check(c.Work(t.Context(), jobs.CollectEvents{}, 1))
	w.check(c.Work(t.Context(), jobs.CollectEvents{}, 1)) // again: the same message, and the same job
	w.expect("jobs", `SELECT kind || ' ' || state FROM river_job`, "deliver_message available")
	var d webhook.Delivery
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		var message uuid.UUID
		if err := tx.QueryRow(ctx, `SELECT id FROM webhook_message`).Scan(&message); err != nil {
			return err
		}
		d, _, err = webhook.Pending(ctx, tx, message)
		return err
	})
	if result, err := sender.Send(t.Context(), d, d.Now); err != nil || result.Outcome != webhook.Delivered {
		t.Fatal(result, err) // and it dies before that is on record
	}
	w.owner(`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = '{dead}'`)
	w.check(c.Start(context.Background()))
	t.Cleanup(func() { w.check(c.Stop(context.Background())) })
	w.until(`SELECT count(*) FROM river_job WHERE kind = 'deliver_message' AND state = 'completed'`, 1)
	w.expect("tries", `SELECT number || ' ' || outcome FROM webhook_attempt`, "1 delivered")
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.taken) != 1 || r.taken[d.Message.String()] != 2 {
		t.Errorf("taken: %v", r.taken)
	}
}

// A message that fails goes to sleep until its next try, and the end of it all is told.
func TestAMessageIsGivenUpAndItsEndpointSwitchedOff(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	r := receive(t, func(string, int) int { return http.StatusServiceUnavailable })
	sender := webhook.New(webhook.Config{Loopback: true, Schedule: []time.Duration{time.Hour}})
	w.endpoint(sender, uuid.UUID{15: 1}, r)
	w.freeze(uuid.UUID{15: 1}, 1)
	var log bytes.Buffer
	c := w.noFeed(jobs.Options{Webhooks: sender, Log: slog.New(slog.NewTextHandler(&log, nil))})
	w.check(c.Work(t.Context(), jobs.CollectEvents{}, 1))
	message := func() (id uuid.UUID) {
		w.check(w.Owner.QueryRow(t.Context(), `SELECT id FROM webhook_message ORDER BY number DESC LIMIT 1`).Scan(&id))
		return id
	}
	work := func(want string) {
		t.Helper()
		err := c.Work(t.Context(), jobs.DeliverMessage{Message: message()}, 1)
		if got := fmt.Sprint(err); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	work("JobSnoozeError: 59m")
	work("JobSnoozeError: 59m") // it is not due
	w.expect("tries", `SELECT number || ' ' || outcome FROM webhook_attempt`, "1 refused")
	w.pastAppendOnly("webhook_attempt", `UPDATE webhook_attempt SET attempted_at = attempted_at - interval '1 hour', next_at = next_at - interval '1 hour'`)
	work("<nil>")
	if !strings.Contains(log.String(), "message given up") {
		t.Errorf("not told: %s", log.String())
	}
	w.pastAppendOnly("webhook_attempt", `UPDATE webhook_attempt SET attempted_at = attempted_at - interval '5 days', next_at = next_at - interval '5 days'`)
	w.freeze(uuid.UUID{15: 1}, 1)
	w.check(c.Work(t.Context(), jobs.CollectEvents{}, 1))
	work("JobSnoozeError: 59m") // it may still be taken
	w.pastAppendOnly("webhook_attempt", `UPDATE webhook_attempt SET attempted_at = attempted_at - interval '1 hour', next_at = next_at - interval '1 hour'`)
	work("<nil>")
	if !strings.Contains(log.String(), "webhook switched off") || strings.Contains(log.String(), r.URL) {
		t.Errorf("the log: %s", log.String())
	}
	w.freeze(uuid.UUID{15: 1}, 1)
	w.check(c.Work(t.Context(), jobs.CollectEvents{}, 1))
	w.expect("nothing more is told", `SELECT count(*)::text FROM webhook_message`, "2")
}

// pastAppendOnly runs what the table refuses otherwise.
func (w *town) pastAppendOnly(table, statement string) {
	w.t.Helper()
	w.owner(`ALTER TABLE ` + table + ` DISABLE TRIGGER append_only`)
	w.owner(statement)
	w.owner(`ALTER TABLE ` + table + ` ENABLE TRIGGER append_only`)
}

// turnstile is a supplier's server that lets nobody through until it is opened.
type turnstile struct {
	*httptest.Server
	arrived chan struct{} // one for each that came
	letGo   func()        // opens it, for good
	inside  atomic.Int32
	crowd   atomic.Int32 // the most that were inside at once
	through atomic.Int32
}

func newTurnstile(t *testing.T) *turnstile {
	open := make(chan struct{})
	s := &turnstile{arrived: make(chan struct{}, 1000), letGo: sync.OnceFunc(func() { close(open) })}
	s.Server = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if n := s.inside.Add(1); n > s.crowd.Load() {
			s.crowd.Store(n)
		}
		s.arrived <- struct{}{}
		<-open
		s.inside.Add(-1)
		s.through.Add(1)
	}))
	t.Cleanup(s.Close)
	return s
}

// An endpoint that hangs is told one message at a time, by all processes together, and
// however many it has waiting, nobody else waits for it.
func TestAnEndpointThatHangsHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	const messages = 80 // more than both processes work at once
	w := settle(t, "")
	sender := webhook.New(webhook.Config{Loopback: true, Timeout: time.Minute})
	hanging := newTurnstile(t)
	endpoint := func(supplier uuid.UUID, url string) (e webhook.Endpoint) {
		w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
			e, err = sender.Make(ctx, tx, webhook.Order{Supplier: supplier, URL: url, Events: []webhook.Kind{webhook.WalletChanged}}, w.ada)
			return err
		})
		return e
	}
	hangs, works := uuid.UUID{15: 1}, uuid.UUID{15: 2}
	for range webhook.TurnsMax + 2 {
		endpoint(hangs, hanging.URL)
	}
	r := receive(t, func(string, int) int { return http.StatusNoContent })
	w.endpoint(sender, works, r)
	w.freeze(hangs, messages/(webhook.TurnsMax+2)+1)
	collector := w.noFeed(jobs.Options{Webhooks: sender})
	w.check(collector.Work(t.Context(), jobs.CollectEvents{}, 1))
	for range 2 {
		c := w.noFeed(jobs.Options{Webhooks: sender})
		w.check(c.Start(context.Background()))
		t.Cleanup(func() { w.check(c.Stop(context.Background())) })
	}
	t.Cleanup(hanging.letGo)     // before they stop, whatever fails
	for range webhook.TurnsMax { // of the supplier's endpoints as many as may are told something, and hang
		<-hanging.arrived
	}
	w.until(`SELECT count(*) FROM webhook_turn WHERE line_until > '-infinity' AND held_until = '-infinity'`, 2) // the others stand in line
	w.freeze(works, 3)
	w.check(collector.Work(t.Context(), jobs.CollectEvents{}, 1))
	w.until(`SELECT count(*) FROM webhook_attempt WHERE outcome = 'delivered'`, 3)
	r.mutex.Lock()
	taken := len(r.taken)
	r.mutex.Unlock()
	if inside := hanging.crowd.Load(); taken != 3 || inside != webhook.TurnsMax {
		t.Errorf("%d are taken; %d were told to one supplier at once, of %d", taken, inside, webhook.TurnsMax)
	}
	hanging.letGo()
	w.until(`SELECT count(*) FROM river_job WHERE kind = 'deliver_message' AND state <> 'completed'`, 0)
	w.expect("attempts of the jobs, however long they stood in line", `SELECT DISTINCT attempt::text FROM river_job WHERE kind = 'deliver_message'`, "1")
	w.expect("tries", `SELECT DISTINCT outcome || ' ' || number FROM webhook_attempt`, "delivered 1")
	if through, crowd := int(hanging.through.Load()), hanging.crowd.Load(); through != w.count(`SELECT count(*) FROM webhook_attempt`)-3 || crowd != webhook.TurnsMax {
		t.Errorf("%d came through, %d at once", through, crowd)
	}
}
