package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// The database roles that serve. Neither owns anything.
const (
	AppRole      = "uptally_app"      // the application: all that it does
	SupplierRole = "uptally_supplier" // what suppliers and everybody else read, under row security
)

// lockWaitMax is how long Up waits, in seconds, for another that is migrating.
const lockWaitMax = 600

// ErrForeignSchema says that whoever migrates does not own the schema public.
var ErrForeignSchema = errors.New("the schema public is not ours")

//go:embed 0*.sql
var numbered embed.FS

// Migration is one numbered step, of ours or of River.
type Migration struct {
	Name      string    // such as 00002_uptime.sql, or river/6
	Applied   bool      // the database has it
	AppliedAt time.Time // zero if not applied, and for River's, which keeps none that we read
}

// Up brings the database at ownerURL up to date and returns the names of the
// migrations that it applied, none if there was nothing to do. The role must own
// the database and its schema public (else ErrForeignSchema) and, for the first database of a cluster, be able to create roles;
// the connection must be direct, as a pooler would lose the session lock. Of
// several that run at once one migrates, and the others wait up to 10 minutes. A
// migration that fails leaves those before it applied, and nothing of its own.
func Up(ctx context.Context, ownerURL string) (applied []string, err error) {
	target, err := open(ctx, ownerURL)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, target.close()) }()
	unlock, err := target.lock(ctx)
	if err != nil {
		return nil, fmt.Errorf("locking the migrations: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()

	if err := target.checkOwner(ctx); err != nil {
		return nil, err
	}
	if err := createRoles(ctx, target.pool); err != nil {
		return nil, fmt.Errorf("creating roles %s and %s: %w", AppRole, SupplierRole, err)
	}
	results, err := target.goose.Up(ctx)
	for _, result := range results {
		applied = append(applied, result.Source.Path)
	}
	if err != nil {
		return applied, fmt.Errorf("migrating: %w", err)
	}
	river, err := target.river.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return applied, fmt.Errorf("migrating River: %w", err)
	}
	for _, version := range river.Versions {
		applied = append(applied, riverName(version.Version))
	}
	if err := grant(ctx, target.pool); err != nil {
		return applied, fmt.Errorf("granting to %s and %s: %w", AppRole, SupplierRole, err)
	}
	return applied, nil
}

// Status returns every migration of this program in order, ours before River's,
// and whether the database at url has it. It changes nothing and waits for no lock.
// Either role may ask.
func Status(ctx context.Context, url string) (all []Migration, err error) {
	target, err := open(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, target.close()) }()

	ours, err := appliedVersions(ctx, target.pool)
	if err != nil {
		return nil, fmt.Errorf("reading the applied migrations: %w", err)
	}
	for _, source := range target.goose.ListSources() {
		at, done := ours[source.Version]
		all = append(all, Migration{Name: source.Path, Applied: done, AppliedAt: at})
	}
	existing, err := target.river.ExistingVersions(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading River's applied migrations: %w", err)
	}
	done := map[int]bool{}
	for _, version := range existing {
		done[version.Version] = true
	}
	for _, version := range target.river.AllVersions() {
		all = append(all, Migration{Name: riverName(version.Version), Applied: done[version.Version]})
	}
	return all, nil
}

func riverName(version int) string { return fmt.Sprintf("river/%d", version) }

// target is a database with the two programs that migrate it.
type target struct {
	pool  *pgxpool.Pool
	sql   *sql.DB // goose's view of the pool
	goose *goose.Provider
	river *rivermigrate.Migrator[pgx.Tx]
}

func open(ctx context.Context, url string) (*target, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 4 // the lock keeps one for itself
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	t := &target{pool: pool, sql: stdlib.OpenDBFromPool(pool)}
	quiet := slog.New(slog.DiscardHandler) // what was done is returned, and told by the caller
	t.goose, err = goose.NewProvider(goose.DialectPostgres, t.sql, numbered,
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(quiet))
	if err != nil {
		return nil, errors.Join(err, t.close())
	}
	t.river, err = rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// checkOwner refuses a schema that is another's: what it is open to would be theirs to
// say, and not the migrations'. Before PostgreSQL 15 every new database has such a one.
func (t *target) checkOwner(ctx context.Context) error {
	owner, us, err := readForeignOwner(ctx, t.pool)
	if err != nil {
		return fmt.Errorf("reading whose the schema public is: %w", err)
	}
	if owner != "" {
		return fmt.Errorf("%w: it is %s's, and we are %s; have it given to us by a superuser: ALTER SCHEMA public OWNER TO %s", ErrForeignSchema, owner, us, us)
	}
	return nil
}

// lock takes the session lock that everything in Up runs under.
func (t *target) lock(ctx context.Context) (unlock func() error, err error) {
	session, err := t.sql.Conn(ctx)
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, lockWaitMax))
	if err == nil {
		err = locker.SessionLock(ctx, session)
	}
	if err != nil {
		return nil, errors.Join(err, session.Close())
	}
	return func() error {
		return errors.Join(locker.SessionUnlock(context.WithoutCancel(ctx), session), session.Close())
	}, nil
}

func (t *target) close() error {
	err := t.sql.Close()
	t.pool.Close()
	return err
}
