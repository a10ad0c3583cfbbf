package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/evidence"
)

// checkEvidence writes the evidence of the sealed season, verifies it with a data
// folder that cannot be one, and damages it.
func checkEvidence(t *testing.T, data string, as func(actor string, args ...string) result) {
	t.Helper()
	folder := filepath.Join(data, "evidence")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "bundle.zip")
	as("ada", "snapshot", "evidence", "spring", "--out", file, "--dry-run").must(t, 0)
	as("ada", "snapshot", "evidence", "spring/r9", "--out", file).must(t, exitNotFound)
	as("ada", "snapshot", "evidence", "spring", "--out", filepath.Join(folder, "nowhere", "bundle.zip")).must(t, exitFailed)
	checkFolder(t, folder)
	shown := decode[snapshotView](t, as("ada", "snapshot", "show", "spring", "--json").must(t, 0))
	written := decode[evidenceView](t, as("ada", "snapshot", "evidence", "spring", "--out", file, "--json").must(t, 0))
	if written.Digest != shown.Digest || written.Lines != shown.Lines || written.File != file || written.State != snapshot.Sealed {
		t.Errorf("written is %+v", written)
	}
	t.Chdir(folder)
	if people := as("ada", "snapshot", "evidence", "spring/r2").must(t, 0); !strings.Contains(people.out, "spring-r2.evidence.zip") ||
		!strings.Contains(people.talk, "uptally snapshot verify spring-r2.evidence.zip --digest "+shown.Digest) {
		t.Errorf("stdout %q, stderr %q", people.out, people.talk)
	}
	checkFolder(t, folder, "bundle.zip", "spring-r2.evidence.zip")

	alone := func(args ...string) result {
		return uptally(t, append([]string{"--data", "/dev/null/nowhere", "snapshot", "verify"}, args...)...)
	}
	report := decode[evidence.Report](t, alone(file, "--json").must(t, 0))
	if report.Digest != shown.Digest || report.Snapshot != "spring/r2" || report.Err() != nil {
		t.Errorf("report is %+v", report)
	}
	people := alone(file).must(t, 0)
	if !strings.Contains(people.out, "\ndigest "+shown.Digest+"\n") || strings.Count(people.out, " holds ") != len(report.Stages) || !strings.Contains(people.talk, "--digest") {
		t.Errorf("stdout\n%s\nstderr %q", people.out, people.talk)
	}
	approved := alone(file, "--digest", shown.Digest).must(t, 0)
	if approved.talk != "" {
		t.Errorf("with the digest it says %q", approved.talk)
	}
	alone(file, "--digest", strings.Repeat("0", 64)).must(t, exitFailed)
	alone(file, "--supplier", "00000000-0000-4000-8000-000000000000").must(t, exitNotFound)
	lines := decode[[]lineView](t, as("ada", "snapshot", "lines", "spring", "--json").must(t, 0))
	supplier := lines[0].SupplierID.String()
	theirs := decode[evidence.Report](t, alone(file, "--supplier", supplier, "--json").must(t, 0))
	var amount int64
	for _, l := range lines {
		if l.SupplierID == lines[0].SupplierID {
			amount += int64(l.Amount)
		}
	}
	if theirs.Supplier.Amount != amount {
		t.Errorf("supplier %s gets %d by the report, %d by the lines", supplier, theirs.Supplier.Amount, amount)
	}

	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content[bytes.Index(content, []byte(`"pool": "1`))+9]++
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := alone(file).must(t, exitFailed)
	if !strings.Contains(damaged.out, "DIFFERS") || !strings.Contains(damaged.out, "\nmembers: season.json: ") || !strings.Contains(damaged.talk, "season.json") {
		t.Errorf("stdout\n%s\nstderr %q", damaged.out, damaged.talk)
	}
}

// checkFolder looks that the folder holds these files and nothing half-written.
func checkFolder(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("the folder holds %q, want %q", names, want)
	}
}
