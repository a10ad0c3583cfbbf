// Package pgx has the signatures that the analyzer looks for, and nothing behind them.
package pgx

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"
)

type Rows interface{ Next() bool }

type Row interface{ Scan(to ...any) error }

type Tx interface {
	Exec(ctx context.Context, sql string, arguments ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, arguments ...any) (Rows, error)
	QueryRow(ctx context.Context, sql string, arguments ...any) Row
	Prepare(ctx context.Context, name, sql string) error
	CopyFrom(ctx context.Context, table Identifier, columns []string) (int64, error)
}

type Conn struct{}

func (*Conn) Query(ctx context.Context, sql string, arguments ...any) (Rows, error) { return nil, nil }

type Identifier []string

func (Identifier) Sanitize() string { return "" }

type Batch struct{ QueuedQueries []*QueuedQuery }

func (*Batch) Queue(query string, arguments ...any) *QueuedQuery { return nil }

type QueuedQuery struct {
	SQL       string
	Arguments []any
}

type TxOptions struct{ BeginQuery string }

type QueryExecMode int

const (
	QueryExecModeExec QueryExecMode = iota
	QueryExecModeSimpleProtocol
)
