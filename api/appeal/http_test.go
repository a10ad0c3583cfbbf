package appeal_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/appeal"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/internal/apitest"
)

// body is an appeal as a supplier posts it.
func body(device uuid.UUID, change ...func(map[string]any)) map[string]any {
	b := map[string]any{"season": "s1", "revision": 1, "device_id": device, "span_start": first.Start(), "reason": "it ran all day"}
	for _, f := range change {
		f(b)
	}
	return b
}

type page struct {
	Items []appeal.StaffView `json:"items"`
	Next  string             `json:"next_cursor"`
}

func TestAppealsOverHTTP(t *testing.T) {
	t.Parallel()
	c := sit(t, days)
	s := apitest.On(t, c.DB)
	anne, ben := s.Supplier("anne", ann), s.Supplier("ben", bob)
	ada := s.As("ada", auth.Rewards)

	var raised appeal.View
	anne.Post("/v1/appeals", body(rig, func(b map[string]any) { b["evidence"] = []string{"https://example.org/log"} })).Want(t, http.StatusCreated).Into(t, &raised)
	if raised.State != appeal.Open || raised.Outcome != "below_min_uptime" || !raised.SpanEnd.Equal(first.Start().Add(24*time.Hour)) || raised.Amount.Decimals != 8 {
		t.Errorf("raised: %+v", raised)
	}
	anne.Post("/v1/appeals", body(rig)).Problem(t, http.StatusConflict, "conflict")
	own := "/v1/appeals/" + raised.ID.String()
	anne.Get(own).Want(t, http.StatusOK)

	// Of another it is as absent as one that there is not.
	absent := ben.Get("/v1/appeals/"+uuid.NewString()).Problem(t, http.StatusNotFound, "not-found")
	if theirs := ben.Get(own).Problem(t, http.StatusNotFound, "not-found"); string(theirs.Body) != string(absent.Body) {
		t.Errorf("another's: %s, absent: %s", theirs.Body, absent.Body)
	}
	ben.Post(own+"/withdrawal", nil).Problem(t, http.StatusNotFound, "not-found")
	ben.Post("/v1/appeals", body(rig)).Problem(t, http.StatusNotFound, "not-found")
	var none page
	if ben.Get("/v1/appeals").Want(t, http.StatusOK).Into(t, &none); len(none.Items) != 0 {
		t.Errorf("another's list: %+v", none)
	}
	anne.Get("/v1/rewards/appeals").Problem(t, http.StatusForbidden, "role-missing")
	ada.Get("/v1/appeals").Problem(t, http.StatusForbidden, "role-missing")

	// The team takes it up and answers.
	team := "/v1/rewards/appeals/" + raised.ID.String()
	ada.Post(team+"/review", nil).Want(t, http.StatusOK)
	var seen appeal.View
	if anne.Get(own).Into(t, &seen); seen.State != appeal.InReview || seen.ReviewedAt == nil {
		t.Errorf("in review: %+v", seen)
	}
	accept := map[string]any{"outcome": "accepted", "reason": "you are right"}
	ada.Post(team+"/answer", accept).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
	accept["links"] = map[string]any{"verdict": 99}
	if refused := ada.Post(team+"/answer", accept).Problem(t, http.StatusUnprocessableEntity, "invalid-request"); !strings.Contains(string(refused.Body), "verdict") {
		t.Errorf("a link that does not fit: %s", refused.Body)
	}
	s.As("anne", auth.Rewards).Post(team+"/answer", map[string]any{"outcome": "refused", "reason": "no"}).Problem(t, http.StatusForbidden, "own-work")
	c.past(`INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, person_id, recorded_at)
		VALUES (0, true, 99, 'genuine', now(), now(), 'why', 'run', $1, now())`, c.ada)
	var answered appeal.StaffView
	ada.Post(team+"/answer", accept).Want(t, http.StatusCreated).Into(t, &answered)
	if answered.State != appeal.Accepted || answered.AnsweredBy != "ada" || answered.OpenedBy != "anne" || *answered.Answer.Links.Verdict != 99 {
		t.Errorf("answered: %+v", answered)
	}
	ada.Post(team+"/answer", accept).Problem(t, http.StatusConflict, "conflict")
	anne.Post(own+"/withdrawal", nil).Problem(t, http.StatusConflict, "conflict")
	told := anne.Get(own).Want(t, http.StatusOK)
	if text := string(told.Body); !strings.Contains(text, "you are right") || strings.Contains(text, "ada") || strings.Contains(text, "anne") {
		t.Errorf("the supplier reads %s", text)
	}
	ada.Get("/v1/rewards/appeals/"+uuid.NewString()).Problem(t, http.StatusNotFound, "not-found")
}

func TestAppealsThatHTTPRefuses(t *testing.T) {
	t.Parallel()
	s := apitest.On(t, sit(t, days).DB)
	anne := s.Supplier("anne", ann)
	for name, r := range map[string]struct {
		body   map[string]any
		status int
		kind   string
	}{
		"another's device":      {body(other), 404, "not-found"},
		"a draft":               {body(rig, func(b map[string]any) { b["revision"] = 2 }), 404, "not-found"},
		"within a slot":         {body(rig, func(b map[string]any) { b["span_start"] = first.Start().Add(time.Second) }), 404, "not-found"},
		"paid for every slot":   {body(whole), 409, "conflict"},
		"no reason":             {body(rig, func(b map[string]any) { b["reason"] = "" }), 422, "invalid-request"},
		"a blank reason":        {body(rig, func(b map[string]any) { b["reason"] = "  " }), 422, "invalid-request"},
		"a zero byte":           {body(rig, func(b map[string]any) { b["reason"] = "a\x00" }), 400, "malformed"},
		"a link too long":       {body(rig, func(b map[string]any) { b["evidence"] = []string{strings.Repeat("x", 501)} }), 422, "invalid-request"},
		"a supplier of its own": {body(rig, func(b map[string]any) { b["supplier_id"] = bob }), 422, "invalid-request"},
		"a year far off":        {body(rig, func(b map[string]any) { b["span_start"] = "9999-12-31T23:55:00Z" }), 404, "not-found"},
		"a year before time":    {body(rig, func(b map[string]any) { b["span_start"] = "0001-01-01T00:00:00Z" }), 404, "not-found"},
	} {
		t.Run(name, func(t *testing.T) { anne.Post("/v1/appeals", r.body).Problem(t, r.status, r.kind) })
	}
	for _, cursor := range []string{"x", "W10", "WyJhIiwiYiJd"} {
		anne.Get("/v1/appeals?cursor="+cursor).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
	}
	s.As("ada", auth.Rewards).Get("/v1/rewards/appeals?cursor=WyJhIiwiYiIsImMiXQ").Problem(t, http.StatusUnprocessableEntity, "invalid-request")
}

// Whoever has a sealed line can appeal against it, also where by what is believed since
// the device was never theirs; and nobody else can.
func TestAppealsAgainstLinesOfDevicesThatAreAnothersNow(t *testing.T) {
	t.Parallel()
	c := sit(t, days)
	_, err := c.Owner.Exec(t.Context(), `INSERT INTO device_change (device, seq, changed_at, channel, supplier_id, recorded_at)
		VALUES (0, 99, '2024-01-01Z', 'user', $1, fact_stamp())`, bob)
	c.check(err)
	var theirs int
	c.check(c.Owner.QueryRow(t.Context(), `SELECT count(*) FROM supplier_device WHERE device = 0 AND supplier_id = $1`, ann).Scan(&theirs))
	if theirs != 0 {
		t.Fatalf("the device is still hers in %d runs", theirs)
	}
	s := apitest.On(t, c.DB)
	anne, ben := s.Supplier("anne", ann), s.Supplier("ben", bob)
	ben.Post("/v1/appeals", body(rig)).Problem(t, http.StatusNotFound, "not-found")
	var raised appeal.View
	anne.Post("/v1/appeals", body(rig)).Want(t, http.StatusCreated).Into(t, &raised)
	anne.Get("/v1/appeals/"+raised.ID.String()).Want(t, http.StatusOK)
	ben.Get("/v1/appeals/"+raised.ID.String()).Problem(t, http.StatusNotFound, "not-found")
}

func TestPagesOfAppeals(t *testing.T) {
	t.Parallel()
	c := sit(t, days)
	s := apitest.On(t, c.DB)
	anne, ada := s.Supplier("anne", ann), s.As("ada", auth.Rewards)
	var order []uuid.UUID
	for range 3 {
		var raised appeal.View
		anne.Post("/v1/appeals", body(rig)).Want(t, http.StatusCreated).Into(t, &raised)
		anne.Post("/v1/appeals/"+raised.ID.String()+"/withdrawal", nil).Want(t, http.StatusOK)
		order = append(order, raised.ID)
	}
	var noted1 appeal.View
	anne.Post("/v1/appeals", body(noted)).Want(t, http.StatusCreated).Into(t, &noted1)
	c.past(`UPDATE appeal SET due_at = recorded_at + interval '1 microsecond' WHERE id = $1`, noted1.ID)
	walk := func(client *apitest.Client, path string) (ids []uuid.UUID) {
		for cursor := ""; ; {
			var p page
			client.Get(fmt.Sprintf("%s?limit=1&cursor=%s", path, cursor)).Want(t, http.StatusOK).Into(t, &p)
			for _, item := range p.Items {
				ids = append(ids, item.ID)
			}
			if cursor = p.Next; cursor == "" {
				return ids
			}
		}
	}
	if got, want := walk(anne, "/v1/appeals"), []uuid.UUID{noted1.ID, order[2], order[1], order[0]}; !slices.Equal(got, want) {
		t.Errorf("own, the newest first: %v, want %v", got, want)
	}
	if got, want := walk(ada, "/v1/rewards/appeals"), append([]uuid.UUID{noted1.ID}, order...); !slices.Equal(got, want) {
		t.Errorf("the team's, the overdue first: %v, want %v", got, want)
	}
	var overdue page
	ada.Get("/v1/rewards/appeals?due_before="+time.Now().UTC().Format(time.RFC3339Nano)).Want(t, http.StatusOK).Into(t, &overdue)
	if len(overdue.Items) != 1 || !overdue.Items[0].Overdue {
		t.Errorf("overdue: %+v", overdue)
	}
	var withdrawn page
	if anne.Get("/v1/appeals?state=withdrawn").Into(t, &withdrawn); len(withdrawn.Items) != 3 {
		t.Errorf("withdrawn: %+v", withdrawn)
	}
	table := ada.Do(http.MethodGet, "/v1/rewards/appeals", nil, http.Header{"Accept": {"text/csv"}}).Want(t, http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(string(table.Body))).ReadAll()
	if err != nil || len(rows) != 5 || rows[0][0] != "id" || rows[1][0] != noted1.ID.String() || rows[1][2] != "true" {
		t.Errorf("as a table: %v (%v)", rows, err)
	}
}
