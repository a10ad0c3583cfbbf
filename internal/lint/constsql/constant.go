package constsql

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// embedder is the one package whose statements may be files.
const embedder = module + "migrations"

// constant says whether the compiler knows the text.
func (c *check) constant(e ast.Expr) bool {
	if c.TypesInfo.Types[e].Value != nil {
		return true
	}
	name, ok := ast.Unparen(e).(*ast.Ident)
	return ok && c.embedded[c.TypesInfo.Uses[name]]
}

// embeddedIn returns the package's own variables that hold an embedded file, and that
// nothing changes.
func embeddedIn(pass *analysis.Pass) map[types.Object]bool {
	embedded := map[types.Object]bool{}
	if pass.Pkg.Path() != embedder {
		return embedded
	}
	for _, file := range pass.Files {
		for _, declaration := range file.Decls {
			if d, ok := declaration.(*ast.GenDecl); ok && d.Tok == token.VAR && isEmbed(d.Doc) {
				for _, name := range d.Specs[0].(*ast.ValueSpec).Names {
					embedded[pass.TypesInfo.Defs[name]] = !name.IsExported()
				}
			}
		}
	}
	for _, file := range pass.Files {
		ast.Inspect(file, func(n ast.Node) bool {
			for _, changed := range changedBy(n) {
				if name, ok := ast.Unparen(changed).(*ast.Ident); ok {
					delete(embedded, pass.TypesInfo.Uses[name])
				}
			}
			return true
		})
	}
	return embedded
}

// changedBy returns what the node sets, or lets be set through a pointer.
func changedBy(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		return n.Lhs
	case *ast.RangeStmt:
		return []ast.Expr{n.Key, n.Value}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	}
	return nil
}

func isEmbed(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, line := range doc.List {
		if strings.HasPrefix(line.Text, "//go:embed ") {
			return true
		}
	}
	return false
}
