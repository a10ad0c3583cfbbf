package simulator

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2/clientcredentials"
)

// ask sends a request in process and returns the reply.
func ask(t *testing.T, h http.Handler, method, target string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	request.Header = header
	reply := httptest.NewRecorder()
	h.ServeHTTP(reply, request)
	return reply
}

func TestBadParametersAreProblems(t *testing.T) {
	w := newWorld(t, 5, 1)
	h := w.Handler(Options{})
	const hour = "from=2024-04-25T08:00:00Z&to=2024-04-25T09:00:00Z"
	elsewhere := w.formatCursor(0, "verdicts")
	otherWorld := newWorld(t, 5, 2).formatCursor(0, "changes")
	for _, c := range []struct {
		target, detail string
	}{
		{"/v1/heartbeats", `from is ""`},
		{"/v1/heartbeats?from=2024-04-25T08:00:00Z", `to is ""`},
		{"/v1/heartbeats?from=2024-04-25&to=2024-04-26", `from is "2024-04-25"`},
		{"/v1/heartbeats?from=2024-04-25T08:00:00%2B02:00&to=2024-04-25T09:00:00Z", `from is`},
		{"/v1/heartbeats?to=2024-04-25T08:00:00Z&from=2024-04-25T09:00:00Z", "after to"},
		{"/v1/heartbeats?limit=0&" + hour, `limit is "0"`},
		{"/v1/heartbeats?limit=10001&" + hour, `limit is "10001"`},
		{"/v1/heartbeats?limit=ten&" + hour, `limit is "ten"`},
		{"/v1/heartbeats?cursor=%21&" + hour, "cursor"},
		{"/v1/heartbeats?cursor=" + elsewhere + "&" + hour, "cursor"},
		{"/v1/heartbeats/summary?from=2024-04-25T08:00:00Z", `to is ""`},
		{"/v1/devices/changes?limit=-1", `limit is "-1"`},
		{"/v1/devices/changes?cursor=" + elsewhere, "cursor"},
		{"/v1/devices/changes?cursor=" + otherWorld, "cursor"},
		{"/v1/verdicts?cursor=AAAA", "cursor"},
		{"/v1/job-minutes", `day is ""`},
		{"/v1/job-minutes?day=2024-02-30", `day is "2024-02-30"`},
		{"/v1/job-minutes?day=2024-04-25&limit=", ""},
	} {
		reply := ask(t, h, http.MethodGet, c.target, nil)
		if c.detail == "" {
			if reply.Code != http.StatusOK {
				t.Errorf("%s: %d", c.target, reply.Code)
			}
			continue
		}
		var problem struct {
			Status int
			Detail string
		}
		err := json.Unmarshal(reply.Body.Bytes(), &problem)
		if err != nil || reply.Code != 400 || problem.Status != 400 || !strings.Contains(problem.Detail, c.detail) ||
			reply.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d, %+v, %v, want a problem about %q", c.target, reply.Code, problem, err, c.detail)
		}
	}
}

func TestOtherPathsAndMethodsAreRefused(t *testing.T) {
	h := newWorld(t, 5, 1).Handler(Options{})
	for target, want := range map[string]int{
		"GET /": 404, "GET /v1/devices": 404, "POST /oauth/token": 404,
		"POST /v1/heartbeats": 405, "DELETE /v1/verdicts": 405,
	} {
		method, path, _ := strings.Cut(target, " ")
		if reply := ask(t, h, method, path, nil); reply.Code != want {
			t.Errorf("%s: %d, want %d", target, reply.Code, want)
		}
	}
}

// readLog reads a whole log, and checks that its end is an empty page with a
// cursor that can be asked again.
func readLog(t *testing.T, h http.Handler, path, limit string) (seqs []int64) {
	t.Helper()
	query := url.Values{"limit": {limit}}
	for {
		p := get(t, h, path, query)
		if p.NextCursor == nil {
			t.Fatalf("%s: a page without next_cursor", path)
		}
		n := len(seqs)
		for _, row := range append(p.Changes, p.Verdicts...) {
			var head struct{ Seq int64 }
			if err := json.Unmarshal(row, &head); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			seqs = append(seqs, head.Seq)
		}
		if len(seqs) == n && query.Get("cursor") == *p.NextCursor {
			return seqs
		}
		query.Set("cursor", *p.NextCursor)
	}
}

func TestLogRowsHaveTheFieldsOfTheContract(t *testing.T) {
	w := newWorld(t, 100, 3)
	h := w.Handler(Options{})
	var changes struct {
		Changes []map[string]any `json:"changes"`
	}
	if err := json.Unmarshal(ask(t, h, "GET", changesPath, nil).Body.Bytes(), &changes); err != nil {
		t.Fatal(err)
	}
	n := 0
	for c := range w.Changes() {
		want := map[string]any{"seq": c.Seq, "device_id": c.DeviceID.String(),
			"changed_at": c.ChangedAt.Format(time.RFC3339), "channel": string(c.Channel)}
		optional(want, "supplier_id", c.SupplierID)
		optional(want, "gpu_model", c.GPUModel)
		optional(want, "connectivity", c.Connectivity)
		optional(want, "device_name", c.DeviceName)
		optional(want, "status", c.Status)
		optional(want, "gpu_count", c.GPUCount)
		assertRow(t, changes.Changes[n], want)
		n++
	}
	var verdicts struct {
		Verdicts []map[string]any `json:"verdicts"`
	}
	if err := json.Unmarshal(ask(t, h, "GET", verdictsPath, nil).Body.Bytes(), &verdicts); err != nil {
		t.Fatal(err)
	}
	n = 0
	for v := range w.Verdicts() {
		assertRow(t, verdicts.Verdicts[n], map[string]any{"seq": v.Seq, "device_id": v.DeviceID.String(),
			"verdict": string(v.Kind), "effective_at": v.EffectiveAt.Format(time.RFC3339),
			"decided_at": v.DecidedAt.Format(time.RFC3339), "reason": v.Reason, "evidence": v.Evidence})
		n++
	}
}

func optional[T any](row map[string]any, name string, value *T) {
	if value != nil {
		row[name] = *value
	}
}

func assertRow(t *testing.T, got, want map[string]any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Fatalf("row %s, want %s", g, w)
	}
}

func TestLogsPageToTheirEnd(t *testing.T) {
	w := newWorld(t, 60, 3)
	h := w.Handler(Options{})
	for path, want := range map[string]int{changesPath: len(w.changes), verdictsPath: len(w.verdicts)} {
		for _, limit := range []string{"1", "17", "10000"} {
			seqs := readLog(t, h, path, limit)
			if len(seqs) != want {
				t.Errorf("%s, limit %s: %d rows, want %d", path, limit, len(seqs), want)
			}
			for i := 1; i < len(seqs); i++ {
				if seqs[i] <= seqs[i-1] {
					t.Errorf("%s: seq %d after %d", path, seqs[i], seqs[i-1])
				}
			}
		}
	}
}

func TestJobMinutesPageToTheirEnd(t *testing.T) {
	w := newWorld(t, 300, 3)
	h := w.Handler(Options{})
	read := func(limit string) (total, rows int32) {
		query := url.Values{"day": {"2024-03-01"}, "limit": {limit}}
		for {
			p := get(t, h, jobMinutesPath, query)
			for _, row := range p.JobMinutes {
				if _, known := w.Truth(row.DeviceID); !known {
					t.Fatalf("job minutes of a stray, %s", row.DeviceID)
				}
				total, rows = total+row.Minutes, rows+1
			}
			if p.NextCursor == nil {
				return total, rows
			}
			query.Set("cursor", *p.NextCursor)
		}
	}
	want := int32(0)
	for device := range w.Devices() {
		want += w.jobMinutes(device, tickOf(date(2024, 3, 1)))
	}
	for _, limit := range []string{"1", "7", "10000"} {
		if total, rows := read(limit); total != want || rows < 10 {
			t.Errorf("limit %s: %d minutes in %d rows, want %d minutes", limit, total, rows, want)
		}
	}
}

func TestTheStoryClockHidesTheFuture(t *testing.T) {
	w := newWorld(t, 100, 3)
	now := AttackAt
	h := w.Handler(Options{Now: func() time.Time { return now }})
	for _, b := range readAll(t, h, now.Add(-time.Hour), now.Add(time.Hour), limitMax) {
		if !b.At.Before(now) {
			t.Fatalf("a heartbeat of %s, and it is %s", b.At, now)
		}
	}
	before := len(readLog(t, h, changesPath, "1000"))
	now = AttackEnd
	if attacked := len(readLog(t, h, changesPath, "1000")) - before; attacked < 25 || attacked > 35 {
		t.Errorf("%d changes in the hour of the attack, want about 30", attacked)
	}
	if p := get(t, h, jobMinutesPath, url.Values{"day": {"2024-04-25"}}); len(p.JobMinutes) > 0 {
		t.Error("job minutes of a day that is not over")
	}
	now = now.AddDate(0, 0, 1)
	if p := get(t, h, jobMinutesPath, url.Values{"day": {"2024-04-25"}}); len(p.JobMinutes) == 0 {
		t.Error("no job minutes of a day that is over")
	}
}

func TestAStaticTokenIsRequired(t *testing.T) {
	unauthorised := new(atomic.Bool)
	h := newWorld(t, 5, 1).Handler(Options{Token: "secret", Unauthorised: unauthorised})
	for header, want := range map[string]int{
		"": 401, "Bearer": 401, "Bearer wrong": 401, "Basic secret": 401, "Bearer secret": 200,
	} {
		if got := ask(t, h, "GET", changesPath, http.Header{"Authorization": {header}}).Code; got != want {
			t.Errorf("Authorization %q: %d, want %d", header, got, want)
		}
	}
	unauthorised.Store(true)
	reply := ask(t, h, "GET", changesPath, http.Header{"Authorization": {"Bearer secret"}})
	if reply.Code != 401 || reply.Header().Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("while unauthorised: %d", reply.Code)
	}
	unauthorised.Store(false)
	if got := ask(t, h, "GET", changesPath, http.Header{"Authorization": {"Bearer secret"}}).Code; got != 200 {
		t.Errorf("afterwards: %d", got)
	}
}

func TestClientCredentialsBuyShortLivedTokens(t *testing.T) {
	server := httptest.NewServer(newWorld(t, 5, 1).Handler(Options{
		ClientID: "uptally", ClientSecret: "a secret/with+signs", Audience: "uptime", TokenUses: 2,
	}))
	defer server.Close()
	buy := func(secret, audience string) (string, error) {
		c := clientcredentials.Config{ClientID: "uptally", ClientSecret: secret, TokenURL: server.URL + TokenPath,
			EndpointParams: url.Values{"audience": {audience}}}
		token, err := c.Token(t.Context())
		if err != nil {
			return "", err
		}
		return token.AccessToken, nil
	}
	if _, err := buy("wrong", "uptime"); err == nil || !strings.Contains(err.Error(), "invalid_client") {
		t.Errorf("with a wrong secret: %v", err)
	}
	if _, err := buy("a secret/with+signs", "elsewhere"); err == nil || !strings.Contains(err.Error(), "invalid_request") {
		t.Errorf("for another audience: %v", err)
	}
	token, err := buy("a secret/with+signs", "uptime")
	if err != nil {
		t.Fatal(err)
	}
	for use, want := range []int{200, 200, 401, 401} {
		request, _ := http.NewRequestWithContext(t.Context(), "GET", server.URL+verdictsPath, nil)
		request.Header.Set("Authorization", "Bearer "+token)
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = reply.Body.Close()
		if reply.StatusCode != want {
			t.Errorf("use %d of the token: %d, want %d", use+1, reply.StatusCode, want)
		}
	}
}

func TestTokensExpire(t *testing.T) {
	i := &issuer{options: Options{ClientID: "id", TokenLifetime: time.Nanosecond}, grants: map[string]*grant{}}
	token := i.issue()
	i.grants[token].expires = time.Unix(0, 0)
	if i.spend(token) || len(i.grants) != 0 {
		t.Error("an expired token was accepted")
	}
	if !i.spend((&issuer{options: Options{ClientID: "id"}, grants: i.grants}).issue()) {
		t.Error("a fresh token was refused")
	}
}

func TestGzipIsForThoseWhoAcceptIt(t *testing.T) {
	w := newWorld(t, 50, 1)
	plain := ask(t, w.Handler(Options{}), "GET", verdictsPath, http.Header{"Accept-Encoding": {"gzip"}})
	if plain.Header().Get("Content-Encoding") != "" {
		t.Error("compressed without Gzip")
	}
	h := w.Handler(Options{Gzip: true})
	if got := ask(t, h, "GET", verdictsPath, nil); got.Body.String() != plain.Body.String() {
		t.Error("without Accept-Encoding the page is not the plain one")
	}
	zipped := ask(t, h, "GET", verdictsPath, http.Header{"Accept-Encoding": {"deflate, gzip"}})
	reader, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(reader)
	if err != nil || string(page) != plain.Body.String() || zipped.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("unpacked %d bytes, %v, want the %d of the plain page", len(page), err, plain.Body.Len())
	}
}
