package sqlmap

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What sqlmap prints decides; its exit code does not say.
func TestVerdict(t *testing.T) {
	t.Parallel()
	const (
		clean     = "[10:00:00] [CRITICAL] all tested parameters do not appear to be injectable. Try more"
		suspicion = "[10:00:00] [INFO] URI parameter '#1*' appears to be 'OR boolean-based blind' injectable"
	)
	const found = "identified the following injection point(s) with a total of 290 HTTP(s) requests:\n---\nParameter: #1* (URI)\n---"
	for _, c := range []struct {
		prints  string
		exit    string
		verdict Verdict
		report  string
	}{
		{clean, "0", Clean, ""},
		{"[10:00:00] [INFO] URI parameter '#1*' appears to be dynamic\n" + clean, "0", Clean, ""},
		{"[10:00:00] [INFO] testing\n\r" + suspicion + " \n[10:00:01] [WARNING] a false positive\n" + clean, "0", Suspected, suspicion},
		{suspicion + "\n" + found + "\n[10:00:01] [INFO]", "0", Injectable, found},
		{"[10:00:00] [INFO] testing\nsqlmap " + found + "\n[10:00:01] [INFO] the back-end DBMS is PostgreSQL", "0", Injectable, found},
		{"[10:00:00] [CRITICAL] unable to connect to the target URL", "1", "", ""},
		{"[10:00:00] [CRITICAL] no parameter(s) found for testing in the provided data", "0", "", ""},
		{"", "0", "", ""},
	} {
		program := filepath.Join(t.TempDir(), "sqlmap")
		text := "#!/bin/sh\ncat <<'END'\n" + c.prints + "\nEND\nexit " + c.exit + "\n"
		if err := os.WriteFile(program, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		verdict, report, err := Tool{program, t.TempDir()}.Run(t.Context(), "http://127.0.0.1", Probe{}, Every)
		if verdict != c.verdict || report != c.report || errors.Is(err, ErrNoVerdict) != (c.verdict == "") {
			t.Errorf("%q: %q, %q, %v", c.prints, verdict, report, err)
		}
	}
}

func TestNoVerdictWithoutTime(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := (Tool{"/bin/true", t.TempDir()}).Run(ctx, "http://127.0.0.1", Probe{}, Every); !errors.Is(err, ErrNoVerdict) {
		t.Errorf("got %v", err)
	}
}

// A probe as sqlmap is given it: the mark in one place, everything else as it was.
func TestArguments(t *testing.T) {
	t.Parallel()
	got := Tool{"sqlmap", "/folder"}.arguments("http://127.0.0.1:1", Probe{
		Method: "POST", Path: "/v1/things?limit=5", Header: [2]string{"Accept", "text/csv*"}, Type: "application/json", Body: `{"a":1}`,
	}, Timed)
	want := []string{
		"--url=http://127.0.0.1:1/v1/things?limit=5", "--method=POST", "--output-dir=/folder", "--technique=ST", "--param-filter=(custom) HEADER",
		`--data={"a":1}`, "--headers=Accept: text/csv*\nContent-Type: application/json",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// The front adds the token and a new key to each call, leaves a probed key alone, and
// remembers the first failure of the API.
func TestFront(t *testing.T) {
	t.Parallel()
	var keys []string
	front := &Front{Token: "token", API: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token" {
			t.Errorf("a call without the token")
		}
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		switch {
		case strings.Contains(r.URL.Path, "halted"):
			w.WriteHeader(http.StatusServiceUnavailable)
		case strings.Contains(r.URL.Path, "fails"):
			w.WriteHeader(http.StatusInternalServerError)
		}
	})}
	for _, call := range []struct{ method, path, key string }{
		{"GET", "/halted", ""}, {"POST", "/", ""}, {"POST", "/", ""}, {"POST", "/", "key-1' OR 1=1"}, {"GET", "/fails?a=1", ""}, {"GET", "/fails?a=2", ""},
	} {
		r := httptest.NewRequest(call.method, call.path, nil)
		if call.key != "" {
			r.Header.Set("Idempotency-Key", call.key)
		}
		front.ServeHTTP(httptest.NewRecorder(), r)
	}
	if want := []string{"", "probe-2", "probe-3", "key-1' OR 1=1", "", ""}; !slices.Equal(keys, want) {
		t.Errorf("keys %q, want %q", keys, want)
	}
	if front.Calls() != 6 || front.Failed() != "500 for GET /fails?a=1" {
		t.Errorf("%d calls, failed %q", front.Calls(), front.Failed())
	}
}

// A long answer is cut, and is whole as far as it goes.
func TestFrontCutsAnswers(t *testing.T) {
	t.Parallel()
	for method, most := range map[string]int{http.MethodGet: readMax, http.MethodPost: actMax} {
		cutsAnswers(t, method, most)
	}
}

func cutsAnswers(t *testing.T, method string, most int) {
	long := strings.Repeat("0123456789abcdef", most/16+1)
	server := httptest.NewServer(&Front{API: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(long)))
		w.WriteHeader(http.StatusOK)
		for _, half := range []string{long[:100], long[100:]} {
			if n, err := io.WriteString(w, half); n != len(half) || err != nil {
				t.Errorf("%d bytes of %d written: %v", n, len(half), err)
			}
		}
	})})
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if got, err := io.ReadAll(answer.Body); err != nil || string(got) != long[:most] {
		t.Errorf("%s: %d bytes come through, error %v; want the first %d", method, len(got), err, most)
	}
}

// The part of the call that is marked is the only one that is tried.
func TestFilter(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]Probe{
		"URI":             {Path: "/a*", Body: "{}"},
		"(custom) HEADER": {Path: "/a", Header: [2]string{"Accept", "x*"}, Body: "{}"},
		"(custom) POST":   {Path: "/a", Body: `{"a":"b*"}`},
	} {
		if got := filterOf(p); got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
	}
}

// A shape says what an answer is made of, and is the same for answers that differ in
// nothing but values and the number of items.
func TestShape(t *testing.T) {
	t.Parallel()
	shown := func(answer string) string {
		t.Helper()
		front := &Front{Shape: true, API: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, answer)
		})}
		w := httptest.NewRecorder()
		front.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
		if w.Code != http.StatusCreated {
			t.Errorf("status %d", w.Code)
		}
		return w.Body.String()
	}
	one := shown(`{"id":"a","items":[{"n":1,"at":null,"on":true}]}`)
	if want := "{ id: string items: [ { at: <nil> n: json.Number on: bool } ] } "; one != want {
		t.Errorf("got %q, want %q", one, want)
	}
	if other := shown(`{"items":[{"n":7,"on":false,"at":null},{"n":8}],"id":"b"}`); other != one {
		t.Errorf("other values show: %q and %q", other, one)
	}
	if empty := shown(`{"id":"a","items":[]}`); empty == one {
		t.Errorf("that there is none does not show: %q", empty)
	}
	if table := shown("a,b\n1,2\n"); table != "a,b" {
		t.Errorf("of a table: %q", table)
	}
	if long := shown(`["` + strings.Repeat("a", 2*readMax) + `"]`); long != "[ string ] " {
		t.Errorf("of a long answer: %q", long)
	}
}
