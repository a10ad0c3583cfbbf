package contract

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is an OpenAPI document.
type Document struct {
	Operations []*Operation // by path, then method

	root     map[string]any
	mutex    sync.Mutex // of what is below
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

// Operation is one method of one path.
type Operation struct {
	ID, Method, Path string
	Roles            []string // x-roles; nil: none are needed
	Public           bool     // no token is needed
	Parameters       []Parameter
	Bodies           []*Body // what it takes, by media type; nil: nothing

	document  *Document
	pointer   string // of the operation in the document
	responses map[string]any
}

// Parameter is a part of the path, the query or the header.
type Parameter struct {
	Name, In string
	Required bool
	Schema   Schema

	pointer string
}

// Body is what an operation is sent.
type Body struct {
	Type   string // its media type
	Schema Schema

	pointer string
}

// Schema is a JSON Schema, decoded.
type Schema map[string]any

// place is where the document lies for the validator.
const place = "memory:///openapi.json"

// methods are those that a path may have, in the document's letters.
var methods = []string{"delete", "get", "head", "options", "patch", "post", "put", "trace"}

// Parse reads a document. It is not linted here: what it lacks shows as operations
// that cannot be called.
func Parse(text []byte) (*Document, error) {
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	d := &Document{root: object(decoded), compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(place, decoded); err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	for path, item := range object(d.root["paths"]) {
		for method, operation := range object(item) {
			if slices.Contains(methods, method) {
				d.Operations = append(d.Operations, d.operation(path, method, object(operation)))
			}
		}
	}
	slices.SortFunc(d.Operations, func(a, b *Operation) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return d, nil
}

func (d *Document) operation(path, method string, from map[string]any) *Operation {
	op := &Operation{
		Method: strings.ToUpper(method), Path: path, document: d, responses: object(from["responses"]),
		pointer: "#/paths/" + escape(path) + "/" + method,
	}
	op.ID, _ = from["operationId"].(string)
	for _, role := range list(from["x-roles"]) {
		op.Roles = append(op.Roles, role.(string))
	}
	for _, scheme := range list(from["security"]) {
		op.Public = op.Public || len(object(scheme)) == 0
	}
	for i, one := range list(from["parameters"]) {
		op.Parameters = append(op.Parameters, parameter(object(one), op.pointer+"/parameters/"+strconv.Itoa(i)+"/schema"))
	}
	if body := object(from["requestBody"]); body != nil {
		for _, mediaType := range sorted(object(body["content"])) {
			op.Bodies = append(op.Bodies, &Body{
				Type: mediaType, Schema: object(object(object(body["content"])[mediaType])["schema"]),
				pointer: op.pointer + "/requestBody/content/" + escape(mediaType) + "/schema",
			})
		}
	}
	return op
}

func parameter(from map[string]any, pointer string) Parameter {
	p := Parameter{Required: from["required"] == true, Schema: object(from["schema"]), pointer: pointer}
	p.Name, _ = from["name"].(string)
	p.In, _ = from["in"].(string)
	return p
}

// Operation returns the operation of an id, nil if there is none.
func (d *Document) Operation(id string) *Operation {
	for _, op := range d.Operations {
		if op.ID == id {
			return op
		}
	}
	return nil
}

// Acts says whether the operation changes something.
func (o *Operation) Acts() bool { return o.Method != http.MethodGet && o.Method != http.MethodHead }

// Types are the media types that the operation answers with, where it succeeds.
func (o *Operation) Types() []string { return o.succeedsWith("content") }

// Headers are the names of the headers that the operation may answer with, where it
// succeeds.
func (o *Operation) Headers() []string { return o.succeedsWith("headers") }

// succeedsWith are the names in a part of the answers of success, in order.
func (o *Operation) succeedsWith(part string) (names []string) {
	for status, response := range o.responses {
		if strings.HasPrefix(status, "2") {
			for name := range object(object(response)[part]) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// resolve follows a reference within the document.
func (d *Document) resolve(s Schema) Schema {
	reference, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	at := any(d.root)
	for part := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
		at = object(at)[unescape(part)]
	}
	return d.resolve(object(at))
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// escape and unescape are those of a JSON pointer (RFC 6901, section 3), in a fragment.
func escape(part string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "+", "%2B").Replace(part)
}

func unescape(part string) string { return strings.NewReplacer("~1", "/", "~0", "~").Replace(part) }
