package devissuer

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// formMax is the most that a request for a token may hold, in bytes.
const formMax = 8 << 10

// client is a machine client: its secret's hash, and what its tokens say.
type client struct {
	secret [sha256.Size]byte
	claims Claims
}

// AddClient lets a machine client fetch tokens of its own from POST /token. Its
// subject is its id.
func (i *Issuer) AddClient(id, secret string, claims Claims) {
	claims.Subject, claims.Machine = id, true
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.clients[id] = client{secret: sha256.Sum256([]byte(secret)), claims: claims}
}

// Handler serves what clients of an issuer ask for, below the issuer's URL: the
// discovery document (OpenID Connect Discovery 1.0, section 4), the keys (RFC 7517),
// and tokens for machine clients (RFC 6749, section 4.4).
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		base := strings.TrimSuffix(i.url, "/")
		answer(w, http.StatusOK, map[string]any{
			"issuer": i.url, "jwks_uri": base + "/jwks", "token_endpoint": base + "/token",
			"authorization_endpoint":                base + "/authorize", // required by the specification; there is none
			"grant_types_supported":                 []string{"client_credentials"},
			"response_types_supported":              []string{"none"},
			"subject_types_supported":               []string{"public"},
			"id_token_signing_alg_values_supported": []string{"ES256", "RS256"},
			"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		})
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, i.Keys()) })
	mux.HandleFunc("POST /token", i.token)
	return mux
}

// token answers a machine client, with the errors of RFC 6749, section 5.2.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formMax)
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	claims, known := i.client(r)
	if !known {
		w.Header().Set("WWW-Authenticate", `Basic realm="uptally development issuer"`)
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	if r.PostForm.Get("grant_type") != "client_credentials" {
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	if asked := strings.Fields(r.PostForm.Get("scope")); len(asked) > 0 {
		if slices.ContainsFunc(asked, func(scope string) bool { return claims.Scopes != nil && !slices.Contains(claims.Scopes, scope) }) {
			refuse(w, http.StatusBadRequest, "invalid_scope")
			return
		}
		claims.Scopes = asked
	}
	if audience := r.PostForm.Get("audience"); audience != "" {
		claims.Audience = audience
	}
	token, err := i.Token(claims)
	if err != nil {
		refuse(w, http.StatusInternalServerError, "server_error")
		return
	}
	if claims.Lifetime == 0 {
		claims.Lifetime = LifetimeDefault
	}
	answer(w, http.StatusOK, map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int64(claims.Lifetime.Seconds())})
}

// client returns what the asking client's tokens say, if its secret is right.
func (i *Issuer) client(r *http.Request) (Claims, bool) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	i.mutex.RLock()
	known, found := i.clients[id]
	i.mutex.RUnlock()
	given := sha256.Sum256([]byte(secret))
	return known.claims, subtle.ConstantTimeCompare(given[:], known.secret[:]) == 1 && found
}

func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]string{"error": code})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that is gone needs no answer
}
