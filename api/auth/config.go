package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/go-jose/go-jose/v4"
)

// ErrConfig says that the issuers cannot be trusted as configured.
var ErrConfig = errors.New("issuers of tokens")

// The bounds and defaults of a configuration.
const (
	LeewayDefault   = time.Minute
	LeewayMax       = 5 * time.Minute
	CooldownDefault = 5 * time.Second
	issuersMax      = 16
)

// Config names whose tokens are believed. In a file:
//
//	audience = "https://api.uptally.example"
//	leeway   = "60s"
//
//	[[issuer]]
//	url            = "https://tenant.auth0.example/"
//	algorithms     = ["RS256"]
//	roles_claim    = "https://uptally.example/roles"
//	supplier_claim = "https://uptally.example/supplier"
type Config struct {
	Audience   string        `toml:"audience"`    // what tokens must be meant for, unless an issuer says otherwise
	Leeway     time.Duration `toml:"leeway"`      // how far clocks may differ, at most LeewayMax; 0 is LeewayDefault
	ReadScope  string        `toml:"read_scope"`  // the issuers' name for ScopeRead, by default that
	WriteScope string        `toml:"write_scope"` // the issuers' name for ScopeWrite, by default that
	Issuers    []Issuer      `toml:"issuer"`      // 1 to 16, each URL once

	Now      func() time.Time `toml:"-"` // the clock, by default time.Now
	Cooldown time.Duration    `toml:"-"` // the least time between two fetches of an issuer's keys; 0 is CooldownDefault
}

// Issuer is one whose tokens are believed.
type Issuer struct {
	URL           string   `toml:"url"`            // exactly as tokens name it; https, or http on loopback
	Algorithms    []string `toml:"algorithms"`     // the pinned ones, asymmetric only, at least one
	Audience      string   `toml:"audience"`       // instead of the configuration's
	RolesClaim    string   `toml:"roles_claim"`    // a claim's name if it holds "://", else a path with dots; by default "roles"
	SupplierClaim string   `toml:"supplier_claim"` // likewise, by default "supplier"
	AllowRoles    []Role   `toml:"allow_roles"`    // the only roles that this issuer may give; none named is all
	RequireType   string   `toml:"require_typ"`    // "at+jwt": refuse tokens of any other type, or of none (RFC 9068)
	Machine       string   `toml:"machine"`        // "claim=value": one more sign of a client that acts for itself

	// Keys, if set, are the issuer's own, and nothing is fetched: the built-in
	// development issuer's. Files cannot set it.
	Keys func() jose.JSONWebKeySet `toml:"-"`
	// Development says that it is the built-in development issuer.
	Development bool `toml:"-"`
}

// algorithms are those that can be pinned: the asymmetric ones of RFC 7518 and 8037.
var algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// LoadConfig reads a TOML file of issuers. Every flaw is ErrConfig: syntax, unknown
// names, values out of bounds.
func LoadConfig(file []byte) (Config, error) {
	var c Config
	meta, err := toml.Decode(string(file), &c)
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return Config{}, fmt.Errorf("%w: %s is no setting", ErrConfig, unknown[0])
	}
	if meta.IsDefined("leeway") && c.Leeway == 0 {
		return Config{}, fmt.Errorf("%w: leeway is 0; give at least \"1s\", as no two clocks agree", ErrConfig)
	}
	return c.complete()
}

// complete returns the configuration with its defaults, or ErrConfig.
func (c Config) complete() (Config, error) {
	c.Leeway = orElse(c.Leeway, LeewayDefault)
	c.Cooldown = orElse(c.Cooldown, CooldownDefault)
	c.ReadScope, c.WriteScope = orElse(c.ReadScope, ScopeRead), orElse(c.WriteScope, ScopeWrite)
	if c.Now == nil {
		c.Now = time.Now
	}
	switch {
	case c.Leeway < 0 || c.Leeway > LeewayMax:
		return c, fmt.Errorf("%w: leeway %s is not between 0 and %s", ErrConfig, c.Leeway, LeewayMax)
	case c.Cooldown < 0:
		return c, fmt.Errorf("%w: the time between two fetches, %s, is negative", ErrConfig, c.Cooldown)
	case c.ReadScope == c.WriteScope || strings.ContainsAny(c.ReadScope+c.WriteScope, " \t\n"):
		return c, fmt.Errorf("%w: read_scope %q and write_scope %q must differ and hold no spaces", ErrConfig, c.ReadScope, c.WriteScope)
	case len(c.Issuers) == 0 || len(c.Issuers) > issuersMax:
		return c, fmt.Errorf("%w: %d issuers; name 1 to %d, each under [[issuer]]", ErrConfig, len(c.Issuers), issuersMax)
	}
	issuers, seen := make([]Issuer, len(c.Issuers)), map[string]bool{}
	for i, issuer := range c.Issuers {
		var err error
		if issuers[i], err = issuer.complete(c.Audience); err != nil {
			return c, fmt.Errorf("%w: issuer %q: %w", ErrConfig, issuer.URL, err)
		}
		if seen[issuer.URL] {
			return c, fmt.Errorf("%w: issuer %q stands there twice", ErrConfig, issuer.URL)
		}
		seen[issuer.URL] = true
	}
	c.Issuers = issuers
	return c, nil
}

// complete returns the issuer with its defaults.
func (i Issuer) complete(audience string) (Issuer, error) {
	i.Audience = orElse(i.Audience, audience)
	i.RolesClaim, i.SupplierClaim = orElse(i.RolesClaim, "roles"), orElse(i.SupplierClaim, "supplier")
	if err := trustworthy(i.URL); err != nil {
		return i, err
	}
	switch claim, value, found := strings.Cut(i.Machine, "="); {
	case i.Audience == "":
		return i, errors.New("no audience; say what its tokens are meant for, here or at the top")
	case len(i.Algorithms) == 0:
		return i, fmt.Errorf("no algorithms; pin those that it signs with, of %s", strings.Join(algorithms, ", "))
	case i.RequireType != "" && i.RequireType != accessTokenType:
		return i, fmt.Errorf("require_typ %q; only %q can be required", i.RequireType, accessTokenType)
	case i.Machine != "" && (!found || claim == "" || value == ""):
		return i, fmt.Errorf("machine %q is not claim=value", i.Machine)
	}
	for _, name := range i.Algorithms {
		if !slices.Contains(algorithms, name) {
			return i, fmt.Errorf("algorithm %q cannot be trusted; pin one of %s", name, strings.Join(algorithms, ", "))
		}
	}
	for _, role := range i.AllowRoles {
		if !slices.Contains(Roles(), role) {
			return i, fmt.Errorf("allow_roles: %q is none of %q", role, Roles())
		}
	}
	return i, nil
}

// trustworthy says what is wrong with the URL of an issuer or its keys: it must be
// https, or http on this machine, and name no user, query or fragment.
func trustworthy(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("it is no URL")
	case u.Host == "" || u.User != nil || u.Fragment != "" || u.ForceQuery || u.RawQuery != "" || strings.ContainsAny(address, " \t\r\n#"):
		return errors.New("its URL must be a plain one: scheme, host, path")
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return errors.New("its URL must be https, or http on loopback")
}

// loopback reports whether a URL's host is this machine, without asking anybody.
func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// orElse returns the value, or the default if it is zero.
func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
