package api

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/api/appeal"
	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/finance"
	"github.com/uptally/uptally/api/limit"
	"github.com/uptally/uptally/api/operator"
	"github.com/uptally/uptally/api/public"
	"github.com/uptally/uptally/api/rewards"
	"github.com/uptally/uptally/api/supplier"
	"github.com/uptally/uptally/api/wallets"
	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/api/webhooks"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/jobs"
)

// Config is what a server runs with. Its pools, verifier, audit writer and clients stay
// the caller's to close.
type Config struct {
	App      *pgxpool.Pool // as migrations.AppRole
	Supplier *pgxpool.Pool // as migrations.SupplierRole
	Jobs     *jobs.Client  // to enqueue
	Verifier *auth.Verifier
	Audit    *audit.Writer
	Served   func(operation, kind string, status int, took time.Duration) // counts calls; nil: nobody does
	Limits   *limit.Limiter
	Proxies  []netip.Prefix // whose X-Forwarded-For is believed
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now

	Appeals  appeal.Terms    // zero: appeal.DefaultTerms
	Wallets  wallets.Options // zero: wallets.DefaultOptions
	Webhooks *webhook.Sender // nil: suppliers can have no webhooks here

	Also        func(*wire.Service)              // registers operations beside ours; nil: there are none
	AlsoMeaning func(error) (wire.Meaning, bool) // of errors that the table does not know; nil: of none
}

// Server answers the API.
type Server struct {
	http.Handler
	service *wire.Service
	router  chi.Router
}

// New returns a server of every operation.
func New(c Config) *Server {
	router := chi.NewMux()
	s := &Server{Handler: router, router: router, service: &wire.Service{
		App: c.App, Supplier: c.Supplier, Jobs: c.Jobs, Verifier: c.Verifier, Audit: c.Audit, Served: c.Served,
		Limits: c.Limits, Proxies: c.Proxies, Log: c.Log, Now: c.Now, Meaning: c.meaning,
	}}
	if c.Now == nil {
		s.service.Now = time.Now
	}
	nowhere := s.service.Nowhere(wire.NotFound)
	router.Use(named, hardened, caught(c.Log), compressed)
	router.NotFound(nowhere)
	router.MethodNotAllowed(s.service.Nowhere(
		wire.Refuse(http.StatusMethodNotAllowed, "method-not-allowed", "This address does not take that method.")))
	s.service.API = humachi.New(router, specification())
	register(s.service, c)
	if c.Also != nil {
		c.Also(s.service)
	}
	sayNull(s.service.API.OpenAPI())
	mountDocs(router, nowhere)
	return s
}

// Operations returns every operation, and who may call it.
func (s *Server) Operations() []wire.Registered { return s.service.Operations() }

// Specification returns the OpenAPI document of the server, indented.
func (s *Server) Specification() ([]byte, error) { return indented(s.service.API.OpenAPI()) }

// register adds the operations of every room.
func register(s *wire.Service, c Config) {
	operator.Register(s)
	supplier.Register(s, c.Appeals)
	rewards.Register(s)
	wallets.Register(s, c.Wallets)
	webhooks.Register(s, c.Webhooks)
	appeal.Register(s, c.Appeals)
	public.Register(s)
	finance.Register(s)
}

// The bounds of a connection.
const (
	headerMax     = 16 << 10
	headerTimeout = 5 * time.Second
	readTimeout   = time.Minute
	writeTimeout  = 5 * time.Minute // the longest operation, and its answer
	idleTimeout   = 2 * time.Minute
)

// HTTP returns the server as one that listens, with its bounds.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler: s, MaxHeaderBytes: headerMax, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
	}
}

// meaning looks an error of the domain up in the table.
func (c Config) meaning(err error) (wire.Meaning, bool) {
	for _, row := range meanings {
		if errors.Is(err, row.err) {
			return row.meaning, true
		}
	}
	if c.AlsoMeaning != nil {
		return c.AlsoMeaning(err)
	}
	return wire.Meaning{}, false
}
