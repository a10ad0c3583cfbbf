package migrations_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/migrations"
)

func TestUpAppliesOnceInOrder(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	before, err := migrations.Status(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, migration := range before {
		if migration.Applied {
			t.Errorf("%s is applied to an empty database", migration.Name)
		}
		all = append(all, migration.Name)
	}
	if !slices.Contains(all, "00001_ground.sql") || !slices.Contains(all, "river/1") {
		t.Fatalf("status of an empty database: %q", all)
	}
	applied, err := migrations.Up(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(applied, all) {
		t.Errorf("applied %q, want %q", applied, all)
	}
	if again, err := migrations.Up(t.Context(), url); err != nil || len(again) > 0 {
		t.Errorf("again: applied %q, error %v", again, err)
	}
}

func TestStatusIsReadByTheApplicationToo(t *testing.T) {
	t.Parallel()
	status, err := migrations.Status(t.Context(), pgtest.New(t).AppURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, migration := range status {
		if !migration.Applied {
			t.Errorf("%s is not applied", migration.Name)
		}
	}
}

func TestStatusChangesNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	if _, err := migrations.Status(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	connection, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(context.WithoutCancel(t.Context()))
	var tables int
	err = connection.QueryRow(t.Context(), `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`).Scan(&tables)
	if err != nil || tables != 0 {
		t.Errorf("after status: %d tables, error %v", tables, err)
	}
}

func TestSeveralMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	applied := make([][]string, 3)
	group, ctx := errgroup.WithContext(t.Context())
	for i := range applied {
		group.Go(func() (err error) {
			applied[i], err = migrations.Up(ctx, url)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	migrating := slices.DeleteFunc(applied, func(names []string) bool { return len(names) == 0 })
	if len(migrating) != 1 {
		t.Errorf("%d of 3 migrated, want 1: %q", len(migrating), migrating)
	}
}

// Roles are the cluster's, and the lock is the database's.
func TestDatabasesOfOneClusterMigrateAtOnce(t *testing.T) {
	t.Parallel()
	group, ctx := errgroup.WithContext(t.Context())
	for range 3 {
		url := pgtest.Empty(t)
		group.Go(func() error {
			_, err := migrations.Up(ctx, url)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

func TestUpGrantsAnewWhatWasRevoked(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	const mayRead = `SELECT has_table_privilege('uptally_app', 'device', 'SELECT')`
	for _, step := range []struct {
		act  func() error
		want bool
	}{
		{func() error {
			_, err := db.Owner.Exec(t.Context(), `REVOKE SELECT ON device FROM uptally_app`)
			return err
		}, false},
		{func() error {
			_, err := migrations.Up(t.Context(), db.OwnerURL)
			return err
		}, true},
	} {
		if err := step.act(); err != nil {
			t.Fatal(err)
		}
		var got bool
		if err := db.Owner.QueryRow(t.Context(), mayRead).Scan(&got); err != nil || got != step.want {
			t.Fatalf("the application may read: got %t, want %t, error %v", got, step.want, err)
		}
	}
}

func TestUpNamesWhatItCannotReach(t *testing.T) {
	t.Parallel()
	absent := fmt.Sprintf("postgres://nobody@/nothing?host=%s", t.TempDir())
	if _, err := migrations.Up(t.Context(), absent); err == nil {
		t.Error("migrated a database that is not there")
	}
}
