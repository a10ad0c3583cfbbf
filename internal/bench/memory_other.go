//go:build !linux

package main

import (
	"runtime"
	"syscall"
)

// peakMemory is the most resident memory that this process ever had, in bytes.
func peakMemory() (int64, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return usage.Maxrss, nil // bytes there, KiB elsewhere
	}
	return int64(usage.Maxrss) << 10, nil
}
