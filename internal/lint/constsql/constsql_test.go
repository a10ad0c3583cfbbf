package constsql_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/uptally/uptally/internal/lint/constsql"
)

// What is reported stands beside the lines of testdata, which are built with
// signatures like pgx's.
func TestAnalyzer(t *testing.T) {
	t.Parallel()
	analyzer := constsql.New([]constsql.Exception{
		{Function: "shop.excepted", Rule: constsql.Built, Why: "a test"},
		{Function: "shop.placedByException", Rule: constsql.Elsewhere, Why: "a test"},
		{Function: "needless.Bound", Rule: constsql.Built, Why: "a test"},
		{Function: "needless.Gone", Rule: constsql.Elsewhere, Why: "a test"},
	})
	const module = "github.com/uptally/uptally/"
	analysistest.Run(t, analysistest.TestData(), analyzer, module+"shop", module+"migrations", module+"needless")
}
