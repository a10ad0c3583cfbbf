package simulator

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// issuer hands out bearer tokens for client credentials (RFC 6749, section 4.4)
// and tells whether a token is still good.
type issuer struct {
	options Options
	mu      sync.Mutex
	grants  map[string]*grant
}

// grant is an issued token's remaining life.
type grant struct {
	expires time.Time
	uses    int
}

const (
	tokenLifetime = 10 * time.Minute // the default
	grantsMax     = 1000             // a caller that loses its tokens gets new ones
)

// enabled reports whether tokens are issued at all.
func (i *issuer) enabled() bool { return i.options.ClientID != "" }

// ServeHTTP answers POST /oauth/token.
func (i *issuer) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if code := i.refusal(r); code != "" {
		status := http.StatusBadRequest
		if code == "invalid_client" {
			status = http.StatusUnauthorized
			rw.Header().Set("WWW-Authenticate", "Basic")
		}
		writeJSON(rw, status, map[string]any{"error": code})
		return
	}
	rw.Header().Set("Cache-Control", "no-store")
	writeJSON(rw, http.StatusOK, map[string]any{
		"access_token": i.issue(), "token_type": "Bearer",
		"expires_in": int64(i.lifetime() / time.Second),
	})
}

// refusal returns the error code of RFC 6749, section 5.2, or nothing.
func (i *issuer) refusal(r *http.Request) string {
	id, secret := credentials(r)
	switch {
	case r.PostFormValue("grant_type") != "client_credentials":
		return "unsupported_grant_type"
	case !same(id, i.options.ClientID) || !same(secret, i.options.ClientSecret):
		return "invalid_client"
	case i.options.Audience != "" && r.PostFormValue("audience") != i.options.Audience:
		return "invalid_request"
	}
	return ""
}

// credentials come by HTTP Basic, form-encoded as section 2.3.1 has it, or in the
// body.
func credentials(r *http.Request) (id, secret string) {
	if id, secret, ok := r.BasicAuth(); ok {
		id, idErr := url.QueryUnescape(id)
		secret, secretErr := url.QueryUnescape(secret)
		if idErr != nil || secretErr != nil {
			return "", ""
		}
		return id, secret
	}
	return r.PostFormValue("client_id"), r.PostFormValue("client_secret")
}

func (i *issuer) lifetime() time.Duration {
	if i.options.TokenLifetime == 0 {
		return tokenLifetime
	}
	return i.options.TokenLifetime
}

func (i *issuer) issue() string {
	token := rand.Text()
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.grants) >= grantsMax {
		clear(i.grants)
	}
	i.grants[token] = &grant{expires: time.Now().Add(i.lifetime()), uses: i.options.TokenUses}
	return token
}

// accepts reports whether the request may be served, and counts it.
func (i *issuer) accepts(r *http.Request) bool {
	if i.options.Unauthorised != nil && i.options.Unauthorised.Load() {
		return false
	}
	if i.options.Token == "" && !i.enabled() {
		return true
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return false
	}
	return i.options.Token != "" && same(token, i.options.Token) || i.spend(token)
}

// spend uses an issued token once, and reports whether it was still good.
func (i *issuer) spend(token string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	g := i.grants[token]
	if g == nil {
		return false
	}
	g.uses--
	if !time.Now().Before(g.expires) || i.options.TokenUses > 0 && g.uses < 0 {
		delete(i.grants, token)
		return false
	}
	return true
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func writeJSON(rw http.ResponseWriter, status int, body any) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(body) // who hung up needs no answer
}
