package apitest

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
)

// Issuer returns a development issuer that serves its keys on loopback.
func Issuer(t testing.TB) *devissuer.Issuer {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer := devissuer.New(must(devissuer.NewKey())(t), "http://"+server.Listener.Addr().String())
	server.Config.Handler = issuer.Handler()
	server.Start()
	t.Cleanup(server.Close)
	return issuer
}

// Verifier returns a verifier that believes the issuers' tokens.
func Verifier(t testing.TB, issuers ...*devissuer.Issuer) *auth.Verifier {
	t.Helper()
	config := auth.Config{Audience: Audience, Cooldown: time.Millisecond}
	for _, issuer := range issuers {
		config.Issuers = append(config.Issuers, auth.Issuer{URL: issuer.URL(), Algorithms: []string{"ES256"}, Development: true})
	}
	return must(auth.New(t.Context(), config, nil))(t)
}

// Anyone returns a client without a token.
func (s *Server) Anyone() *Client { return &Client{t: s.t, url: s.URL} }

// With returns a client with a token of the claims; its audience is the server's unless
// they say otherwise.
func (s *Server) With(claims devissuer.Claims) *Client {
	s.t.Helper()
	if claims.Audience == "" {
		claims.Audience = Audience
	}
	client := s.Anyone()
	client.Token = must(s.Issuer.Token(claims))(s.t)
	return client
}

// As returns a client of staff.
func (s *Server) As(subject string, roles ...auth.Role) *Client {
	s.t.Helper()
	return s.With(devissuer.Claims{Subject: subject, Roles: roles})
}

// Supplier returns a client of a supplier.
func (s *Server) Supplier(subject string, supplier uuid.UUID) *Client {
	s.t.Helper()
	return s.With(devissuer.Claims{Subject: subject, Roles: []auth.Role{auth.Supplier}, Supplier: supplier})
}

// must returns what fails the test unless there is a value.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
