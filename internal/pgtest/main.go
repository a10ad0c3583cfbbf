package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/uptally/uptally/internal/embedpg"
)

// server is the test binary's own; Main sets it before any test runs.
var server *embedpg.Server

// Main runs a package's tests with a private server, removes the server and its
// files, and exits with the tests' code. Nothing is left behind even if the
// binary panics or is killed.
func Main(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := makeScratch()
	if err != nil {
		return 1, err
	}
	lifeline, err := removeAfterUs(dir)
	if err != nil {
		return 1, errors.Join(err, os.Remove(dir))
	}
	defer func() { // the lifeline only now: a pipe that nothing refers to would be closed early
		err = errors.Join(err, os.RemoveAll(dir), lifeline.Close())
	}()
	if err := os.Chmod(dir, 0o755); err != nil { // if we are root, Postgres runs as another user
		return 1, err
	}
	server, err = embedpg.Start(context.Background(), embedpg.Config{
		DataDir: filepath.Join(dir, "data"), Database: "postgres", Throwaway: true,
	})
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	return m.Run(), nil
}

// Where there is a file system in memory, and how much must be free there, in bytes.
const (
	memory = "/dev/shm"
	plenty = 4 << 30
)

// makeScratch makes the folder of the server: in memory where there is plenty, as a
// test's database is some 800 small files, which a disk takes twice the time for.
func makeScratch() (dir string, err error) {
	var free syscall.Statfs_t
	if syscall.Statfs(memory, &free) == nil && free.Bavail*uint64(free.Bsize) >= plenty {
		if dir, err = os.MkdirTemp(memory, "uptally-test-"); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "uptally-test-")
}

// removeAfterUs starts a process that removes dir once we have ended, however that
// came about: its input is a pipe that ends with us, or when lifeline is closed. It
// tries again, as a server that was cut off with us may still be writing there.
func removeAfterUs(dir string) (lifeline io.Closer, err error) {
	sweeper := exec.Command("/bin/sh", "-c", `cat; for try in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$0" 2>/dev/null && exit; sleep 0.5; done`, dir)
	sweeper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not for it
	lifeline, err = sweeper.StdinPipe()
	if err != nil {
		return nil, err
	}
	return lifeline, sweeper.Start()
}
