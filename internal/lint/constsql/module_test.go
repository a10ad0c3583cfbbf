package constsql_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/uptally/uptally/internal/lint/constsql"
)

const module = "github.com/uptally/uptally"

// No SQL of the module is built from strings, nor stands where it should not, and every
// exception is of a package that there is.
func TestModule(t *testing.T) {
	t.Parallel()
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedModule |
			packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedTypesSizes,
		Context: t.Context(),
	}, module+"/...")
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded) < 35 {
		t.Fatalf("only %d packages were looked at", len(loaded))
	}
	for _, p := range loaded {
		for _, problem := range p.Errors {
			t.Error(problem)
		}
	}
	for _, e := range constsql.Exceptions {
		if !slices.ContainsFunc(loaded, func(p *packages.Package) bool { return strings.HasPrefix(module+"/"+e.Function, p.PkgPath+".") }) {
			t.Errorf("an exception of %s, whose package there is not", e.Function)
		}
		if e.Why == "" {
			t.Errorf("an exception of %s, for no reason", e.Function)
		}
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{constsql.New(constsql.Exceptions)}, loaded, nil)
	if err != nil {
		t.Fatal(err)
	}
	for action := range graph.All() {
		if action.Err != nil {
			t.Errorf("%s: %v", action, action.Err)
		}
		for _, finding := range action.Diagnostics {
			t.Errorf("%s: %s", action.Package.Fset.Position(finding.Pos), finding.Message)
		}
	}
}
