package constsql

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/types/typeutil"
)

// What a statement that is no constant is told.
const notConstant = "the statement is not a constant: write it out, and bind what varies as an argument"

// New returns the analyzer with the functions that may do otherwise. It reports each
// other place of the package's files, tests aside, where SQL is not constant text or
// stands outside of store.go, and each exception that is of no use.
func New(exceptions []Exception) *analysis.Analyzer {
	return &analysis.Analyzer{
		Name: "constsql",
		Doc:  "reports SQL that is not constant text, or stands outside of store.go",
		Run: func(pass *analysis.Pass) (any, error) {
			(&check{Pass: pass, exceptions: exceptions, used: map[Exception]bool{}, embedded: embeddedIn(pass)}).run()
			return nil, nil
		},
	}
}

// check is one package's.
type check struct {
	*analysis.Pass
	exceptions []Exception
	used       map[Exception]bool
	embedded   map[types.Object]bool // variables that hold a file as it was built

	file     string              // the name of the file at hand
	function string              // the declaration at hand
	called   map[*ast.Ident]bool // names of functions that are called, not passed on
}

func (c *check) run() {
	last := -1
	for i, file := range c.Files {
		c.file = filepath.Base(c.Fset.File(file.FileStart).Name())
		if strings.HasSuffix(c.file, "_test.go") {
			continue
		}
		last = i
		for _, declaration := range file.Decls {
			c.declaration(declaration)
		}
	}
	if last < 0 {
		return // a package of tests alone
	}
	for _, e := range c.exceptions {
		if e.packagePath() == c.Pkg.Path() && !c.used[e] {
			c.Reportf(c.Files[last].Name.Pos(), "%s needs no exception for SQL that is %s: take it out of the list", e.Function, e.Rule)
		}
	}
}

func (c *check) declaration(d ast.Decl) {
	c.function, c.called = c.nameOf(d), map[*ast.Ident]bool{}
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv != nil && n.Name.Name == "RewriteQuery" {
				c.report(Built, n.Name, "RewriteQuery changes statements as they are sent: write them out")
			}
		case *ast.CallExpr:
			c.call(n)
		case *ast.CompositeLit:
			c.literal(n)
		case *ast.SelectorExpr:
			if isStatementField(c.TypesInfo.Uses[n.Sel]) {
				c.report(Built, n.Sel, "the statement is reached as a field: queue another one")
			}
		case *ast.Ident:
			c.name(n)
		}
		return true
	})
}

// call looks at what a function of SQL is called with.
func (c *check) call(call *ast.CallExpr) {
	f, _ := typeutil.Callee(c.TypesInfo, call).(*types.Func)
	if f == nil {
		return
	}
	index, is := statementOf(f)
	if !is {
		return
	}
	c.called[nameIn(call.Fun)] = true
	if c.file != "store.go" {
		c.report(Elsewhere, call, "SQL stands in files named store.go")
	}
	if index >= len(call.Args) || !c.constant(call.Args[index]) { // f(g()) has one argument for all
		c.report(Built, call.Args[min(index, len(call.Args)-1)], notConstant)
	}
}

// literal looks at the fields that hold a statement.
func (c *check) literal(literal *ast.CompositeLit) {
	fields, ok := types.Unalias(c.TypesInfo.TypeOf(literal)).Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, element := range literal.Elts {
		var field types.Object
		if pair, keyed := element.(*ast.KeyValueExpr); keyed {
			field, element = c.TypesInfo.Uses[pair.Key.(*ast.Ident)], pair.Value
		} else {
			field = fields.Field(i)
		}
		if isStatementField(field) && !c.constant(element) {
			c.report(Built, element, notConstant)
		}
	}
}

// name looks at names by which statements get out of sight.
func (c *check) name(name *ast.Ident) {
	switch object := c.TypesInfo.Uses[name].(type) {
	case *types.Func:
		if _, is := statementOf(object); is && !c.called[name] {
			c.report(Built, name, name.Name+" is passed on: call it here, with the statement")
		}
	case *types.Const:
		if object.Name() == "QueryExecModeSimpleProtocol" && speaksSQL(object.Pkg()) {
			c.report(Built, name, "the simple protocol writes arguments into the statement: use another mode")
		}
	}
}

// report reports, unless an exception is made for the function.
func (c *check) report(rule Rule, at ast.Node, message string) {
	for _, e := range c.exceptions {
		if e.Rule == rule && e.path() == c.function {
			c.used[e] = true
			return
		}
	}
	c.Report(analysis.Diagnostic{Pos: at.Pos(), End: at.End(), Message: message + " (in " + c.function + ")"})
}

// nameOf is the declaration's name as exceptions know it.
func (c *check) nameOf(d ast.Decl) string {
	f, ok := d.(*ast.FuncDecl)
	if !ok {
		return c.Pkg.Path() + "." + token.VAR.String()
	}
	name := f.Name.Name
	if f.Recv != nil {
		receiver := types.Unalias(c.TypesInfo.TypeOf(f.Recv.List[0].Type))
		if pointer, ok := receiver.(*types.Pointer); ok {
			receiver = types.Unalias(pointer.Elem())
		}
		name = receiver.(*types.Named).Obj().Name() + "." + name
	}
	return c.Pkg.Path() + "." + name
}

// nameIn is the function's own name in what is called.
func nameIn(called ast.Expr) *ast.Ident {
	switch e := ast.Unparen(called).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	case *ast.IndexExpr:
		return nameIn(e.X)
	case *ast.IndexListExpr:
		return nameIn(e.X)
	}
	return nil
}
