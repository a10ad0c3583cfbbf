package embedpg

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A killed owner takes its server down, cleanly, without anyone's help: the server
// ends with exit code 0. As a reaper of orphans this process can wait for it.
func TestServerEndsWithItsOwner(t *testing.T) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	defer unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	dir := clusterDir(t)
	process, _ := startOwner(t, dir)
	running, found := findPostmaster(dir)
	if !found {
		t.Fatal("no server is running")
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait() // killed, as it should be
	if err := unix.Waitid(unix.P_PID, running.pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if isPostmaster(running.pid, dir) {
		t.Error("a zombie is taken for a server")
	}
	if start(t, dir).Reused() { // beside the zombie
		t.Error("reused a server that had ended")
	}
	var status unix.WaitStatus
	if _, err := unix.Wait4(running.pid, &status, 0, nil); err != nil || status != 0 {
		t.Errorf("the server ended with status %d, error %v, want a clean end", status, err)
	}
}

func TestRootsDirectoryIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		return // an ordinary user's directories are as good as any
	}
	for _, dir := range []string{"/root", "/root/uptally/data"} {
		if _, err := accountFor(dir); err == nil || !strings.Contains(err.Error(), "/var/lib/uptally") {
			t.Errorf("%s: got %v, want a refusal that names another place", dir, err)
		}
	}
}

// As root, what starts and stops servers is run once more as an ordinary user.
func TestAsAnOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		return // they run so already
	}
	var nobody syscall.Credential
	if err := lookUp(&nobody, "nobody"); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(filepath.Dir(dataDir(t)), "embedpg.test")
	copyProgram(t, os.Args[0], binary)
	command := exec.CommandContext(t.Context(), binary, "-test.run=^(TestOneOfSeveralStarts|TestStartAfterTheOwnerWasKilled)$", "-test.v")
	command.Dir = "/"
	command.Env = append(os.Environ(), "HOME=/nonexistent")
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &nobody}
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		t.Errorf("as user %d: %v\n%s", nobody.Uid, err, output.String())
	}
	if passed := strings.Count(output.String(), "--- PASS"); passed != 2 {
		t.Errorf("%d tests passed, want 2:\n%s", passed, output.String())
	}
}

func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(target, source)
	if closeErr := target.Close(); err != nil || closeErr != nil {
		t.Fatal(err, closeErr)
	}
}
