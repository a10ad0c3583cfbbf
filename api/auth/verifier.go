package auth

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// Verifier says whose a token is. It may be used by many at once.
type Verifier struct {
	issuers map[string]*trusted
	now     func() time.Time
	seen    cache
}

// trusted is an issuer with all that its tokens are held against.
type trusted struct {
	Issuer

	leeway                time.Duration
	readScope, writeScope string
	keys                  keySource
}

// keySource finds the keys of one name that an issuer publishes: ErrUnknownKey if
// there are none, ErrIssuerDown if that cannot be said now.
type keySource interface {
	find(ctx context.Context, keyID string) ([]jose.JSONWebKey, error)
}

// New returns a verifier for the issuers, whose keys it fetches with the client (nil
// is one with time-outs). It waits for all of them, a few seconds at most; an issuer
// that cannot be reached is asked again when a token of its comes. What the verifier
// does beside its callers ends with ctx. A flawed configuration is ErrConfig.
func New(ctx context.Context, config Config, client *http.Client) (*Verifier, error) {
	config, err := config.complete()
	if err != nil {
		return nil, err
	}
	v := &Verifier{issuers: make(map[string]*trusted, len(config.Issuers)), now: config.Now}
	var group sync.WaitGroup
	for _, issuer := range config.Issuers {
		t := &trusted{Issuer: issuer, leeway: config.Leeway, readScope: config.ReadScope, writeScope: config.WriteScope}
		if issuer.Keys != nil {
			t.keys = localKeys(issuer.Keys)
		} else {
			remote := newRemoteKeys(ctx, issuer.URL, client, config)
			group.Go(func() { remote.warm(ctx) })
			t.keys = remote
		}
		v.issuers[issuer.URL] = t
	}
	group.Wait()
	return v, nil
}

// Development reports whether the issuer is the built-in development issuer.
func (v *Verifier) Development(issuer string) bool {
	t, known := v.issuers[issuer]
	return known && t.Development
}

// Verify returns who holds a bearer token, as RFC 9068, section 4, has it. A token
// that is refused is ErrToken, with its reason; one that cannot be judged now is
// ErrIssuerDown. A token that was verified within the last minute costs a hash and a
// look-up.
func (v *Verifier) Verify(ctx context.Context, bearer string) (Caller, error) {
	if len(bearer) > MaxToken {
		return Caller{}, ErrTooLong
	}
	digest, now := sha256.Sum256([]byte(bearer)), v.now()
	seen, found := v.seen.get(digest, now)
	if found && seen.counts(now) {
		return seen.caller, nil
	}
	caller, valid, err := v.verify(ctx, bearer, now)
	if err != nil {
		if found && errors.Is(err, ErrToken) {
			v.seen.forget(digest)
		}
		return Caller{}, err
	}
	v.seen.put(digest, caller, valid, now)
	return caller, nil
}

// Memory is what is known of a token before it is looked into.
type Memory uint8

// What is known of a token.
const (
	Unknown  Memory = iota // nothing: whoever sends it may have made it up
	Verified               // it was verified within the last minute, and counts as it is
	Known                  // it was verified before, has not expired, and has to be verified again
)

// Recall returns what is known of a bearer token, and, unless that is nothing, who holds
// it. It costs a hash and a look-up, whatever was sent; what was sent in vain before is
// not known.
func (v *Verifier) Recall(bearer string) (Caller, Memory) {
	if bearer == "" || len(bearer) > MaxToken {
		return Caller{}, Unknown
	}
	now := v.now()
	switch seen, found := v.seen.get(sha256.Sum256([]byte(bearer)), now); {
	case found && seen.counts(now):
		return seen.caller, Verified
	case found && now.Before(seen.caller.Expires):
		return seen.caller, Known
	}
	return Caller{}, Unknown
}

func (v *Verifier) verify(ctx context.Context, token string, now time.Time) (Caller, validity, error) {
	issuer, head, err := v.claimed(token)
	if err != nil {
		return Caller{}, validity{}, err
	}
	if err := issuer.admits(head); err != nil {
		return Caller{}, validity{}, err
	}
	keys, err := issuer.keys.find(ctx, head.keyID)
	if err != nil {
		return Caller{}, validity{}, err
	}
	payload, doubt := issuer.signed(ctx, token, head, keys)
	if payload == nil {
		return Caller{}, validity{}, ErrSignature // doubt is not wrapped: it may quote the token
	}
	claims, err := parseObject(payload)
	if err != nil {
		return Caller{}, validity{}, err
	}
	caller, valid, err := issuer.caller(claims, now)
	if err == nil && doubt != nil {
		err = because(ErrMalformed, "a claim is of another type than the specification says")
	}
	return caller, valid, err
}

// claimed returns the header of a token and the issuer that it names, which nobody
// has vouched for yet: it only chooses the keys that must.
func (v *Verifier) claimed(token string) (*trusted, header, error) {
	head, payload, err := split(token)
	if err != nil {
		return nil, header{}, err
	}
	parsed, err := parseHeader(head)
	if err != nil {
		return nil, header{}, err
	}
	claims, err := parseObject(payload)
	if err != nil {
		return nil, header{}, err
	}
	name, _ := claims.text("iss")
	issuer, known := v.issuers[name]
	if !known {
		return nil, header{}, ErrUnknownIssuer
	}
	return issuer, parsed, nil
}

// admits holds a header against what is pinned for the issuer.
func (t *trusted) admits(head header) error {
	switch {
	case !slices.Contains(t.Algorithms, head.algorithm):
		return ErrAlgorithm
	case t.RequireType != "" && head.kind != t.RequireType:
		return because(ErrType, "%s is required", t.RequireType)
	case head.kind != "" && head.kind != "jwt" && head.kind != accessTokenType:
		return ErrType
	case head.keyID == "":
		return ErrNoKeyID
	}
	return nil
}

// signed returns the payload of a token that one of the keys signed, or nil, and what
// go-oidc has against the token. Audience and times are held against the claims by
// ourselves: the leeway is ours, and so is the reason of a refusal.
func (t *trusted) signed(ctx context.Context, token string, head header, keys []jose.JSONWebKey) ([]byte, error) {
	set := &signers{}
	for _, key := range keys {
		if key.Algorithm == "" || key.Algorithm == head.algorithm {
			set.PublicKeys = append(set.PublicKeys, crypto.PublicKey(key.Key))
		}
	}
	_, err := oidc.NewVerifier(t.URL, set, &oidc.Config{
		SupportedSigningAlgs: []string{head.algorithm}, SkipClientIDCheck: true, SkipExpiryCheck: true,
	}).Verify(ctx, token)
	return set.payload, err
}

// signers are the keys of one name, as go-oidc asks for them.
type signers struct {
	oidc.StaticKeySet

	payload []byte // what one of them signed
}

// VerifySignature keeps the payload if one of the keys signed it.
func (s *signers) VerifySignature(ctx context.Context, token string) (payload []byte, err error) {
	s.payload, err = s.StaticKeySet.VerifySignature(ctx, token)
	return s.payload, err
}
