package auth_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/internal/badtoken"
)

// Whatever comes, only what the issuer signed is accepted, to the letter, and a refusal
// says nothing of anybody.
func FuzzVerify(f *testing.F) {
	one, other := newIssuer(f, urlOfOne), newIssuer(f, urlOfOther)
	verifier := newVerifier(f, one, other)
	good := token(f, one, devissuer.Claims{Subject: "ada", Roles: auth.Roles(), Supplier: uuid.MustParse(aSupplier)})
	cases, err := badtoken.All(one, other, devissuer.Audience, noon)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, c := range cases {
		f.Add(c.Token)
	}
	f.Fuzz(func(t *testing.T, text string) {
		caller, err := verifier.Verify(t.Context(), text)
		switch {
		case err == nil && text != good:
			t.Errorf("accepted %q as %+v", text, caller)
		case err != nil && (!errors.Is(err, auth.ErrToken) || !isNobody(caller)):
			t.Errorf("%q: %v, and %+v", text, err, caller)
		}
	})
}

// Nothing that Verify tells comes from what was not signed: of a token that is altered
// anywhere, by any character, or signed by another, it tells nothing, also while the
// token itself is known; and of one that is signed it tells what was signed.
func TestCallersComeFromSignedTokensAlone(t *testing.T) {
	one, other := newIssuer(t, urlOfOne), newIssuer(t, urlOfOne)
	verifier := newVerifier(t, one)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
	rapid.Check(t, func(r *rapid.T) {
		claims := devissuer.Claims{
			Subject: rapid.StringMatching(`[ -~]{1,40}`).Draw(r, "subject"),
			Roles:   rapid.SliceOf(rapid.SampledFrom([]auth.Role{auth.Rewards, auth.Finance, auth.Operator, "root"})).Draw(r, "roles"),
		}
		signed, err := one.Token(claims)
		if err != nil {
			r.Fatal(err)
		}
		caller, err := verifier.Verify(t.Context(), signed)
		if err != nil || caller.Subject != claims.Subject || caller.Issuer != urlOfOne {
			r.Fatalf("%+v, error %v, of %+v", caller, err, claims)
		}
		for _, role := range auth.Roles() {
			if caller.Has(role) && !strings.Contains(" "+joined(claims.Roles)+" ", " "+string(role)+" ") {
				r.Fatalf("has the role %s of %q", role, claims.Roles)
			}
		}
		at := rapid.IntRange(0, len(signed)-1).Draw(r, "at")
		with := alphabet[rapid.IntRange(0, len(alphabet)-1).Draw(r, "with")]
		altered := signed[:at] + string(with) + signed[at+1:]
		forged, err := other.Token(claims)
		if err != nil {
			r.Fatal(err)
		}
		for _, text := range []string{altered, forged} {
			if text == signed {
				continue
			}
			if caller, err := verifier.Verify(t.Context(), text); !errors.Is(err, auth.ErrToken) || !isNobody(caller) {
				r.Fatalf("%q: %+v, error %v", text, caller, err)
			}
		}
	})
}

func joined(roles []auth.Role) string {
	words := make([]string, len(roles))
	for i, role := range roles {
		words[i] = string(role)
	}
	return strings.Join(words, " ")
}
