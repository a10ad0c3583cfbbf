package jobs

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestCountsOfJobsAreNotLogged(t *testing.T) {
	var written bytes.Buffer
	log := slog.New(quieter{slog.NewTextHandler(&written, nil)}).With("client", "c").WithGroup("queue")
	log.Info("counts")
	log.Warn("slow")
	if text := written.String(); strings.Contains(text, "counts") || !strings.Contains(text, "slow") {
		t.Errorf("written: %q", text)
	}
}
