package main

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/limit"
	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/migrations"
)

// An owner who is no superuser sets up a database of one's own; it is served as the
// roles that are for it, and as nobody else.
func TestServeOnADatabaseOfOnesOwn(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	connection, err := pgx.Connect(t.Context(), server.URL(embedpg.Owner))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(context.WithoutCancel(t.Context()))
	for _, statement := range []string{"CREATE ROLE plain LOGIN CREATEROLE", "CREATE DATABASE own OWNER plain", "CREATE DATABASE other OWNER plain"} {
		if _, err := connection.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	in := func(database, role string) string {
		return strings.Replace(server.URL(role), "/"+databaseName+"?", "/"+database+"?", 1)
	}
	uptally(t, "--database-url", in("own", "plain"), "migrate", "up").must(t, 0)
	uptally(t, "--database-url", in("other", "plain"), "migrate", "up").must(t, 0)
	_, issuers := issuerFile(t)
	serving := func(url string, flags ...string) []string {
		return append([]string{"--database-url", url, "serve", "--workers=false", "--listen", "127.0.0.1:0"}, flags...)
	}
	app, suppliers := in("own", migrations.AppRole), in("own", migrations.SupplierRole)
	for name, c := range map[string]struct {
		line []string
		code int
		says string
	}{
		"as the owner":                      {serving(in("own", "plain"), "--auth", issuers, "--supplier-database-url", suppliers), exitNotAllowed, "plain owns the database"},
		"as a superuser":                    {serving(in("own", embedpg.Owner), "--auth", issuers, "--supplier-database-url", suppliers), exitNotAllowed, "is a superuser"},
		"without suppliers":                 {serving(app, "--auth", issuers), exitUsage, "--supplier-database-url"},
		"with suppliers as the app":         {serving(app, "--auth", issuers, "--supplier-database-url", app), exitNotAllowed, "it is not uptally_supplier"},
		"with suppliers of another":         {serving(app, "--auth", issuers, "--supplier-database-url", in("other", migrations.SupplierRole)), exitUsage, "another database: other"},
		"with no issuers":                   {serving(app, "--supplier-database-url", suppliers), exitUsage, "--auth"},
		"with webhooks that lead to itself": {serving(app, "--auth", issuers, "--supplier-database-url", suppliers, "--webhook-loopback"), exitNotAllowed, "--webhook-loopback"},
	} {
		if r := uptally(t, c.line...); r.code != c.code || !strings.Contains(r.talk, c.says) {
			t.Errorf("%s: exit code %d, %q; want %d and %q", name, r.code, r.talk, c.code, c.says)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var out strings.Builder
	code := run(ctx, serving(app, "--auth", issuers, "--supplier-database-url", suppliers), strings.NewReader(""), &out, &signalling{on: "Answering", reached: stop})
	if code != 0 || out.Len() > 0 {
		t.Errorf("exit code %d, stdout %q", code, out.String())
	}

	// A process that works alone serves its figures too.
	t.Setenv("UPTALLY_FEED_URL", "http://127.0.0.1:9/")
	t.Setenv("UPTALLY_FEED_TOKEN", "of-the-test")
	ctx, stop = context.WithCancel(t.Context())
	var named atomic.Bool
	code = run(ctx, []string{"--database-url", app, "serve", "--api=false", "--metrics", "127.0.0.1:none"}, strings.NewReader(""), &out,
		io.MultiWriter(&signalling{on: "Working", reached: stop}, &signalling{on: "--metrics 127.0.0.1:none", reached: func() { named.Store(true) }}))
	if code == 0 || !named.Load() {
		t.Errorf("exit code %d, the address is named: %t", code, named.Load())
	}
}

// A small budget leaves an address some: none would be no limit.
func TestBudgets(t *testing.T) {
	for _, c := range []struct{ reads, writes, addressReads, addressWrites int }{
		{1200, 120, 300, 60}, {1, 1, 1, 1}, {3, 3, 1, 2}, {0, 0, 0, 0},
	} {
		got, err := apiFlags{Reads: c.reads, Writes: c.writes}.budgets()
		want := limit.Budgets{Actor: limit.Budget{Reads: c.reads, Writes: c.writes}, Address: limit.Budget{Reads: c.addressReads, Writes: c.addressWrites}}
		if err != nil || got != want {
			t.Errorf("%+v: %+v, %v", c, got, err)
		}
	}
	for _, f := range []apiFlags{{Reads: -1}, {Writes: -1}} {
		if _, err := f.budgets(); exitCode(err) != exitUsage {
			t.Errorf("%+v: %v", f, err)
		}
	}
}
