package badtoken

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/uptally/uptally/api/auth"
)

// claim adds the good token with one other claim, signed rightly.
func (f *forge) claim(reason error, name, claim string, value any) {
	f.with(reason, name, nil, map[string]any{claim: value})
}

func (f *forge) times() {
	past, future := f.now.Add(-off).Unix(), f.now.Add(off).Unix()
	f.with(auth.ErrExpired, "expired", nil, map[string]any{"exp": past, "iat": f.now.Add(-off - time.Hour).Unix()})
	f.claim(auth.ErrExpired, "expired in 1970", "exp", 0)
	f.claim(auth.ErrNotYetValid, "not yet valid", "nbf", future)
	f.claim(auth.ErrIssuedAhead, "issued in the future", "iat", future)
	f.claim(auth.ErrNoExpiry, "no expiry", "exp", nil)
	f.claim(auth.ErrNoExpiry, "an expiry that is null", "exp", null)
	f.claim(auth.ErrNoExpiry, "an expiry that is a string", "exp", strconv.FormatInt(f.now.Add(time.Hour).Unix(), 10))
	f.claim(auth.ErrNoExpiry, "an expiry that is a date", "exp", f.now.Add(time.Hour).Format(time.RFC3339))
	f.claim(auth.ErrNoExpiry, "an expiry without end", "exp", json.RawMessage("1e300"))
	f.claim(auth.ErrNoExpiry, "an expiry of a number and more", "exp", json.RawMessage("4000000000.5e9"))
	f.claim(auth.ErrNoExpiry, "an expiry before all time", "exp", -1)
	f.claim(auth.ErrNoExpiry, "a beginning that is a string", "nbf", "0")
	f.claim(auth.ErrNoExpiry, "an issue that is a list", "iat", []int64{past})
}

func (f *forge) holders() {
	f.claim(auth.ErrUnknownIssuer, "an unknown issuer", "iss", "https://mallory.example/")
	f.claim(auth.ErrUnknownIssuer, "an issuer that is almost known", "iss", f.issuer.URL()+"/")
	f.claim(auth.ErrUnknownIssuer, "an issuer in capitals", "iss", strings.ToUpper(f.issuer.URL()))
	f.claim(auth.ErrUnknownIssuer, "no issuer", "iss", nil)
	f.claim(auth.ErrUnknownIssuer, "a list of issuers", "iss", []string{f.issuer.URL()})

	f.claim(auth.ErrAudience, "another audience", "aud", "https://other.example/")
	f.claim(auth.ErrAudience, "no audience", "aud", nil)
	f.claim(auth.ErrAudience, "an audience that is null", "aud", null)
	f.claim(auth.ErrAudience, "two audiences, none ours", "aud", []string{"https://other.example/", "https://third.example/"})
	f.claim(auth.ErrAudience, "an audience that begins as ours", "aud", f.audience+".mallory.example")
	f.claim(auth.ErrAudience, "an audience that ours is a word of", "aud", "other "+f.audience)
	f.claim(auth.ErrAudience, "an audience that is an object", "aud", map[string]string{f.audience: f.audience})

	f.claim(auth.ErrSubject, "no subject", "sub", nil)
	f.claim(auth.ErrSubject, "an empty subject", "sub", "")
	f.claim(auth.ErrSubject, "a subject that is null", "sub", null)
	f.claim(auth.ErrSubject, "a subject that is a number", "sub", 42)
	f.claim(auth.ErrSubject, "a subject that is too long", "sub", strings.Repeat("x", 256))
	f.claim(auth.ErrSubject, "a subject that no database holds", "sub", "ada\x00")
	f.claim(auth.ErrSubject, "a subject of two lines", "sub", "ada\ngrace")

	f.claim(auth.ErrSupplier, "a supplier that is no UUID", "supplier", "1 OR 1=1")
	f.claim(auth.ErrSupplier, "a supplier in another spelling", "supplier", "{9d2a0000-0000-4000-8000-000000000001}")
	f.claim(auth.ErrSupplier, "a supplier that is nobody", "supplier", "00000000-0000-0000-0000-000000000000")
	f.claim(auth.ErrSupplier, "two suppliers", "supplier", []string{"9d2a0000-0000-4000-8000-000000000001", "9d2a0000-0000-4000-8000-000000000002"})
	f.claim(auth.ErrSupplier, "the role supplier, and no supplier", "supplier", nil)
	f.claim(auth.ErrClaims, "roles that are an object", "roles", map[string]bool{"finance": true})
	f.claim(auth.ErrClaims, "roles that are numbers", "roles", []int{1, 2})
}

func (f *forge) scopes() {
	f.claim(auth.ErrIDToken, "an ID token, by its nonce", "nonce", "n-0S6_WzA2Mj")
	f.claim(auth.ErrIDToken, "an ID token, by at_hash", "at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng")
	f.claim(auth.ErrIDToken, "an ID token, by c_hash", "c_hash", "LDktKdoQak3Pk0cnXxCltA")
	f.with(auth.ErrScope, "an ID token, by having no scope", map[string]any{"typ": "JWT"}, map[string]any{"scope": nil})
	f.claim(auth.ErrScope, "an empty scope", "scope", "")
	f.claim(auth.ErrScope, "other scopes", "scope", "openid profile uptally uptally:admin")
	f.claim(auth.ErrScope, "a scope that begins as ours", "scope", auth.ScopeRead+"er")
	f.claim(auth.ErrScope, "a scope in capitals", "scope", strings.ToUpper(auth.ScopeRead))
	f.claim(auth.ErrScope, "a scope that is a number", "scope", 1)
}
