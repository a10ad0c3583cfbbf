package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/archivetest"
	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// What people add to what was pulled, by command lines alone. Each step stands on
// those before it.
func TestWhatPeopleAddToWhatWasPulled(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	as := func(actor string, args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", actor}, args...)...)
	}
	step := func(name string, f func(*testing.T)) {
		t.Helper()
		if !t.Run(name, f) {
			t.FailNow()
		}
	}
	// Three in ten rows are committed late: at noon, when the service is first asked,
	// it does not show them all.
	noon := time.Date(2024, 4, 25, 12, 0, 0, 0, time.UTC)
	serve(t, 3, simulator.Options{Faults: simulator.Faults{Seed: 1, Late: 300}, Now: func() time.Time { return noon }})
	up := func(t *testing.T) (hour int) {
		t.Helper()
		connection, err := pgx.Connect(t.Context(), server.URL(embedpg.Owner))
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close(t.Context())
		if err := connection.QueryRow(t.Context(), `SELECT sum(bit_count(up)) FROM uptime_chunk WHERE hour = '2024-04-25 09:00+00'`).Scan(&hour); err != nil {
			t.Fatal(err)
		}
		return hour
	}
	var devices []string // three that the network has decided on
	pull := []string{"pull", "--from", "2024-04-25T08:00:00Z", "--to", "2024-04-25T12:00:00Z", "--json"}

	step("hours are closed before all of their rows are committed", func(t *testing.T) {
		if v := decode[coverageView](t, as("ada", pull...).must(t, 0)); v.Observed != 48 || v.Closed != 4 {
			t.Fatalf("coverage is %+v", v)
		}
		for _, v := range decode[[]verdictView](t, as("ada", "verdict", "list", "--json").must(t, 0)) {
			if id := v.DeviceID.String(); len(devices) < 3 && !slices.Contains(devices, id) {
				devices = append(devices, id)
			}
		}
	})

	step("a verdict is added by hand, and corrected", func(t *testing.T) {
		add := func(kind, evidence string) []string {
			return []string{"verdict", "add", devices[0], kind, "--effective-at", "2024-04-23", "--reason", "looked at it", "--evidence", evidence}
		}
		as("ada", append(add("spoofed", "run 1"), "--dry-run")...).must(t, 0)
		as("ada", add("spoofed", "run 1")...).must(t, 0)
		v := decode[verdictView](t, as("grace", append(add("genuine", "visit"), "--json")...).must(t, 0))
		if v.Verdict != "genuine" || !v.ByHand || *v.Person != "grace" {
			t.Errorf("added %+v", v)
		}
		list := decode[[]verdictView](t, as("ada", "verdict", "list", "--device", devices[0], "--json").must(t, 0))
		if n := len(list); n < 2 || *list[n-2].Person != "ada" || list[n-2].Evidence != "run 1" || list[n-1] != withPerson(v, list[n-1].Person) || *list[n-1].Person != "grace" {
			t.Errorf("list %+v", list)
		}
		if table := as("ada", "verdict", "list").must(t, 0).out; !strings.Contains(table, "grace") || !strings.Contains(table, "visit") || !strings.Contains(table, "the network") {
			t.Errorf("table:\n%s", table)
		}
		as("ada", "verdict", "add", "9d2a0000-0000-4000-8000-000000000000", "spoofed", "--effective-at", "2024-04-23", "--reason", "x", "--evidence", "y").must(t, exitNotFound)
	})

	step("a file of verdicts is recorded whole or not at all", func(t *testing.T) {
		count := func() int { return len(decode[[]verdictView](t, as("ada", "verdict", "list", "--json").must(t, 0))) }
		before := count()
		file := filepath.Join(t.TempDir(), "fakes.csv")
		write := func(content string) {
			if err := os.WriteFile(file, []byte("device_id,verdict,effective_at,reason,evidence\n"+content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		good := fmt.Sprintf("%s,genuine,2024-04-23,looked at it,visit\n%s,spoofed,2024-04-24,rises and falls with 40 others,cohort 7\n", devices[0], devices[1])
		write(good + "9d2a0000-0000-4000-8000-000000000000,fake,2024-04-23,why,run\n")
		bad := as("ada", "verdict", "import", file).must(t, exitFailed)
		for _, said := range []string{file + `:4: verdict: "fake": write spoofed or genuine`, file + `:4: device_id: "9d2a0000`, "nothing was recorded"} {
			if !strings.Contains(bad.talk, said) {
				t.Errorf("%q is not in %q", said, bad.talk)
			}
		}
		write(good)
		as("ada", "verdict", "import", file, "--dry-run").must(t, 0)
		if now := count(); now != before {
			t.Fatalf("%d verdicts were written", now-before)
		}
		for round, added := range []int{1, 0} { // the first row was entered by hand already
			v := decode[importView](t, as("ada", "verdict", "import", file, "--json").must(t, 0))
			if v.Added != added || len(v.Unchanged) != 2-added || v.Unchanged[0].Line != 2 {
				t.Errorf("round %d: %+v", round, v)
			}
		}
		list, _ := json.Marshal([]map[string]string{{"device_id": devices[2], "verdict": "genuine", "effective_at": "2024-04-23", "reason": "why", "evidence": "run 9"}})
		piped := uptallyIn(t.Context(), string(list), "--data", data, "--actor", "ada", "verdict", "import", "-", "--json").must(t, 0)
		if v := decode[importView](t, piped); v.Added != 1 {
			t.Errorf("piped: %+v", v)
		}
	})

	step("closed hours are opened by two persons, pulled again, and closed", func(t *testing.T) {
		serve(t, 3, simulator.Options{}) // all is committed by now
		before := up(t)
		as("ada", pull...).must(t, 0)
		if now := up(t); now != before {
			t.Fatalf("a closed hour went from %d bits to %d", before, now)
		}
		as("ada", "pull", "reopen", "--from", "2024-04-25T09:00:00Z", "--to", "2024-04-25T13:00:00Z", "--reason", "why").must(t, exitConflict)
		proposed := as("ada", "pull", "reopen", "--from", "2024-04-25T09:00:00Z", "--to", "2024-04-25T10:00:00Z", "--reason", "the network found its rows").must(t, 0)
		if !strings.Contains(proposed.talk, "pull reopen --approve 1") {
			t.Errorf("stderr is %q", proposed.talk)
		}
		as("ada", "pull", "reopen", "--approve", "1").must(t, exitNotAllowed)
		as("grace", "pull", "reopen", "--approve", "2").must(t, exitNotFound)
		as("grace", "pull", "reopen", "--approve", "1", "--dry-run").must(t, 0)
		v := decode[reopeningView](t, as("grace", "pull", "reopen", "--approve", "1", "--json").must(t, 0))
		if v.ProposedBy != "ada" || *v.ApprovedBy != "grace" || v.Reason != "the network found its rows" {
			t.Errorf("reopening is %+v", v)
		}
		as("grace", "pull", "reopen", "--approve", "1").must(t, exitConflict)
		status := decode[statusView](t, as("ada", "pull", "status", "--json").must(t, 0))
		if len(status.Reopenings) != 1 || status.Coverage.Closed != 3 || status.Coverage.Observed != 48 {
			t.Errorf("status is %+v", status)
		}
		if v := decode[coverageView](t, as("ada", pull...).must(t, 0)); v.Observed != 48 || v.Closed != 4 {
			t.Errorf("coverage is %+v", v)
		}
		if now := up(t); now <= before {
			t.Errorf("the hour has %d bits as before, though rows came late", now)
		}
		if table := as("ada", "pull", "status").must(t, 0).out; !strings.Contains(table, "the network found its rows") {
			t.Errorf("table:\n%s", table)
		}
	})

	step("the past is imported by two persons", func(t *testing.T) {
		span := uptime.SpanOf(time.Date(2024, 4, 25, 0, 0, 0, 0, time.UTC), time.Date(2024, 4, 25, 9, 0, 0, 0, time.UTC))
		dir := archivetest.Export(t, archivetest.Network{URL: os.Getenv("UPTALLY_FEED_URL"), Token: os.Getenv("UPTALLY_FEED_TOKEN"), Limit: 100}, span, 12, span)
		as("ada", "pull", "import", dir, "--dry-run").must(t, 0)
		proposed := as("ada", "pull", "import", dir).must(t, 0)
		for _, said := range []string{"1 of the 9 hours are closed", "--approve 2"} { // the dry run used a number
			if !strings.Contains(proposed.talk, said) {
				t.Errorf("%q is not in %q", said, proposed.talk)
			}
		}
		as("ada", "pull", "import", dir, "--approve", "2").must(t, exitNotAllowed)
		as("grace", "pull", "import", dir, "--approve", "9").must(t, exitNotFound)
		page := filepath.Join(dir, "000002.json")
		whole, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		archivetest.Write(t, dir, "000002.json", append(whole, ' '))
		if r := as("grace", "pull", "import", dir, "--approve", "2").must(t, exitFailed); !strings.Contains(r.talk, "000002.json: its SHA-256 is") {
			t.Errorf("stderr is %q", r.talk)
		}
		archivetest.Write(t, dir, "000002.json", whole)
		status := decode[statusView](t, as("ada", "pull", "status", "--json").must(t, 0))
		if status.Coverage.Slots != 48 || len(status.Archives) != 1 || status.Archives[0].ApprovedBy != nil {
			t.Errorf("before it is approved: %+v", status)
		}
		merged := decode[archiveView](t, as("grace", "pull", "import", dir, "--approve", "2", "--json").must(t, 0))
		if merged.Accepted == 0 || merged.Late == 0 || merged.Unknown != 0 || merged.Accepted+merged.Late != merged.Heartbeats || *merged.ApprovedBy != "grace" {
			t.Errorf("merged %+v", merged)
		}
		as("grace", "pull", "import", dir, "--approve", "2").must(t, exitConflict)
		status = decode[statusView](t, as("ada", "pull", "status", "--json").must(t, 0))
		if c := status.Coverage; c.Observed != 144 || c.Closed != 12 {
			t.Errorf("coverage is %+v", c)
		}
		if got := status.Archives[0]; got.ManifestSHA256 != merged.ManifestSHA256 || got.ProposedBy != "ada" || !got.Complete[0].To.Equal(span.To.Start()) || got.Source != "the network's own archive" {
			t.Errorf("provenance is %+v", got)
		}
		if table := as("ada", "pull", "status").must(t, 0).out; !strings.Contains(table, merged.ManifestSHA256) || !strings.Contains(table, "the network's own archive") {
			t.Errorf("table:\n%s", table)
		}
	})
}

// withPerson is the view with the other's pointer to the person, for comparison.
func withPerson(v verdictView, person *string) verdictView {
	v.Person = person
	return v
}
