package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/migrations"
)

// database is an open, migrated database.
type database struct {
	pool     *pgxpool.Pool
	embedded *embedpg.Server // nil: it is someone else's
	use      *flock.Flock    // held shared while we use the embedded one
}

const (
	databaseName = "uptally"
	poolMax      = 24 // connections: two queues of workers, and what they ask beside
)

// postgresDir is where the cluster lives in a data folder.
func postgresDir(data string) string { return filepath.Join(data, "postgres") }

// withDatabase runs f with the database that the flags name.
func (a *app) withDatabase(ctx context.Context, f func(db *database) error) (err error) {
	db, err := a.openDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close(ctx, a.say)) }()
	return f(db)
}

func (a *app) openDatabase(ctx context.Context) (*database, error) {
	if a.DatabaseURL == "" {
		return openEmbedded(ctx, a.Data)
	}
	pending, err := pendingMigrations(ctx, a.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if len(pending) > 0 {
		return nil, fmt.Errorf("%w: it lacks %s and what follows; run: uptally migrate up, with the URL of the database's owner",
			errNotMigrated, pending[0])
	}
	return connect(ctx, a.DatabaseURL)
}

// openEmbedded starts the Postgres of a data folder, or reuses it if it runs, and
// migrates it as its owner; the application then connects as its own role.
func openEmbedded(ctx context.Context, data string) (*database, error) {
	if err := os.MkdirAll(data, 0o755); err != nil {
		return nil, fmt.Errorf("data folder: %w; name another with --data", err)
	}
	use := flock.New(postgresDir(data) + ".use")
	if err := use.RLock(); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	server, err := embedpg.Start(ctx, embedpg.Config{DataDir: postgresDir(data), Database: databaseName})
	if err != nil {
		return nil, errors.Join(err, use.Unlock())
	}
	db, err := migrateEmbedded(ctx, server)
	if err != nil {
		return nil, errors.Join(err, server.Stop(), use.Unlock())
	}
	db.embedded, db.use = server, use
	return db, nil
}

func migrateEmbedded(ctx context.Context, server *embedpg.Server) (*database, error) {
	owner := server.URL(embedpg.Owner)
	pending, err := pendingMigrations(ctx, owner)
	if err != nil {
		return nil, err
	}
	if len(pending) > 0 {
		if _, err := migrations.Up(ctx, owner); err != nil {
			return nil, err
		}
	}
	return connect(ctx, server.URL(migrations.AppRole))
}

// pendingMigrations returns the names of those that the database lacks.
func pendingMigrations(ctx context.Context, url string) ([]string, error) {
	all, err := migrations.Status(ctx, url)
	if err != nil {
		return nil, err
	}
	var pending []string
	for _, m := range all {
		if !m.Applied {
			pending = append(pending, m.Name)
		}
	}
	return pending, nil
}

func connect(ctx context.Context, url string) (*database, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = max(config.MaxConns, poolMax)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &database{pool: pool}, nil
}

// awaitUsersEvery is how often a server's owner looks whether others use it still.
const awaitUsersEvery = 50 * time.Millisecond

// close gives up the connections. A server that is ours is stopped once no other
// command uses it, or at once if ctx is done: a short command that happened to
// start it must not take it from a long one.
func (db *database) close(ctx context.Context, say func(format string, args ...any)) error {
	db.pool.Close()
	if db.embedded == nil {
		return nil
	}
	if !db.embedded.Reused() {
		alone, err := db.use.TryLock()
		if err == nil && !alone {
			say("Another command uses the Postgres that this one started; waiting for it to end.")
			_, err = db.use.TryLockContext(ctx, awaitUsersEvery)
		}
		if err != nil && ctx.Err() == nil {
			return errors.Join(err, db.embedded.Stop())
		}
	}
	return errors.Join(db.embedded.Stop(), db.use.Unlock())
}

// supplierPool connects as the role that suppliers read through.
func (a *app) supplierPool(ctx context.Context, db *database, url string) (*pgxpool.Pool, error) {
	if db.embedded != nil {
		url = db.embedded.URL(migrations.SupplierRole)
	}
	if url == "" {
		return nil, usage("no --supplier-database-url: on a database of your own the API reads for suppliers as %s; give its URL in UPTALLY_SUPPLIER_DATABASE_URL, or --api=false",
			migrations.SupplierRole)
	}
	pool, err := api.ConnectSuppliers(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("--supplier-database-url: %w", err)
	}
	if err := migrations.CheckSameDatabase(ctx, db.pool, pool); err != nil {
		pool.Close()
		return nil, fmt.Errorf("--supplier-database-url: %w", err)
	}
	return pool, nil
}
