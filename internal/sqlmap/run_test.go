//go:build sqlmap

package sqlmap

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/contract"
	"github.com/uptally/uptally/internal/apitest/town"
)

// What a run goes by.
const (
	programEnv = "UPTALLY_SQLMAP" // the program
	onlyEnv    = "SQLMAP_ONLY"    // what the operations' ids begin with, one or more with commas; empty: all
	placesEnv  = "SQLMAP_PLACES"  // what the places begin with, in the same way: path, query, header, body
	outEnv     = "SQLMAP_JSON"    // where results go; empty: nowhere
	seed       = 20240425         // of what is sent
	longest    = 30 * time.Minute // for one place
	fewest     = 50               // calls, below which nothing was tried
)

// result is what became of one place.
type result struct {
	Operation string  `json:"operation"`
	Place     string  `json:"place"`
	Verdict   Verdict `json:"verdict"`
	Calls     int     `json:"calls"`
	Seconds   int     `json:"seconds"`
	Report    string  `json:"report,omitempty"`
}

// No place of any operation is injectable, and the API fails on nothing that sqlmap
// sends.
func TestEveryPlace(t *testing.T) {
	specification, err := town.New(t).API.Specification()
	if err != nil {
		t.Fatal(err)
	}
	document, err := contract.Parse(specification)
	if err != nil {
		t.Fatal(err)
	}
	var mutex sync.Mutex
	var results []result
	t.Run("all", func(t *testing.T) {
		for _, op := range document.Operations {
			if !chosen(onlyEnv, op.ID) {
				continue
			}
			t.Run(op.ID, func(t *testing.T) {
				t.Parallel() // each in a town of its own, which goes with it
				of := probeOperation(t, op)
				mutex.Lock()
				defer mutex.Unlock()
				results = append(results, of...)
				write(t, results) // as far as it went
			})
		}
	})
	t.Logf("tested %d places", len(results))
	if len(results) == 0 {
		t.Errorf("no place is chosen by %s=%s and %s=%s", onlyEnv, os.Getenv(onlyEnv), placesEnv, os.Getenv(placesEnv))
	}
}

// probeOperation probes the places of an operation, one after the other: what one changes,
// or keeps busy, the next would take for an answer of its own.
func probeOperation(t *testing.T, op *contract.Operation) (results []result) {
	began, calls, found := time.Now(), 0, 0
	w := town.New(t)
	source := contract.NewSource(seed, w.Known(w.Owner))
	keys := 0
	probes, err := Probes(op, source, func(call contract.Call) int {
		keys++
		header := http.Header{"Idempotency-Key": {fmt.Sprint("try-", op.ID, "-", keys)}}
		if call.Type != "" {
			header.Set("Content-Type", call.Type)
		}
		answer, err := caller(w, op).Try(op.Method, call.Path, call.Body, header)
		if err != nil {
			t.Fatal(err)
		}
		return answer.Status
	})
	if err != nil {
		t.Error(err)
		return nil
	}
	for _, p := range probes {
		if !chosen(placesEnv, p.Place) {
			continue
		}
		r := run(t, w.API, caller(w, op).Token, p)
		results = append(results, r)
		calls += r.Calls
		if r.Verdict != Clean {
			found++
		}
	}
	t.Logf("%s: %d places, %d calls, %s, %d findings", op.ID, len(results), calls, time.Since(began).Round(time.Second), found)
	return results
}

// run has sqlmap try one place of a handler: again by one technique after the other where
// it suspected something that was nothing.
func run(t *testing.T, api http.Handler, token string, p Probe) result {
	front := &Front{API: api, Token: token}
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	began := time.Now()
	verdict, report, err := attempt(ctx, t, front, p, Every)
	if verdict == Suspected {
		t.Logf("%s, once more, after %q", p.Name(), report)
		verdict, report, err = runApart(ctx, t, front, p)
	}
	r := result{p.Operation, p.Place, verdict, front.Calls(), int(time.Since(began).Seconds()), report}
	switch {
	case err != nil:
		t.Error(err)
	case front.Failed() != "":
		t.Errorf("%s: the API failed: %s", p.Name(), front.Failed())
	case r.Calls < fewest:
		t.Errorf("%s: only %d calls", p.Name(), r.Calls)
	case verdict != Clean && p.Operation != canary:
		t.Errorf("%s is %s:\n%s", p.Name(), verdict, report)
	}
	return r
}

// runApart has sqlmap try a place by one technique after the other, so that what it
// suspects by one keeps it from nothing of the others. What is told by comparing is told
// of the answers' shapes: those of acts differ by themselves.
func runApart(ctx context.Context, t *testing.T, front *Front, p Probe) (Verdict, string, error) {
	for _, by := range []Techniques{Compared, Returned, Timed} {
		front.Shape = by == Compared
		if verdict, report, err := attempt(ctx, t, front, p, by); verdict != Clean {
			return verdict, report, err
		}
	}
	return Clean, "", nil
}

// attempt has sqlmap try a place by some techniques.
func attempt(ctx context.Context, t *testing.T, front *Front, p Probe, by Techniques) (Verdict, string, error) {
	server := httptest.NewServer(front)
	defer server.Close()
	return Tool{Program: os.Getenv(programEnv), Folder: t.TempDir()}.Run(ctx, server.URL, p, by)
}

// caller is who may call the operation, with a fresh token.
func caller(w *town.Town, op *contract.Operation) *apitest.Client {
	roles := strings.Join(op.Roles, " ")
	switch {
	case op.Public:
		return w.Anyone()
	case strings.Contains(roles, "rewards"):
		return w.As(town.Ada)
	case strings.Contains(roles, "finance"):
		return w.As(town.Ann)
	case strings.Contains(roles, "operator"):
		return w.As(town.Oscar)
	}
	return w.Of(w.Owner)
}

// chosen says whether the name begins with one of those that the variable lists.
func chosen(env, name string) bool {
	for only := range strings.SplitSeq(os.Getenv(env), ",") {
		if strings.HasPrefix(name, strings.TrimSpace(only)) {
			return true
		}
	}
	return false
}

// write writes the results, a line each, where they are wanted.
func write(t *testing.T, results []result) {
	if os.Getenv(outEnv) == "" {
		return
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, r := range results {
		if err := encoder.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(os.Getenv(outEnv), text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
