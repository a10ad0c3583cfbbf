package badtoken

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
)

// Case is a token that must be refused.
type Case struct {
	Name   string
	Token  string
	Reason error // the sentinel of package auth that the refusal must be
}

// off is how far a time must be off to be wrong with any leeway that can be configured.
const off = 2 * auth.LeewayMax

// All returns every bad token of an issuer, for a verifier with the audience. Both
// issuers must be trusted there, with the algorithms and claims of
// devissuer.Issuer.Trusted; now is the verifier's time.
func All(issuer, other *devissuer.Issuer, audience string, now time.Time) ([]Case, error) {
	good, err := issuer.Token(devissuer.Claims{
		Subject: "mallory", Audience: audience, Roles: auth.Roles(), Supplier: uuid.MustParse("9d2a0000-0000-4000-8000-000000000001"),
		Extra: map[string]any{"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()},
	})
	if err != nil {
		return nil, err
	}
	f := &forge{issuer: issuer, other: other, audience: audience, now: now, good: good}
	if f.header, f.claims, err = parts(good); err != nil {
		return nil, err
	}
	f.shapes()
	f.algorithms()
	f.keys()
	f.headers()
	f.times()
	f.holders()
	f.scopes()
	return f.cases, f.err
}

// forge makes cases out of a good token.
type forge struct {
	issuer, other  *devissuer.Issuer
	audience       string
	now            time.Time
	good           string
	header, claims map[string]any
	cases          []Case
	err            error // the first one
}

func (f *forge) add(reason error, name, token string) {
	f.cases = append(f.cases, Case{Name: name, Token: token, Reason: reason})
}

// with adds the good token with other header members and claims, signed rightly. A nil
// value takes a member away.
func (f *forge) with(reason error, name string, header, claims map[string]any) {
	f.raw(reason, name, encode(changed(f.header, header)), encode(changed(f.claims, claims)))
}

// raw adds a token of any header and payload, signed rightly.
func (f *forge) raw(reason error, name string, header, payload []byte) {
	f.signedBy(f.issuer, reason, name, header, payload)
}

func (f *forge) signedBy(signer *devissuer.Issuer, reason error, name string, header, payload []byte) {
	token, err := signer.Sign(header, payload)
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("bad token %q: %w", name, err)
	}
	f.add(reason, name, token)
}

// parts decodes the header and the claims of a token.
func parts(token string) (header, claims map[string]any, err error) {
	segments := strings.Split(token, ".")
	for i, to := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(segments[i])
		if err != nil {
			return nil, nil, err
		}
		if err := json.Unmarshal(text, to); err != nil {
			return nil, nil, err
		}
	}
	return header, claims, nil
}

// changed returns a copy with other members; nil takes one away, null is null.
func changed(members, changes map[string]any) map[string]any {
	copied := maps.Clone(members)
	maps.Copy(copied, changes)
	maps.DeleteFunc(copied, func(_ string, value any) bool { return value == nil })
	return copied
}

// null is a member that stands there, and says nothing.
var null = json.RawMessage("null")

// encode writes members that came from JSON, or from this package.
func encode(members map[string]any) []byte {
	text, err := json.Marshal(members)
	if err != nil {
		panic(err) // a case of this package is no JSON
	}
	return text
}

func base64url(text []byte) string { return base64.RawURLEncoding.EncodeToString(text) }
