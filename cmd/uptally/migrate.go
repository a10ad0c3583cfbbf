package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/migrations"
)

type migrateCommands struct {
	Up     migrateUp     `cmd:"" help:"Apply what the database lacks, as its owner."`
	Status migrateStatus `cmd:"" help:"Show which migrations the database has."`
}

type migrateUp struct{}

// Run migrates as the owner: the role of the URL, or the embedded cluster's own.
func (migrateUp) Run(ctx context.Context, a *app) error {
	return a.asOwner(ctx, func(url string) error {
		if a.DryRun {
			pending, err := pendingMigrations(ctx, url)
			if err != nil {
				return err
			}
			a.say("Dry run: %d to apply.", len(pending))
			return a.showMigrations(pending)
		}
		applied, err := migrations.Up(ctx, url)
		if err != nil {
			return err
		}
		a.say("%d applied; the database is up to date.", len(applied))
		return a.showMigrations(applied)
	})
}

func (a *app) showMigrations(names []string) error {
	if names == nil {
		names = []string{}
	}
	return a.show(names, func(out io.Writer) {
		for _, name := range names {
			fmt.Fprintln(out, name)
		}
	})
}

type migrateStatus struct{}

// migrationView is a migration as --json prints it.
type migrationView struct {
	Name      string     `json:"name"`
	Applied   bool       `json:"applied"`
	AppliedAt *time.Time `json:"applied_at"`
}

// Run shows the database's migrations and changes nothing.
func (migrateStatus) Run(ctx context.Context, a *app) error {
	return a.asOwner(ctx, func(url string) error {
		all, err := migrations.Status(ctx, url)
		if err != nil {
			return err
		}
		views := make([]migrationView, len(all))
		for i, m := range all {
			views[i] = migrationView{Name: m.Name, Applied: m.Applied}
			if !m.AppliedAt.IsZero() {
				views[i].AppliedAt = new(m.AppliedAt.UTC())
			}
		}
		return a.show(views, func(out io.Writer) {
			g := newGrid("migration", "applied")
			for _, v := range views {
				g.add(v.Name, appliedText(v))
			}
			g.print(out)
		})
	})
}

func appliedText(v migrationView) string {
	if !v.Applied {
		return "no"
	}
	return utcOr(v.AppliedAt, "yes")
}

// asOwner runs f with the URL of the database's owner, migrated or not.
func (a *app) asOwner(ctx context.Context, f func(url string) error) (err error) {
	if a.DatabaseURL != "" {
		return f(a.DatabaseURL)
	}
	server, err := embedpg.Start(ctx, embedpg.Config{DataDir: postgresDir(a.Data), Database: databaseName})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	return f(server.URL(embedpg.Owner))
}
