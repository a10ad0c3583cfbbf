package main

import (
	"fmt"
	"os"
	"strings"
)

// peakMemory is the most resident memory that this process ever had, in bytes. The
// kernel's getrusage would not do: to a child it counts what its parent had when
// it was started.
func peakMemory() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	var kibibytes int64
	if _, err := fmt.Sscanf(rest, "%d kB", &kibibytes); !found || err != nil {
		return 0, fmt.Errorf("/proc/self/status names no VmHWM in kB: %w", err)
	}
	return kibibytes << 10, nil
}
