package incident

// The sample worlds of testdata/cases: what is found in each from its files alone.

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
)

// caseSpan is what up.csv has bits for.
var caseSpan = uptime.SpanOf(time.Date(2024, 4, 20, 0, 0, 0, 0, time.UTC), time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC))

// caseIncident is a collapse as totals.json tells it.
type caseIncident struct {
	Opened    time.Time
	Baseline  int64
	Recovered time.Time
	Closed    time.Time
	Lowest    int64
}

func TestCases(t *testing.T) {
	for i := range 4 {
		dir := filepath.Join("testdata/cases", fmt.Sprint(i+1))
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var got []caseIncident
			for _, c := range Collapses(casePopulation(t, dir), nil) {
				got = append(got, caseIncident{c.Opened.Start(), c.Baseline, c.Recovered.Start(), c.Closed.Start(), c.Lowest})
			}
			var want struct{ Incidents []caseIncident }
			if err := json.Unmarshal(readCaseFile(t, dir, "totals.json"), &want); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(got) != fmt.Sprint(want.Incidents) || len(got) == 0 {
				t.Errorf("found\n%v, want\n%v", got, want.Incidents)
			}
		})
	}
}

// Of the worlds, in which a dozen devices of 58 are rewritten over hours, only the
// second has an hour in which ten are.
func TestSurgesOfCases(t *testing.T) {
	for i, want := range []string{
		`[]`, `["2024-04-25T08:10:00Z to 2024-04-25T09:15:00Z"]`, `[]`, `[]`,
	} {
		dir := filepath.Join("testdata/cases", fmt.Sprint(i+1))
		changed, registered := map[uptime.Slot]int64{}, map[uptime.Slot]int64{}
		eachCaseRow(t, dir, "changes.ndjson", func(r caseRow) {
			switch k := uptime.SlotOf(r.ChangedAt); r.Channel {
			case uptime.ChannelWorkerAPI:
				changed[k]++
			case uptime.ChannelRegistration:
				registered[k]++
			}
		})
		if got := instants(Surges(tallies(changed), tallies(registered))); got != want {
			t.Errorf("world %d: found %s, want %s", i+1, got, want)
		}
	}
}

type caseRow struct {
	Seq       int64
	DeviceID  string    `json:"device_id"`
	ChangedAt time.Time `json:"changed_at"`
	Channel   uptime.Channel
	Verdict   uptime.VerdictKind
	DecidedAt time.Time `json:"decided_at"`
}

// casePopulation counts the registered devices that were up in each slot.
func casePopulation(t *testing.T, dir string) []uptime.Population {
	t.Helper()
	registered, last := map[string]bool{}, map[string]caseRow{}
	eachCaseRow(t, dir, "changes.ndjson", func(r caseRow) { registered[r.DeviceID] = true })
	eachCaseRow(t, dir, "verdicts.ndjson", func(r caseRow) {
		if l := last[r.DeviceID]; !r.DecidedAt.Before(l.DecidedAt) { // the log is in the order of seq
			last[r.DeviceID] = r
		}
	})
	rows, err := csv.NewReader(bytes.NewReader(readCaseFile(t, dir, "up.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	population := make([]uptime.Population, caseSpan.Len())
	for i := range population {
		population[i].Slot = caseSpan.From + uptime.Slot(i)
	}
	for _, row := range rows[1:] {
		up := caseTimeline(t, row[1])
		for i := range population {
			p := &population[i]
			switch {
			case !up.Has(p.Slot):
			case row[0] == "observed":
				p.Observed = true
			case registered[row[0]]:
				p.Up++
				if last[row[0]].Verdict != uptime.Spoofed {
					p.Genuine++
				}
			}
		}
	}
	return population
}

func caseTimeline(t *testing.T, text string) uptime.Timeline {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw)*8 != caseSpan.Len() {
		t.Fatalf("%d bytes (%v)", len(raw), err)
	}
	up := uptime.NewTimeline(caseSpan)
	for i, b := range raw {
		up.Words()[i/8] |= uint64(bits.Reverse8(b)) << (i % 8 * 8)
	}
	return up
}

func eachCaseRow(t *testing.T, dir, name string, each func(caseRow)) {
	t.Helper()
	rows := bufio.NewScanner(bytes.NewReader(readCaseFile(t, dir, name)))
	for rows.Scan() {
		var row caseRow
		if err := json.Unmarshal(rows.Bytes(), &row); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		each(row)
	}
}

func readCaseFile(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
