package auth

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

const (
	keysMax      = 100  // of one issuer
	rsaBitsLeast = 2048 // RFC 7518, section 3.3
)

// parseKeys reads a JWK set (RFC 7517) and returns the keys that can verify tokens, by
// their names. Keys of other kinds and uses are passed over, as section 5 asks; secrets
// are, too.
func parseKeys(text []byte) (map[string][]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("its keys are no JWK set: %w", err)
	}
	if len(set.Keys) > keysMax {
		return nil, fmt.Errorf("it publishes %d keys, more than %d", len(set.Keys), keysMax)
	}
	keys := map[string][]jose.JSONWebKey{}
	for _, text := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(text, &key) == nil && verifies(key) {
			keys[key.KeyID] = append(keys[key.KeyID], key)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("none of the %d keys that it publishes can verify tokens", len(set.Keys))
	}
	return keys, nil
}

// verifies reports whether a key is a named public one for signatures.
func verifies(key jose.JSONWebKey) bool {
	if modulus, isRSA := key.Key.(*rsa.PublicKey); isRSA && modulus.N.BitLen() < rsaBitsLeast {
		return false
	}
	return key.KeyID != "" && key.Valid() && key.IsPublic() && (key.Use == "" || key.Use == "sig")
}

// localKeys are the keys of an issuer in this process.
type localKeys func() jose.JSONWebKeySet

func (l localKeys) find(_ context.Context, keyID string) ([]jose.JSONWebKey, error) {
	set := l()
	if keys := set.Key(keyID); len(keys) > 0 {
		return keys, nil
	}
	return nil, ErrUnknownKey
}
