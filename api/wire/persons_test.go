package wire_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/internal/apitest"
)

// Whoever acts for a supplier is put on record by that, and not as one of staff: else a
// human with a second token would be a second person, and check what they made.
func TestActingForASupplierMakesNobodyStaff(t *testing.T) {
	t.Parallel()
	issuer, o := apitest.Issuer(t), &office{}
	s := apitest.New(t, func(c *api.Config) {
		c.Also = o.register
		trusted := auth.Config{Audience: apitest.Audience, Issuers: []auth.Issuer{{URL: issuer.URL(), Algorithms: []string{"ES256"}}}}
		var err error
		if c.Verifier, err = auth.New(t.Context(), trusted, nil); err != nil {
			t.Fatal(err)
		}
	})
	s.Issuer = issuer
	both := s.With(devissuer.Claims{Subject: "eve", Roles: []auth.Role{auth.Supplier, auth.Rewards}, Supplier: uuid.New()})
	body := map[string]string{"text": "one"}
	both.Post(notes, body).Problem(t, 403, "person-unknown")
	both.Post("/v1/wallets/freeze", map[string]string{"reason": "lost"}).Want(t, 200)
	both.Post(notes, body).Problem(t, 403, "person-unknown")

	ctx := t.Context()
	tx, err := s.DB.Owner.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	ada, err := persons.Add(ctx, tx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	if err := persons.Link(ctx, tx, ada, issuer.URL(), "eve"); err != nil {
		t.Fatalf("the holder cannot be linked to who they are: %v", err)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	both.Post("/v1/wallets/freeze", map[string]string{"reason": "again"}).Want(t, 200)
	if acted := count(t, s, `SELECT count(*) FROM wallet_freeze WHERE frozen_by = $1`, ada); acted != 1 {
		t.Errorf("%d acts for the supplier by the person who they are, want 1", acted)
	}
	both.Post(notes, body).Want(t, 200)
}
