package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptally/uptally/ledger/distribution"
)

// checkCancelled has the distribution d1, whose files are out, cancelled by two
// persons, and what it paid prepared again on other rails.
func checkCancelled(t *testing.T, data string, as func(actor string, args ...string) result) {
	t.Helper()
	as("ada", "distribution", "cancel", "d1").must(t, exitUsage)
	as("ada", "distribution", "cancel", "d1", "--reason", "wrong rail", "--approve").must(t, exitUsage)
	as("ada", "distribution", "cancel", "d1", "--approve").must(t, exitConflict)
	as("ada", "distribution", "cancel", "d1", "--reason", "wrong rail").must(t, exitConflict) // its files are out
	as("ada", "distribution", "cancel", "d1", "--reason", "wrong rail", "--unpaid").must(t, 0)
	as("ada", "distribution", "export", "d1", "--out", filepath.Join(data, "late")).must(t, exitConflict)
	as("ada", "distribution", "cancel", "d1", "--approve").must(t, exitNotAllowed)
	cancelled := decode[distributionView](t, as("grace", "distribution", "cancel", "d1", "--approve", "--json").must(t, 0))
	if p := cancelled.Progress; cancelled.State != "cancelled" || len(p) != 1 || p[0].State != distribution.Returned || p[0].Amount != cancelled.Total {
		t.Errorf("cancelled: %+v", cancelled)
	}

	preview := decode[payPreview](t, as("ada", "distribution", "prepare", "--rail", "merkle", "--dry-run", "--json").must(t, 0))
	if preview.Total != cancelled.Total || preview.Cost.Trees != 1 || preview.Rail != distribution.RailMerkle || len(preview.Largest) == 0 {
		t.Errorf("preview: %+v", preview)
	}
	as("ada", "distribution", "show", "d2").must(t, exitNotFound)
	as("ada", "distribution", "prepare", "--rail", "transactions").must(t, exitUsage) // says what pays
	as("ada", "distribution", "prepare", "--rail", "transactions", "--treasury", "nobody").must(t, exitUsage)
	as("ada", "distribution", "prepare", "--rail", "carrier-pigeon").must(t, exitUsage)
	treasury := "9B5XszUGdMaxCZ7uSQhPzdks5ZQSmWxrmzCSvtJ6Ns6g"
	prepared := as("ada", "distribution", "prepare", "--rail", "transactions", "--treasury", treasury, "--key", "k", "--json").must(t, 0)
	view := decode[distributionView](t, prepared)
	if view.ID != "d2" || view.Source.Owner.String() != treasury || view.Total != cancelled.Total {
		t.Errorf("prepared: %+v", view)
	}
	if !strings.Contains(prepared.talk, "Cost: ") || !strings.Contains(prepared.talk, "largest") {
		t.Errorf("prepared without showing first:\n%s", prepared.talk)
	}
	again := decode[distributionView](t, as("ada", "distribution", "prepare", "--rail", "transactions", "--treasury", treasury, "--key", "k", "--json").must(t, 0))
	if again.ID != "d2" {
		t.Errorf("the same key prepared %s", again.ID)
	}
	as("ada", "distribution", "prepare", "--key", "k").must(t, exitConflict) // another rail
}
