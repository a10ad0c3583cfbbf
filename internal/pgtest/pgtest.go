package pgtest

import (
	"context"
	"database/sql"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/peterldowns/pgtestdb"

	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/migrations"
)

const noServer = "no database server: the package needs func TestMain(m *testing.M) { pgtest.Main(m) }"

// poolMax is the most connections of one pool; the server has 100.
const poolMax = 20

// DB is a migrated database of one test's own.
type DB struct {
	Owner       *pgxpool.Pool // the superuser, who may do anything; whoever migrated it is no such
	App         *pgxpool.Pool // migrations.AppRole, as the application serves
	Supplier    *pgxpool.Pool // migrations.SupplierRole, under row security
	OwnerURL    string
	AppURL      string
	SupplierURL string
}

// New returns a fresh migrated database, which lives as long as the test. Every
// connection taken from the pools must have been given back by then.
func New(t testing.TB) *DB {
	t.Helper()
	if server == nil {
		t.Fatal(noServer)
	}
	ownerURL := pgtestdb.Custom(t, serverConfig(t), migrator{}).URL()
	owner := connect(t, ownerURL)
	keepToRoles(t, owner)
	appURL, supplierURL := withUser(t, ownerURL, migrations.AppRole), withUser(t, ownerURL, migrations.SupplierRole)
	return &DB{
		Owner: owner, App: connect(t, appURL), Supplier: connect(t, supplierURL),
		OwnerURL: ownerURL, AppURL: appURL, SupplierURL: supplierURL,
	}
}

// Empty returns the owner's URL of a database that was never migrated, which lives
// as long as the test.
func Empty(t testing.TB) (ownerURL string) {
	t.Helper()
	if server == nil {
		t.Fatal(noServer)
	}
	return pgtestdb.Custom(t, serverConfig(t), pgtestdb.NoopMigrator{}).URL()
}

// EmptyOfOwner is Empty for an owner who is no superuser, but may create roles.
func EmptyOfOwner(t testing.TB) (ownerURL string) {
	t.Helper()
	ownerURL, err := giveAway(t.Context(), Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	return ownerURL
}

// serverConfig names the private server in pgtestdb's terms. Tests own their
// databases as the role that owns the cluster.
func serverConfig(t testing.TB) pgtestdb.Config {
	t.Helper()
	address, err := url.Parse(server.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	return pgtestdb.Config{
		DriverName: "pgx",
		User:       embedpg.Owner,
		Port:       address.Query().Get("port"),
		Database:   "postgres",
		Options:    url.Values{"host": {address.Query().Get("host")}}.Encode(),
		TestRole:   &pgtestdb.Role{Username: embedpg.Owner},
		// A test that failed half way must not fail again for a connection it lost.
		ForceTerminateConnections: true,
	}
}

func withUser(t testing.TB, address, user string) string {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	parsed.User = url.User(user)
	return parsed.String()
}

func connect(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = poolMax
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// migrator makes the template that databases are cloned from.
type migrator struct{}

// Hash is constant: the server, and the template with it, lives no longer than
// this program and its embedded migrations.
func (migrator) Hash() (string, error) { return "uptally", nil }

// Migrate does so as an ordinary owner, as most databases are: what the migrations'
// functions, triggers and policies may do is then no superuser's in any test.
func (migrator) Migrate(ctx context.Context, _ *sql.DB, template pgtestdb.Config) error {
	url, err := giveAway(ctx, template.URL())
	if err != nil {
		return err
	}
	_, err = migrations.Up(ctx, url)
	return err
}

// plainOwner owns databases, and is no superuser.
const plainOwner = "pgtest_owner"

// giveAway makes plainOwner the owner of the database at the superuser's URL, and returns
// it with their name.
func giveAway(ctx context.Context, superURL string) (ownerURL string, err error) {
	parsed, err := url.Parse(superURL)
	if err != nil {
		return "", err
	}
	if err := ownPlainly(ctx, superURL); err != nil {
		return "", err
	}
	parsed.User = url.User(plainOwner)
	return parsed.String(), nil
}
