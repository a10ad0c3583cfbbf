package wire

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/limit"
	"github.com/uptally/uptally/jobs"
)

// Service is what operations run with.
type Service struct {
	API      huma.API
	App      *pgxpool.Pool // everything that the application may
	Supplier *pgxpool.Pool // what row-level security lets through
	Jobs     *jobs.Client  // to enqueue; nil in servers that work none

	Verifier *auth.Verifier
	Audit    *audit.Writer
	Served   func(operation, kind string, status int, took time.Duration) // counts calls; nil: nobody does
	Limits   *limit.Limiter
	Proxies  []netip.Prefix // whose X-Forwarded-For is believed
	Log      *slog.Logger
	Now      func() time.Time

	// Meaning says what an error of the domain is over HTTP, if it is known.
	Meaning func(error) (Meaning, bool)

	operations []Registered
}

// Registered is an operation and who may call it.
type Registered struct {
	OperationID, Method, Path string
	Roles                     []auth.Role // nil: any caller with a token, or anybody if Public
	Public                    bool
}

// Operations returns all operations, in the order of their registration.
func (s *Service) Operations() []Registered { return s.operations }

// Acting is what an acting call runs with.
type Acting struct {
	Tx     pgx.Tx // of the application; committed with the answer and the audit entry
	Me     auth.Caller
	Person int64  // who Me is
	Reader Reader // for suppliers: the gate to what exists
}

// call is what the door knows of a request, for the handler.
type call struct {
	me      auth.Caller
	acting  Acting
	began   bool  // the handler was reached
	refused error // what it answered in place of an output
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }
