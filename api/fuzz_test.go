package api_test

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/contract"
	"github.com/uptally/uptally/internal/apitest/town"
)

// The calls that are drawn for every operation and caller, unless fuzzEnv says for how
// long to go on.
const (
	fuzzEnv   = "UPTALLY_API_FUZZ"
	fuzzCalls = 4
	fuzzSeed  = 20240425
)

// fuzzer draws calls by the document, and holds the answers against it.
type fuzzer struct {
	t      *testing.T
	w      *town.Town
	source *contract.Source
	known  map[*town.Party]map[string][]string
	counts map[int]int    // answers by status
	found  map[string]int // what is wrong, and how often
	calls  int
}

// Whatever is asked: no failure of ours, no answer that is not documented, nothing
// taken that the document forbids, and repetitions answered alike.
func TestFuzz(t *testing.T) {
	t.Parallel()
	w := town.New(t)
	f := &fuzzer{
		t: t, w: w, source: contract.NewSource(fuzzSeed, nil), counts: map[int]int{}, found: map[string]int{},
		known: map[*town.Party]map[string][]string{w.Owner: w.Known(w.Owner), w.Stranger: w.Known(w.Stranger)},
	}
	document := documented(t, w.Server)
	people := callers(w)
	deadline := time.Time{}
	if text := os.Getenv(fuzzEnv); text != "" {
		length, err := time.ParseDuration(text)
		if err != nil {
			t.Fatalf("%s: %v", fuzzEnv, err)
		}
		deadline = time.Now().Add(length)
	}
	for round := 0; round < fuzzCalls || time.Now().Before(deadline); round++ {
		for _, op := range document.Operations {
			for _, c := range people {
				f.call(op, c)
			}
		}
	}
	t.Logf("%d calls of %d operations by %d callers: %v", f.calls, len(document.Operations), len(people), f.counts)
	for problem, times := range f.found {
		t.Errorf("%d times: %s", times, problem)
	}
}

func (f *fuzzer) call(op *contract.Operation, c caller) {
	if c.role != "" && !lets(op.ID, c.role) && f.source.IntN(6) > 0 {
		return // who is not let in learns little
	}
	f.source.Known = f.known[c.party]
	call := op.Draw(f.source)
	header := http.Header{"Idempotency-Key": {fmt.Sprintf("fuzz-%d", f.calls)}}
	if call.Type != "" {
		header.Set("Content-Type", call.Type)
	}
	if f.source.IntN(6) == 0 && len(op.Types()) > 1 {
		header.Set("Accept", "text/csv")
	}
	f.calls++
	answer, err := c.client.Try(op.Method, call.Path, call.Body, header)
	if err != nil {
		f.report("%s by %s: %v", op.ID, c.name, err)
		return
	}
	f.counts[answer.Status]++
	f.judge(op, c, call, answer)
	if op.Acts() && answer.Status < http.StatusInternalServerError {
		f.repeat(op, c, call, header, answer)
	}
	if op.ID == "halt-writing" && answer.Status == http.StatusOK {
		f.w.As("olive.ransome").Post("/v1/operator/resumption", map[string]string{"reason": "the fuzzer halted it"}).Want(f.t, http.StatusOK)
	}
}

func (f *fuzzer) judge(op *contract.Operation, c caller, call contract.Call, answer apitest.Answer) {
	what := fmt.Sprintf("%s %s by %s, %s", op.Method, cut(call.Path), c.name, cut(string(call.Body)))
	passing := answer.Status == http.StatusServiceUnavailable
	switch {
	case answer.Status >= http.StatusInternalServerError && !passing:
		f.report("%s: %d\n\t%s", op.ID, answer.Status, what)
	case answer.Status < 300 && !call.Allowed:
		f.report("%s: taken, though the document forbids it\n\t%s\n\t%s", op.ID, what, cut(string(answer.Body)))
	case answer.Status < 300 && call.Unknown:
		f.report("%s: taken with a part that there is not\n\t%s", op.ID, what)
	}
	if err := op.Check(answer.Status, answer.Header, answer.Body); err != nil {
		f.report("%s: %v\n\t%s", op.ID, err, what)
	}
}

// repeat makes a call again: what was begun is answered alike.
func (f *fuzzer) repeat(op *contract.Operation, c caller, call contract.Call, header http.Header, first apitest.Answer) {
	again, err := c.client.Try(op.Method, call.Path, call.Body, header)
	switch {
	case err != nil:
		f.report("%s again: %v", op.ID, err)
	case again.Status != first.Status || !bytes.Equal(again.Body, first.Body):
		f.report("%s: answered %d, then %d: %s, %s", op.ID, first.Status, again.Status, cut(string(first.Body)), cut(string(again.Body)))
	case first.Status < 300 && again.Header.Get("Idempotency-Replayed") != "true":
		f.report("%s: done twice", op.ID)
	}
}

// report keeps one example of what is wrong, by operation and the first line.
func (f *fuzzer) report(format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	head, _, _ := strings.Cut(text, "\n")
	for known := range f.found {
		if other, _, _ := strings.Cut(known, "\n"); cmp.Compare(other[:min(len(other), 90)], head[:min(len(head), 90)]) == 0 {
			f.found[known]++
			return
		}
	}
	f.found[text] = 1
}

func cut(text string) string {
	if len(text) > 300 {
		return text[:300] + "…"
	}
	return text
}
