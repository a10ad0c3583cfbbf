package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime/fakes"
	"github.com/uptally/uptally/uptime/simulator"
)

func TestLikelyFakesAreSuggestedForReview(t *testing.T) {
	data := dataFolder(t)
	startPostgres(t, data)
	world := serve(t, 60, simulator.Options{Gzip: true})
	ask := func(args ...string) result { return uptally(t, append([]string{"--data", data}, args...)...) }
	suggest := func(args ...string) result {
		return ask(append([]string{"verdict", "suggest", "--from", "2024-04-13", "--to", "2024-04-27"}, args...)...)
	}
	if r := suggest().must(t, exitNotFound); !strings.Contains(r.talk, "pull the span first") {
		t.Errorf("of a span that was never pulled: %q", r.talk)
	}
	ask("pull", "--from", "2024-04-13", "--to", "2024-04-27").must(t, 0)
	before := ask("verdict", "list", "--json", "--limit", "100000").must(t, 0).out

	found := decode[findingsView](t, suggest("--json").must(t, 0))
	if !found.Advisory || found.Method != fakes.Method || found.Devices == 0 || found.Listed != len(found.Suspects) || found.Observed != found.Slots {
		t.Errorf("the list says of itself: %+v", found)
	}
	open := map[uuid.UUID]suspectView{}
	for _, s := range found.Suspects {
		if device, ok := world.Truth(s.DeviceID); !ok || device.Kind != simulator.Virtual {
			t.Errorf("%s is listed, and is honest", s.DeviceID)
		}
		if !s.Spoofed {
			open[s.DeviceID] = s
		}
	}
	if found.Spoofed == 0 || len(open) == 0 || found.Spoofed+len(open) != found.Listed {
		t.Fatalf("%d listed, %d of them spoofed already: %d are not", found.Listed, found.Spoofed, len(open))
	}

	table := suggest("--csv", "-").must(t, 0)
	if !strings.Contains(table.talk, fakes.Method) {
		t.Errorf("with the table, the method is not told: %q", table.talk)
	}
	rows, err := csv.NewReader(strings.NewReader(table.out)).ReadAll()
	if err != nil || len(rows) != 1+len(open) {
		t.Fatalf("%d rows under the header, not %d: %v", len(rows)-1, len(open), err)
	}
	for _, row := range rows[1:] {
		s, ok := open[uuid.MustParse(row[0])]
		if !ok || row[1] != "spoofed" || row[2] != utc(s.RegisteredAt) || row[3] != fakes.Reason || !strings.HasPrefix(row[4], "cohort ") {
			t.Errorf("row %q is not of %+v", row, s)
		}
	}

	file := filepath.Join(t.TempDir(), "review.csv")
	suggest("--csv", file, "--dry-run").must(t, 0)
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a dry run wrote the file: %v", err)
	}
	people := suggest("--csv", file, "--limit", "2").must(t, 0)
	written, err := os.ReadFile(file)
	if err != nil || string(written) != table.out {
		t.Errorf("the file has %d bytes, stdout had %d: %v", len(written), len(table.out), err)
	}
	for _, said := range []string{"Advice only", fakes.Method, "The platform moved: 2024-04-25T08:", "and " + count(found.Listed-2) + " more"} {
		if !strings.Contains(people.out, said) {
			t.Errorf("%q is not said to people:\n%s", said, people.out)
		}
	}
	t.Log(people.out)
	suggest("--csv", filepath.Join(file, "in-a-file.csv")).must(t, exitFailed)
	if after := ask("verdict", "list", "--json", "--limit", "100000").must(t, 0).out; after != before {
		t.Error("a suggestion recorded verdicts")
	}
}
