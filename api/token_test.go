package api_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/contract"
	"github.com/uptally/uptally/internal/apitest/town"
	"github.com/uptally/uptally/internal/badtoken"
)

// No bad token is let in, and none learns what is wrong with it: one answer, byte by
// byte, whatever is asked for.
func TestBadTokensOverHTTP(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	at := func() time.Time { return noon }
	var issuers []*devissuer.Issuer
	for _, url := range []string{"http://localhost/one", "https://other.example/"} {
		key, err := devissuer.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		issuers = append(issuers, devissuer.New(key, url).At(at))
	}
	verifier, err := auth.New(t.Context(), auth.Config{Issuers: []auth.Issuer{issuers[0].Trusted(), issuers[1].Trusted()}, Now: at}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := apitest.New(t, func(c *api.Config) { c.Verifier = verifier })
	good, err := issuers[0].Token(devissuer.Claims{Subject: "mallory", Roles: auth.Roles(), Supplier: uuid.New()})
	if err != nil {
		t.Fatal(err)
	}
	cases, err := badtoken.All(issuers[0], issuers[1], devissuer.Audience, noon)
	if err != nil {
		t.Fatal(err)
	}
	caller := s.Anyone()
	var refusal []byte
	for _, call := range []struct{ method, path string }{
		{http.MethodGet, "/v1/me"}, {http.MethodGet, "/v1/balance"}, {http.MethodGet, "/v1/operator/audit"}, {http.MethodPost, "/v1/rewards/incidents/scans"},
	} {
		caller.Token = good
		key := http.Header{"Idempotency-Key": {"good " + call.path}}
		if got := caller.Do(call.method, call.path, nil, key); got.Status == http.StatusUnauthorized {
			t.Fatalf("a good token: %s", got.Body)
		}
		for _, bad := range cases {
			if strings.ContainsAny(bad.Token, "\r\n\x00") {
				continue // no header can hold it
			}
			got := s.Anyone().Do(call.method, call.path, nil, http.Header{"Idempotency-Key": {"bad"}, "Authorization": {"Bearer " + bad.Token}})
			if refusal == nil {
				refusal = got.Problem(t, http.StatusUnauthorized, "token-refused").Body
			}
			if got.Status != http.StatusUnauthorized || !bytes.Equal(got.Body, refusal) {
				t.Errorf("%s, %s %s: %d %s", bad.Name, call.method, call.path, got.Status, got.Body)
			}
		}
	}
	if len(cases) < 30 {
		t.Errorf("only %d kinds", len(cases))
	}
	t.Logf("%d kinds of bad tokens, none accepted", len(cases))
}

// claims of others' making, which nothing here may listen to.
func claimed(w *town.Town) http.Header {
	id := w.Stranger.ID.String()
	header := http.Header{}
	for name, value := range map[string]string{
		"X-User-Id": id, "X-User": w.Stranger.Subject, "X-Supplier-Id": id, "X-Supplier": id, "X-Forwarded-User": w.Stranger.Subject, "X-Remote-User": w.Stranger.Subject,
		"X-Auth-Request-User": w.Stranger.Subject, "X-Authenticated-User": id, "X-Amzn-Oidc-Identity": id, "X-Role": "operator", "X-Roles": "operator,rewards",
		"X-Admin": "true", "X-Internal": "1", "X-Device-Id": w.Stranger.Device.String(), "X-Device-Token": "shared", "X-Api-Key": "shared", "X-Auth-Token": "shared",
		"X-Access-Token": "shared", "X-Jwt-Assertion": "a.b.c", "X-Real-Ip": "127.0.0.1", "True-Client-Ip": "127.0.0.1", "Cf-Connecting-Ip": "127.0.0.1", "X-Client-Ip": "::1",
		"X-Forwarded-For": "127.0.0.1, 10.0.0.1", "Forwarded": `for=127.0.0.1;host=admin;proto=https`, "X-Forwarded-Host": "admin.local", "X-Forwarded-Proto": "http",
		"X-Forwarded-Prefix": "/v1/operator", "X-Http-Method-Override": "DELETE", "X-Http-Method": "POST", "X-Method-Override": "POST", "X-Original-Url": "/v1/operator/audit",
		"X-Rewrite-Url": "/v1/operator/audit", "X-Original-Method": "POST", "X-Tenant-Id": id, "X-Impersonate": id, "Impersonate-User": id, "From": w.Stranger.Subject,
		"Cookie": "session=" + id + "; user_id=" + id + "; access_token=shared", "Proxy-Authorization": "Basic YWRtaW46YWRtaW4=", "Referer": "http://localhost/v1/operator",
		"Origin": "http://localhost", "Dnt": "1", "Cache-Control": "no-cache", "Pragma": "no-cache",
	} {
		header.Set(name, value)
	}
	return header
}

// moments are what differs between two answers to the same question.
var moments = regexp.MustCompile(`"as_of":"[^"]*"`)

// Who calls, and what for, is in the token and the request line: nothing that a header
// says beside changes a byte of any answer.
func headersSayNothing(t *testing.T, w *town.Town) {
	known, checked := w.Known(w.Owner), 0
	header := claimed(w)
	for _, op := range documented(t, w.Server).Operations {
		if op.Acts() || growing[op.ID] {
			continue
		}
		address := addressOf(op, known) + queries(w)[op.ID]
		for _, c := range callers(w) {
			plain := c.client.Get(address)
			with := c.client.Do(http.MethodGet, address, nil, header)
			checked++
			dated := moments.Match(plain.Body)
			plain.Body, with.Body = moments.ReplaceAll(plain.Body, nil), moments.ReplaceAll(with.Body, nil)
			for _, name := range []string{"Etag", "Content-Length"} {
				if dated {
					delete(plain.Header, name)
					delete(with.Header, name)
				}
			}
			if !alike(plain, with) {
				t.Errorf("%s by %s: %d %v %s, with headers %d %v %s", op.ID, c.name, plain.Status, plain.Header, cut(string(plain.Body)), with.Status, with.Header, cut(string(with.Body)))
			}
		}
	}
	w.Anyone().Do(http.MethodGet, "/v1/me", nil, header).Problem(t, http.StatusUnauthorized, "token-missing")
	twice := w.Of(w.Owner)
	basic := http.Header{"Authorization": {"Basic YWRtaW46YWRtaW4=", "Bearer " + twice.Token}}
	twice.Do(http.MethodGet, "/v1/me", nil, basic).Problem(t, http.StatusUnauthorized, "token-refused")
	t.Logf("%d answers with %d headers beside", checked, len(header))
}

// addressOf is an operation's address by the first values that are known.
func addressOf(op *contract.Operation, known map[string][]string) string {
	return op.Address(func(name string) string {
		if own := known[op.ID+"."+name]; own != nil {
			return own[0]
		}
		return known[name][0]
	})
}
