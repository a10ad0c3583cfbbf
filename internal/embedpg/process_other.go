//go:build unix && !linux

package embedpg

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent does nothing: these systems do not tell a child of its parent's
// death. The server stays, and the next start stops it.
func dieWithParent(*syscall.SysProcAttr) {}

// isPostmaster reports whether a process is a live server. On which data directory
// cannot be asked here; a zombie's name stands in parentheses.
func isPostmaster(pid int, _ string) bool {
	name, err := exec.Command("ps", "-p", strconv.Itoa(pid), "-o", "comm=").Output()
	return err == nil && filepath.Base(strings.TrimSpace(string(name))) == "postgres"
}
