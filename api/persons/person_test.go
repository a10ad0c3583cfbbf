package persons_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestNamesOfPersons(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tx := begin(t, db.App)
	ctx := t.Context()

	ada, err := persons.Ensure(ctx, tx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := persons.Ensure(ctx, tx, "ada"); err != nil || again != ada {
		t.Errorf("ada again: person %d, error %v, want %d", again, err, ada)
	}
	grace, err := persons.Ensure(ctx, tx, "Ada") // names are compared byte for byte
	if err != nil || grace == ada {
		t.Fatalf("Ada: person %d, error %v, want another than %d", grace, err, ada)
	}
	for range 2 { // again changes nothing
		if err := persons.AddName(ctx, tx, ada, persons.KindToken, "sub|1"); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := persons.ByName(ctx, tx, persons.KindToken, "sub|1"); err != nil || found != ada {
		t.Errorf("sub|1: person %d, error %v, want %d", found, err, ada)
	}
	if _, err := persons.ByName(ctx, tx, persons.KindCLI, "sub|1"); !errors.Is(err, persons.ErrNoPerson) {
		t.Errorf("a token name on the command line: %v, want ErrNoPerson", err)
	}
	if err := persons.AddName(ctx, tx, grace, persons.KindToken, "sub|1"); !errors.Is(err, persons.ErrNameTaken) {
		t.Errorf("another's name: %v, want ErrNameTaken", err)
	}
}

func TestNamesAreTheFirstToShow(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tx := begin(t, db.App)
	ctx := t.Context()
	two, only, nameless := pgtest.Person(t, tx, "zoe"), person(t, tx), person(t, tx)
	for _, name := range []struct {
		person int64
		kind   persons.Kind
		name   string
	}{
		{two, persons.KindCLI, "Zoe"},
		{two, persons.KindToken, "A"},
		{only, persons.KindToken, "sub|2"},
	} {
		if err := persons.AddName(ctx, tx, name.person, name.kind, name.name); err != nil {
			t.Fatal(err)
		}
	}
	got, err := persons.Names(ctx, tx, []int64{nameless, only, two})
	if want := (map[int64]string{two: "Zoe", only: "sub|2"}); err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, error %v, want %v", got, err, want)
	}
	if none, err := persons.Names(ctx, tx, nil); err != nil || len(none) > 0 {
		t.Errorf("of nobody: %v, error %v", none, err)
	}
}

// A person reads their own names as they know them.
func TestKnownNames(t *testing.T) {
	t.Parallel()
	tx, ctx := begin(t, pgtest.New(t).App), t.Context()
	nameless, ada := person(t, tx), pgtest.Person(t, tx, "ada")
	if err := errors.Join(
		persons.Link(ctx, tx, ada, "https://one two%/", "auth0|5f 1"),
		persons.AddName(ctx, tx, ada, persons.KindCLI, "Ada L")); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[int64]string{
		nameless: "",
		ada:      `You are on record as "Ada L" on the command line and "ada" on the command line and "auth0|5f 1" by token of https://one two%/: one human, and it takes another`,
	} {
		if got, err := persons.Known(ctx, tx, who); err != nil || got != want {
			t.Errorf("got %s, error %v; want %s", got, err, want)
		}
	}
}

func TestNewNameUsedBySeveralAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	found := make([]int64, 8)
	errs := make([]error, 8)
	var group sync.WaitGroup
	for i := range found {
		group.Go(func() {
			errs[i] = pgx.BeginFunc(t.Context(), db.App, func(tx pgx.Tx) (err error) {
				found[i], err = persons.Ensure(t.Context(), tx, "ada")
				return err
			})
		})
	}
	group.Wait()
	for i, got := range found {
		if errs[i] != nil || got != found[0] {
			t.Errorf("caller %d: person %d, error %v, want %d", i, got, errs[i], found[0])
		}
	}
	var recorded int
	if err := db.App.QueryRow(t.Context(), `SELECT count(*) FROM person`).Scan(&recorded); err != nil || recorded != 1 {
		t.Errorf("%d persons recorded, error %v, want 1", recorded, err)
	}
}

func TestNamesThatTheDatabaseRefuses(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for name, act := range map[string]func(pgx.Tx) error{
		"an empty name": func(tx pgx.Tx) error {
			_, err := persons.Ensure(t.Context(), tx, "")
			return err
		},
		"a kind of its own": func(tx pgx.Tx) error {
			return persons.AddName(t.Context(), tx, pgtest.Person(t, tx, "ada"), "badge", "7")
		},
		"a name of nobody": func(tx pgx.Tx) error {
			return persons.AddName(t.Context(), tx, 404, persons.KindCLI, "ghost")
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := act(begin(t, db.App)); err == nil {
				t.Error("was recorded")
			}
		})
	}
}

// begin opens a transaction that is rolled back when the test ends.
func begin(t *testing.T, pool *pgxpool.Pool) pgx.Tx {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

// person records a person without a name.
func person(t *testing.T, tx pgx.Tx) (id int64) {
	t.Helper()
	if err := tx.QueryRow(t.Context(), `INSERT INTO person DEFAULT VALUES RETURNING id`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}
