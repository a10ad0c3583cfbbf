package wire_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/internal/apitest"
)

// One of staff who may not check what they made is told which names are theirs, whatever
// the database said to it; a supplier is told nothing of anybody.
func TestOwnWorkNamesTheActor(t *testing.T) {
	t.Parallel()
	errOwn := errors.New("the maker cannot be the checker")
	issuer := apitest.Issuer(t)
	s := apitest.New(t, func(c *api.Config) {
		c.Also = func(s *wire.Service) {
			check := func(path string, role auth.Role) {
				wire.Act(s, huma.Operation{OperationID: "test-" + path, Method: http.MethodPost, Path: "/v1/test/" + path}, []auth.Role{role},
					func(ctx context.Context, a wire.Acting, _ *note) (*noted, error) {
						_, err := a.Tx.Exec(ctx, `INSERT INTO person_name (kind, name, person_id) VALUES ('cli', 'ada', $1)`, a.Person)
						return nil, errors.Join(errOwn, err)
					})
			}
			check("staff", auth.Rewards)
			check("supplier", auth.Supplier)
		}
		c.AlsoMeaning = func(err error) (wire.Meaning, bool) {
			return wire.Meaning{Status: http.StatusForbidden, Kind: wire.OwnWork}, errors.Is(err, errOwn)
		}
		trusted := auth.Config{Audience: apitest.Audience, Issuers: []auth.Issuer{{URL: issuer.URL(), Algorithms: []string{"ES256"}}}}
		var err error
		if c.Verifier, err = auth.New(t.Context(), trusted, nil); err != nil {
			t.Fatal(err)
		}
	})
	s.Issuer = issuer
	link(t, s, issuer.URL(), "ada", "auth0|1", "auth0|2")

	body := map[string]string{"text": "one"}
	detail := func(answer apitest.Answer) string {
		t.Helper()
		var problem wire.Problem
		answer.Problem(t, http.StatusForbidden, wire.OwnWork).Into(t, &problem)
		return problem.Detail
	}
	want := `. You are on record as "ada" on the command line and "auth0|1" by token of ` + issuer.URL() +
		` and "auth0|2" by token of ` + issuer.URL() + ": one human, and it takes another"
	for _, subject := range []string{"auth0|1", "auth0|2"} {
		if got := detail(s.As(subject, auth.Rewards).Post("/v1/test/staff", body)); !strings.Contains(got, errOwn.Error()) || !strings.HasSuffix(got, want) {
			t.Errorf("%s is told %s", subject, got)
		}
	}
	supplier := s.With(devissuer.Claims{Subject: "auth0|1", Roles: []auth.Role{auth.Supplier}, Supplier: uuid.New()})
	if got := detail(supplier.Post("/v1/test/supplier", body)); got != "" {
		t.Errorf("a supplier is told %s", got)
	}
}

// link puts a person on record, by a name and by tokens.
func link(t *testing.T, s *apitest.Server, issuer, name string, subjects ...string) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), s.DB.Owner, func(tx pgx.Tx) error {
		person, err := persons.Add(t.Context(), tx, name)
		for _, subject := range subjects {
			err = errors.Join(err, persons.Link(t.Context(), tx, person, issuer, subject))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
