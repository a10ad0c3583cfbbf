package pgtest_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/uptally/uptally/internal/pgtest"
)

// endEnv makes the test binary end in the way that it names, its server running.
const endEnv = "PGTEST_END"

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestDatabasesAreOnesOwn(t *testing.T) {
	t.Parallel()
	one, other := pgtest.New(t), pgtest.New(t)
	if first, second := pgtest.Person(t, one.App, "ada"), pgtest.Person(t, one.Owner, "bob"); first == second {
		t.Errorf("two persons have number %d", first)
	}
	var persons int
	if err := other.App.QueryRow(t.Context(), `SELECT count(*) FROM person`).Scan(&persons); err != nil || persons != 0 {
		t.Errorf("the other database has %d persons, error %v", persons, err)
	}
	var app, owner string
	if err := one.App.QueryRow(t.Context(), `SELECT current_user`).Scan(&app); err != nil {
		t.Error(err)
	}
	if err := one.Owner.QueryRow(t.Context(), `SELECT current_user`).Scan(&owner); err != nil {
		t.Error(err)
	}
	if app != "uptally_app" || owner != "uptally" {
		t.Errorf("pools connect as %s and %s", app, owner)
	}
}

func TestEnd(t *testing.T) {
	switch os.Getenv(endEnv) {
	case "":
		return // only for TestNothingIsLeftBehind
	case "failed":
		t.Error("as asked")
	case "killed":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "panicked":
		panic("as asked")
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	if os.Getenv(endEnv) != "" {
		return
	}
	for end, code := range map[string]int{"failed": 1, "panicked": 2, "killed": -1} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			place, err := os.MkdirTemp("", "uptally-pgtest-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(place) })
			if err := os.Chmod(place, 0o755); err != nil {
				t.Fatal(err)
			}
			if got := runToEnd(t, end, place); got != code {
				t.Errorf("exit code %d, want %d", got, code)
			}
			left, err := os.ReadDir(place)
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, error %v", left, err)
			}
		})
	}
}

// runToEnd runs the test binary until it and every process that it started have
// ended: all of them hold the writing end of one pipe.
func runToEnd(t *testing.T, end, place string) (code int) {
	t.Helper()
	allEnded, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer allEnded.Close()
	command := exec.Command(os.Args[0], "-test.run=^TestEnd$")
	command.Env = append(os.Environ(), endEnv+"="+end, "TMPDIR="+place)
	command.ExtraFiles = []*os.File{held}
	err = command.Run()
	if closeErr := held.Close(); closeErr != nil {
		t.Fatal(closeErr)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, allEnded); err != nil {
		t.Fatal(err)
	}
	return command.ProcessState.ExitCode()
}
