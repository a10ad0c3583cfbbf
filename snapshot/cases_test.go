package snapshot_test

// The sample worlds of testdata/cases, scored and compared line by line.

import (
	"bufio"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/uuid"
	"github.com/holiman/uint256"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// caseSpan is what up.csv has bits for.
var caseSpan = uptime.SpanOf(
	time.Date(2024, 4, 20, 0, 0, 0, 0, time.UTC),
	time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC),
)

func TestCases(t *testing.T) {
	dirs, err := filepath.Glob("testdata/cases/[0-9]*")
	if err != nil || len(dirs) != 4 {
		t.Fatalf("found %d worlds, want 4 (%v)", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			basis, devices := readCase(t, dir)
			lines := scoreAll(t, basis, devices)
			total := new(uint256.Int)
			snapshot.AddPoints(total, lines)
			allocated := snapshot.Allocate(basis.Season.Pool, total, lines)
			compareCaseLines(t, dir, lines)
			compareCaseTotals(t, dir, basis, lines, allocated)
		})
	}
}

func scoreAll(t *testing.T, basis *snapshot.Basis, devices []*snapshot.Device) []snapshot.Line {
	t.Helper()
	var lines []snapshot.Line
	scorer := basis.NewScorer()
	for _, d := range devices {
		var err error
		if lines, err = scorer.Score(d, lines); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range lines {
		if err := l.Validate(); err != nil {
			t.Error(err)
		}
	}
	return lines
}

func compareCaseLines(t *testing.T, dir string, lines []snapshot.Line) {
	t.Helper()
	want := strings.SplitAfter(string(readCaseFile(t, dir, "lines.csv")), "\n")
	if want[0] != snapshot.CSVHeader {
		t.Errorf("header\n got %s\nwant %s", snapshot.CSVHeader, want[0])
	}
	want = want[1 : len(want)-1]
	if len(lines) != len(want) {
		t.Errorf("%d lines, want %d", len(lines), len(want))
	}
	for i := range min(len(lines), len(want)) {
		if row := string(snapshot.AppendCSV(nil, lines[i])); row != want[i] {
			t.Errorf("line %d\n got %swant %s", i, row, want[i])
		}
	}
}

func compareCaseTotals(t *testing.T, dir string, basis *snapshot.Basis, lines []snapshot.Line, allocated int64) {
	t.Helper()
	type totals struct {
		Pool          int64 `json:",string"`
		Allocated     int64 `json:",string"`
		Residual      int64 `json:",string"`
		Lines         int
		Suppliers     int
		Outcomes      map[snapshot.Outcome]int
		SeasonSlots   int `json:"season_slots"`
		ObservedSlots int `json:"observed_slots"`
	}
	suppliers := map[uuid.UUID]bool{}
	got := totals{
		Pool: basis.Season.Pool, Allocated: allocated, Residual: basis.Season.Pool - allocated,
		Lines: len(lines), Outcomes: map[snapshot.Outcome]int{},
		SeasonSlots: basis.Season.Span().Len(), ObservedSlots: basis.Observed.Count(basis.Season.Span()),
	}
	for _, l := range lines {
		got.Outcomes[l.Outcome]++
		suppliers[l.SupplierID] = true
	}
	got.Suppliers = len(suppliers)
	var want totals
	if err := json.Unmarshal(readCaseFile(t, dir, "totals.json"), &want); err != nil {
		t.Fatal(err)
	}
	gotJSON, _ := json.Marshal(got)
	wantJSON, _ := json.Marshal(want)
	if string(gotJSON) != string(wantJSON) {
		t.Errorf("totals\n got %s\nwant %s", gotJSON, wantJSON)
	}
}

// readCase returns a world's basis and its devices by id. It is taken after all
// that is recorded, and long before the reconnect_by of 2099.
func readCase(t *testing.T, dir string) (*snapshot.Basis, []*snapshot.Device) {
	t.Helper()
	basis := &snapshot.Basis{
		Season: readCaseSeason(t, dir), Windows: readCaseWindows(t, dir), Holds: readCaseHolds(t, dir),
		AsOf: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), Observed: uptime.NewTimeline(caseSpan),
	}
	var err error
	if basis.Rules, err = snapshot.LoadRuleset(readCaseFile(t, dir, "ruleset.toml")); err != nil {
		t.Fatal(err)
	}
	byID := map[string]*snapshot.Device{}
	readCaseChanges(t, dir, byID)
	readCaseVerdicts(t, dir, byID)
	readCaseJobMinutes(t, dir, byID)
	readCaseUp(t, dir, basis, byID)
	var devices []*snapshot.Device
	for _, d := range byID {
		devices = append(devices, d)
	}
	slices.SortFunc(devices, func(a, b *snapshot.Device) int { return strings.Compare(a.ID.String(), b.ID.String()) })
	return basis, devices
}

func readCaseSeason(t *testing.T, dir string) snapshot.Season {
	t.Helper()
	var file struct {
		Code, From, To string
		Pool           int64
	}
	readCaseTOML(t, dir, "season.toml", &file)
	first, err1 := time.Parse(time.DateOnly, file.From)
	last, err2 := time.Parse(time.DateOnly, file.To)
	season := snapshot.Season{Code: file.Code, FirstDay: first, LastDay: last, Pool: file.Pool}
	if err := errors.Join(err1, err2, season.Validate()); err != nil {
		t.Fatal(err)
	}
	return season
}

func readCaseWindows(t *testing.T, dir string) []snapshot.Window {
	t.Helper()
	var file struct {
		Window []struct {
			ID             int64
			From, To       time.Time
			Cause          string
			Lookback       int
			MinBefore      snapshot.Fraction `toml:"min_before"`
			Sustain        int
			ReconnectBy    time.Time `toml:"reconnect_by"`
			Credit         snapshot.Credit
			Cap            *int
			RequireGenuine bool `toml:"require_genuine"`
		}
	}
	readCaseTOML(t, dir, "grace.toml", &file)
	var windows []snapshot.Window
	for _, w := range file.Window {
		window := snapshot.Window(w)
		if err := window.Validate(); err != nil {
			t.Fatal(err)
		}
		windows = append(windows, window)
	}
	return windows
}

func readCaseHolds(t *testing.T, dir string) []snapshot.Hold {
	t.Helper()
	var file struct {
		Hold []struct {
			From, To time.Time
			Reason   string
		}
	}
	readCaseTOML(t, dir, "holds.toml", &file)
	var holds []snapshot.Hold
	for i, h := range file.Hold {
		hold := snapshot.Hold{ID: int64(i + 1), From: h.From, To: h.To}
		if err := hold.Validate(); err != nil {
			t.Fatal(err)
		}
		holds = append(holds, hold)
	}
	return holds
}

func readCaseChanges(t *testing.T, dir string, byID map[string]*snapshot.Device) {
	t.Helper()
	type row struct {
		Seq          int64
		DeviceID     uuid.UUID `json:"device_id"`
		ChangedAt    time.Time `json:"changed_at"`
		Channel      uptime.Channel
		SupplierID   *uuid.UUID `json:"supplier_id"`
		GPUModel     *string    `json:"gpu_model"`
		GPUCount     *int32     `json:"gpu_count"`
		Connectivity *string
		DeviceName   *string `json:"device_name"`
		Status       *string
	}
	eachCaseRow(t, dir, "changes.ndjson", func(r row) {
		d := byID[r.DeviceID.String()]
		if d == nil {
			if r.Channel != uptime.ChannelRegistration {
				t.Fatalf("change %d of a device that is not registered yet", r.Seq)
			}
			d = &snapshot.Device{ID: r.DeviceID, RegisteredAt: r.ChangedAt}
			byID[r.DeviceID.String()] = d
		}
		d.Changes = append(d.Changes, uptime.Change(r))
	})
}

func readCaseVerdicts(t *testing.T, dir string, byID map[string]*snapshot.Device) {
	t.Helper()
	type row struct {
		Seq         int64
		DeviceID    uuid.UUID          `json:"device_id"`
		Kind        uptime.VerdictKind `json:"verdict"`
		EffectiveAt time.Time          `json:"effective_at"`
		DecidedAt   time.Time          `json:"decided_at"`
		ByHand      bool               `json:"-"`
		Reason      string
		Evidence    string
	}
	eachCaseRow(t, dir, "verdicts.ndjson", func(r row) {
		if d := byID[r.DeviceID.String()]; d != nil {
			d.Verdicts = append(d.Verdicts, uptime.Verdict(r))
		}
	})
}

func readCaseJobMinutes(t *testing.T, dir string, byID map[string]*snapshot.Device) {
	t.Helper()
	for _, row := range readCaseCSV(t, dir, "job_minutes.csv") {
		day, err1 := time.Parse(time.DateOnly, row[0])
		minutes, err2 := strconv.ParseInt(row[2], 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if d := byID[row[1]]; d != nil {
			d.JobMinutes = append(d.JobMinutes, uptime.JobMinutes{DeviceID: d.ID, Day: day, Minutes: int32(minutes)})
		}
	}
}

// readCaseUp reads the bits; devices without a row were never up.
func readCaseUp(t *testing.T, dir string, basis *snapshot.Basis, byID map[string]*snapshot.Device) {
	t.Helper()
	for _, d := range byID {
		d.Up = uptime.NewTimeline(caseSpan)
	}
	for _, row := range readCaseCSV(t, dir, "up.csv") {
		into := basis.Observed
		if row[0] != "observed" {
			d := byID[row[0]]
			if d == nil {
				continue
			}
			into = d.Up
		}
		raw, err := hex.DecodeString(row[1])
		if err != nil || len(raw)*8 != caseSpan.Len() {
			t.Fatalf("%s: %d bytes (%v)", row[0], len(raw), err)
		}
		for i, b := range raw {
			into.Words()[i/8] |= uint64(bits.Reverse8(b)) << (i % 8 * 8)
		}
	}
}

func eachCaseRow[Row any](t *testing.T, dir, name string, each func(Row)) {
	t.Helper()
	rows := bufio.NewScanner(strings.NewReader(string(readCaseFile(t, dir, name))))
	for rows.Scan() {
		var row Row
		if err := json.Unmarshal(rows.Bytes(), &row); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		each(row)
	}
}

func readCaseTOML(t *testing.T, dir, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return // a world without
	}
	if err == nil {
		err = toml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func readCaseCSV(t *testing.T, dir, name string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(readCaseFile(t, dir, name)))).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return rows[1:]
}

func readCaseFile(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
