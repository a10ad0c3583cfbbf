package api_test

import (
	"testing"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/contract"
	"github.com/uptally/uptally/internal/apitest/town"
	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// caller is somebody who calls.
type caller struct {
	name   string
	client *apitest.Client
	party  *town.Party // whose things they ask for
	role   auth.Role
}

// callers are the owner, the stranger, one of each role, and who is none of them.
func callers(w *town.Town) []caller {
	return []caller{
		{"owner", w.Of(w.Owner), w.Owner, auth.Supplier},
		{"stranger", w.Of(w.Stranger), w.Stranger, auth.Supplier},
		{"rewards", w.As(town.Grace), w.Owner, auth.Rewards},
		{"finance", w.As(town.Bob), w.Owner, auth.Finance},
		{"operator", w.As(town.Oscar), w.Owner, auth.Operator},
		{"signed", w.With(devissuer.Claims{Subject: "nobody.in.particular", Roles: []auth.Role{}}), w.Owner, "none"},
		{"nobody", w.Anyone(), w.Owner, "nobody"},
	}
}

// documented reads the server's own document.
func documented(t testing.TB, s *apitest.Server) *contract.Document {
	t.Helper()
	text, err := s.API.Specification()
	if err != nil {
		t.Fatal(err)
	}
	document, err := contract.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return document
}
