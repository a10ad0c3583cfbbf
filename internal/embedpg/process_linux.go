package embedpg

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// dieWithParent makes the kernel stop the child cleanly when we are killed.
func dieWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGINT }

// isPostmaster reports whether a process is a live server on a data directory. A
// zombie has no command line.
func isPostmaster(pid int, dir string) bool {
	commandLine, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return false
	}
	program, _, _ := strings.Cut(string(commandLine), "\x00")
	if filepath.Base(program) != "postgres" {
		return false
	}
	workingDir, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return true // a process of another user, which we may not look into
	}
	data, err := os.Stat(dir)
	return err == nil && os.SameFile(workingDir, data)
}
