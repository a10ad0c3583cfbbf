package migrations_test

import (
	_ "embed"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/migrations"
)

var update = flag.Bool("update", false, "write schema.sql anew, with pg_dump")

const schemaFile = "schema.sql"

//go:embed testdata/describe.sql
var describeSQL string

// A database loaded from schema.sql is the one that the migrations make. Both are
// described by one server from its own catalogue, so that neither its version nor
// that of the pg_dump that wrote the file matters.
func TestSchemaFile(t *testing.T) {
	t.Parallel()
	migrated := pgtest.Empty(t) // both by one owner, whose name stands in grants and policies
	if _, err := migrations.Up(t.Context(), migrated); err != nil {
		t.Fatal(err)
	}
	if *update {
		writeSchema(t, migrated)
	}
	schema, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	loaded := pgtest.Empty(t)
	execute(t, loaded, string(schema))
	got, want := describe(t, loaded), describe(t, migrated)
	if len(want) < 100 {
		t.Fatalf("only %d objects described", len(want))
	}
	for _, line := range missing(want, got) {
		t.Errorf("the migrations make, and schema.sql lacks: %s", line)
	}
	for _, line := range missing(got, want) {
		t.Errorf("schema.sql has, and the migrations do not make: %s", line)
	}
	if t.Failed() {
		t.Log("if the migrations are right: go generate ./migrations")
	}
}

// writeSchema dumps the schema without what differs from one pg_dump to the next.
func writeSchema(t *testing.T, url string) {
	t.Helper()
	binDir, err := embedpg.BinDir(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	dump := exec.CommandContext(t.Context(), filepath.Join(binDir, "pg_dump"), "--schema-only", "--no-owner", "--no-comments", "--dbname="+url)
	out, err := dump.Output()
	if err != nil {
		t.Fatalf("pg_dump, which writes the file (the test itself does without): %v", err)
	}
	if err := os.WriteFile(schemaFile, []byte(normalise(string(out))), 0o644); err != nil {
		t.Fatal(err)
	}
}

var (
	noise    = regexp.MustCompile(`(?m)^(--.*|SET (?:[^c]|client).*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)\n`)
	blankRun = regexp.MustCompile(`\n{3,}`)
)

// normalise drops comments, settings and meta-commands. The one setting it keeps,
// check_function_bodies, lets functions stand before the tables that they read.
func normalise(dump string) string {
	const heading = "-- What the migrations come to. Written by `go generate ./migrations`; do not edit.\n\n"
	return heading + strings.TrimSpace(blankRun.ReplaceAllString(noise.ReplaceAllString(dump, ""), "\n\n")) + "\n"
}

func TestNormaliseKeepsStatementsOnly(t *testing.T) {
	t.Parallel()
	const dump = "--\n-- PostgreSQL database dump\n--\n\n\\restrict x\n\nSET statement_timeout = 0;\nSET client_encoding = 'UTF8';\n" +
		"SELECT pg_catalog.set_config('search_path', '', false);\nSET check_function_bodies = false;\n\n\n\nCREATE TABLE public.a ();\n\n\\unrestrict x\n\n"
	const want = "-- What the migrations come to. Written by `go generate ./migrations`; do not edit.\n\n" +
		"SET check_function_bodies = false;\n\nCREATE TABLE public.a ();\n"
	if got := normalise(dump); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func describe(t *testing.T, url string) []string {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(t.Context())
	rows, err := connection.Query(t.Context(), describeSQL)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func execute(t *testing.T, url, statements string) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(t.Context())
	if _, err := connection.Exec(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// missing returns the lines that are not among others.
func missing(lines, others []string) (absent []string) {
	for _, line := range lines {
		if !slices.Contains(others, line) {
			absent = append(absent, line)
		}
	}
	return absent
}
