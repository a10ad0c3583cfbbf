package jobs

import (
	"os"
	"runtime/debug"
)

const (
	collectAtPercent = 400
	memoryBytesMax   = 768 << 20
)

// TuneMemory lets a process that works jobs collect garbage less often, within a
// bound: a job's memory comes in pieces of some 40 MB that live for a moment, and
// collecting them as they come takes a tenth of a snapshot's scoring. GOGC and
// GOMEMLIMIT, where they are set, hold instead. Call it once, as the program begins.
func TuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAtPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryBytesMax)
	}
}
