package constsql

import (
	"go/types"
	"slices"
	"strings"
)

// libraries are the packages that send statements, those below them included.
var libraries = []string{"github.com/jackc/pgx/v5", "database/sql"}

// parameters are what those packages call a parameter that is a statement.
var parameters = []string{"sql", "query"}

// fields are those of their types that hold a statement.
var fields = map[string][]string{
	"github.com/jackc/pgx/v5":          {"SQL", "BeginQuery", "CommitQuery"}, // QueuedQuery, TxOptions
	"github.com/jackc/pgx/v5/pgproto3": {"String", "Query"},                  // Query, Parse
}

// speaksSQL says whether the package is one that sends statements.
func speaksSQL(p *types.Package) bool {
	return p != nil && slices.ContainsFunc(libraries, func(library string) bool {
		return p.Path() == library || strings.HasPrefix(p.Path(), library+"/")
	})
}

// statementOf returns which of the function's parameters is a statement. A method of
// an interface of anybody's that answers with a library's type may be the library's.
func statementOf(f *types.Func) (index int, is bool) {
	signature := f.Signature()
	theirs := speaksSQL(f.Pkg())
	if !theirs && (!isAbstract(signature) || !answersWithRows(signature)) {
		return 0, false
	}
	for i := range signature.Params().Len() {
		p := signature.Params().At(i)
		if isString(p.Type()) && (!theirs || slices.Contains(parameters, p.Name())) {
			return i, true
		}
	}
	return 0, false
}

// isAbstract says whether the function is an interface's method.
func isAbstract(s *types.Signature) bool {
	return s.Recv() != nil && types.IsInterface(s.Recv().Type())
}

// answersWithRows says whether a library's type is among the results.
func answersWithRows(s *types.Signature) bool {
	for variable := range s.Results().Variables() {
		result := types.Unalias(variable.Type())
		if pointer, ok := result.(*types.Pointer); ok {
			result = types.Unalias(pointer.Elem())
		}
		if named, ok := result.(*types.Named); ok && speaksSQL(named.Obj().Pkg()) {
			return true
		}
	}
	return false
}

// isStatementField says whether the object is a field that holds a statement.
func isStatementField(object types.Object) bool {
	field, ok := object.(*types.Var)
	return ok && field.IsField() && field.Pkg() != nil && isString(field.Type()) && slices.Contains(fields[field.Pkg().Path()], field.Name())
}

func isString(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsString != 0
}
