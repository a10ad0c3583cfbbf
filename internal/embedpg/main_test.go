package embedpg

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// ownerEnv makes the test binary an owner: it runs the cluster in the directory
// that it names, until its input ends.
const ownerEnv = "EMBEDPG_TEST_OWNER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerEnv); dir != "" {
		if err := runOwner(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(runTests(m))
}

// template is a cluster that was run once. Copying it is quicker than making one.
var template string

func runTests(m *testing.M) int {
	place, err := os.MkdirTemp("", "uptally-embedpg-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(place)
	if err := os.Chmod(place, 0o755); err != nil {
		panic(err)
	}
	template = filepath.Join(place, "template")
	server, err := Start(context.Background(), Config{DataDir: template, Database: "test", Throwaway: true})
	if err != nil {
		panic(err)
	}
	server.stopWith = syscall.SIGINT // a copy should have nothing to recover
	if err := server.Stop(); err != nil {
		panic(err)
	}
	return m.Run()
}

// clusterDir returns the place of a cluster of the test's own.
func clusterDir(t *testing.T) string {
	t.Helper()
	dir := dataDir(t)
	if out, err := exec.Command("cp", "-a", template, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func runOwner(dir string) error {
	server, err := Start(context.Background(), Config{DataDir: dir, Database: "test"})
	if err != nil {
		return err
	}
	fmt.Println(server.Reused())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return server.Stop()
}

// dataDir returns a place for a new cluster, in reach of the user that Postgres
// runs as.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "uptally-embedpg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

// start runs the cluster until the test ends.
func start(t *testing.T, dir string) *Server {
	t.Helper()
	server, err := Start(t.Context(), Config{DataDir: dir, Database: "test", Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *Server) {
	t.Helper()
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
}

// ask runs a statement as the cluster's owner and returns its one text value.
func ask(t *testing.T, server *Server, statement string) string {
	t.Helper()
	ctx := context.Background()
	connection, err := pgx.Connect(ctx, server.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(ctx)
	var answer string
	if err := connection.QueryRow(ctx, statement).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return answer
}
