package operator_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
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

// The halt is answered only once the acts that had begun have ended; from then on every
// act is refused, and leaves nothing, until another person resumes.
func TestAHaltStopsEveryActThatDoesNotGoOn(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	s := apitest.New(t, acts(entered, leave))
	ann, bob, sue := s.As("ann", auth.Operator), s.As("bob", auth.Operator), s.As("sue", auth.Rewards)
	text := map[string]string{"text": "x"}
	key := http.Header{"Idempotency-Key": {"before"}}
	sue.Do(http.MethodPost, "/v1/test/ordinary", text, key).Want(t, http.StatusNoContent)

	slow, halted := make(chan apitest.Answer, 1), make(chan apitest.Answer, 1)
	call := func(c *apitest.Client, path string, body any, answered chan<- apitest.Answer) {
		answer, err := c.Try(http.MethodPost, path, body, http.Header{"Idempotency-Key": {path}})
		if err != nil {
			t.Error(err)
		}
		answered <- answer
	}
	go call(sue, "/v1/test/slow", text, slow)
	<-entered
	go call(ann, "/v1/operator/halt", reason("a token leaked"), halted)
	for waiting := false; !waiting; {
		if err := s.DB.Owner.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
			WHERE locktype = 'advisory' AND NOT granted AND datname = current_database())`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	close(leave)
	(<-slow).Want(t, http.StatusNoContent)
	(<-halted).Want(t, http.StatusOK)

	sue.Post("/v1/test/ordinary", text).Problem(t, http.StatusServiceUnavailable, "writes-halted")
	sue.Post("/v1/test/urgent", text).Want(t, http.StatusNoContent)
	sue.Do(http.MethodPost, "/v1/test/ordinary", text, key).Want(t, http.StatusNoContent) // answered again, not done again
	bob.Get("/v1/operator/audit").Want(t, http.StatusOK)
	bob.Post("/v1/operator/resumption", reason("revoked")).Want(t, http.StatusOK)
	sue.Post("/v1/test/ordinary", text).Want(t, http.StatusNoContent)

	var acted int
	if err := s.DB.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_entry WHERE operation LIKE 'test-%' AND status = 204`).Scan(&acted); err != nil || acted != 4 {
		t.Errorf("%d acts on record, error %v, want 4", acted, err)
	}
}
