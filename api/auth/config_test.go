package auth_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
)

const goodConfig = `
audience    = "https://api.uptally.example"
leeway      = "30s"
read_scope  = "rewards.read"
write_scope = "rewards.write"

[[issuer]]
url            = "https://tenant.auth0.example/"
algorithms     = ["RS256"]
roles_claim    = "https://uptally.example/roles"
supplier_claim = "https://uptally.example/supplier"
allow_roles    = ["supplier"]

[[issuer]]
url         = "https://okta.example/oauth2/default"
algorithms  = ["RS256", "ES256"]
audience    = "uptally-staff"
roles_claim = "realm_access.roles"
require_typ = "at+jwt"
machine     = "kind=service"
`

func TestConfigOfAFile(t *testing.T) {
	c, err := auth.LoadConfig([]byte(goodConfig))
	if err != nil {
		t.Fatal(err)
	}
	if c.Leeway != 30*time.Second || c.ReadScope != "rewards.read" || len(c.Issuers) != 2 {
		t.Errorf("got %+v", c)
	}
	first, second := c.Issuers[0], c.Issuers[1]
	if first.Audience != "https://api.uptally.example" || second.Audience != "uptally-staff" || second.SupplierClaim != "supplier" ||
		second.RequireType != "at+jwt" || !slices.Equal(first.AllowRoles, []auth.Role{auth.Supplier}) {
		t.Errorf("issuers are %+v", c.Issuers)
	}
	least, err := auth.LoadConfig([]byte("audience = \"x\"\n[[issuer]]\nurl = \"http://127.0.0.1:8080\"\nalgorithms = [\"EdDSA\"]"))
	if err != nil || least.Leeway != auth.LeewayDefault || least.ReadScope != auth.ScopeRead || least.WriteScope != auth.ScopeWrite || least.Issuers[0].RolesClaim != "roles" {
		t.Errorf("defaults are %+v, error %v", least, err)
	}
}

func TestConfigsThatCannotBeTrusted(t *testing.T) {
	for name, c := range map[string]struct{ old, replacement, says string }{
		"no TOML":                {`audience    =`, `audience`, "line"},
		"an unknown setting":     {`leeway `, `leaway `, "leaway is no setting"},
		"a setting of the code":  {`machine `, `Development = true #`, "no setting"},
		"keys in the file":       {`machine `, `Keys = "x" #`, "no setting"},
		"no leeway":              {`"30s"`, `"0s"`, "no two clocks agree"},
		"too much leeway":        {`"30s"`, `"6m"`, "5m0s"},
		"less than no leeway":    {`"30s"`, `"-1s"`, "leeway"},
		"HS256":                  {`["RS256"]`, `["HS256"]`, `"HS256" cannot be trusted`},
		"none":                   {`["RS256"]`, `["none"]`, `"none" cannot be trusted`},
		"no algorithm":           {`["RS256"]`, `[]`, "pin those"},
		"http":                   {`https://tenant`, `http://tenant`, "https"},
		"another scheme":         {`https://tenant`, `file://tenant`, "https"},
		"a URL with a query":     {`auth0.example/`, `auth0.example/?x=y`, "plain"},
		"a URL with a password":  {`https://tenant`, `https://user:password@tenant`, "plain"},
		"a URL with a space":     {`auth0.example/`, `auth0.example/a b`, "plain"},
		"no URL":                 {`"https://tenant.auth0.example/"`, `""`, "plain"},
		"an issuer twice":        {`https://okta.example/oauth2/default`, `https://tenant.auth0.example/`, "twice"},
		"one scope for all":      {`rewards.write`, `rewards.read`, "must differ"},
		"a scope of two":         {`rewards.write`, `rewards write`, "no spaces"},
		"an unknown role":        {`["supplier"]`, `["king"]`, "king"},
		"another type":           {`at+jwt`, `JWT`, "require_typ"},
		"a machine without sign": {`kind=service`, `service`, "claim=value"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(goodConfig, c.old, c.replacement, 1)
			if text == goodConfig {
				t.Fatal("nothing was replaced")
			}
			if _, err := auth.LoadConfig([]byte(text)); !errors.Is(err, auth.ErrConfig) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
	if _, err := auth.LoadConfig([]byte(`audience = "x"`)); !errors.Is(err, auth.ErrConfig) {
		t.Errorf("no issuers: %v", err)
	}
	if _, err := auth.LoadConfig([]byte("[[issuer]]\nurl = \"https://x.example\"\nalgorithms = [\"RS256\"]")); !errors.Is(err, auth.ErrConfig) {
		t.Errorf("no audience: %v", err)
	}
	if _, err := auth.New(t.Context(), auth.Config{}, nil); !errors.Is(err, auth.ErrConfig) {
		t.Errorf("nothing at all: %v", err)
	}
}

// What is configured for an issuer is what its tokens are read by.
func TestClaimsAsConfigured(t *testing.T) {
	one := newIssuer(t, urlOfOne)
	trusted := one.Trusted()
	trusted.RolesClaim, trusted.SupplierClaim = "realm_access.roles", "https://uptally.example/supplier"
	trusted.AllowRoles, trusted.Machine, trusted.RequireType = []auth.Role{auth.Supplier}, "kind=service", "at+jwt"
	config := auth.Config{Issuers: []auth.Issuer{trusted}, ReadScope: "read", WriteScope: "write", Now: at(noon)}
	verifier, err := auth.New(t.Context(), config, nil)
	if err != nil {
		t.Fatal(err)
	}
	claims := devissuer.Claims{Subject: "sam", Scopes: []string{"write"}, Roles: []auth.Role{auth.Finance}, Extra: map[string]any{
		"realm_access": map[string]any{"roles": []string{"supplier", "finance"}}, "https://uptally.example/supplier": aSupplier, "kind": "service",
	}}
	got, err := verifier.Verify(t.Context(), token(t, one, claims))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Roles, []auth.Role{auth.Supplier}) || got.Supplier.String() != aSupplier || !got.Machine || !slices.Equal(got.Scopes, []string{auth.ScopeWrite}) {
		t.Errorf("got %+v", got)
	}
	claims.Extra["realm_access"] = "supplier"
	if _, err := verifier.Verify(t.Context(), token(t, one, claims)); !errors.Is(err, auth.ErrMalformed) {
		t.Errorf("a path that leads nowhere: %v", err)
	}
	claims.Extra["realm_access"] = nil
	if got, err := verifier.Verify(t.Context(), token(t, one, claims)); err != nil || len(got.Roles) > 0 {
		t.Errorf("a path that is missing: %+v, %v", got, err)
	}
	untyped, err := one.Sign([]byte(`{"alg":"ES256","kid":"`+one.Keys().Keys[0].KeyID+`","typ":"JWT"}`), []byte(`{"iss":"`+urlOfOne+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(t.Context(), untyped); !errors.Is(err, auth.ErrType) {
		t.Errorf("a type that is not the required one: %v", err)
	}
	if !verifier.Development(urlOfOne) || verifier.Development(urlOfOther) {
		t.Error("which issuer is for development is wrong")
	}
}
