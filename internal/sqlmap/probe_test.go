package sqlmap

import (
	"slices"
	"strings"
	"testing"

	"github.com/uptally/uptally/internal/apitest/contract"
)

const document = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/things/{thing}/parts":{"post":{"operationId":"add-part",
	"parameters":[
		{"name":"thing","in":"path","required":true,"schema":{"type":"string"}},
		{"name":"limit","in":"query","schema":{"type":"integer","minimum":1,"maximum":9}},
		{"name":"name","in":"query","schema":{"type":"string","enum":["a b*"]}}],
	"requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object","required":["name","parts"],"properties":{
		"name":{"type":"string","enum":["say \"so\""]},
		"count":{"type":"integer","minimum":7,"maximum":7},
		"new":{"type":"boolean"},
		"parts":{"type":"array","minItems":1,"maxItems":1,"items":{"type":"object","required":["id"],"properties":{"id":{"type":"string","enum":["p1"]}}}}}}}}},
	"responses":{}}},
	"/table":{"post":{"operationId":"import","requestBody":{"content":{"text/csv":{"schema":{"type":"string"}}}},"responses":{}}}}}`

// Every place is marked once, and the call around it is whole.
func TestProbes(t *testing.T) {
	t.Parallel()
	parsed, err := contract.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	source := contract.NewSource(1, map[string][]string{"thing": {"t-1"}, "import.body": {"a,b\n1,2\n"}})
	want := map[string][]string{
		"add-part": {
			"path thing", "query limit", "query name", "header X-Request-Id", "header Accept", "header Idempotency-Key",
			"body count", "body name", "body new", "body parts[0].id",
		},
		"import": {"header X-Request-Id", "header Accept", "header Idempotency-Key", "body"},
	}
	for _, op := range parsed.Operations {
		probes, err := Probes(op, source, func(contract.Call) int { return 200 })
		if err != nil {
			t.Fatal(err)
		}
		var places []string
		for _, p := range probes {
			places = append(places, p.Place)
			if all := p.Path + p.Header[1] + p.Body; strings.Count(all, "*") != 1 {
				t.Errorf("%s has other than one mark: %s", p.Name(), all)
			}
		}
		slices.Sort(places)
		slices.Sort(want[op.ID])
		if !slices.Equal(places, want[op.ID]) {
			t.Errorf("%s: places %q, want %q", op.ID, places, want[op.ID])
		}
		for _, p := range probes {
			if where, is := marks[p.Name()]; is && !strings.Contains(p.Path+p.Header[1]+p.Body, where) {
				t.Errorf("%s: the mark is not as in %s: %s %v %s", p.Name(), where, p.Path, p.Header, p.Body)
			}
		}
	}
}

// marks are how some places are marked.
var marks = map[string]string{
	"add-part: query name":       "name=a+b%2A*",
	"add-part: header Accept":    "application/json*",
	"add-part: body name":        `"say \"so\"*"`,
	"add-part: body count":       `"count":7*`,
	"add-part: body parts[0].id": `"parts":[{"id":"p1*"}]`,
	"import: body":               "a,b\n1*,2\n",
}

// The call that is answered best is chosen, and what was not even looked up comes last.
func TestChosenCall(t *testing.T) {
	t.Parallel()
	statuses := map[string]int{"/a": 422, "/b": 404, "/c": 200, "/d": 409}
	calls := 0
	best := &chooser{statuses: map[string]int{}, try: func(c contract.Call) int {
		calls++
		return statuses[c.Path]
	}}
	for _, c := range []struct {
		paths string
		want  int
	}{{"/a /b /c /d", 2}, {"/a /d /b", 2}, {"/a", 0}} {
		var asked []contract.Call
		for path := range strings.FieldsSeq(c.paths) {
			asked = append(asked, contract.Call{Path: path})
		}
		if got := best.of(asked); got != c.want {
			t.Errorf("%s: call %d, want %d", c.paths, got, c.want)
		}
	}
	if calls != 4 {
		t.Errorf("%d calls for 4 different ones", calls)
	}
}
