package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
)

// A token that was verified is believed for a minute, and never past its times.
func TestSeenTokens(t *testing.T) {
	clock := &movingClock{now: noon}
	one := newIssuer(t, urlOfOne)
	verifier, err := auth.New(t.Context(), auth.Config{Issuers: []auth.Issuer{one.Trusted()}, Now: clock.Now}, nil)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(signed string, after time.Duration) error {
		clock.set(noon.Add(after))
		_, err := verifier.Verify(t.Context(), signed)
		return err
	}
	long := token(t, one, devissuer.Claims{Subject: "ada"})
	short := token(t, one, devissuer.Claims{Subject: "ada", Lifetime: 10 * time.Second})
	late := token(t, one, devissuer.Claims{Subject: "ada", Extra: map[string]any{"nbf": noon.Add(30 * time.Second).Unix()}})
	for _, signed := range []string{long, short, late} {
		if err := verify(signed, 0); err != nil {
			t.Fatal(err)
		}
	}
	one.Retire(one.Keys().Keys[0].KeyID) // from now on nothing can be verified, and what is known counts
	for _, c := range []struct {
		name  string
		token string
		after time.Duration
		want  error
	}{
		{"a second before a minute is over", long, 59 * time.Second, nil},
		{"after a minute", long, time.Minute, auth.ErrUnknownKey},
		{"before it was seen", long, -time.Second, auth.ErrUnknownKey},
		{"just before it expires", short, 9 * time.Second, nil},
		{"once it has expired", short, 10 * time.Second, auth.ErrUnknownKey},
		{"one that counted by leeway alone", late, time.Second, auth.ErrUnknownKey},
		{"another", token(t, newIssuer(t, urlOfOne), devissuer.Claims{Subject: "ada"}), 0, auth.ErrUnknownKey},
	} {
		if err := verify(c.token, c.after); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// That a token was good is remembered until it expires, or is refused.
func TestRecall(t *testing.T) {
	clock := &movingClock{now: noon}
	one := newIssuer(t, urlOfOne)
	verifier, err := auth.New(t.Context(), auth.Config{Issuers: []auth.Issuer{one.Trusted()}, Now: clock.Now}, nil)
	if err != nil {
		t.Fatal(err)
	}
	good := token(t, one, devissuer.Claims{Subject: "ada", Lifetime: 10 * time.Minute})
	bad := token(t, newIssuer(t, urlOfOne), devissuer.Claims{Subject: "ada"})
	recall := func(name, bearer string, after time.Duration, want auth.Memory) {
		t.Helper()
		clock.set(noon.Add(after))
		caller, got := verifier.Recall(bearer)
		if got != want || (caller.Subject == "ada") != (want != auth.Unknown) {
			t.Errorf("%s: recalled as %d of %q, want %d", name, got, caller.Subject, want)
		}
	}
	verify := func(bearer string, after time.Duration, want error) {
		t.Helper()
		clock.set(noon.Add(after))
		if _, err := verifier.Verify(t.Context(), bearer); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	recall("before it was seen", good, 0, auth.Unknown)
	verify(good, 0, nil)
	verify(bad, 0, auth.ErrToken)
	recall("one that was refused", bad, 0, auth.Unknown)
	recall("none", "", 0, auth.Unknown)
	recall("a long one", strings.Repeat("x", auth.MaxToken+1), 0, auth.Unknown)
	recall("a moment later", good, 59*time.Second, auth.Verified)
	recall("after a minute", good, time.Minute, auth.Known)
	recall("by a clock that was set back", good, -time.Second, auth.Known)
	recall("just before it expires", good, 10*time.Minute-time.Second, auth.Known)
	recall("once it has expired", good, 10*time.Minute, auth.Unknown)
	verify(good, 2*time.Minute, nil)
	recall("verified again", good, 2*time.Minute, auth.Verified)
	one.Retire(one.Keys().Keys[0].KeyID)
	verify(good, 4*time.Minute, auth.ErrUnknownKey)
	recall("once it was refused", good, 4*time.Minute, auth.Unknown)
}

// What a token costs that was seen a moment ago.
func BenchmarkVerifySeen(b *testing.B) {
	one := newIssuer(b, urlOfOne)
	verifier := newVerifier(b, one)
	signed := token(b, one, devissuer.Claims{Subject: "ada", Roles: []auth.Role{auth.Rewards}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := verifier.Verify(b.Context(), signed); err != nil {
			b.Fatal(err)
		}
	}
}

// What a token costs that is new.
func BenchmarkVerifyNew(b *testing.B) {
	one := newIssuer(b, urlOfOne)
	signed := token(b, one, devissuer.Claims{Subject: "ada", Roles: []auth.Role{auth.Rewards}})
	at := noon
	verifier, err := auth.New(b.Context(), auth.Config{Issuers: []auth.Issuer{one.Trusted()}, Now: func() time.Time { return at }}, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		at = at.Add(-time.Nanosecond) // before it was seen
		if _, err := verifier.Verify(b.Context(), signed); err != nil {
			b.Fatal(err)
		}
	}
}
