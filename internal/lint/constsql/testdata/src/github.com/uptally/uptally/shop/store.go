package shop

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const columns = `id, name`

const all = `SELECT ` + columns + ` FROM item`

func constants(ctx context.Context, tx pgx.Tx, id int) {
	tx.Query(ctx, `SELECT 1`)
	tx.QueryRow(ctx, all+` WHERE id = $1`, id)
	(tx.Exec)(ctx, ("DELETE FROM item"))
	tx.Prepare(ctx, name(), `SELECT 1`)
	tx.CopyFrom(ctx, pgx.Identifier{"item"}, strings.Fields(columns))
	(&pgx.Batch{}).Queue(all, id)
	_ = pgx.QueuedQuery{SQL: all, Arguments: []any{name()}}
	_ = pgx.TxOptions{BeginQuery: "BEGIN"}
}

func formatted(ctx context.Context, tx pgx.Tx, who string) {
	tx.Exec(ctx, fmt.Sprintf(`DELETE FROM item WHERE name = '%s'`, who)) // want `the statement is not a constant: .* \(in github.com/uptally/uptally/shop.formatted\)`
	tx.Query(ctx, `SELECT 1 FROM item ORDER BY `+who)                    // want `the statement is not a constant`
	tx.Prepare(ctx, "named", who)                                        // want `the statement is not a constant`
}

func variables(ctx context.Context, tx pgx.Tx, desc bool) {
	statement := all
	tx.Query(ctx, statement) // want `the statement is not a constant`
	for _, statement := range []string{`CHECKPOINT`} {
		tx.Exec(ctx, statement) // want `the statement is not a constant`
	}
	(&pgx.Batch{}).Queue(name()) // want `the statement is not a constant`
}

type shop struct{ *pgx.Conn }

type batch struct{ pgx.Batch }

// Methods that come with an embedded type.
func (s *shop) embedded(ctx context.Context, b *batch) {
	s.Query(ctx, name()) // want `the statement is not a constant: .* \(in github.com/uptally/uptally/shop.shop.embedded\)`
	b.Queue(name())      // want `the statement is not a constant`
}

func copied(ctx context.Context, c *pgconn.PgConn) {
	c.CopyFrom(ctx, strings.NewReader(name()), `COPY item FROM STDIN`)
	c.CopyFrom(ctx, nil, `COPY `+name()+` FROM STDIN`) // want `the statement is not a constant`
}

func standard(ctx context.Context, db *sql.DB, s *sql.Stmt) {
	db.QueryContext(ctx, `SELECT 1`)
	db.QueryContext(ctx, name()) // want `the statement is not a constant`
	db.Exec(name())              // want `the statement is not a constant`
	s.QueryContext(ctx, name())
}

// querier is what a pool and a transaction have in common.
type querier interface {
	QueryRow(context.Context, string, ...any) pgx.Row
	Name(string) string
}

func abstract[Q querier](ctx context.Context, q querier, generic Q) {
	q.QueryRow(ctx, `SELECT 1`)
	q.QueryRow(ctx, q.Name(name())) // want `the statement is not a constant`
	generic.QueryRow(ctx, `SELECT 1`)
	generic.QueryRow(ctx, name()) // want `the statement is not a constant`
}

func parts(b *pgx.Batch) {
	b.QueuedQueries = append(b.QueuedQueries, &pgx.QueuedQuery{SQL: name()}) // want `the statement is not a constant`
	_ = pgx.QueuedQuery{name(), nil}                                         // want `the statement is not a constant`
	_ = pgx.TxOptions{BeginQuery: name()}                                    // want `the statement is not a constant`
	b.QueuedQueries[0].SQL = name()                                          // want `the statement is reached as a field`
	to := &b.QueuedQueries[0].SQL                                            // want `the statement is reached as a field`
	*to = name()
}

func passedOn(ctx context.Context, tx pgx.Tx) {
	ask := tx.Query // want `Query is passed on`
	ask(ctx, name())
	run(tx.Exec)                // want `Exec is passed on`
	_ = (*pgx.Batch).Queue      // want `Queue is passed on`
	_ = (*pgx.Conn).Query       // want `Query is passed on`
	_, _ = querier.QueryRow, tx // want `QueryRow is passed on`
}

func run(func(context.Context, string, ...any) (pgconn.CommandTag, error)) {}

var atStart = (&pgx.Batch{}).Queue(name()) // want `the statement is not a constant: .* \(in github.com/uptally/uptally/shop.var\)`

// byName would write the statement anew.
type byName struct{}

func (byName) RewriteQuery() string { return name() } // want `RewriteQuery changes statements`

var simple = pgx.QueryExecModeSimpleProtocol // want `the simple protocol writes arguments into the statement`

var notSimple = pgx.QueryExecModeExec

func excepted(ctx context.Context, tx pgx.Tx) { tx.Exec(ctx, `DROP DATABASE `+name()) }

func name() string { return "item" }

// Only package migrations embeds statements.
func embeddedHere(ctx context.Context, tx pgx.Tx) {
	tx.Exec(ctx, file) // want `the statement is not a constant`
}
