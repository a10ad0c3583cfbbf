package town

import (
	"fmt"
	"net/http"
	"time"

	"github.com/uptally/uptally/internal/apitest"
)

// fields is a body.
type fields map[string]any

// visitSupplier has a supplier do what suppliers do over HTTP.
func (w *Town) visitSupplier(p *Party) {
	w.t.Helper()
	c := w.Of(p)
	revision := w.sealed[len(w.sealed)-1]
	for _, l := range w.linesOf(revision, p.ID) {
		asked := c.Post("/v1/appeals", fields{"season": Sealed.Code, "revision": revision.Revision, "device_id": l.DeviceID,
			"span_start": l.Span.From.Start().Format(time.RFC3339), "reason": p.reason, "evidence": []string{p.evidence}})
		if asked.Status == http.StatusCreated {
			p.Appeal = w.id(asked)
			break
		}
	}
	p.Challenge = w.id(c.Post("/v1/wallets/challenges", fields{"address": w.world.Wallet(w.unused(p))}).Want(w.t, http.StatusCreated))
	p.Webhook = w.id(c.Post("/v1/webhooks", fields{"url": p.hook, "events": []string{"season.sealed"}}).Want(w.t, http.StatusCreated))
}

// visitStaff has staff leave work for a second person, and findings.
func (w *Town) visitStaff() {
	w.t.Helper()
	ada, ann := w.As(Ada), w.As(Ann)
	w.prepareSecond()
	ada.Post("/v1/rewards/incidents/scans", nil).Want(w.t, http.StatusOK)
	w.Incident, w.Hold, w.Held = w.collapse(), w.hold(), w.heldDevice()
	w.Window = w.id(ada.Post("/v1/rewards/windows", fields{"season": Running.Code, "from": april(27, 1), "to": april(27, 3),
		"reconnect_by": april(28, 0), "cause": "a small outage, mugwort"}).Want(w.t, http.StatusCreated))
	draft := fmt.Sprintf("/v1/rewards/snapshots/%s/%d", Sealed.Code, w.Draft.Revision)
	w.Override = w.id(ada.Post(draft+"/overrides", fields{"reason": "a test of the sorrel"}).Want(w.t, http.StatusCreated))
	w.Reopening = w.id(ada.Post("/v1/rewards/pulls/reopenings", fields{"from": april(23, 1), "to": april(23, 2), "reason": "they came late"}).Want(w.t, http.StatusCreated))
	w.Task = w.id(ann.Post("/v1/finance/reconciliation/chain", fields{}).Want(w.t, http.StatusAccepted))
	ann.Post("/v1/finance/wallets/"+w.Third.String()+"/freeze", fields{"reason": "frozen for the wormwood"}).Want(w.t, http.StatusOK)
	ann.Post("/v1/finance/wallets/"+w.Third.String()+"/release", fields{"reason": "released for the yarrow"}).Want(w.t, http.StatusOK)
}

// id reads the id in an answer.
func (w *Town) id(a apitest.Answer) string {
	w.t.Helper()
	var body map[string]any
	a.Into(w.t, &body)
	if body["id"] == nil {
		w.t.Fatalf("no id in %s", a.Body)
	}
	if number, ok := body["id"].(float64); ok {
		return fmt.Sprintf("%.0f", number)
	}
	return fmt.Sprint(body["id"])
}
