package devissuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/uptally/uptally/api/auth"
)

const (
	// LocalURL is the name under which the issuer of a data folder signs. Nothing listens
	// there: whoever trusts it holds its keys.
	LocalURL = "http://localhost/uptally-development-issuer"
	// Audience is whom its tokens are meant for, unless they say otherwise.
	Audience = "uptally"
)

// ErrKey says that a key is of a kind that the issuer cannot sign with.
var ErrKey = errors.New("development issuer: the key must be ECDSA on P-256, or RSA")

// Issuer signs tokens. It may be used by many at once.
type Issuer struct {
	url string
	now func() time.Time

	mutex   sync.RWMutex
	keys    []signingKey // published; the last one signs
	clients map[string]client
}

type signingKey struct {
	id     string
	signer crypto.Signer
}

// New returns an issuer with one key, whose tokens name url as their issuer.
func New(key crypto.Signer, url string) *Issuer {
	i := &Issuer{url: url, now: time.Now, clients: map[string]client{}}
	i.Rotate(key)
	return i
}

// NewKey returns a new key to sign with.
func NewKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// At sets the issuer's clock, for tests, and returns the issuer.
func (i *Issuer) At(now func() time.Time) *Issuer {
	i.now = now
	return i
}

// URL is the issuer's name in its tokens.
func (i *Issuer) URL() string { return i.url }

// Rotate adds a key, which signs from now on, beside those that are published, and
// returns its name.
func (i *Issuer) Rotate(key crypto.Signer) (keyID string) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	keyID = keyName(key)
	i.keys = append(i.keys, signingKey{id: keyID, signer: key})
	return keyID
}

// Retire publishes a key no longer.
func (i *Issuer) Retire(keyID string) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.keys = slices.DeleteFunc(slices.Clone(i.keys), func(key signingKey) bool { return key.id == keyID })
}

// Keys returns the public keys, the one that signs last.
func (i *Issuer) Keys() jose.JSONWebKeySet {
	i.mutex.RLock()
	defer i.mutex.RUnlock()
	var set jose.JSONWebKeySet
	for _, key := range i.keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.signer.Public(), KeyID: key.id, Algorithm: algorithm(key.signer), Use: "sig"})
	}
	return set
}

// Trusted is the issuer for a verifier in the same process: its keys are handed over,
// not fetched.
func (i *Issuer) Trusted() auth.Issuer {
	return auth.Issuer{URL: i.url, Algorithms: []string{"ES256", "RS256"}, Audience: Audience, Keys: i.Keys, Development: true}
}

// current returns the key that signs.
func (i *Issuer) current() (signingKey, error) {
	i.mutex.RLock()
	defer i.mutex.RUnlock()
	if len(i.keys) == 0 {
		return signingKey{}, errors.New("development issuer: every key is retired")
	}
	return i.keys[len(i.keys)-1], nil
}

// keyName is the key's thumbprint (RFC 7638).
func keyName(key crypto.Signer) string {
	print, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return "unknown" // signing with it is ErrKey
	}
	return base64.RawURLEncoding.EncodeToString(print)
}

// algorithm is what a key signs with, or "".
func algorithm(key crypto.Signer) string {
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		if key.Curve == elliptic.P256() {
			return "ES256"
		}
	case *rsa.PrivateKey:
		return "RS256"
	}
	return ""
}

// signature signs as RFC 7518, sections 3.3 and 3.4, has it.
func (k signingKey) signature(input string) ([]byte, error) {
	digest := sha256.Sum256([]byte(input))
	switch key := k.signer.(type) {
	case *ecdsa.PrivateKey:
		if key.Curve != elliptic.P256() {
			break
		}
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		if err != nil {
			return nil, err
		}
		signature := make([]byte, 64)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return signature, nil
	case *rsa.PrivateKey:
		return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	}
	return nil, fmt.Errorf("%w, not %T", ErrKey, k.signer)
}
