package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/uptime/simulator"
)

// folders is where this binary's tests keep theirs: readable for the user that
// Postgres runs as when we are root.
var folders string

func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "UPTALLY_") && name != "UPTALLY_POSTGRES_BIN" || name == "NO_COLOR" {
			os.Unsetenv(name)
		}
	}
	var err error
	if folders, err = os.MkdirTemp("", "uptally-cmd-"); err == nil {
		err = os.Chmod(folders, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(folders); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// dataFolder returns a new data folder.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(folders, "data-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// startPostgres runs the data folder's Postgres for as long as the test, so that
// each command line reuses it.
func startPostgres(t *testing.T, data string) *embedpg.Server {
	t.Helper()
	server, err := embedpg.Start(t.Context(), embedpg.Config{DataDir: postgresDir(data), Database: databaseName, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// result is what one command line came to.
type result struct {
	code      int
	out, talk string
}

// uptally runs one command line.
func uptally(t *testing.T, args ...string) result {
	t.Helper()
	return uptallyIn(t.Context(), "", args...)
}

func uptallyIn(ctx context.Context, stdin string, args ...string) result {
	var out, talk bytes.Buffer
	code := run(ctx, args, strings.NewReader(stdin), &out, &talk)
	return result{code, out.String(), talk.String()}
}

// must fails the test unless the command line came to the code.
func (r result) must(t *testing.T, code int) result {
	t.Helper()
	if r.code != code {
		t.Fatalf("exit code %d, not %d\nstdout:\n%s\nstderr:\n%s", r.code, code, r.out, r.talk)
	}
	return r
}

// decode reads the JSON on stdout into a value of type T.
func decode[T any](t *testing.T, r result) (value T) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(r.out))
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v in:\n%s", err, r.out)
	}
	return value
}

// serve serves a world of so many real devices and points UPTALLY_FEED_* at it.
func serve(t *testing.T, devices int, o simulator.Options) *simulator.World {
	t.Helper()
	world, err := simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: devices, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	o.Token = "token-of-the-test"
	ctx, cancel := context.WithCancel(context.Background())
	url, wait, err := simulator.Serve(ctx, "127.0.0.1:0", world.Handler(o))
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := wait(); err != nil {
			t.Error(err)
		}
	})
	t.Setenv("UPTALLY_FEED_URL", url)
	t.Setenv("UPTALLY_FEED_TOKEN", o.Token)
	return world
}

// walletTable is a table of every supplier's wallet with its signature, as an operator
// is sent it.
func walletTable(world *simulator.World) string {
	var table strings.Builder
	io.Copy(&table, signedTable(world, time.Now()))
	return table.String()
}

// golden compares text with a file of testdata; with UPDATE_GOLDEN set it writes
// the file instead.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("not what %s says; it is now:\n%s", path, got)
	}
}
