package webhooks_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/api/webhooks"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	ann, bob = uuid.UUID{15: 0xa}, uuid.UUID{15: 0xb}
	sender   = webhook.New(webhook.Config{Key: webhook.Key{7}})
)

func serve(t *testing.T, s *webhook.Sender, more ...func(*api.Config)) *apitest.Server {
	return apitest.New(t, append(more, func(c *api.Config) { c.Webhooks = s })...)
}

func order(change ...func(map[string]any)) map[string]any {
	b := map[string]any{"url": "https://hooks.example.org/uptally", "events": []string{"payout.paid"}, "description": "accounting"}
	for _, f := range change {
		f(b)
	}
	return b
}

func made(t *testing.T, c *apitest.Client) (e webhooks.Endpoint) {
	t.Helper()
	c.Post("/v1/webhooks", order()).Want(t, http.StatusCreated).Into(t, &e)
	return e
}

type endpoints struct {
	Items []webhooks.Endpoint `json:"items"`
	Next  string              `json:"next_cursor"`
}

type deliveries struct {
	Items []webhooks.Delivery `json:"items"`
	Next  string              `json:"next_cursor"`
}

func TestAWebhooksLife(t *testing.T) {
	t.Parallel()
	s := serve(t, sender)
	anne := s.Supplier("anne", ann)
	key := http.Header{"Idempotency-Key": {"mine"}}
	first := anne.Do(http.MethodPost, "/v1/webhooks", order(), key).Want(t, http.StatusCreated)
	var e webhooks.Endpoint
	first.Into(t, &e)
	if e.URL != "https://hooks.example.org/uptally" || !slices.Equal(e.Events, []webhook.Kind{webhook.PayoutPaid}) || e.Description != "accounting" ||
		e.State != webhook.Active || e.EndedAt != nil || e.Secret != 1 || e.ReadableUntil.Sub(e.RecordedAt) < 59*time.Minute {
		t.Errorf("made: %+v", e)
	}
	if again := anne.Do(http.MethodPost, "/v1/webhooks", order(), key); string(again.Body) != string(first.Body) || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("repeated: %s, first: %s", again.Body, first.Body)
	}
	path := "/v1/webhooks/" + e.ID.String()
	if read := anne.Get(path).Want(t, http.StatusOK); string(read.Body) != string(first.Body) {
		t.Errorf("read: %s, made: %s", read.Body, first.Body)
	}
	var secret webhooks.Secret
	told := anne.Do(http.MethodGet, path+"/secret", nil, http.Header{"If-None-Match": {"*"}}).Want(t, http.StatusOK)
	if kept := told.Header; kept.Get("Cache-Control") != "no-store" || kept.Get("ETag") != "" {
		t.Errorf("a secret may be kept: Cache-Control %q, ETag %q", kept.Get("Cache-Control"), kept.Get("ETag"))
	}
	told.Into(t, &secret)
	if secret.Secret != sender.Secret(e.ID, 1) || secret.Number != 1 || !strings.HasPrefix(secret.Secret, "whsec_") {
		t.Errorf("secret: %+v", secret)
	}

	var sent webhooks.Sent
	anne.Post(path+"/test", nil).Want(t, http.StatusAccepted).Into(t, &sent)
	var queued string
	if err := s.DB.Owner.QueryRow(t.Context(), `SELECT args ->> 'message' FROM river_job WHERE kind = 'deliver_message'`).Scan(&queued); err != nil || queued != sent.Message.String() {
		t.Errorf("job of message %s (%v), want %s", queued, err, sent.Message)
	}
	var log deliveries
	anne.Get(path+"/deliveries").Want(t, http.StatusOK).Into(t, &log)
	if len(log.Items) != 1 || log.Items[0].ID != sent.Message || log.Items[0].Event != webhook.Test || log.Items[0].State != "pending" || log.Items[0].Attempts != 0 {
		t.Errorf("deliveries: %+v", log)
	}

	var rotated webhooks.Endpoint
	anne.Post(path+"/rotation", nil).Want(t, http.StatusCreated).Into(t, &rotated)
	if anne.Get(path+"/secret").Into(t, &secret); rotated.Secret != 2 || secret.Secret != sender.Secret(e.ID, 2) {
		t.Errorf("rotated: %+v, secret %+v", rotated, secret)
	}
	var ended webhooks.Endpoint
	anne.Delete(path).Want(t, http.StatusOK).Into(t, &ended)
	if ended.State != webhook.Deleted || ended.EndedAt == nil {
		t.Errorf("ended: %+v", ended)
	}
	anne.Get(path+"/secret").Problem(t, http.StatusGone, "secret-gone")
	for _, act := range []string{"/test", "/rotation"} {
		anne.Post(path+act, nil).Problem(t, http.StatusConflict, "conflict")
	}
	anne.Delete(path).Problem(t, http.StatusConflict, "conflict")
	if anne.Get(path+"/deliveries").Into(t, &log); log.Items[0].State != "dropped" {
		t.Errorf("of one that ended: %+v", log)
	}

	// No secret is kept anywhere.
	for _, number := range []int{1, 2} {
		var kept int
		if err := s.DB.Owner.QueryRow(t.Context(), `
			SELECT (SELECT count(*) FROM api_replay WHERE strpos(encode(body, 'escape'), $1) > 0)
				+ (SELECT count(*) FROM audit_entry e WHERE strpos(e::text, $1) > 0)`, strings.TrimPrefix(sender.Secret(e.ID, number), "whsec_")).Scan(&kept); err != nil || kept != 0 {
			t.Errorf("secret %d stands in %d rows (%v)", number, kept, err)
		}
	}
}

// Another's webhook is as absent as one that there is not, whatever is asked of it.
func TestAnothersWebhookIsAbsent(t *testing.T) {
	t.Parallel()
	s := serve(t, sender)
	anne, ben := s.Supplier("anne", ann), s.Supplier("ben", bob)
	e := made(t, anne)
	anne.Post("/v1/webhooks/"+e.ID.String()+"/test", nil).Want(t, http.StatusAccepted)
	for _, call := range []struct{ method, path string }{
		{"GET", ""}, {"DELETE", ""}, {"GET", "/secret"}, {"GET", "/deliveries"}, {"POST", "/test"}, {"POST", "/rotation"},
	} {
		var bodies [2]string
		for i, id := range []string{e.ID.String(), uuid.NewString()} {
			header := http.Header{}
			if call.method != "GET" {
				header.Set("Idempotency-Key", uuid.NewString())
			}
			bodies[i] = string(ben.Do(call.method, "/v1/webhooks/"+id+call.path, nil, header).Problem(t, http.StatusNotFound, "not-found").Body)
		}
		if bodies[0] != bodies[1] {
			t.Errorf("%s %s: %s, absent: %s", call.method, call.path, bodies[0], bodies[1])
		}
	}
	var list endpoints
	if ben.Get("/v1/webhooks").Into(t, &list); len(list.Items) != 0 {
		t.Errorf("another's: %+v", list)
	}
	if anne.Get("/v1/webhooks").Into(t, &list); len(list.Items) != 1 || list.Items[0].State != webhook.Active {
		t.Errorf("own: %+v", list)
	}
}

// Why nobody was reached is not told: it would tell which names lead inside.
func TestReachingNobodyIsToldAlike(t *testing.T) {
	t.Parallel()
	s := serve(t, sender)
	anne := s.Supplier("anne", ann)
	path := "/v1/webhooks/" + made(t, anne).ID.String()
	var told []webhooks.Delivery
	for _, cause := range []webhook.Cause{webhook.ForbiddenAddress, webhook.Unresolved, webhook.Unconnected, webhook.Broken} {
		var sent webhooks.Sent
		anne.Post(path+"/test", nil).Want(t, http.StatusAccepted).Into(t, &sent)
		if err := pgx.BeginFunc(t.Context(), s.DB.App, func(tx pgx.Tx) error {
			d, _, err := webhook.Pending(t.Context(), tx, sent.Message)
			if err == nil {
				_, err = sender.Record(t.Context(), tx, d, webhook.Result{Outcome: webhook.Unreachable, Cause: cause})
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		answer := anne.Get(path+"/deliveries").Want(t, http.StatusOK)
		var log deliveries
		answer.Into(t, &log)
		if strings.Contains(string(answer.Body), string(cause)) {
			t.Errorf("the cause %s is told: %s", cause, answer.Body)
		}
		last := log.Items[0]
		last.ID, last.OccurredAt, last.LastAt, last.NextAt = uuid.Nil, time.Time{}, nil, nil
		told = append(told, last)
	}
	for _, d := range told {
		if d != told[0] || d.LastOutcome != webhook.Unreachable || d.Attempts != 1 || d.State != "retrying" {
			t.Errorf("one is told %+v, another %+v", d, told[0])
		}
	}
	var may bool
	if err := s.DB.Owner.QueryRow(t.Context(), `SELECT has_column_privilege('uptally_supplier', 'webhook_attempt', 'cause', 'SELECT')
		OR has_any_column_privilege('uptally_supplier', 'webhook_turn', 'SELECT')`).Scan(&may); err != nil || may {
		t.Errorf("suppliers may read causes, or turns (%v)", err)
	}
}

func TestWhoReadsASecret(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := serve(t, sender)
	later := apitest.On(t, s.DB, func(c *api.Config) {
		c.Webhooks, c.Now = sender, func() time.Time { return now.Add(webhook.Readable + time.Minute) }
	})
	e := made(t, s.Supplier("anne", ann))
	path := "/v1/webhooks/" + e.ID.String() + "/secret"
	reading := s.With(devissuer.Claims{Subject: "anne", Roles: []auth.Role{auth.Supplier}, Supplier: ann, Scopes: []string{auth.ScopeRead}})
	reading.Get(path).Problem(t, http.StatusForbidden, "scope-missing")
	reading.Get("/v1/webhooks/"+e.ID.String()).Want(t, http.StatusOK)
	later.Supplier("anne", ann).Get(path).Problem(t, http.StatusGone, "secret-gone")
	for _, role := range []auth.Role{auth.Rewards, auth.Finance, auth.Operator} {
		s.As("ada", role).Get(path).Problem(t, http.StatusForbidden, "role-missing")
	}
}

func TestWebhooksThatHTTPRefuses(t *testing.T) {
	t.Parallel()
	s := serve(t, sender)
	anne := s.Supplier("anne", ann)
	for name, body := range map[string]map[string]any{
		"an address inside":     order(func(b map[string]any) { b["url"] = "https://169.254.169.254/latest" }),
		"no TLS":                order(func(b map[string]any) { b["url"] = "http://hooks.example.org/" }),
		"loopback":              order(func(b map[string]any) { b["url"] = "http://127.0.0.1/" }),
		"credentials":           order(func(b map[string]any) { b["url"] = "https://me:secret@hooks.example.org/" }),
		"no events":             order(func(b map[string]any) { b["events"] = []string{} }),
		"an event of no name":   order(func(b map[string]any) { b["events"] = []string{"all"} }),
		"a test":                order(func(b map[string]any) { b["events"] = []string{"webhook.test"} }),
		"a secret of one's own": order(func(b map[string]any) { b["secret"] = "whsec_AAAA" }),
		"a supplier":            order(func(b map[string]any) { b["supplier_id"] = bob }),
		"two lines":             order(func(b map[string]any) { b["description"] = "a\nb" }),
	} {
		t.Run(name, func(t *testing.T) {
			anne.Post("/v1/webhooks", body).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
		})
	}
	for _, path := range []string{"/v1/webhooks?cursor=WyJhIiwiYiJd", "/v1/webhooks/" + uuid.NewString() + "/deliveries?cursor=WyJhIl0"} {
		anne.Get(path).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
	}
	for range webhook.EndpointsMax {
		made(t, anne)
	}
	anne.Post("/v1/webhooks", order()).Problem(t, http.StatusConflict, "conflict")

	off := serve(t, nil).Supplier("anne", ann)
	off.Post("/v1/webhooks", order()).Problem(t, http.StatusServiceUnavailable, "webhooks-off")
	off.Get("/v1/webhooks").Want(t, http.StatusOK)
}

func TestPagesOfWebhooks(t *testing.T) {
	t.Parallel()
	s := serve(t, sender)
	anne := s.Supplier("anne", ann)
	var want, got, messages, told []uuid.UUID
	for range 3 {
		want = append([]uuid.UUID{made(t, anne).ID}, want...)
	}
	path := "/v1/webhooks/" + want[0].String()
	for range 3 {
		var sent webhooks.Sent
		anne.Post(path+"/test", nil).Want(t, http.StatusAccepted).Into(t, &sent)
		messages = append([]uuid.UUID{sent.Message}, messages...)
	}
	for cursor := ""; ; {
		var page endpoints
		anne.Get("/v1/webhooks?limit=2&cursor="+cursor).Want(t, http.StatusOK).Into(t, &page)
		for _, e := range page.Items {
			got = append(got, e.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for cursor := ""; ; {
		var page deliveries
		anne.Get(fmt.Sprintf("%s/deliveries?limit=2&cursor=%s", path, cursor)).Want(t, http.StatusOK).Into(t, &page)
		for _, d := range page.Items {
			told = append(told, d.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) || !slices.Equal(told, messages) {
		t.Errorf("webhooks %v, want %v; deliveries %v, want %v", got, want, told, messages)
	}
}

func TestTheSpecificationTellsOfMessages(t *testing.T) {
	t.Parallel()
	text, err := serve(t, sender).API.Specification()
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Webhooks map[string]struct {
			Post struct{ RequestBody any }
		}
	}
	if err := json.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	for _, kind := range append(webhook.Kinds(), webhook.Test) {
		if spec.Webhooks[string(kind)].Post.RequestBody == nil {
			t.Errorf("nothing is said of %s", kind)
		}
	}
	if len(spec.Webhooks) != 6 {
		t.Errorf("%d kinds of messages", len(spec.Webhooks))
	}
}
