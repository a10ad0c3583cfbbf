package wallets_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/wallets"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var ann, bob = uuid.UUID{15: 0xa}, uuid.UUID{15: 0xb}

// keyOf returns the key of a wallet.
func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func addressOf(name string) string {
	return base58.Encode(keyOf(name).Public().(ed25519.PublicKey))
}

// serve returns a server whose wallets wait so long.
func serve(t *testing.T, hold time.Duration) *apitest.Server {
	return apitest.New(t, func(c *api.Config) {
		c.Wallets = wallets.Options{Domain: "rewards.example.org", Hold: hold}
	})
}

func challenge(t *testing.T, c *apitest.Client, name string) (issued wallets.Challenge) {
	t.Helper()
	c.Post("/v1/wallets/challenges", map[string]any{"address": addressOf(name)}).Want(t, http.StatusCreated).Into(t, &issued)
	return issued
}

// proof is the signature of a challenge by a wallet's key.
func proof(issued wallets.Challenge, name string) map[string]any {
	return map[string]any{"challenge": issued.ID, "signature": base58.Encode(ed25519.Sign(keyOf(name), []byte(issued.Text)))}
}

func standing(t *testing.T, c *apitest.Client) (s wallets.Standing) {
	t.Helper()
	c.Get("/v1/wallets").Want(t, http.StatusOK).Into(t, &s)
	return s
}

// told writes how wallets stand in short: state and address of each.
func told(s wallets.Standing) (all []string) {
	for _, w := range s.Items {
		all = append(all, w.State+" "+w.Address)
	}
	return all
}

func TestAWalletIsProvedOverHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, wallet.HoldDefault)
	anne, ben := s.Supplier("anne", ann), s.Supplier("ben", bob)
	if none := standing(t, anne); none.Frozen || len(none.Items) != 0 {
		t.Errorf("at first: %+v", none)
	}
	issued := challenge(t, anne, "blue")
	if !strings.Contains(issued.Text, ann.String()) || !strings.Contains(issued.Text, "rewards.example.org") || issued.Address != addressOf("blue") ||
		issued.ExpiresAt.Sub(issued.IssuedAt) != wallets.ExpiresDefault || issued.ProvedAt != nil {
		t.Errorf("issued: %+v", issued)
	}
	if text, err := wallet.ParseText(issued.Text); err != nil || text.Supplier != ann {
		t.Errorf("its text: %+v (%v)", text, err)
	}
	path := "/v1/wallets/challenges/" + issued.ID
	var again wallets.Challenge
	if anne.Get(path).Want(t, http.StatusOK).Into(t, &again); again != issued {
		t.Errorf("read again: %+v, issued: %+v", again, issued)
	}

	// Another's challenge is as absent as one that there is not, even with its signature.
	absent := ben.Get("/v1/wallets/challenges/c999").Problem(t, http.StatusNotFound, "not-found")
	if theirs := ben.Get(path).Problem(t, http.StatusNotFound, "not-found"); string(theirs.Body) != string(absent.Body) {
		t.Errorf("another's: %s, absent: %s", theirs.Body, absent.Body)
	}
	if theirs := ben.Post("/v1/wallets/proofs", proof(issued, "blue")).Problem(t, http.StatusNotFound, "not-found"); string(theirs.Body) != string(absent.Body) {
		t.Errorf("another's proof: %s, absent: %s", theirs.Body, absent.Body)
	}
	anne.Post("/v1/wallets/proofs", proof(issued, "red")).Problem(t, http.StatusForbidden, "not-allowed")
	anne.Post("/v1/wallets/proofs", map[string]any{"challenge": issued.ID, "signature": strings.Repeat("1", 64) + "0"}).Problem(t, http.StatusUnprocessableEntity, "invalid-request")

	var proved wallets.Wallet
	anne.Post("/v1/wallets/proofs", proof(issued, "blue")).Want(t, http.StatusCreated).Into(t, &proved)
	if proved.State != "pending" || proved.How != "challenge" || proved.ActiveFrom.Sub(proved.RecordedAt) != wallet.HoldDefault {
		t.Errorf("proved: %+v", proved)
	}
	anne.Post("/v1/wallets/proofs", proof(issued, "blue")).Problem(t, http.StatusConflict, "conflict")
	if anne.Get(path).Into(t, &again); again.ProvedAt == nil {
		t.Errorf("once proved: %+v", again)
	}
	if got := standing(t, anne); len(got.Items) != 1 || got.Items[0].Address != proved.Address || got.Items[0].State != "pending" ||
		!got.Items[0].ActiveFrom.Equal(*proved.ActiveFrom) || got.Items[0].How != "challenge" {
		t.Errorf("own: %+v, proved: %+v", got, proved)
	}
	if got := standing(t, ben); len(got.Items) != 0 {
		t.Errorf("another's: %+v", got)
	}
	notices := 0
	if err := s.DB.Owner.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'notify_wallets'`).Scan(&notices); err != nil || notices != 1 {
		t.Errorf("%d notices are asked for (%v)", notices, err)
	}
}

// What a supplier reads through their role is what the domain says, at every step.
func TestStandingIsTheDomains(t *testing.T) {
	t.Parallel()
	s := serve(t, 0)
	late := apitest.On(t, s.DB, func(c *api.Config) { c.Wallets = wallets.Options{Domain: "uptally", Hold: wallet.HoldDefault} })
	anne, waiting := s.Supplier("anne", ann), late.Supplier("anne", ann)
	check := func(step string, want ...string) {
		t.Helper()
		if got := told(standing(t, anne)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", step, got, want)
		}
		var domain []string
		if err := pgx.BeginFunc(t.Context(), s.DB.App, func(tx pgx.Tx) error {
			now, err := wallet.Now(t.Context(), tx)
			if err != nil {
				return err
			}
			records, err := wallet.Of(t.Context(), tx, ann, now)
			for _, r := range records {
				if r.Wallet != "" {
					domain = append(domain, fmt.Sprintf("%s %s", r.State, r.Wallet))
				}
			}
			return err
		}); err != nil || !slices.Equal(domain, want) {
			t.Errorf("%s: the domain says %v (%v), want %v", step, domain, err, want)
		}
	}
	if _, err := s.DB.Owner.Exec(t.Context(), `INSERT INTO supplier_wallet (supplier_id, address, recorded_by) VALUES ($1, $2, $3)`,
		ann, addressOf("old"), pgtest.Person(t, s.DB.Owner, "zoe")); err != nil {
		t.Fatal(err)
	}
	check("before proofs", "unproven "+addressOf("old"))
	anne.Post("/v1/wallets/proofs", proof(challenge(t, anne, "blue"), "blue")).Want(t, http.StatusCreated)
	check("at once", "active "+addressOf("blue"))
	waiting.Post("/v1/wallets/proofs", proof(challenge(t, waiting, "red"), "red")).Want(t, http.StatusCreated)
	check("one waits", "active "+addressOf("blue"), "pending "+addressOf("red"))
	waiting.Post("/v1/wallets/proofs", proof(challenge(t, waiting, "green"), "green")).Want(t, http.StatusCreated)
	check("another in its place", "active "+addressOf("blue"), "pending "+addressOf("green"))
	anne.Post("/v1/wallets/proofs", proof(challenge(t, anne, "blue"), "blue")).Want(t, http.StatusCreated)
	check("its holder objects", "active "+addressOf("blue"))

	var frozen wallets.Freeze
	anne.Post("/v1/wallets/freeze", map[string]any{"reason": "our account was taken over"}).Want(t, http.StatusOK).Into(t, &frozen)
	if !frozen.Frozen || frozen.Aside == nil || frozen.MayLand == nil {
		t.Errorf("frozen: %+v", frozen)
	}
	check("frozen", "frozen "+addressOf("blue"))
	if !standing(t, anne).Frozen {
		t.Error("it is not said that nothing is paid")
	}
	ben := s.Supplier("ben", bob)
	ben.Post("/v1/wallets/freeze", map[string]any{"reason": "why"}).Want(t, http.StatusOK)
	if got := standing(t, ben); !got.Frozen || len(got.Items) != 0 {
		t.Errorf("frozen without a wallet: %+v", got)
	}

	// What happened, page by page, without what staff wrote.
	var kinds []string
	for cursor := ""; ; {
		var page struct {
			Items []wallets.Event `json:"items"`
			Next  string          `json:"next_cursor"`
		}
		answer := anne.Get("/v1/wallets/history?limit=4&cursor="+cursor).Want(t, http.StatusOK)
		if strings.Contains(string(answer.Body), "taken over") {
			t.Errorf("a reason goes out: %s", answer.Body)
		}
		answer.Into(t, &page)
		for _, e := range page.Items {
			kinds = append(kinds, e.Event)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	want := []string{"frozen", "activated", "proved", "pending", "proved", "pending", "proved", "activated", "proved", "recorded"}
	if !slices.Equal(kinds, want) {
		t.Errorf("history: %v, want %v", kinds, want)
	}
}

func TestWhoeverReleasesIsOfFinance(t *testing.T) {
	t.Parallel()
	s := serve(t, 0)
	anne := s.Supplier("anne", ann)
	anne.Post("/v1/wallets/freeze", map[string]any{"reason": "why"}).Want(t, http.StatusOK)
	approve := func(person int64) error {
		return pgx.BeginFunc(context.Background(), s.DB.App, func(tx pgx.Tx) error {
			if err := wallet.AskRelease(context.Background(), tx, ann, "why", person); err != nil {
				return err
			}
			return wallet.ApproveRelease(context.Background(), tx, ann, pgtest.Person(t, tx, "grace"))
		})
	}
	if err := approve(pgtest.Person(t, s.DB.Owner, "ada")); err != nil {
		t.Fatal(err)
	}
	if standing(t, anne).Frozen {
		t.Error("frozen once it is released")
	}
}

func TestWalletsThatHTTPRefuses(t *testing.T) {
	t.Parallel()
	s := serve(t, 0)
	anne := s.Supplier("anne", ann)
	for name, address := range map[string]string{
		"a program": "11111111111111111111111111111111", "no base58": strings.Repeat("0", 40), "too short": "abc",
	} {
		if got := anne.Post("/v1/wallets/challenges", map[string]any{"address": address}); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
	}
	for _, id := range []string{"c0", "d1", "c1'", "c99999999999999999999"} {
		anne.Get("/v1/wallets/challenges/"+id).Problem(t, http.StatusUnprocessableEntity, "invalid-request")
	}
	anne.Get("/v1/wallets/challenges/c9999999999999999999").Problem(t, http.StatusNotFound, "not-found")
	anne.Get("/v1/wallets/history?cursor=WyJ4Il0").Problem(t, http.StatusUnprocessableEntity, "invalid-request")
	reading := s.With(devissuer.Claims{Subject: "anne", Roles: []auth.Role{auth.Supplier}, Supplier: ann, Scopes: []string{auth.ScopeRead}})
	reading.Post("/v1/wallets/freeze", map[string]any{"reason": "why"}).Problem(t, http.StatusForbidden, "scope-missing")
	s.As("ada", auth.Finance).Get("/v1/wallets").Problem(t, http.StatusForbidden, "role-missing")
	s.Anyone().Get("/v1/wallets").Problem(t, http.StatusUnauthorized, "token-missing")
}

func TestAChallengeExpires(t *testing.T) {
	t.Parallel()
	s := serve(t, 0)
	anne := s.Supplier("anne", ann)
	issued := challenge(t, anne, "blue")
	// As of half an hour ago, by the hand of the database's owner.
	text, err := wallet.ParseText(issued.Text)
	if err != nil {
		t.Fatal(err)
	}
	text.Issued, text.Expires = text.Issued.Add(-time.Hour), text.Expires.Add(-time.Hour)
	if err := pgx.BeginFunc(t.Context(), s.DB.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `UPDATE wallet_challenge SET issued_at = $2, expires_at = $3, text = $4 WHERE id = $1`,
			issued.ID, text.Issued, text.Expires, text.String())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	issued.Text = text.String()
	anne.Post("/v1/wallets/proofs", proof(issued, "blue")).Problem(t, http.StatusConflict, "conflict")
}
