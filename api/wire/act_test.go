package wire_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/internal/apitest"
)

const notes = "/v1/test/notes"

func keyed(key string) http.Header { return http.Header{"Idempotency-Key": {key}} }

// count returns how many rows a statement counts.
func count(t *testing.T, s *apitest.Server, statement string, arguments ...any) (rows int) {
	t.Helper()
	if err := s.DB.Owner.QueryRow(t.Context(), statement, arguments...).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

const written = `SELECT count(*) FROM person_name WHERE name LIKE 'note %'`

func TestRepetitionIsAnsweredAlikeAndDoneOnce(t *testing.T) {
	t.Parallel()
	s, o := open(t)
	ada := s.As("ada", auth.Rewards)
	body := map[string]string{"text": "one"}
	first := ada.Do(http.MethodPost, notes, body, keyed("k1")).Want(t, 200)
	again := ada.Do(http.MethodPost, notes, body, keyed("k1")).Want(t, 200)
	if !bytes.Equal(first.Body, again.Body) || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("first %s, again %s, replayed %q", first.Body, again.Body, again.Header.Get("Idempotency-Replayed"))
	}
	ada.Do(http.MethodPost, notes, map[string]string{"text": "two"}, keyed("k1")).Problem(t, 422, "idempotency-key-reused")
	ada.Do(http.MethodPost, "/v1/test/refusals", body, keyed("k1")).Problem(t, 422, "idempotency-key-reused")
	s.As("bob", auth.Rewards).Do(http.MethodPost, notes, map[string]string{"text": "bob's"}, keyed("k1")).Want(t, 200)
	if o.calls() != 2 || count(t, s, written) != 2 {
		t.Errorf("%d calls, %d written, want one of each", o.calls(), count(t, s, written))
	}
	if audited := count(t, s, `SELECT count(*) FROM audit_entry WHERE status = 200`); audited != 2 {
		t.Errorf("%d changes on record, want 2", audited)
	}
}

func TestRefusalIsKeptAndLeavesNothing(t *testing.T) {
	t.Parallel()
	s, o := open(t)
	ada := s.As("ada", auth.Rewards)
	body := map[string]string{"text": "one"}
	first := ada.Do(http.MethodPost, "/v1/test/refusals", body, keyed("k")).Problem(t, 409, "taken")
	again := ada.Do(http.MethodPost, "/v1/test/refusals", body, keyed("k")).Problem(t, 409, "taken")
	if !bytes.Equal(first.Body, again.Body) || !strings.Contains(string(first.Body), errTaken.Error()) {
		t.Errorf("first %s, again %s", first.Body, again.Body)
	}
	if o.calls() != 1 || count(t, s, written) != 0 {
		t.Errorf("%d calls, %d written, want 1 and none", o.calls(), count(t, s, written))
	}
	if refused := count(t, s, `SELECT count(*) FROM audit_entry WHERE status = 409 AND kind = 'taken'`); refused != 1 {
		t.Errorf("%d refusals on record, want 1", refused)
	}
}

func TestFailureSaysNothingAndLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"panics", "failures"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s, o := open(t)
			ada := s.As("ada", auth.Rewards)
			for range 2 { // the key is free again
				got := ada.Do(http.MethodPost, "/v1/test/"+path, map[string]string{"text": "xyz"}, keyed("k")).Problem(t, 500, "internal")
				if bytes.Contains(got.Body, []byte("xyz")) || bytes.Contains(got.Body, []byte("goroutine")) {
					t.Errorf("it tells: %s", got.Body)
				}
			}
			if o.calls() != 2 || count(t, s, written) != 0 || count(t, s, `SELECT count(*) FROM api_replay`) != 0 {
				t.Errorf("%d calls, %d written", o.calls(), count(t, s, written))
			}
		})
	}
}

func TestCallUnderWayIsNotBegunAgain(t *testing.T) {
	t.Parallel()
	s, o := open(t)
	ada := s.As("ada", auth.Rewards)
	body := map[string]string{"text": "slow"}
	first := make(chan apitest.Answer)
	go func() {
		answer, _ := ada.Try(http.MethodPost, "/v1/test/waits", body, keyed("k"))
		first <- answer
	}()
	select {
	case <-o.entered:
	case answer := <-first:
		t.Fatalf("answered at once: %d %s", answer.Status, answer.Body)
	}
	during := ada.Do(http.MethodPost, "/v1/test/waits", body, keyed("k")).Problem(t, 409, "idempotency-in-flight")
	if during.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	close(o.leave)
	done := (<-first).Want(t, 200)
	if again := ada.Do(http.MethodPost, "/v1/test/waits", body, keyed("k")).Want(t, 200); !bytes.Equal(done.Body, again.Body) {
		t.Errorf("done %s, again %s", done.Body, again.Body)
	}
}

func TestActsThatAreNotBegun(t *testing.T) {
	t.Parallel()
	s, o := open(t)
	ada := s.As("ada", auth.Rewards)
	text := map[string]string{"text": "x"}
	for name, call := range map[string]struct {
		client *apitest.Client
		body   any
		header http.Header
		status int
		kind   string
	}{
		"no key":              {ada, text, nil, 400, "idempotency-key-missing"},
		"an empty key":        {ada, text, keyed(""), 400, "idempotency-key-missing"},
		"a long key":          {ada, text, keyed(strings.Repeat("k", 256)), 400, "idempotency-key-missing"},
		"a key with a blank":  {ada, text, keyed("a b"), 400, "idempotency-key-missing"},
		"no token":            {s.Anyone(), text, keyed("k"), 401, "token-missing"},
		"another role":        {s.As("fin", auth.Finance), text, keyed("k"), 403, "role-missing"},
		"a long text":         {ada, map[string]string{"text": strings.Repeat("x", 21)}, keyed("k"), 422, "invalid-request"},
		"a field too many":    {ada, map[string]string{"text": "x", "owner": "y"}, keyed("k"), 422, "invalid-request"},
		"a name in capitals":  {ada, map[string]string{"TEXT": "x"}, keyed("k"), 422, "invalid-request"},
		"a name in both":      {ada, `{"text":"x","Text":"` + strings.Repeat("x", 21) + `"}`, keyed("k"), 422, "invalid-request"},
		"no text":             {ada, `{"text":"x\u0000"}`, http.Header{"Idempotency-Key": {"k"}, "Content-Type": {""}}, 400, "malformed"},
		"no JSON":             {ada, "{", keyed("k"), 400, "malformed"},
		"nothing":             {ada, nil, keyed("k"), 400, "malformed"},
		"a large body":        {ada, strings.Repeat(" ", 1<<20+1), keyed("k"), 413, "body-too-large"},
		"an encoded body":     {ada, text, http.Header{"Idempotency-Key": {"k"}, "Content-Encoding": {"gzip"}}, 415, "encoding-unsupported"},
		"a type it has not":   {ada, text, http.Header{"Idempotency-Key": {"k"}, "Accept": {"image/png"}}, 406, "not-acceptable"},
		"a table that is not": {ada, text, http.Header{"Idempotency-Key": {"k"}, "Accept": {"text/csv"}}, 406, "not-acceptable"},
	} {
		t.Run(name, func(t *testing.T) {
			call.client.Do(http.MethodPost, notes, call.body, call.header).Problem(t, call.status, call.kind)
		})
	}
	ada.Do(http.MethodPost, notes+"?owner=y", text, keyed("k")).Problem(t, 422, "invalid-request")
	if o.calls() != 0 {
		t.Errorf("%d were begun", o.calls())
	}
	ada.Do(http.MethodPost, notes, text, keyed("k")).Want(t, 200) // none of them used up the key
}

// Where the database does not say in time whether it committed, neither do we: repeated
// with the same key, the call is done once, whichever it was.
func TestACommitWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	if _, err := s.DB.Owner.Exec(t.Context(), `
		CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NULL; END';
		CREATE CONSTRAINT TRIGGER wait_at_commit AFTER INSERT ON person_name DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW EXECUTE FUNCTION wait_at_commit()`); err != nil {
		t.Fatal(err)
	}
	ada, body := s.As("ada", auth.Rewards), map[string]string{"text": "one"}
	ada.Post("/v1/test/notes", map[string]string{"text": "ada is on record"}).Want(t, 200)
	if err := pgx.BeginFunc(t.Context(), s.DB.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock(77)`); err != nil {
			return err
		}
		ada.Do(http.MethodPost, "/v1/test/hasty", body, keyed("k")).Problem(t, 503, "outcome-unknown")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	again := ada.Do(http.MethodPost, "/v1/test/hasty", body, keyed("k"))
	for again.Status == http.StatusConflict { // the one before has not been let go of
		again = ada.Do(http.MethodPost, "/v1/test/hasty", body, keyed("k"))
	}
	again.Want(t, 200)
	if n := count(t, s, written); n != 2 {
		t.Errorf("%d written, want the one before and this one", n)
	}
}

func TestSlowReadIsCutOff(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	s.As("ada", auth.Rewards).Get("/v1/test/slow").Problem(t, 503, "timed-out")
	s.As("ada", auth.Rewards).Get("/v1/test/cancelled").Problem(t, 503, "timed-out")
}
