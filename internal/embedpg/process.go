package embedpg

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// process is a child of ours.
type process struct {
	pid   int
	ended chan struct{} // closed when it has ended
	err   error         // how it ended; to be read after ended
}

// launch starts a child from an operating system thread that it keeps until the
// child has ended. The kernel's notice of a parent's death goes by the thread that
// forked, and the runtime may end any other thread while the program lives on.
func launch(command *exec.Cmd) (*process, error) {
	p := &process{ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := command.Start(); err != nil {
			started <- err
			return
		}
		p.pid = command.Process.Pid
		started <- nil
		p.err = command.Wait()
		close(p.ended)
	}()
	return p, <-started
}

// stop sends the signal, and reports whether the child ended within stopMax.
func (p *process) stop(signal syscall.Signal) bool {
	select {
	case <-p.ended:
		return true
	default:
	}
	_ = syscall.Kill(p.pid, signal) // it can only fail because the child has just ended
	select {
	case <-p.ended:
		return true
	case <-time.After(stopMax):
		return false
	}
}

// postmaster is what a running server says of itself in postmaster.pid.
type postmaster struct {
	pid       int
	socketDir string
	port      string
}

// findPostmaster returns the server that runs in a data directory. The file alone
// proves nothing: it outlives a kill, and its process id may be another's by now.
func findPostmaster(dir string) (postmaster, bool) {
	content, err := os.ReadFile(pidPath(dir))
	if err != nil {
		return postmaster{}, false
	}
	// Lines: process id, data directory, start time, port, socket directory, …
	lines := append(strings.Split(string(content), "\n"), "", "", "", "")
	pid, err := strconv.Atoi(lines[0])
	if err != nil || pid <= 0 || !isPostmaster(pid, dir) {
		return postmaster{}, false
	}
	return postmaster{pid: pid, port: lines[3], socketDir: lines[4]}, true
}

// retirePostmaster makes a postmaster.pid that was left behind harmless. Postgres
// ignores one whose process is dead, but not one whose number has gone to another
// process or stands for a zombie; it also ignores one of its parent, which is us.
// The rest of the file stays: from it Postgres sees whether children of the dead
// server still hold its memory.
func retirePostmaster(dir string) error {
	content, err := os.ReadFile(pidPath(dir))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, rest, _ := strings.Cut(string(content), "\n")
	return os.WriteFile(pidPath(dir), fmt.Appendf(nil, "%d\n%s", os.Getpid(), rest), 0o600)
}

// ownedPid returns the process id of the server that the lock's last holder ran, 0
// if it has stopped it.
func ownedPid(lock *flock.Flock) int {
	content, err := os.ReadFile(lock.Path())
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(string(content))
	if err != nil {
		return 0
	}
	return pid
}

// setOwnedPid tells the lock's next holder which server was ours.
func setOwnedPid(lock *flock.Flock, pid int) error {
	return os.WriteFile(lock.Path(), []byte(strconv.Itoa(pid)), 0o600)
}

func pidPath(dir string) string { return filepath.Join(dir, "postmaster.pid") }
