package devissuer

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
)

// The lifetimes of tokens.
const (
	LifetimeDefault = time.Hour
	LifetimeMax     = 24 * time.Hour
)

// ErrLifetime says that a token would live too long, or not at all.
var ErrLifetime = errors.New("development issuer: a token lives more than nothing and at most 24h")

// Claims is what a token says of its holder.
type Claims struct {
	Subject  string         // required
	Roles    []auth.Role    // claim "roles"
	Supplier uuid.UUID      // claim "supplier", unless uuid.Nil
	Scopes   []string       // claim "scope"; nil is both of ours
	Audience string         // "" is the constant
	Lifetime time.Duration  // 0 is LifetimeDefault, at most LifetimeMax
	Machine  bool           // a client of its own, no human
	Extra    map[string]any // further claims, over all others; nil takes a claim away
}

// Token signs a token with the last key.
func (i *Issuer) Token(c Claims) (string, error) {
	if c.Lifetime == 0 {
		c.Lifetime = LifetimeDefault
	}
	if c.Lifetime < 0 || c.Lifetime > LifetimeMax {
		return "", fmt.Errorf("%w: %s", ErrLifetime, c.Lifetime)
	}
	key, err := i.current()
	if err != nil {
		return "", err
	}
	header, err := json.Marshal(map[string]any{"alg": algorithm(key.signer), "kid": key.id, "typ": "at+jwt"})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(i.members(c))
	if err != nil {
		return "", fmt.Errorf("development issuer: %w", err)
	}
	return key.sign(header, payload)
}

// members are the claims as they stand in a token (RFC 9068, section 2.2).
func (i *Issuer) members(c Claims) map[string]any {
	now := i.now()
	members := map[string]any{
		"iss": i.url, "sub": c.Subject, "aud": c.Audience, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(c.Lifetime).Unix(),
		"client_id": "uptally-development", "scope": strings.Join(c.Scopes, " "),
	}
	if c.Audience == "" {
		members["aud"] = Audience
	}
	if c.Scopes == nil {
		members["scope"] = auth.ScopeRead + " " + auth.ScopeWrite
	}
	if len(c.Roles) > 0 {
		members["roles"] = c.Roles
	}
	if c.Supplier != uuid.Nil {
		members["supplier"] = c.Supplier
	}
	if c.Machine {
		members["client_id"] = c.Subject // RFC 9068, section 2.2
	}
	maps.Copy(members, c.Extra)
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == nil })
	return members
}

// Sign signs any header and payload with the last key, also such as no issuer would
// sign: tests refuse them.
func (i *Issuer) Sign(header, payload []byte) (string, error) {
	key, err := i.current()
	if err != nil {
		return "", err
	}
	return key.sign(header, payload)
}

// sign writes the compact serialisation (RFC 7515, section 7.1).
func (k signingKey) sign(header, payload []byte) (string, error) {
	input := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := k.signature(input)
	if err != nil {
		return "", err
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
