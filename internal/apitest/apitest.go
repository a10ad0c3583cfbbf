package apitest

import (
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/limit"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/jobs"
)

// Audience is who the tokens are for.
const Audience = "https://api.uptally.test"

// Server is a real API on loopback, which enqueues jobs and works none.
type Server struct {
	DB     *pgtest.DB
	URL    string
	Issuer *devissuer.Issuer
	API    *api.Server
	Config api.Config // what API was made of

	t testing.TB
}

// New returns a server with a migrated database of its own; both live as long as the
// test. The options change what it is made of.
func New(t testing.TB, options ...func(*api.Config)) *Server {
	t.Helper()
	return On(t, pgtest.New(t), options...)
}

// On is New on a database that the test has.
func On(t testing.TB, db *pgtest.DB, options ...func(*api.Config)) *Server {
	t.Helper()
	s := &Server{DB: db, Issuer: Issuer(t), t: t}
	config := api.Config{
		App: db.App, Supplier: db.Supplier, Verifier: Verifier(t, s.Issuer), Limits: limit.New(limit.Budgets{}),
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	config.Audit = audit.NewWriter(db.App, config.Log)
	config.Jobs = must(jobs.New(db.App, jobs.Options{Log: config.Log}))(t)
	for _, option := range options {
		option(&config)
	}
	s.API, s.Config = api.New(config), config
	server := httptest.NewUnstartedServer(nil)
	server.Config = s.API.HTTP()
	server.Start()
	s.URL = server.URL
	t.Cleanup(func() {
		server.Close()
		if err := config.Audit.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
