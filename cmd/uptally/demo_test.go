package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"
)

func TestDemoIsToldTwice(t *testing.T) {
	data := dataFolder(t)
	startPostgres(t, filepath.Join(data, "demo"))

	told := uptally(t, "demo", "--data", data, "--devices", "12").must(t, 0)
	for _, part := range []string{
		"60,480 of 60,480 slots of five minutes observed", "█", "ignition-s2/r3", "refused, exit code 4", "0 faults", "payouts.csv",
		" serve --workers=false", " token --role supplier --supplier ", "/timeline?from=2024-04-25T08:",
		"uptally --data " + filepath.Join(data, "demo") + " pull status",
	} {
		if !strings.Contains(told.out, part) {
			t.Errorf("%q is not in the story:\n%s", part, told.out)
		}
	}
	if strings.Contains(told.out+told.talk, "\x1b") {
		t.Error("control characters, and nobody looks on")
	}

	out := filepath.Join(data, "files")
	again := uptally(t, "demo", "--data", data, "--devices", "12", "--out", out, "--json").must(t, 0)
	summary := decode[demoSummary](t, again)
	if summary.Data != filepath.Join(data, "demo") || summary.Out != out || summary.LedgerFaults != 0 || summary.Distribution.State != "approved" {
		t.Errorf("summary is %+v", summary)
	}
	for season, s := range summary.Snapshots {
		if s.State != "sealed" || s.Revision != 3 || !strings.Contains(told.out, s.Digest[:12]) {
			t.Errorf("%s of the second telling is not that of the first: %+v", season, s)
		}
	}
	for _, name := range []string{"payouts.csv", "payout_lines.csv", "manifest.json"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	uptally(t, "demo", "--data", data, "--out", out).must(t, exitUsage)
}

func TestDemosSideBySideHaveFoldersOfTheirOwn(t *testing.T) {
	data := dataFolder(t)
	claim := func() *demoFolder {
		t.Helper()
		folder, err := claimFolder(data)
		if err != nil {
			t.Fatal(err)
		}
		return folder
	}
	first, second := claim(), claim()
	if filepath.Base(first.path) != "demo" || filepath.Base(second.path) != "demo-2" {
		t.Errorf("folders are %s and %s", first.path, second.path)
	}
	if err := first.release(); err != nil {
		t.Fatal(err)
	}
	third := claim()
	if third.path != first.path {
		t.Errorf("the free folder is %s, not %s", third.path, first.path)
	}
	if err := third.release(); err != nil {
		t.Fatal(err)
	}
	looks := flock.New(postgresDir(third.path) + ".use") // as uptally serve does
	if err := looks.RLock(); err != nil {
		t.Fatal(err)
	}
	if fourth := claim(); filepath.Base(fourth.path) != "demo-3" {
		t.Errorf("%s is taken from whoever looks at it", fourth.path)
	}
	if err := looks.Unlock(); err != nil {
		t.Fatal(err)
	}
	if fifth := claim(); fifth.path != third.path {
		t.Errorf("nobody looks at %s any more, and %s was taken", third.path, fifth.path)
	}
}

func TestChart(t *testing.T) {
	var columns []bar
	for i := range int64(12) {
		columns = append(columns, bar{up: 4 * i, genuine: 2 * i})
	}
	columns = append(columns, bar{up: 1, genuine: 1}, bar{}, bar{up: 44, genuine: 44}, bar{up: 44, genuine: 0})
	var out bytes.Buffer
	chart{columns: columns, height: 4}.print(&out)
	axis(&out, map[int]string{0: "1 Apr", 8: "9 Apr"})
	golden(t, "chart.txt", out.String())

	out.Reset()
	chart{columns: []bar{{1, 1}, {2, 0}, {2, 0}, {}}, height: 1, coloured: true}.print(&out)
	if first, _, _ := strings.Cut(out.String(), "\n"); first != "      2 ┤\x1b[32m▄\x1b[31m░░\x1b[0m" {
		t.Errorf("in colour: %q", first)
	}
}
