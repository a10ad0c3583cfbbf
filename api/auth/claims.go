package auth

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

const (
	subjectMax = 255 // bytes (OpenID Connect Core 1.0, section 2)
	// timeMax is the last second of the year 9999.
	timeMax = 253402300799
)

// validity is when a token counts. notBefore is the later of what it says and when it
// was issued, or the zero time.
type validity struct{ notBefore, expires time.Time }

// caller reads who holds a token from its verified claims.
func (t *trusted) caller(claims object, now time.Time) (Caller, validity, error) {
	valid, err := t.valid(claims, now)
	if err != nil {
		return Caller{}, validity{}, err
	}
	if err := t.addressed(claims); err != nil {
		return Caller{}, validity{}, err
	}
	subject, err := subjectOf(claims)
	if err != nil {
		return Caller{}, validity{}, err
	}
	scopes, err := t.scopes(claims)
	if err != nil {
		return Caller{}, validity{}, err
	}
	roles, supplier, err := t.roles(claims)
	if err != nil {
		return Caller{}, validity{}, err
	}
	return Caller{
		Issuer: t.URL, Subject: subject, Machine: t.machine(claims, subject), Supplier: supplier,
		Roles: roles, Scopes: scopes, Expires: valid.expires,
	}, valid, nil
}

// valid holds a token's times against the clock (RFC 7519, sections 4.1.4 to 4.1.6).
func (t *trusted) valid(claims object, now time.Time) (validity, error) {
	times := map[string]time.Time{}
	for _, name := range []string{"exp", "nbf", "iat"} {
		raw, found := claims[name]
		if !found {
			continue
		}
		moment, ok := numericDate(raw)
		if !ok {
			return validity{}, because(ErrNoExpiry, "%s is no number of seconds", name)
		}
		times[name] = moment
	}
	expires, found := times["exp"]
	switch {
	case !found:
		return validity{}, because(ErrNoExpiry, "exp is missing")
	case !now.Before(expires.Add(t.leeway)):
		return validity{}, ErrExpired
	case times["nbf"].After(now.Add(t.leeway)):
		return validity{}, ErrNotYetValid
	case times["iat"].After(now.Add(t.leeway)):
		return validity{}, ErrIssuedAhead
	}
	notBefore := times["nbf"]
	if times["iat"].After(notBefore) {
		notBefore = times["iat"]
	}
	return validity{notBefore: notBefore, expires: expires}, nil
}

// numericDate reads a NumericDate: seconds since 1970 as a JSON number without an
// exponent, of which fractions are cut off.
func numericDate(raw json.RawMessage) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(string(raw), ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds < 0 || seconds > timeMax || strings.ContainsAny(fraction, "eE") {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

// addressed refuses tokens for others, and ID tokens.
func (t *trusted) addressed(claims object) error {
	audience, ok := []string(nil), false
	if one, isText := claims.text("aud"); isText {
		audience, ok = []string{one}, true // one audience, even with spaces in it
	} else if raw, found := claims["aud"]; found {
		audience, ok = texts(raw)
	}
	if !ok || !slices.Contains(audience, t.Audience) {
		return ErrAudience
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash", "s_hash"} { // OpenID Connect Core 1.0, sections 2 and 3.3.2.11
		if _, found := claims[name]; found {
			return because(ErrIDToken, "%s", name)
		}
	}
	return nil
}

func subjectOf(claims object) (string, error) {
	subject, ok := claims.text("sub")
	if !ok || subject == "" || len(subject) > subjectMax {
		return "", ErrSubject
	}
	if strings.ContainsFunc(subject, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }) {
		return "", because(ErrSubject, "control characters")
	}
	return subject, nil
}

// scopes returns ours of the token's scopes, of which it must have one: `scope`
// (RFC 8693, section 4.2), or `scp`, as some issuers call it.
func (t *trusted) scopes(claims object) ([]string, error) {
	var held []string
	for _, name := range []string{"scope", "scp"} {
		raw, found := claims[name]
		if !found {
			continue
		}
		words, ok := texts(raw)
		if !ok {
			return nil, because(ErrScope, "%s is neither a string nor a list of strings", name)
		}
		held = append(held, words...)
	}
	var scopes []string
	for _, scope := range []struct{ theirs, ours string }{{t.readScope, ScopeRead}, {t.writeScope, ScopeWrite}} {
		if slices.Contains(held, scope.theirs) {
			scopes = append(scopes, scope.ours)
		}
	}
	if len(scopes) == 0 {
		return nil, ErrScope
	}
	return scopes, nil
}

// roles returns the roles that the issuer may give, and the supplier of the role
// Supplier.
func (t *trusted) roles(claims object) ([]Role, uuid.UUID, error) {
	raw, found, err := claims.at(t.RolesClaim)
	if err != nil {
		return nil, uuid.Nil, err
	}
	var named []string
	if found {
		var ok bool
		if named, ok = texts(raw); !ok {
			return nil, uuid.Nil, ErrClaims
		}
	}
	var roles []Role
	for _, role := range Roles() {
		allowed := len(t.AllowRoles) == 0 || slices.Contains(t.AllowRoles, role)
		if allowed && slices.Contains(named, string(role)) {
			roles = append(roles, role)
		}
	}
	supplier, err := t.supplier(claims, slices.Contains(roles, Supplier))
	return roles, supplier, err
}

// supplier reads the supplier's claim, which must be a UUID wherever it stands; it
// counts only with the role.
func (t *trusted) supplier(claims object, isSupplier bool) (uuid.UUID, error) {
	raw, found, err := claims.at(t.SupplierClaim)
	if err != nil || !found && !isSupplier {
		return uuid.Nil, err
	}
	var text string
	if !found || json.Unmarshal(raw, &text) != nil || len(text) != len(uuid.Nil.String()) {
		return uuid.Nil, ErrSupplier
	}
	supplier, err := uuid.Parse(text)
	if err != nil || supplier == uuid.Nil {
		return uuid.Nil, ErrSupplier
	}
	if !isSupplier {
		return uuid.Nil, nil
	}
	return supplier, nil
}

// machine tells a client that acts for itself from a human, by the signs that
// issuers set: Auth0's gty and subject, a subject that is the client (RFC 9068,
// section 2.2, and Okta's cid), or the one that is configured.
func (t *trusted) machine(claims object, subject string) bool {
	if kind, _ := claims.text("gty"); kind == "client-credentials" || kind == "client_credentials" {
		return true
	}
	for _, name := range []string{"client_id", "cid", "azp"} {
		if client, found := claims.text(name); found && client == subject {
			return true
		}
	}
	if name, value, configured := strings.Cut(t.Machine, "="); configured {
		if found, ok := claims.text(name); ok && found == value {
			return true
		}
	}
	return strings.HasSuffix(subject, "@clients")
}
