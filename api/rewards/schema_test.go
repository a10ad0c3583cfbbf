package rewards_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

// What every reading answers fits what the specification says of it.
func TestEveryAnswerFitsItsSchema(t *testing.T) {
	t.Parallel()
	var served huma.API
	w := connected(t, 60, func(c *api.Config) { c.Also = func(s *wire.Service) { served = s.API } })
	device := w.populate()
	queries := map[string]string{
		"get-incident-proposal": "?season=" + season, "get-held-effects": "?state=all&season=" + season, "list-held-changes": "?state=all&season=" + season,
		"get-snapshot-diff": "?against=1", "list-diff-suppliers": "?against=1", "list-diff-lines": "?against=1", "explain-device-to-team": "?season=" + season,
	}
	values := strings.NewReplacer("{season}", season, "{revision}", "2", "{id}", "2", "{device}", device, "{sha256}", w.sha256())
	for path, item := range served.OpenAPI().Paths {
		op := item.Get
		if op == nil || !strings.HasPrefix(path, v1) || strings.HasPrefix(path, v1+"/appeals") {
			continue // appeals are another room's
		}
		answer := w.ada.Get(values.Replace(path)+queries[op.OperationID]).Want(t, http.StatusOK)
		var body any
		w.check(json.Unmarshal(answer.Body, &body))
		var result huma.ValidateResult
		schema := op.Responses["200"].Content["application/json"].Schema
		huma.Validate(served.OpenAPI().Components.Schemas, schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, body, &result)
		for _, fault := range result.Errors {
			t.Errorf("%s: %v", op.OperationID, fault)
		}
		if text := string(answer.Body); strings.Contains(text, `"items":[]`) || strings.Contains(text, `"items":null`) {
			t.Errorf("%s has nothing to show: %s", op.OperationID, answer.Body)
		}
		if len(op.Summary) == 0 || strings.HasSuffix(op.Summary, ".") || !strings.HasSuffix(op.Description, ".") {
			t.Errorf("%s is described as %q, %q", op.OperationID, op.Summary, op.Description)
		}
	}
}

// populate gives every reading something to show, and returns a device.
func (w *town) populate() (device string) {
	w.t.Helper()
	w.create()
	w.pull()
	w.take("1")
	w.answerIncidents()
	w.check(w.DB.Owner.QueryRow(w.t.Context(), `SELECT id::text FROM device WHERE number = 0`).Scan(&device))
	w.ada.Post(v1+"/verdicts", fields{"verdicts": []fields{{
		"device_id": device, "verdict": "spoofed", "effective_at": day(4, 25), "reason": "found", "evidence": "run 17",
	}}}).Want(w.t, http.StatusCreated)
	draft := w.take("2")
	w.grace.Post(at("2", "approval"), fields{"digest": draft.Digest}).Want(w.t, http.StatusOK)
	w.owner(`INSERT INTO snapshot_override (snapshot_id, guards, reason, asked_by) SELECT id, '{coverage}', 'a test', taken_by FROM snapshot WHERE revision = 2`)
	w.ada.Post(v1+"/pulls/reopenings", fields{"from": day(4, 22), "to": day(4, 23), "reason": "lost heartbeats"}).Want(w.t, http.StatusCreated)
	_, err := snapshot.Reestimate(w.t.Context(), w.DB.App, season)
	w.check(err)
	return device
}

// sha256 is that of a ruleset on record.
func (w *town) sha256() string {
	w.t.Helper()
	var rulesets struct {
		Items []struct {
			SHA256 string `json:"sha256"`
		}
	}
	w.ada.Get(v1+"/rulesets").Want(w.t, http.StatusOK).Into(w.t, &rulesets)
	return rulesets.Items[0].SHA256
}
