package operator_test

import (
	"net/http"
	"testing"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/operator"
)

func reason(text string) map[string]string { return map[string]string{"reason": text} }

func TestOneHaltsAndAnotherResumes(t *testing.T) {
	t.Parallel()
	d := setup(t)
	const halt, resumption = "/v1/operator/halt", "/v1/operator/resumption"
	if h := into[operator.Halt](t, d.ann.Get(halt), http.StatusOK); h.Halted {
		t.Errorf("before: %+v", h)
	}
	d.bob.Post(resumption, reason("why not")).Problem(t, http.StatusConflict, "conflict")
	d.ann.Post(halt, reason("")).Want(t, http.StatusUnprocessableEntity)
	d.ann.Post(halt, reason("   ")).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
	d.As("sue", auth.Rewards, auth.Finance).Post(halt, reason("for fun")).Want(t, http.StatusForbidden)
	h := into[operator.Halt](t, d.ann.Post(halt, reason("a token leaked")), http.StatusOK)
	if !h.Halted || h.Number != 1 || h.Reason != "a token leaked" || h.By == "" || h.HaltedAt == nil {
		t.Errorf("halted: %+v", h)
	}
	if seen := into[operator.Halt](t, d.bob.Get(halt), http.StatusOK); seen.Number != 1 || seen.By != h.By || !seen.HaltedAt.Equal(*h.HaltedAt) {
		t.Errorf("seen: %+v", seen)
	}
	for _, path := range []string{"/audit", "/audit/verification", "/alerts", "/persons"} { // reads go on
		d.ann.Get("/v1/operator"+path).Want(t, http.StatusOK)
	}
	d.bob.Post(halt, reason("me too")).Problem(t, http.StatusConflict, "conflict")
	d.ann.Post(resumption, reason("never mind")).Problem(t, http.StatusForbidden, "own-work")
	if ended := into[operator.Halt](t, d.bob.Post(resumption, reason("revoked")), http.StatusOK); ended.Halted || ended.Person != h.Person {
		t.Errorf("resumed: %+v", ended)
	}
	if h := into[operator.Halt](t, d.ann.Get(halt), http.StatusOK); h.Halted {
		t.Errorf("after: %+v", h)
	}
	if log := d.entries(t, "?operation=halt-writing&class=2"); len(log.Items) != 1 || log.Items[0].Person != h.Person || log.Items[0].BodySHA256 == "" {
		t.Errorf("in the log: %+v", log)
	}
}

func TestPersonsAreListedWithTheirNames(t *testing.T) {
	t.Parallel()
	d := setup(t)
	d.ann.Post("/v1/operator/halt", reason("to be on record")).Want(t, http.StatusOK)
	d.bob.Post("/v1/operator/resumption", reason("to be on record")).Want(t, http.StatusOK)
	if _, err := d.DB.Owner.Exec(t.Context(), `INSERT INTO person DEFAULT VALUES`); err != nil {
		t.Fatal(err)
	}
	p := into[page[operator.Person]](t, d.ann.Get("/v1/operator/persons?limit=2"), http.StatusOK)
	if len(p.Items) != 2 || len(p.Items[0].Names) != 0 || p.Items[0].Names == nil || len(p.Items[1].Names) == 0 || p.NextCursor == "" {
		t.Errorf("got %+v", p)
	}
	rest := into[page[operator.Person]](t, d.ann.Get("/v1/operator/persons?limit=2&cursor="+p.NextCursor), http.StatusOK)
	if len(rest.Items) != 1 || rest.Items[0].ID != 1 || rest.NextCursor != "" {
		t.Errorf("the next page: %+v", rest)
	}
}
