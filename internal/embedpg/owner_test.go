package embedpg

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
)

// owner is another process that runs a cluster.
type owner struct {
	*exec.Cmd
	input io.Closer // closing it lets the process end
}

// startOwner returns once the process has its server.
func startOwner(t *testing.T, dir string) (process owner, reused bool) {
	t.Helper()
	process.Cmd = exec.Command(os.Args[0])
	process.Env = append(os.Environ(), ownerEnv+"="+dir)
	process.Stderr = os.Stderr
	input, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	process.input = input
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close()
		_ = process.Wait() // it may have been waited for
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("the other process did not start: %v", err)
	}
	return process, line == "true\n"
}

func TestServerOfAnotherProcessIsReusedUntilItEnds(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	process, reused := startOwner(t, dir)
	if reused {
		t.Error("the first process reused a server")
	}
	guest := start(t, dir)
	if !guest.Reused() {
		t.Error("the second process started a server")
	}
	stop(t, guest)
	process.input.Close()
	if err := process.Wait(); err != nil {
		t.Fatal(err)
	}
	if start(t, dir).Reused() {
		t.Error("reused a server that had ended")
	}
}

func TestStartAfterTheOwnerWasKilled(t *testing.T) {
	t.Parallel()
	dir := clusterDir(t)
	for range 2 {
		process, reused := startOwner(t, dir)
		if reused {
			t.Fatal("reused a server whose owner was killed")
		}
		if err := process.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = process.Wait() // killed, as it should be
	}
	server := start(t, dir)
	if server.Reused() {
		t.Error("reused a server whose owner was killed")
	}
	ask(t, server, `SELECT ''`)
}
