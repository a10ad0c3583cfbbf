package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/internal/badtoken"
)

// noon is when most tests take place.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func at(moment time.Time) func() time.Time { return func() time.Time { return moment } }

// newIssuer returns a development issuer of a name, at noon.
func newIssuer(t testing.TB, url string) *devissuer.Issuer {
	t.Helper()
	key, err := devissuer.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return devissuer.New(key, url).At(at(noon))
}

// newVerifier returns a verifier that trusts the issuers' own keys, at noon.
func newVerifier(t testing.TB, issuers ...*devissuer.Issuer) *auth.Verifier {
	t.Helper()
	config := auth.Config{Now: at(noon)}
	for _, issuer := range issuers {
		config.Issuers = append(config.Issuers, issuer.Trusted())
	}
	verifier, err := auth.New(t.Context(), config, nil)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

// token signs claims.
func token(t testing.TB, issuer *devissuer.Issuer, claims devissuer.Claims) string {
	t.Helper()
	signed, err := issuer.Token(claims)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

const (
	urlOfOne   = "http://localhost/one"
	urlOfOther = "https://other.example/"
	aSupplier  = "9d2a0000-0000-4000-8000-000000000001"
)

func TestBadTokensAreRefusedEachForItsReason(t *testing.T) {
	one, other := newIssuer(t, urlOfOne), newIssuer(t, urlOfOther)
	verifier := newVerifier(t, one, other)
	if _, err := verifier.Verify(t.Context(), token(t, one, devissuer.Claims{Subject: "mallory"})); err != nil {
		t.Fatalf("a good token: %v", err)
	}
	cases, err := badtoken.All(one, other, devissuer.Audience, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			for range 2 { // the second time, too
				caller, err := verifier.Verify(t.Context(), c.Token)
				if err == nil {
					t.Fatalf("accepted as %+v", caller)
				}
				if !errors.Is(err, c.Reason) || !errors.Is(err, auth.ErrToken) {
					t.Errorf("refused with %q, want %q", err, c.Reason)
				}
				if !isNobody(caller) {
					t.Errorf("refused, and still says %+v", caller)
				}
				if len(c.Token) > 20 && strings.Contains(err.Error(), c.Token[:20]) {
					t.Errorf("the refusal tells the token: %v", err)
				}
			}
		})
	}
	if len(cases) < 30 {
		t.Errorf("only %d kinds", len(cases))
	}
}

// Every bad token is bad for one reason alone: the good one that it was made of is
// accepted with each of an issuer's kinds of keys.
func TestBadTokensOfAnRSAKey(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	one, other := devissuer.New(key, urlOfOne).At(at(noon)), newIssuer(t, urlOfOther)
	verifier := newVerifier(t, one, other)
	if _, err := verifier.Verify(t.Context(), token(t, one, devissuer.Claims{Subject: "mallory"})); err != nil {
		t.Fatalf("a good token: %v", err)
	}
	cases, err := badtoken.All(one, other, devissuer.Audience, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if caller, err := verifier.Verify(t.Context(), c.Token); !errors.Is(err, c.Reason) {
			t.Errorf("%s: %+v, error %v, want %v", c.Name, caller, err, c.Reason)
		}
	}
}

// A key that is published for one algorithm is used for no other, though it could be.
func TestKeysKeepToTheirAlgorithm(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for published, want := range map[string]error{"RS256": auth.ErrSignature, "PS256": nil, "": nil} {
		set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "one", Algorithm: published}}}
		issuer := auth.Issuer{URL: urlOfOne, Algorithms: []string{"RS256", "PS256"}, Audience: "us", Keys: func() jose.JSONWebKeySet { return set }}
		verifier, err := auth.New(t.Context(), auth.Config{Issuers: []auth.Issuer{issuer}, Now: at(noon)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.PS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "one"))
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign([]byte(`{"iss":"` + urlOfOne + `","aud":"us","sub":"ada","exp":` + strconv.FormatInt(noon.Unix()+60, 10) + `,"scope":"` + auth.ScopeRead + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		compact, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := verifier.Verify(t.Context(), compact); !errors.Is(err, want) {
			t.Errorf("PS256 by a key published for %q: %v, want %v", published, err, want)
		}
	}
}

func isNobody(c auth.Caller) bool {
	return c.Issuer == "" && c.Subject == "" && !c.Machine && c.Supplier == uuid.Nil && c.Roles == nil && c.Scopes == nil && c.Expires.IsZero()
}

func TestGoodTokens(t *testing.T) {
	one := newIssuer(t, urlOfOne)
	verifier := newVerifier(t, one)
	supplier := uuid.MustParse(aSupplier)
	for name, c := range map[string]struct {
		claims devissuer.Claims
		want   auth.Caller
	}{
		"staff": {
			devissuer.Claims{Subject: "ada", Roles: []auth.Role{"finance", "rewards", "admin", "rewards"}},
			auth.Caller{Subject: "ada", Roles: []auth.Role{auth.Rewards, auth.Finance}},
		},
		"a supplier": {
			devissuer.Claims{Subject: "sam", Roles: []auth.Role{auth.Supplier}, Supplier: supplier},
			auth.Caller{Subject: "sam", Roles: []auth.Role{auth.Supplier}, Supplier: supplier},
		},
		"a supplier's claim without the role": {
			devissuer.Claims{Subject: "sam", Supplier: supplier}, auth.Caller{Subject: "sam"},
		},
		"a machine by its client id": {
			devissuer.Claims{Subject: "bot", Machine: true}, auth.Caller{Subject: "bot", Machine: true},
		},
		"a machine by gty": {
			devissuer.Claims{Subject: "bot", Extra: map[string]any{"gty": "client-credentials"}}, auth.Caller{Subject: "bot", Machine: true},
		},
		"a machine by its subject": {
			devissuer.Claims{Subject: "k9@clients"}, auth.Caller{Subject: "k9@clients", Machine: true},
		},
		"one role as a string": {
			devissuer.Claims{Subject: "ada", Extra: map[string]any{"roles": "finance"}}, auth.Caller{Subject: "ada", Roles: []auth.Role{auth.Finance}},
		},
		"roles that are null": {
			devissuer.Claims{Subject: "ada", Extra: map[string]any{"roles": json.RawMessage("null")}}, auth.Caller{Subject: "ada"},
		},
		"scp as a list": {
			devissuer.Claims{Subject: "ada", Extra: map[string]any{"scope": nil, "scp": []string{"openid", auth.ScopeWrite}}},
			auth.Caller{Subject: "ada", Scopes: []string{auth.ScopeWrite}},
		},
		"one of several audiences": {
			devissuer.Claims{Subject: "ada", Extra: map[string]any{"aud": []string{"https://other.example/", devissuer.Audience}}}, auth.Caller{Subject: "ada"},
		},
		"reading alone": {
			devissuer.Claims{Subject: "ada", Scopes: []string{auth.ScopeRead}}, auth.Caller{Subject: "ada", Scopes: []string{auth.ScopeRead}},
		},
		"expired within the leeway": {
			devissuer.Claims{Subject: "ada", Extra: map[string]any{"exp": noon.Add(-59 * time.Second).Unix()}},
			auth.Caller{Subject: "ada", Expires: noon.Add(-59 * time.Second)},
		},
		"ahead within the leeway, with fractions": {
			devissuer.Claims{Subject: "ada", Extra: map[string]any{"nbf": float64(noon.Unix()) + 60.25, "iat": float64(noon.Unix()) + 59.5}},
			auth.Caller{Subject: "ada"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := verifier.Verify(t.Context(), token(t, one, c.claims))
			if err != nil {
				t.Fatal(err)
			}
			c.want.Issuer = urlOfOne
			if c.want.Scopes == nil {
				c.want.Scopes = []string{auth.ScopeRead, auth.ScopeWrite}
			}
			if c.want.Expires.IsZero() {
				c.want.Expires = noon.Add(time.Hour)
			}
			if got.Actor() != c.want.Actor() || got.Machine != c.want.Machine || got.Supplier != c.want.Supplier || !slices.Equal(got.Roles, c.want.Roles) ||
				!slices.Equal(got.Scopes, c.want.Scopes) || !got.Expires.Equal(c.want.Expires) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// The leeway ends where it says.
func TestLeewayEnds(t *testing.T) {
	one := newIssuer(t, urlOfOne)
	verifier := newVerifier(t, one)
	for claim, c := range map[string]struct {
		off  time.Duration
		want error
	}{"exp": {-time.Minute, auth.ErrExpired}, "nbf": {61 * time.Second, auth.ErrNotYetValid}, "iat": {61 * time.Second, auth.ErrIssuedAhead}} {
		signed := token(t, one, devissuer.Claims{Subject: "ada", Extra: map[string]any{claim: noon.Add(c.off).Unix()}})
		if _, err := verifier.Verify(t.Context(), signed); !errors.Is(err, c.want) {
			t.Errorf("%s off by %s: %v, want %v", claim, c.off, err, c.want)
		}
	}
}

func TestCaller(t *testing.T) {
	c := auth.Caller{Issuer: urlOfOne, Subject: "a b", Roles: []auth.Role{auth.Finance}, Scopes: []string{auth.ScopeRead}}
	if !c.Has(auth.Rewards, auth.Finance) || c.Has(auth.Rewards) || c.Has() || !c.May(auth.ScopeRead) || c.May(auth.ScopeWrite) {
		t.Errorf("%+v: Has or May is wrong", c)
	}
	if got, want := c.Actor(), "http://localhost/one a b"; got != want {
		t.Errorf("actor %q, want %q", got, want)
	}
}
