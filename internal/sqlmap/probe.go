package sqlmap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/uptally/uptally/internal/apitest/contract"
)

// mark is where sqlmap puts what it tries.
const mark = "*"

// Probe is a call with a mark in one place.
type Probe struct {
	Operation string
	Place     string // "query limit", "path device", "header Accept", "body links[0].kind"
	Method    string
	Path      string    // with the query
	Header    [2]string // a header's name and value; empty: none
	Type      string    // of the body
	Body      string
}

// Name is the operation's and the place's.
func (p Probe) Name() string { return p.Operation + ": " + p.Place }

// draws is how many calls are drawn to find one for each place.
const draws = 200

// tries is how many calls are made to find one that is answered well.
const tries = 12

// Probes returns a probe of each place of an operation, in the document's order: its
// parameters, the headers that every call has, and the members of its body. A call of
// the source's is chosen for each by how it is answered: try makes a call and returns
// its status.
func Probes(op *contract.Operation, source *contract.Source, try func(contract.Call) (status int)) ([]Probe, error) {
	calls := make([]contract.Call, draws)
	for i := range calls {
		calls[i] = op.Valid(source)
	}
	best := &chooser{try: try, statuses: map[string]int{}}
	var probes []Probe
	for _, place := range placesOf(op, source, calls) {
		var held []Probe
		var of []contract.Call
		for _, call := range calls {
			if p, holds := place.in(op, call); holds {
				held, of = append(held, p), append(of, call)
			}
		}
		if len(held) == 0 {
			return nil, fmt.Errorf("%s: no call of %d had a %s", op.ID, draws, place.name)
		}
		probes = append(probes, held[best.of(of)])
	}
	return probes, nil
}

// chooser remembers how calls were answered.
type chooser struct {
	try      func(contract.Call) int
	statuses map[string]int
}

// of returns the number of the first call that succeeds, or that comes closest.
func (c *chooser) of(calls []contract.Call) (best int) {
	least := 1000
	for i, call := range calls[:min(tries, len(calls))] {
		key := call.Path + "\n" + string(call.Body)
		status, known := c.statuses[key]
		if !known {
			status = c.try(call)
			c.statuses[key] = status
		}
		if status == 400 || status == 422 { // was not even looked up
			status += 500
		}
		if status < least {
			least, best = status, i
		}
		if status < 300 {
			break
		}
	}
	return best
}

// place is where something can be sent.
type place struct {
	name string
	in   func(op *contract.Operation, call contract.Call) (p Probe, holds bool)
}

func placesOf(op *contract.Operation, source *contract.Source, calls []contract.Call) (places []place) {
	for _, p := range op.Parameters {
		switch p.In {
		case "path":
			places = append(places, place{"path " + p.Name, inPath(p.Name)})
		case "query":
			places = append(places, place{"query " + p.Name, inQuery(p.Name)})
		}
	}
	for _, h := range headersOf(op) {
		places = append(places, place{"header " + h[0], inHeader(h)})
	}
	if op.Body == nil {
		return places
	}
	if op.Body.Type != "application/json" {
		return append(places, place{"body", inText(source.Known[op.ID+".body"])})
	}
	seen := map[string]bool{}
	for _, call := range calls {
		eachLeaf(decoded(call.Body), "", func(path string) {
			if !seen[path] {
				seen[path] = true
				places = append(places, place{"body " + path, inMember(path)})
			}
		})
	}
	return places
}

// headersOf are those that the API reads, but for the token, which is no text of the
// database's: with values that it takes.
func headersOf(op *contract.Operation) [][2]string {
	headers := [][2]string{{"X-Request-Id", "request-1"}, {"Accept", "application/json"}}
	if op.Acts() {
		return append(headers, [2]string{"Idempotency-Key", "key-1"})
	}
	return append(headers, [2]string{"If-None-Match", `"1"`})
}

// unmarked is the call without a mark.
func unmarked(op *contract.Operation, call contract.Call, name string) Probe {
	without := strings.NewReplacer(mark, "")
	return Probe{
		Operation: op.ID, Place: name, Method: op.Method, Path: without.Replace(call.Path),
		Type: call.Type, Body: without.Replace(string(call.Body)),
	}
}

func inPath(name string) func(*contract.Operation, contract.Call) (Probe, bool) {
	return func(op *contract.Operation, call contract.Call) (Probe, bool) {
		p := unmarked(op, call, "path "+name)
		path, query, _ := strings.Cut(p.Path, "?")
		parts := strings.Split(path, "/")
		for i, part := range strings.Split(op.Path, "/") {
			if part == "{"+name+"}" && i < len(parts) {
				parts[i] += mark
			}
		}
		p.Path = strings.Join(parts, "/")
		if query != "" {
			p.Path += "?" + query
		}
		return p, strings.Contains(p.Path, mark)
	}
}

func inQuery(name string) func(*contract.Operation, contract.Call) (Probe, bool) {
	return func(op *contract.Operation, call contract.Call) (Probe, bool) {
		p := unmarked(op, call, "query "+name)
		path, query, _ := strings.Cut(p.Path, "?")
		pairs := strings.Split(query, "&")
		for i, pair := range pairs {
			if key, value, _ := strings.Cut(pair, "="); key == url.QueryEscape(name) && value != "" {
				pairs[i] += mark
			}
		}
		p.Path = path + "?" + strings.Join(pairs, "&")
		return p, strings.Contains(p.Path, mark)
	}
}

func inHeader(header [2]string) func(*contract.Operation, contract.Call) (Probe, bool) {
	return func(op *contract.Operation, call contract.Call) (Probe, bool) {
		p := unmarked(op, call, "header "+header[0])
		p.Header = [2]string{header[0], header[1] + mark}
		return p, true
	}
}

// inText marks the first cell of the last row of a table that is known to mean something.
func inText(known []string) func(*contract.Operation, contract.Call) (Probe, bool) {
	return func(op *contract.Operation, call contract.Call) (Probe, bool) {
		p := unmarked(op, call, "body")
		text := strings.TrimRight(p.Body, "\n")
		row := strings.LastIndexByte(text, '\n') + 1
		cell := strings.IndexByte(text[row:], ',')
		if !slices.Contains(known, string(call.Body)) || cell < 0 {
			return p, false
		}
		p.Body = text[:row+cell] + mark + text[row+cell:] + "\n"
		return p, true
	}
}

func inMember(path string) func(*contract.Operation, contract.Call) (Probe, bool) {
	return func(op *contract.Operation, call contract.Call) (Probe, bool) {
		p := unmarked(op, call, "body "+path)
		body, marked := markLeaf(decoded([]byte(p.Body)), path)
		p.Body = body
		return p, marked
	}
}

func decoded(body []byte) (value any) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}
