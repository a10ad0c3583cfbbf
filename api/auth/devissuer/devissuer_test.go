package devissuer_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
)

func newIssuer(t *testing.T) *devissuer.Issuer {
	t.Helper()
	key, err := devissuer.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return devissuer.New(key, devissuer.LocalURL)
}

func TestListenRefusesWhatIsNotLoopback(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", "[::]:0", ":0", "192.0.2.1:0", "[2001:db8::1]:0", "[::ffff:192.0.2.1]:0", "127.0.0.1", ""} {
		listener, err := devissuer.Listen(t.Context(), address)
		if !errors.Is(err, devissuer.ErrNotLoopback) {
			t.Errorf("%q: %v, want ErrNotLoopback", address, err)
		}
		if listener != nil {
			_ = listener.Close()
		}
	}
	for _, address := range []string{"127.0.0.1:0", "127.1.2.3:0", "localhost:0"} {
		listener, err := devissuer.Listen(t.Context(), address)
		if err != nil {
			t.Errorf("%q: %v", address, err)
			continue
		}
		if at := netip.MustParseAddrPort(listener.Addr().String()); !at.Addr().IsLoopback() {
			t.Errorf("%q listens at %s", address, at)
		}
		_ = listener.Close()
	}
}

func TestLoadKeepsOneKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "issuer")
	ids := make([]string, 8)
	var group sync.WaitGroup
	for i := range ids { // all at once, and the folder is new
		group.Go(func() {
			issuer, err := devissuer.Load(dir)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = issuer.Keys().Keys[0].KeyID
		})
	}
	group.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("keys %q", ids)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("the folder holds %v, error %v", files, err)
	}
	path := filepath.Join(dir, files[0].Name())
	for what, mode := range map[string]os.FileMode{dir: 0o700, path: 0o600} {
		if info, err := os.Stat(what); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, error %v, want %v", what, info.Mode(), err, mode)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := devissuer.Load(dir); !errors.Is(err, devissuer.ErrKeyFile) || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others may read: %v", err)
	}
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("torn"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := devissuer.Load(dir); !errors.Is(err, devissuer.ErrKeyFile) {
		t.Errorf("a torn key: %v", err)
	}
}

func TestTokensThatAreNotSigned(t *testing.T) {
	issuer := newIssuer(t)
	for _, lifetime := range []time.Duration{-time.Second, devissuer.LifetimeMax + time.Second} {
		if _, err := issuer.Token(devissuer.Claims{Subject: "ada", Lifetime: lifetime}); !errors.Is(err, devissuer.ErrLifetime) {
			t.Errorf("for %s: %v", lifetime, err)
		}
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := devissuer.New(edwards, devissuer.LocalURL).Token(devissuer.Claims{Subject: "ada"}); !errors.Is(err, devissuer.ErrKey) {
		t.Errorf("with Ed25519: %v", err)
	}
	larger, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := devissuer.New(larger, devissuer.LocalURL).Token(devissuer.Claims{Subject: "ada"}); !errors.Is(err, devissuer.ErrKey) {
		t.Errorf("with P-384: %v", err)
	}
	issuer.Retire(issuer.Keys().Keys[0].KeyID)
	if _, err := issuer.Token(devissuer.Claims{Subject: "ada"}); err == nil {
		t.Error("without a key")
	}
}

// A machine client fetches a token, and is who it says, and a machine.
func TestClientCredentials(t *testing.T) {
	issuer := newIssuer(t)
	issuer.AddClient("feeder", "its secret", devissuer.Claims{Roles: []auth.Role{auth.Rewards}, Scopes: []string{auth.ScopeRead}})
	server := httptest.NewServer(issuer.Handler())
	t.Cleanup(server.Close)
	verifier, err := auth.New(t.Context(), auth.Config{Issuers: []auth.Issuer{issuer.Trusted()}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	good := url.Values{"grant_type": {"client_credentials"}, "client_id": {"feeder"}, "client_secret": {"its secret"}}
	with := func(name, value string) url.Values {
		form := maps.Clone(good)
		form.Set(name, value)
		return form
	}
	for name, c := range map[string]struct {
		form   url.Values
		status int
		code   string
	}{
		"as it should be":         {good, 200, ""},
		"with a scope of its own": {with("scope", auth.ScopeRead), 200, ""},
		"with another's scope":    {with("scope", auth.ScopeWrite), 400, "invalid_scope"},
		"with a wrong secret":     {with("client_secret", "guessed"), 401, "invalid_client"},
		"with no secret":          {with("client_secret", ""), 401, "invalid_client"},
		"of nobody":               {with("client_id", "nobody"), 401, "invalid_client"},
		"by password":             {with("grant_type", "password"), 400, "unsupported_grant_type"},
		"too long":                {with("padding", strings.Repeat("x", 1<<14)), 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := http.PostForm(server.URL+"/token", c.form)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var body struct {
				Token   string `json:"access_token"`
				Error   string `json:"error"`
				Expires int    `json:"expires_in"`
			}
			if err := json.NewDecoder(response.Body).Decode(&body); err != nil || response.StatusCode != c.status || body.Error != c.code {
				t.Fatalf("%d %+v, error %v; want %d %q", response.StatusCode, body, err, c.status, c.code)
			}
			if c.status != http.StatusOK {
				return
			}
			caller, err := verifier.Verify(t.Context(), body.Token)
			if err != nil || caller.Subject != "feeder" || !caller.Machine || !caller.Has(auth.Rewards) || caller.May(auth.ScopeWrite) || body.Expires != 3600 {
				t.Errorf("%+v for %d s, error %v", caller, body.Expires, err)
			}
		})
	}
}

func TestRotationPublishesBoth(t *testing.T) {
	issuer := newIssuer(t)
	before := issuer.Keys().Keys[0].KeyID
	key, err := devissuer.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	after := issuer.Rotate(key)
	if keys := issuer.Keys().Keys; len(keys) != 2 || keys[0].KeyID != before || keys[1].KeyID != after || !keys[0].IsPublic() || !keys[1].IsPublic() {
		t.Errorf("both: %v", keys)
	}
	issuer.Retire(before)
	if keys := issuer.Keys().Keys; len(keys) != 1 || keys[0].KeyID != after {
		t.Errorf("one: %v", keys)
	}
}
