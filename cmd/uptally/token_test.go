package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/migrations"
)

// issuerFile serves a development issuer on loopback, configured as any other would
// be, and returns it with the file that names it.
func issuerFile(t *testing.T) (*devissuer.Issuer, string) {
	t.Helper()
	key, err := devissuer.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	issuer := devissuer.New(key, "http://"+server.Listener.Addr().String())
	server.Config.Handler = issuer.Handler()
	server.Start()
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "issuers.toml")
	text := fmt.Sprintf("audience = %q\n[[issuer]]\nurl = %q\nalgorithms = [\"ES256\"]\n", devissuer.Audience, issuer.URL())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return issuer, file
}

const (
	graceAddLine = "grace add spring --from 2024-04-25 --to 2024-04-26 --reconnect-by 2024-05-02 --cause cut-over"
	seasonLine   = "season create spring --from 2024-04-20 --to 2024-04-27 --pool 1000IO --ruleset ignition-s1"
)

// On a database of one's own both halves of an act of two people take a token each, of
// two people.
func TestTokensOnADatabaseOfOnesOwn(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	uptally(t, "--data", data, "person", "list").must(t, 0) // migrates it
	owner, other := server.URL(embedpg.Owner), server.URL(migrations.AppRole)
	issuer, file := issuerFile(t)
	sign := func(claims devissuer.Claims) string {
		signed, err := issuer.Token(claims)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	line := func(url, token, text string, flags ...string) result {
		t.Helper()
		t.Setenv(tokenVariable, token)
		r := uptally(t, slices.Concat([]string{"--database-url", url, "--auth", file}, flags, strings.Fields(text))...)
		if token != "" && strings.Contains(r.out+r.talk, token) {
			t.Errorf("%s tells the token", text)
		}
		return r
	}
	asOwner := func(text string) result { t.Helper(); return line(owner, "", text, "--yes") }
	staff := []auth.Role{auth.Rewards, auth.Finance}
	ada, adaToo, grace := sign(devissuer.Claims{Subject: "00u1", Roles: staff}), sign(devissuer.Claims{Subject: "00u1b", Roles: staff}), sign(devissuer.Claims{Subject: "00u2", Roles: staff})

	// Names are the owner's to give.
	refused := line(other, "", "person add ada").must(t, exitNotAllowed)
	if !strings.Contains(refused.talk, "migrate up") {
		t.Errorf("no remedy in %q", refused.talk)
	}
	asOwner("person add ada --issuer "+issuer.URL()+" --subject 00u1").must(t, 0)
	asOwner("person add ada").must(t, exitConflict)
	asOwner("person add grace --dry-run --issuer "+issuer.URL()+" --subject 00u2").must(t, 0)
	line(other, grace, seasonLine).must(t, exitNotFound) // not on record
	asOwner("person add grace --issuer "+issuer.URL()+" --subject 00u2").must(t, 0)
	asOwner("person link ada --also ada.l --issuer "+issuer.URL()+" --subject 00u1b").must(t, 0)
	asOwner("person link ada --issuer "+issuer.URL()+" --subject 00u2").must(t, exitConflict)
	asOwner("person link nobody --also x").must(t, exitNotFound)
	asOwner("person link ada").must(t, exitUsage)
	asOwner("person link ada --issuer x").must(t, exitUsage)
	listed := decode[[]persons.Person](t, line(other, "", "person list --json").must(t, 0))
	if len(listed) != 2 || len(listed[0].Names) != 4 || listed[0].Names[0].Name != "ada" || listed[0].Names[3].Name != issuer.URL()+" 00u1b" {
		t.Errorf("listed %+v", listed)
	}

	// The maker's half takes a token, too.
	line(other, "", seasonLine, "--actor", "ada").must(t, exitNotAllowed)
	line(other, ada, seasonLine).must(t, 0)
	line(other, "", graceAddLine, "--actor", "ada").must(t, exitNotAllowed)
	proposed := line(other, ada, graceAddLine).must(t, 0)
	if !strings.Contains(proposed.talk, "proposed by ada.") {
		t.Errorf("said %q", proposed.talk)
	}
	for name, c := range map[string]struct {
		token, says string
		flags       []string
		code        int
	}{
		"by a name alone":           {"", tokenVariable, []string{"--actor", "grace"}, exitNotAllowed},
		"by the maker's token":      {ada, "ask another person", nil, exitNotAllowed},
		"by another of the maker's": {adaToo, "ask another person. You are on record as \"ada\" on the command line and", nil, exitNotAllowed},
		"under another's name":      {ada, `--actor "grace"`, []string{"--actor", "grace"}, exitNotAllowed},
		"under nobody's name":       {ada, `--actor "eve"`, []string{"--actor", "eve"}, exitNotAllowed},
		"by the wrong role":         {sign(devissuer.Claims{Subject: "00u2", Roles: []auth.Role{auth.Finance}}), `"rewards"`, nil, exitNotAllowed},
		"by a token that reads":     {sign(devissuer.Claims{Subject: "00u2", Roles: staff, Scopes: []string{auth.ScopeRead}}), auth.ScopeWrite, nil, exitNotAllowed},
		"by a machine":              {sign(devissuer.Claims{Subject: "00u2", Roles: staff, Machine: true}), "machine", nil, exitNotAllowed},
		"by an expired token":       {sign(devissuer.Claims{Subject: "00u2", Roles: staff, Extra: map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}}), "expired", nil, exitNotAllowed},
		"by an altered token":       {grace[:len(grace)-4] + "AAAA", "refused", nil, exitNotAllowed},
		"by no token":               {"mallory", "refused", nil, exitNotAllowed},
		"by nobody on record":       {sign(devissuer.Claims{Subject: "00u9", Roles: staff}), "person add", nil, exitNotFound},
		"without issuers":           {grace, "--auth", []string{"--auth", ""}, exitUsage},
		"with no file of issuers":   {grace, "--auth", []string{"--auth", file + "x"}, exitUsage},
	} {
		if r := line(other, c.token, "grace approve 1", c.flags...); r.code != c.code || !strings.Contains(r.talk, c.says) || r.out != "" {
			t.Errorf("%s: exit code %d, %q; want %d and %q", name, r.code, r.talk, c.code, c.says)
		}
	}
	approved := line(other, grace, "grace approve 1", "--actor", "grace").must(t, 0)
	if !strings.Contains(approved.talk, "approved by grace;") {
		t.Errorf("said %q", approved.talk)
	}

	// The same holds where money moves, and where it goes.
	for _, text := range []string{
		"ledger fund spring 1IO", "snapshot take spring", "snapshot take spring --dry-run", "incident dismiss 1 --season spring --reason x",
		"hold add --from 2024-04-25 --to 2024-04-26 --reason x", "hold release 1 --reason x", "hold refuse 1 --reason x",
		"verdict add 9d2a0000-0000-4000-8000-000000000000 spoofed --effective-at 2024-04-23 --reason x --evidence y",
		"pull reopen --from 2024-04-25 --to 2024-04-26 --reason x", "pull reopen --approve 1", "pull give-up --from 2024-04-25 --to 2024-04-26 --reason x",
		"distribution prepare", "distribution approve d1", "distribution cancel d1 --reason x", "distribution export d1 --out x",
		"wallet freeze 9d2a0000-0000-4000-8000-000000000001 --reason x", "wallet release 9d2a0000-0000-4000-8000-000000000001 --reason x",
		"snapshot override ask spring --reason x", "snapshot seal spring", "resume --reason x",
	} {
		if r := line(other, "", text, "--actor", "ada"); r.code != exitNotAllowed || !strings.Contains(r.talk, tokenVariable) {
			t.Errorf("%s by a name: exit code %d, %q", text, r.code, r.talk)
		}
	}
	// What nobody checks takes a name, or a token.
	_, address := walletKey("first")
	challenge := "wallet challenge " + walletSupplier + " " + address
	line(other, "", challenge, "--actor", "ada.l").must(t, 0)
	line(other, "", challenge, "--actor", "eve").must(t, exitNotFound)
	line(other, grace, challenge).must(t, 0)
	line(other, sign(devissuer.Claims{Subject: "00u2", Roles: []auth.Role{auth.Supplier}, Extra: map[string]any{"supplier": walletSupplier}}), challenge).must(t, exitNotAllowed)
}

// On the embedded database, name and token of the built-in issuer are one person.
func TestTokensOnTheEmbeddedDatabase(t *testing.T) {
	data := dataFolder(t)
	startPostgres(t, data)
	as := func(args ...string) result {
		t.Helper()
		return uptally(t, append([]string{"--data", data}, args...)...)
	}
	made := as("token", "--subject", "ada", "--role", "rewards", "--role", "finance").must(t, 0)
	if strings.Count(made.out, "\n") != 1 || strings.Count(made.out, ".") != 2 || made.talk != "" {
		t.Errorf("token prints %q, says %q", made.out, made.talk)
	}
	if info, err := os.Stat(filepath.Join(data, "issuer", "development-issuer.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, error %v", info, err)
	}
	as("--actor", "ada", "season", "create", "spring", "--from", "2024-04-20", "--to", "2024-04-27", "--pool", "1000IO", "--ruleset", "ignition-s1").must(t, 0)
	as(append([]string{"--actor", "ada"}, strings.Fields(graceAddLine)...)...).must(t, 0)

	t.Setenv(tokenVariable, strings.TrimSpace(made.out))
	if r := as("grace", "approve", "1").must(t, exitNotAllowed); !strings.Contains(r.talk, "ask another person") {
		t.Errorf("by the maker's token: %q", r.talk)
	}
	as("--actor", "grace", "grace", "approve", "1").must(t, exitNotAllowed)
	as("person", "add", "grace").must(t, 0)
	t.Setenv(tokenVariable, "")
	again := as("token", "--actor", "grace", "--role", "rewards", "--for", "5m", "--json").must(t, 0)
	view := decode[tokenView](t, again)
	if left := time.Until(view.Expires); view.Subject != "grace" || view.Issuer != devissuer.LocalURL || left > 5*time.Minute || left < time.Minute {
		t.Errorf("got %+v", view)
	}
	t.Setenv(tokenVariable, view.Token)
	as("ledger", "fund", "spring", "1IO").must(t, exitNotAllowed) // she is no finance
	as("grace", "approve", "1").must(t, 0)
	if people := as("person", "list").must(t, 0).out; !strings.Contains(people, "grace") {
		t.Errorf("people are:\n%s", people)
	}
}

func TestTokenFlags(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, c := range []struct {
		line, says string
		code       int
	}{
		{"token --for 25h", "24h", exitUsage},
		{"token --for=-1s", "--for", exitUsage},
		{"token --role king", "rewards", exitUsage},
		{"token --role supplier", "--supplier", exitUsage},
		{"token --supplier 9d2a0000-0000-4000-8000-000000000001", "--role", exitUsage},
		{"token --subject=  --actor=", "--subject", exitUsage},
		{"token --database-url postgres://nowhere", "--auth", exitNotAllowed},
		{"token", "no role", exitDone},
		{"token --role supplier --supplier 9d2a0000-0000-4000-8000-000000000001", "", exitDone},
	} {
		r := uptallyIn(context.Background(), "", append([]string{"--data", data}, strings.Fields(c.line)...)...)
		if r.code != c.code || !strings.Contains(r.talk, c.says) || (r.out != "") != (c.code == exitDone) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q; want %d and %q", c.line, r.code, r.out, r.talk, c.code, c.says)
		}
	}
}

// What the manual shows can be copied.
func TestManualShowsIssuersThatLoad(t *testing.T) {
	_, rest, _ := strings.Cut(manual, "--auth or UPTALLY_AUTH:\n")
	file, _, found := strings.Cut(rest, "  and, where they are needed")
	config, err := auth.LoadConfig([]byte(file))
	if !found || err != nil || len(config.Issuers) != 1 || config.Issuers[0].SupplierClaim != "https://example.org/supplier" {
		t.Errorf("%+v, error %v, of:\n%s", config, err, file)
	}
}
