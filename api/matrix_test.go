package api_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/contract"
	"github.com/uptally/uptally/internal/apitest/town"
)

// outsider is a caller whom every operation refuses that needs a token or the role.
type outsider struct {
	name   string
	client *apitest.Client
	role   auth.Role // a good token's
	status int       // of the refusal
	kind   string
}

// outsiders are callers with every role and none, and with every way not to be let in.
func outsiders(w *town.Town) []outsider {
	supplier := devissuer.Claims{Subject: w.Owner.Subject, Roles: auth.Roles(), Supplier: w.Owner.ID}
	expired, elsewhere, bare := supplier, supplier, supplier
	expired.Extra = map[string]any{"iat": time.Now().Add(-2 * time.Hour).Unix(), "exp": time.Now().Add(-time.Hour).Unix()}
	elsewhere.Audience = "https://another.example"
	bare.Scopes = []string{}
	return []outsider{
		{"nobody", w.Anyone(), "", http.StatusUnauthorized, "token-missing"},
		{"expired", w.With(expired), "", http.StatusUnauthorized, "token-refused"},
		{"wrong audience", w.With(elsewhere), "", http.StatusUnauthorized, "token-refused"},
		{"no scope", w.With(bare), "", http.StatusUnauthorized, "token-refused"},
		{"no role", w.With(devissuer.Claims{Subject: "nobody.in.particular", Roles: []auth.Role{}}), "none", http.StatusForbidden, "role-missing"},
		{"supplier", w.Of(w.Owner), auth.Supplier, http.StatusForbidden, "role-missing"},
		{"rewards", w.As(town.Grace), auth.Rewards, http.StatusForbidden, "role-missing"},
		{"finance", w.As(town.Bob), auth.Finance, http.StatusForbidden, "role-missing"},
		{"operator", w.As(town.Oscar), auth.Operator, http.StatusForbidden, "role-missing"},
	}
}

// lets says whether the table lets a role in; "" is no valid token.
func lets(operation string, role auth.Role) bool {
	letters := map[auth.Role]string{"none": "+", auth.Supplier: "S+", auth.Rewards: "R+", auth.Finance: "F+", auth.Operator: "O+"}[role]
	return strings.ContainsAny(access[operation], letters+"*")
}

// kindOf is the kind of a problem, "" of anything else.
func kindOf(a apitest.Answer) string {
	var problem struct{ Type string }
	_ = json.Unmarshal(a.Body, &problem) // what is no JSON is no problem
	return strings.TrimPrefix(problem.Type, wire.ProblemPrefix)
}

// atTheDoor are the kinds by which somebody is not let in.
var atTheDoor = []string{"token-missing", "token-refused", "scope-missing", "role-missing", "person-unknown", "rate-limited", "issuer-unreachable"}

// without are reads that have nothing to answer in the town, and the kind they say.
var without = map[string]string{
	"get-ledger-verification": "not-found", // nobody verified it
	"preview-distribution":    "guard",     // nobody waits to be paid
}

// writes are reads that need a token that may write: what they tell lets one act.
var writes = map[string]bool{"get-webhook-secret": true}

// matrix calls every operation as everybody.
type matrix struct {
	t      *testing.T
	w      *town.Town
	source *contract.Source
	calls  int
	done   map[string]bool // acts that succeeded
	acts   int
}

// Every operation, called by everybody: exactly those succeed whom the table lets in.
func TestMatrix(t *testing.T) {
	t.Parallel()
	w := town.New(t)
	document := documented(t, w.Server)
	m := &matrix{t: t, w: w, source: contract.NewSource(1, w.Known(w.Owner)), done: map[string]bool{}}
	for name := range access {
		if document.Operation(name) == nil {
			t.Errorf("%s is in the table, and not in the document", name)
		}
	}
	everybody := outsiders(w)
	for _, op := range ordered(document) {
		if access[op.ID] == "" {
			t.Errorf("%s %s (%s) is not in the table", op.Method, op.Path, op.ID)
			continue
		}
		for _, c := range everybody { // first those who must change nothing
			if c.role == "" || !lets(op.ID, c.role) {
				m.refused(op, c)
			}
		}
		m.readOnly(op)
		for _, c := range everybody {
			if c.role != "" && lets(op.ID, c.role) {
				m.admitted(op, c)
			}
		}
	}
	t.Logf("%d operations, %d calls; %d of %d acts succeeded", len(document.Operations), m.calls, len(m.done), m.acts)
}

// ordered are the operations, but what ends things comes last.
func ordered(d *contract.Document) []*contract.Operation {
	last := []string{"ask-override", "approve-override", "approve-snapshot", "seal-snapshot", "reject-snapshot", "withdraw-appeal", "delete-webhook", "release-hold", "halt-writing", "resume-writing"}
	operations := slices.Clone(d.Operations)
	slices.SortStableFunc(operations, func(a, b *contract.Operation) int {
		return cmp.Compare(slices.Index(last, a.ID), slices.Index(last, b.ID))
	})
	return operations
}

func (m *matrix) call(op *contract.Operation, client *apitest.Client) apitest.Answer {
	m.calls++
	known := m.source.Known
	address := op.Address(func(name string) string {
		for _, values := range [][]string{known[op.ID+"."+name], known[name]} {
			if len(values) > 0 {
				return values[0]
			}
		}
		m.t.Fatalf("%s: no value of %s is known", op.ID, name)
		return ""
	})
	address += queries(m.w)[op.ID]
	header := http.Header{}
	var body []byte
	if op.Acts() {
		header.Set("Idempotency-Key", fmt.Sprintf("matrix-%d", m.calls))
	}
	if len(op.Bodies) > 0 {
		var mediaType string
		body, mediaType = m.body(op)
		header.Set("Content-Type", mediaType)
	}
	return client.Do(op.Method, address, body, header)
}

// body is one that does something, where one is known, else one that is allowed.
func (m *matrix) body(op *contract.Operation) (text []byte, mediaType string) {
	if body := bodies(m.w)[op.ID]; body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			m.t.Fatal(err)
		}
		return text, "application/json"
	}
	if known := m.source.Known[op.ID+".body"]; known != nil {
		return []byte(known[0]), "text/csv"
	}
	call := op.Valid(m.source)
	return call.Body, call.Type
}

// refused fails the test unless the caller is refused at the door, or it is public.
func (m *matrix) refused(op *contract.Operation, c outsider) {
	m.t.Helper()
	if access[op.ID] == "*" {
		m.admitted(op, c)
		return
	}
	if got := m.call(op, c.client); got.Status != c.status || kindOf(got) != c.kind {
		m.t.Errorf("%s as %s: %d %s, want %d %s", op.ID, c.name, got.Status, kindOf(got), c.status, c.kind)
	}
}

// readOnly fails the test unless a token that may only read cannot act, and can read.
func (m *matrix) readOnly(op *contract.Operation) {
	m.t.Helper()
	claims := devissuer.Claims{Subject: "reader.only", Roles: auth.Roles(), Supplier: m.w.Owner.ID, Scopes: []string{auth.ScopeRead}}
	got := m.call(op, m.w.With(claims))
	if refused := op.Acts() || writes[op.ID]; refused != (kindOf(got) == "scope-missing") || slices.Contains(atTheDoor, kindOf(got)) != refused {
		m.t.Errorf("%s with a token that may read: %d %s", op.ID, got.Status, kindOf(got))
	}
}

// admitted fails the test unless the caller is let in: a read succeeds, an act succeeds
// or is refused for what it asks.
func (m *matrix) admitted(op *contract.Operation, c outsider) {
	m.t.Helper()
	got := m.call(op, c.client)
	if op.Acts() && got.Status < 300 {
		m.done[op.ID] = true
	}
	if op.Acts() {
		m.acts++
	}
	switch kind := kindOf(got); {
	case got.Status >= 500, slices.Contains(atTheDoor, kind):
		m.t.Errorf("%s as %s: %d %s", op.ID, c.name, got.Status, got.Body)
	case got.Status >= 400 && !op.Acts() && without[op.ID] != kind:
		m.t.Errorf("%s as %s reads nothing: %d %s", op.ID, c.name, got.Status, got.Body)
	case got.Status >= 400 && op.Acts():
		m.t.Logf("%s as %s: %d %s", op.ID, c.name, got.Status, got.Body)
	}
}

// bodies are of acts that succeed.
func bodies(w *town.Town) map[string]any {
	span := func(day, from, to int) fields {
		at := func(hour int) string { return time.Date(2024, 4, day, hour, 0, 0, 0, time.UTC).Format(time.RFC3339) }
		return fields{"from": at(from), "to": at(to), "reason": "it is a test"}
	}
	return map[string]any{
		"prepare-distribution":         fields{"rail": "merkle", "reason": "pay"},
		"request-distribution-preview": fields{"rail": "merkle", "reason": "pay"},
		"fund-season":                  fields{"season": town.Sealed.Code, "account": "reserve", "amount": "5"},
		"answer-appeal":                fields{"outcome": "refused", "reason": "it was looked at"},
		"dismiss-incident":             fields{"season": town.Running.Code, "reason": "announced"},
		"propose-reopening":            span(23, 3, 4),
		"add-hold":                     span(23, 3, 4),
		"request-pull":                 span(23, 3, 4),
		"create-season":                fields{"code": "town-s3", "from": "2024-05-01", "to": "2024-05-02", "pool": "10", "ruleset": "ignition-s1"},
		"preview-season":               fields{"set": []string{"eligibility.min_uptime=0.6"}},
		"take-snapshot":                fields{"season": town.Running.Code},
		"propose-window": fields{"season": town.Running.Code, "from": "2024-04-28T01:00:00Z", "to": "2024-04-28T02:00:00Z",
			"reconnect_by": "2024-04-28T12:00:00Z", "cause": "another outage"},
		"create-webhook":       fields{"url": "https://hooks.example/two", "events": []string{"payout.paid"}},
		"release-held-changes": fields{"device": w.Held, "reason": "looked at"},
		"check-ruleset":        fields{"ruleset": "ignition-s1"},
		"freeze-wallets":       fields{"reason": "lost the key"},
	}
}

// fields is a body.
type fields map[string]any

// queries are what reads need to be asked.
func queries(w *town.Town) map[string]string {
	return map[string]string{
		"find-claim-proofs":         "?payout=" + w.Owner.Payout,
		"get-ingest-reconciliation": "?season=" + town.Sealed.Code,
	}
}

// Whoever asks for what is another's is told what they are told of what there is not:
// the same bytes.
func TestForeignIsAbsent(t *testing.T) {
	t.Parallel()
	w := town.New(t)
	foreignIsAbsent(t, w)
}

func foreignIsAbsent(t *testing.T, w *town.Town) {
	t.Helper()
	known, checked := w.Known(w.Stranger), 0
	owner := w.Of(w.Owner)
	random := map[string]string{
		"device": uuid.NewString(), "appeal": uuid.NewString(), "webhook": uuid.NewString(), "payout": "d77-1", "challenge": "c77", "season": town.Sealed.Code,
	}
	for _, op := range documented(t, w.Server).Operations {
		if !op.Takes("device", "appeal", "webhook", "payout", "challenge") || access[op.ID] != "S" {
			continue
		}
		foreign := op.Address(func(name string) string { return known[name][0] })
		absent := op.Address(func(name string) string { return random[name] })
		checked++
		of, against := knock(owner, op, foreign), knock(owner, op, absent)
		if of.Status != http.StatusNotFound || !alike(of, against) {
			t.Errorf("%s: of another %d %s, of nobody %d %s", op.ID, of.Status, of.Body, against.Status, against.Body)
		}
		if mine := knock(w.Of(w.Stranger), op, foreign); mine.Status == http.StatusNotFound && op.ID != "test-webhook" {
			t.Errorf("%s: who owns it is answered %s", op.ID, mine.Body)
		}
	}
	bodies := map[string][2]any{
		"/v1/appeals":        {appealOf(known["device"][0]), appealOf(random["device"])},
		"/v1/wallets/proofs": {proofOf(known["challenge"][0]), proofOf(random["challenge"])},
	}
	for path, pair := range bodies {
		checked++
		if of, against := owner.Post(path, pair[0]), owner.Post(path, pair[1]); of.Status != http.StatusNotFound || !alike(of, against) {
			t.Errorf("%s: of another %d %s, of nobody %d %s", path, of.Status, of.Body, against.Status, against.Body)
		}
	}
	if checked < 15 {
		t.Errorf("only %d operations name what is somebody's", checked)
	}
}

// knock calls an operation that takes no body.
func knock(c *apitest.Client, op *contract.Operation, address string) apitest.Answer {
	switch op.Method {
	case http.MethodGet:
		return c.Get(address)
	case http.MethodDelete:
		return c.Delete(address)
	}
	return c.Post(address, nil)
}

func appealOf(device string) any {
	return map[string]any{"season": town.Sealed.Code, "revision": 2, "device_id": device, "span_start": town.Sealed.FirstDay, "reason": "it ran"}
}

func proofOf(challenge string) any {
	return map[string]any{"challenge": challenge, "signature": strings.Repeat("2", 88)}
}

// alike says whether two answers are the same, but for what names the request.
func alike(a, b apitest.Answer) bool {
	of := func(h http.Header) http.Header {
		h = h.Clone()
		for _, name := range []string{"X-Request-Id", "Date", "Ratelimit", "Ratelimit-Policy"} {
			h.Del(name)
		}
		return h
	}
	left, right := fmt.Sprint(of(a.Header)), fmt.Sprint(of(b.Header))
	return a.Status == b.Status && bytes.Equal(a.Body, b.Body) && left == right
}
