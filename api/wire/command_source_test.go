package wire

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every operation that stands for a command is one of the document, and is given what it
// takes.
func TestWaysAreOperations(t *testing.T) {
	t.Parallel()
	takes := operationsTake(t)
	braced, member := regexp.MustCompile(`\{(\w+)\}`), regexp.MustCompile(`(?:^|, )(\w+) `)
	for _, w := range ways {
		if w.operation == "" {
			continue
		}
		members, known := takes[w.operation]
		if !known {
			t.Errorf("%s: %s is no operation", w.command, w.operation)
		}
		for _, match := range member.FindAllStringSubmatch(w.with, -1) {
			if !slices.Contains(members, match[1]) {
				t.Errorf("%s: %s takes %v, not %s", w.command, w.operation, members, match[1])
			}
		}
		for _, match := range braced.FindAllString(w.operation+w.with, -1) {
			if !strings.Contains(w.command, match) {
				t.Errorf("%s: the command is not given %s", w.command, match)
			}
		}
	}
}

// Every command that the domain names in a text is one that has a way here, and stands in
// backquotes; no text names a flag outside of one.
func TestCommandsOfTheDomainAreKnown(t *testing.T) {
	t.Parallel()
	var nouns []string
	for _, w := range ways {
		noun, _, _ := strings.Cut(w.command, " ")
		nouns = append(nouns, noun)
	}
	bare := regexp.MustCompile(`uptally (?:` + strings.Join(nouns, "|") + `)\b|[^ ] \(?--[a-z]`)
	values := strings.NewReplacer("%s", "s/r1", "%d", "1")
	found := 0
	for _, text := range textsOf(t, "uptime", "snapshot", "ledger", "api") {
		for _, match := range quotedCommand.FindAllStringSubmatch(text, -1) {
			found++
			command := values.Replace(match[1])
			if !slices.ContainsFunc(written, func(pattern *regexp.Regexp) bool { return pattern.MatchString(command) }) {
				t.Errorf("no way for `uptally %s`", match[1])
			}
		}
		if left := quotedCommand.ReplaceAllString(text, ""); bare.MatchString(left) {
			t.Errorf("a command or a flag outside of backquotes: %s", text)
		}
	}
	if found < 30 {
		t.Errorf("only %d commands found", found)
	}
}

// operationsTake returns the members of each operation's query and body, by method and
// path.
func operationsTake(t *testing.T) map[string][]string {
	t.Helper()
	type schema struct {
		Ref        string         `json:"$ref"`
		Properties map[string]any `json:"properties"`
	}
	var document struct {
		Paths map[string]map[string]struct {
			Parameters  []struct{ Name, In string }
			RequestBody struct {
				Content map[string]struct{ Schema schema }
			}
		}
		Components struct{ Schemas map[string]schema }
	}
	text, err := os.ReadFile("../openapi.json")
	if err == nil {
		err = json.Unmarshal(text, &document)
	}
	if err != nil {
		t.Fatal(err)
	}
	takes := map[string][]string{}
	for path, methods := range document.Paths {
		for method, operation := range methods {
			members := []string{}
			for _, p := range operation.Parameters {
				if p.In == "query" {
					members = append(members, p.Name)
				}
			}
			for name := range document.Components.Schemas[filepath.Base(operation.RequestBody.Content["application/json"].Schema.Ref)].Properties {
				members = append(members, name)
			}
			takes[strings.ToUpper(method)+" "+path] = members
		}
	}
	return takes
}

// textsOf returns the string literals of the rooms' programs.
func textsOf(t *testing.T, rooms ...string) []string {
	t.Helper()
	var texts []string
	for _, room := range rooms {
		err := filepath.WalkDir(filepath.Join("../..", room), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || entry.Name() == "command.go" {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(node ast.Node) bool {
				if literal, is := node.(*ast.BasicLit); is && literal.Kind == token.STRING {
					text, err := strconv.Unquote(literal.Value)
					texts = append(texts, text)
					return err == nil
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return texts
}
