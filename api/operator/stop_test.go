package operator_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/limit"
	"github.com/uptally/uptally/api/operator"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/internal/apitest"
)

// What an act of the tests is given, and answers with.
type (
	slip struct {
		Body struct {
			Text string `json:"text" maxLength:"20"`
		}
	}
	empty struct{}
)

// acts registers three: an ordinary one, one that goes on while writing is halted, and
// one that waits until it is let go on.
func acts(entered chan<- struct{}, leave <-chan struct{}) func(*api.Config) {
	act := func(s *wire.Service, path string, metadata map[string]any, f func()) {
		op := huma.Operation{OperationID: "test-" + path, Method: http.MethodPost, Path: "/v1/test/" + path, DefaultStatus: http.StatusNoContent, Metadata: metadata}
		wire.Act(s, op, []auth.Role{auth.Rewards}, func(context.Context, wire.Acting, *slip) (*empty, error) {
			f()
			return &empty{}, nil
		})
	}
	return func(c *api.Config) {
		c.Also = func(s *wire.Service) {
			act(s, "ordinary", nil, func() {})
			act(s, "urgent", map[string]any{wire.WhileHalted: true}, func() {})
			act(s, "slow", nil, func() {
				entered <- struct{}{}
				<-leave
			})
		}
	}
}

// The halt is answered while an act that had begun goes on; from then on every act is
// refused at once, and leaves nothing, until another person resumes. Reads are answered,
// and tell how many acts had begun.
func TestAHaltStopsEveryActThatDoesNotGoOn(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	s := apitest.New(t, acts(entered, leave))
	letGo := sync.OnceFunc(func() { close(leave) })
	t.Cleanup(letGo) // before the server is closed, which waits for it
	ann, bob, sue := s.As("ann", auth.Operator), s.As("bob", auth.Operator), s.As("sue", auth.Rewards)
	text := map[string]string{"text": "x"}
	key := http.Header{"Idempotency-Key": {"before"}}
	sue.Do(http.MethodPost, "/v1/test/ordinary", text, key).Want(t, http.StatusNoContent)

	slow := make(chan apitest.Answer, 1)
	go func() {
		answer, err := sue.Try(http.MethodPost, "/v1/test/slow", text, http.Header{"Idempotency-Key": {"slow"}})
		if err != nil {
			t.Error(err)
		}
		slow <- answer
	}()
	<-entered
	underWay := func(want int64) {
		t.Helper()
		seen := into[operator.Halt](t, bob.Get("/v1/operator/halt"), http.StatusOK)
		if !seen.Halted || seen.UnderWay == nil || *seen.UnderWay != want {
			t.Errorf("want %d under way: %+v", want, seen)
		}
	}
	refused := func() {
		t.Helper()
		sue.Post("/v1/test/ordinary", text).Problem(t, http.StatusServiceUnavailable, "writes-halted")
		sue.Post("/v1/test/urgent", text).Want(t, http.StatusNoContent)
		sue.Do(http.MethodPost, "/v1/test/ordinary", text, key).Want(t, http.StatusNoContent) // answered again, not done again
		bob.Get("/v1/operator/audit").Want(t, http.StatusOK)
	}
	if h := into[operator.Halt](t, ann.Post("/v1/operator/halt", reason("a token leaked")), http.StatusOK); !h.Halted || h.UnderWay != nil {
		t.Errorf("halted: %+v", h)
	}
	refused()
	underWay(1)
	ann.Post("/v1/operator/resumption", reason("never mind")).Problem(t, http.StatusForbidden, "own-work")
	bob.Post("/v1/operator/resumption", reason("revoked")).Want(t, http.StatusOK)
	sue.Post("/v1/test/ordinary", text).Want(t, http.StatusNoContent)
	bob.Post("/v1/operator/halt", reason("another leaked")).Want(t, http.StatusOK)
	underWay(1)
	letGo()
	(<-slow).Want(t, http.StatusNoContent)
	underWay(0)
	refused()
	ann.Post("/v1/operator/resumption", reason("revoked")).Want(t, http.StatusOK)
	sue.Post("/v1/test/ordinary", text).Want(t, http.StatusNoContent)

	var acted int
	if err := s.DB.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_entry WHERE operation LIKE 'test-%' AND status = 204`).Scan(&acted); err != nil || acted != 6 {
		t.Errorf("%d acts on record, error %v, want 6", acted, err)
	}
}

// Whoever feels for what may be there is answered alike, charged, and on record.
func TestCallsOfNoOperationAreOnRecord(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, func(c *api.Config) { c.Limits = limit.New(limit.Budgets{Address: limit.Budget{Reads: 2, Writes: 1}}) })
	nobody := s.Anyone()
	nobody.Get("/v1/admin").Problem(t, http.StatusNotFound, "not-found")
	nobody.Get("/.env").Problem(t, http.StatusNotFound, "not-found")
	if answer := nobody.Get("/wp-login.php").Problem(t, http.StatusTooManyRequests, "rate-limited"); answer.Header.Get("Retry-After") == "" {
		t.Errorf("got %v", answer.Header)
	}
	nobody.Post("/v1/operator/audit", nil).Problem(t, http.StatusMethodNotAllowed, "method-not-allowed")
	var got []string
	for len(got) < 4 {
		rows, err := s.DB.Owner.Query(t.Context(), `SELECT status || ' ' || kind || ' ' || method || ' ' || target FROM audit_entry WHERE operation = '' ORDER BY number`)
		if err != nil {
			t.Fatal(err)
		}
		if got, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"404 not-found GET /v1/admin", "404 not-found GET /.env", "429 rate-limited GET /wp-login.php",
		"405 method-not-allowed POST /v1/operator/audit"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
