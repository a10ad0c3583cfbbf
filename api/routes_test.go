package api_test

import (
	"bytes"
	"flag"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/lint"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// checkedFile holds the document of the operations as they were meant to be.
const checkedFile = "openapi.json"

// beside are the routes that are no operations: they show the document.
var beside = []string{
	"GET /docs", "GET /docs/*", "GET /openapi.json", "GET /openapi.yaml", "GET /openapi-3.0.json", "GET /openapi-3.0.yaml",
}

// Every route is in the document, and every operation of the document is a route.
func TestRoutesAreTheDocument(t *testing.T) {
	t.Parallel()
	s := apitest.New(t)
	var routes []string
	err := chi.Walk(s.API.Handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if one := method + " " + route; !slices.Contains(beside, one) {
			routes = append(routes, one)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var documentedRoutes []string
	parameter := regexp.MustCompile(`\{(\w+)\}`)
	document := documented(t, s)
	for _, op := range document.Operations {
		documentedRoutes = append(documentedRoutes, op.Method+" "+op.Path)
		var named, declared []string
		for _, match := range parameter.FindAllStringSubmatch(op.Path, -1) {
			named = append(named, match[1])
		}
		for _, p := range op.Parameters {
			if p.In == "path" {
				declared = append(declared, p.Name)
			}
		}
		slices.Sort(named)
		slices.Sort(declared)
		if !slices.Equal(named, declared) {
			t.Errorf("%s names %v in its path, and declares %v", op.ID, named, declared)
		}
	}
	slices.Sort(routes)
	slices.Sort(documentedRoutes)
	for _, route := range routes {
		if !slices.Contains(documentedRoutes, route) {
			t.Errorf("%s is not in the document", route)
		}
	}
	for _, route := range documentedRoutes {
		if !slices.Contains(routes, route) {
			t.Errorf("%s is in the document only", route)
		}
	}
	if registered := s.API.Operations(); len(registered) != len(document.Operations) {
		t.Errorf("%d operations are registered, %d in the document", len(registered), len(document.Operations))
	}
	t.Logf("%d routes", len(routes))
}

// The document says of each operation who may call it, as the table does.
func TestDocumentSaysWhoMayCall(t *testing.T) {
	t.Parallel()
	for _, op := range documented(t, apitest.New(t)).Operations {
		said := ""
		for _, role := range op.Roles {
			said += strings.ToUpper(role[:1])
		}
		switch {
		case op.Public:
			said = "*"
		case len(op.Roles) == 0:
			said = "+"
		}
		if said != access[op.ID] {
			t.Errorf("%s is for %q by the document, for %q by the table", op.ID, said, access[op.ID])
		}
	}
}

// The checked file is the server's own document.
func TestCheckedDocument(t *testing.T) {
	t.Parallel()
	text, err := apitest.New(t).API.Specification()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(checkedFile, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(checkedFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, text) {
		t.Error("openapi.json is not the document of the operations: run go generate ./api")
	}
}

// The document passes a public linter, with its recommended rules.
func TestDocumentPassesALinter(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(checkedFile)
	if err != nil {
		t.Fatal(err)
	}
	found, err := lint.Run(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range found {
		t.Error(finding)
	}
	spoiled := bytes.Replace(text, []byte(`"operationId": "get-me"`), []byte(`"operationId": "list-reasons"`), 1)
	if found, err := lint.Run(spoiled); err != nil || len(found) == 0 {
		t.Errorf("two operations of one id: %v, error %v", found, err)
	}
}

// The page that shows the document loads nothing from elsewhere: what it refers to are
// files beside it, and its policy lets it load nothing else.
func TestDocsLoadNothingFromOutside(t *testing.T) {
	t.Parallel()
	s := apitest.New(t)
	anyone := s.Anyone()
	page := anyone.Get("/docs/").Want(t, http.StatusOK)
	policy := page.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "connect-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy %q lacks %s", policy, part)
		}
	}
	for _, source := range []string{"http", "//", "*", "unsafe-eval"} {
		if strings.Contains(policy, source) {
			t.Errorf("the policy %q lets %s in", policy, source)
		}
	}
	references := regexp.MustCompile(`(?:src|href)=["']?([^"' >]+)`).FindAllSubmatch(page.Body, -1)
	if len(references) < 3 {
		t.Errorf("only %d references in %s", len(references), page.Body)
	}
	elsewhere := regexp.MustCompile(`(?:src|href)=["']?(?:https?:)?//|@import|url\(["']?(?:https?:)?//`)
	if found := elsewhere.Find(page.Body); found != nil {
		t.Errorf("the page refers to %s", found)
	}
	for _, reference := range references {
		path := string(reference[1])
		if !strings.HasPrefix(path, "/") {
			path = "/docs/" + strings.TrimPrefix(path, "./")
		}
		file := anyone.Get(path).Want(t, http.StatusOK)
		if strings.HasSuffix(path, ".css") {
			if found := elsewhere.Find(file.Body); found != nil {
				t.Errorf("%s refers to %s", path, found)
			}
		}
		if strings.HasSuffix(path, ".js") && !strings.Contains(path, "swagger-ui") && bytes.Contains(file.Body, []byte("://")) {
			t.Errorf("%s names another host: %s", path, file.Body)
		}
	}
}
