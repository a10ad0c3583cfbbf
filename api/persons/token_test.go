package persons_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/snapshot"
)

const issuer = "https://tenant.auth0.example/"

// No two holders of tokens have one name.
func TestTokenNamesAreUnambiguous(t *testing.T) {
	tricky := rapid.StringOfN(rapid.SampledFrom([]rune("a %25/0|é")), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		issuer, subject, otherIssuer, otherSubject := tricky.Draw(t, "issuer"), tricky.Draw(t, "subject"), tricky.Draw(t, "other issuer"), tricky.Draw(t, "other subject")
		same := issuer == otherIssuer && subject == otherSubject
		if got := persons.TokenName(issuer, subject) == persons.TokenName(otherIssuer, otherSubject); got != same {
			t.Errorf("%q %q and %q %q: one name is %v", issuer, subject, otherIssuer, otherSubject, got)
		}
	})
	if got, want := persons.TokenName(issuer, "auth0|5f 1"), issuer+" auth0|5f 1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPersonsOfTokens(t *testing.T) {
	t.Parallel()
	tx, ctx := begin(t, pgtest.New(t).App), t.Context()
	if _, err := persons.ByToken(ctx, tx, issuer, "sam"); !errors.Is(err, persons.ErrNoPerson) {
		t.Errorf("nobody yet: %v", err)
	}
	sam, err := persons.EnsureToken(ctx, tx, issuer, "sam")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := persons.EnsureToken(ctx, tx, issuer, "sam"); err != nil || again != sam {
		t.Errorf("again: person %d, error %v, want %d", again, err, sam)
	}
	if other, err := persons.EnsureToken(ctx, tx, "https://other.example/", "sam"); err != nil || other == sam {
		t.Errorf("of another issuer: person %d, error %v, want another than %d", other, err, sam)
	}
	if cli, err := persons.Ensure(ctx, tx, "sam"); err != nil || cli == sam {
		t.Errorf("the command line's: person %d, error %v, want another than %d", cli, err, sam)
	}
	ada, err := persons.Ensure(ctx, tx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	if byToken, err := persons.DevelopmentPerson(ctx, tx, "ada"); err != nil || byToken != ada {
		t.Errorf("of the development issuer: person %d, error %v, want %d", byToken, err, ada)
	}
	for range 2 {
		if err := persons.Link(ctx, tx, ada, issuer, "ada"); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := persons.ByToken(ctx, tx, issuer, "ada"); err != nil || found != ada {
		t.Errorf("linked: person %d, error %v, want %d", found, err, ada)
	}
	if _, err := persons.ByToken(ctx, tx, issuer, "sam"); !errors.Is(err, persons.ErrNoPerson) {
		t.Errorf("who acted for a supplier is on record for staff: %v", err)
	}
	bob, err := persons.Add(ctx, tx, "bob")
	if err != nil {
		t.Fatal(err)
	}
	if err := persons.Link(ctx, tx, bob, issuer, "ada"); !errors.Is(err, persons.ErrNameTaken) {
		t.Errorf("another's token: %v", err)
	}
	if err := persons.Link(ctx, tx, bob, issuer, "sam"); err != nil {
		t.Errorf("who acted for a supplier is bob: %v", err)
	}
	if now, err := persons.EnsureToken(ctx, tx, issuer, "sam"); err != nil || now != bob {
		t.Errorf("acts for a supplier as person %d, error %v, want %d", now, err, bob)
	}
	if _, err := persons.Add(ctx, tx, "ada"); !errors.Is(err, persons.ErrNameTaken) {
		t.Errorf("another's name: %v", err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	tx, ctx := begin(t, pgtest.New(t).App), t.Context()
	nameless := person(t, tx)
	ada, err := persons.Add(ctx, tx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(persons.Link(ctx, tx, ada, issuer, "1"), persons.AddName(ctx, tx, ada, persons.KindCLI, "Ada")); err != nil {
		t.Fatal(err)
	}
	got, err := persons.List(ctx, tx)
	if err != nil || len(got) != 2 || got[0].ID != nameless || len(got[0].Names) != 0 || got[1].ID != ada || got[1].RecordedAt.IsZero() {
		t.Fatalf("got %+v, error %v", got, err)
	}
	want := []persons.Name{{Kind: persons.KindCLI, Name: "Ada"}, {Kind: persons.KindCLI, Name: "ada"}, {Kind: persons.KindToken, Name: issuer + " 1"}}
	if !slices.Equal(got[1].Names, want) {
		t.Errorf("names %v, want %v", got[1].Names, want)
	}
}

func TestNamesAreTheOwnersToGive(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if may, err := persons.MayName(t.Context(), begin(t, db.Owner)); err != nil || !may {
		t.Errorf("the owner: %v, error %v", may, err)
	}
	if may, err := persons.MayName(t.Context(), begin(t, db.App)); err != nil || may {
		t.Errorf("the application: %v, error %v", may, err)
	}
}

// One human under two names, under a name and a token, or under two tokens is one
// person, and so cannot be maker and checker.
func TestOneHumanIsNoTwo(t *testing.T) {
	t.Parallel()
	tx, ctx := begin(t, pgtest.New(t).App), t.Context()
	ada, err := persons.Ensure(ctx, tx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(persons.AddName(ctx, tx, ada, persons.KindCLI, "ada.l"), persons.Link(ctx, tx, ada, issuer, "1"),
		persons.Link(ctx, tx, ada, "https://okta.example", "00u1")); err != nil {
		t.Fatal(err)
	}
	grace, err := persons.EnsureToken(ctx, tx, issuer, "2")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]func() (int64, error){
		"the name":            func() (int64, error) { return persons.ByName(ctx, tx, persons.KindCLI, "ada") },
		"another name":        func() (int64, error) { return persons.Ensure(ctx, tx, "ada.l") },
		"a token":             func() (int64, error) { return persons.ByToken(ctx, tx, issuer, "1") },
		"a token of another":  func() (int64, error) { return persons.EnsureToken(ctx, tx, "https://okta.example", "00u1") },
		"a development token": func() (int64, error) { return persons.DevelopmentPerson(ctx, tx, "ada") },
	}
	season(t, tx, ada)
	day := time.Date(2024, 4, 20, 0, 0, 0, 0, time.UTC)
	for maker, ask := range names {
		made, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		window, err := snapshot.ProposeWindow(ctx, tx, "spring", snapshot.Window{
			From: day, To: day.Add(24 * time.Hour), Cause: "cut-over", Lookback: 288, MinBefore: half(t), Sustain: 3,
			ReconnectBy: day.AddDate(0, 0, 3), Credit: "full",
		}, made)
		if err != nil {
			t.Fatal(err)
		}
		day = day.Add(24 * time.Hour)
		for checker, ask := range names {
			checks, err := ask()
			if err != nil {
				t.Fatal(err)
			}
			if err := inSavepoint(t, tx, func(tx pgx.Tx) error { return snapshot.ApproveWindow(ctx, tx, window, checks) }); !errors.Is(err, snapshot.ErrSelfCheck) {
				t.Errorf("made by %s, approved by %s: %v, want ErrSelfCheck", maker, checker, err)
			}
		}
		if err := snapshot.ApproveWindow(ctx, tx, window, grace); err != nil {
			t.Errorf("made by %s, approved by another person: %v", maker, err)
		}
	}
}

func season(t *testing.T, tx pgx.Tx, person int64) {
	t.Helper()
	spring := snapshot.Season{Code: "spring", FirstDay: time.Date(2024, 4, 20, 0, 0, 0, 0, time.UTC), LastDay: time.Date(2024, 4, 27, 0, 0, 0, 0, time.UTC), Pool: 1000}
	i := slices.IndexFunc(snapshot.Embedded(), func(set snapshot.EmbeddedRuleset) bool { return strings.Contains(set.Name, "ignition-s1") })
	if err := snapshot.CreateSeason(t.Context(), tx, spring, snapshot.Embedded()[i].TOML, person); err != nil {
		t.Fatal(err)
	}
}

func half(t *testing.T) snapshot.Fraction {
	t.Helper()
	fraction, err := snapshot.ParseFraction("0.5")
	if err != nil {
		t.Fatal(err)
	}
	return fraction
}

// inSavepoint undoes what f did.
func inSavepoint(t *testing.T, tx pgx.Tx, f func(pgx.Tx) error) error {
	t.Helper()
	inner, err := tx.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = inner.Rollback(t.Context()) }()
	return f(inner)
}
