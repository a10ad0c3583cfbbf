package constsql

import (
	"go/types"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// The functions of the libraries that the analyzer looks at are these, and the fields
// that it looks for are there: a new release that names a parameter or a field
// otherwise changes the list.
func TestStatements(t *testing.T) {
	t.Parallel()
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports, Context: t.Context()},
		"github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgconn", "github.com/jackc/pgx/v5/pgxpool",
		"github.com/jackc/pgx/v5/pgproto3", "database/sql")
	if err != nil {
		t.Fatal(err)
	}
	var found, held []string
	for _, p := range loaded {
		scope := p.Types.Scope()
		for _, name := range scope.Names() {
			found = append(found, statementsOf(scope.Lookup(name))...)
			held = append(held, fieldsOf(scope.Lookup(name))...)
		}
	}
	slices.Sort(found)
	slices.Sort(held)
	if got := strings.Join(found, "\n"); got != wantStatements {
		t.Errorf("statements are taken by\n%s", got)
	}
	if got := strings.Join(held, "\n"); got != wantFields {
		t.Errorf("statements are held by\n%s", got)
	}
}

// statementsOf names the functions that take a statement: the object, or its methods.
func statementsOf(object types.Object) (found []string) {
	add := func(f *types.Func, name string) {
		if index, is := statementOf(f); is && f.Exported() {
			found = append(found, name+"("+f.Signature().Params().At(index).Name()+")")
		}
	}
	switch object := object.(type) {
	case *types.Func:
		add(object, object.Pkg().Name()+"."+object.Name())
	case *types.TypeName:
		if !object.Exported() {
			return nil
		}
		methods := types.NewMethodSet(object.Type())
		if !types.IsInterface(object.Type()) {
			methods = types.NewMethodSet(types.NewPointer(object.Type()))
		}
		for method := range methods.Methods() {
			f := method.Obj().(*types.Func)
			add(f, object.Pkg().Name()+"."+object.Name()+"."+f.Name())
		}
	}
	return found
}

func fieldsOf(object types.Object) (found []string) {
	holder, ok := object.Type().Underlying().(*types.Struct)
	if _, isType := object.(*types.TypeName); !ok || !isType {
		return nil
	}
	for field := range holder.Fields() {
		if isStatementField(field) {
			found = append(found, object.Pkg().Name()+"."+object.Name()+"."+field.Name())
		}
	}
	return found
}

const wantFields = `pgproto3.Parse.Query
pgproto3.Query.String
pgx.QueuedQuery.SQL
pgx.TraceBatchQueryData.SQL
pgx.TracePrepareStartData.SQL
pgx.TraceQueryStartData.SQL
pgx.TxOptions.BeginQuery
pgx.TxOptions.CommitQuery`

const wantStatements = `pgconn.Batch.ExecParams(sql)
pgconn.PgConn.CopyFrom(sql)
pgconn.PgConn.CopyTo(sql)
pgconn.PgConn.Exec(sql)
pgconn.PgConn.ExecParams(sql)
pgconn.PgConn.Prepare(sql)
pgconn.Pipeline.SendPrepare(sql)
pgconn.Pipeline.SendQueryParams(sql)
pgx.Batch.Queue(query)
pgx.Conn.Exec(sql)
pgx.Conn.Prepare(sql)
pgx.Conn.Query(sql)
pgx.Conn.QueryRow(sql)
pgx.NamedArgs.RewriteQuery(sql)
pgx.QueryRewriter.RewriteQuery(sql)
pgx.StrictNamedArgs.RewriteQuery(sql)
pgx.Tx.Exec(sql)
pgx.Tx.Prepare(sql)
pgx.Tx.Query(sql)
pgx.Tx.QueryRow(sql)
pgxpool.Conn.Exec(sql)
pgxpool.Conn.Query(sql)
pgxpool.Conn.QueryRow(sql)
pgxpool.Pool.Exec(sql)
pgxpool.Pool.Query(sql)
pgxpool.Pool.QueryRow(sql)
pgxpool.Tx.Exec(sql)
pgxpool.Tx.Prepare(sql)
pgxpool.Tx.Query(sql)
pgxpool.Tx.QueryRow(sql)
sql.Conn.ExecContext(query)
sql.Conn.PrepareContext(query)
sql.Conn.QueryContext(query)
sql.Conn.QueryRowContext(query)
sql.DB.Exec(query)
sql.DB.ExecContext(query)
sql.DB.Prepare(query)
sql.DB.PrepareContext(query)
sql.DB.Query(query)
sql.DB.QueryContext(query)
sql.DB.QueryRow(query)
sql.DB.QueryRowContext(query)
sql.Tx.Exec(query)
sql.Tx.ExecContext(query)
sql.Tx.Prepare(query)
sql.Tx.PrepareContext(query)
sql.Tx.Query(query)
sql.Tx.QueryContext(query)
sql.Tx.QueryRow(query)
sql.Tx.QueryRowContext(query)`
