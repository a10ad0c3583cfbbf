package snapshot_test

// The sample worlds of testdata/cases, read for the oracle.

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

const oracleCases = "testdata/cases"

func TestOracleAgreesWithCases(t *testing.T) {
	for _, name := range []string{"1", "2", "3", "4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(oracleCases, name)
			w := readOracleWorld(t, dir)
			lines, residual, err := w.result()
			if err != nil {
				t.Fatal(err)
			}
			var got [][]string
			for _, l := range lines {
				got = append(got, l.row())
			}
			compareOracleRows(t, readOracleCSV(t, dir, "lines.csv"), got)
			compareOracleTotals(t, dir, w, lines, residual)
		})
	}
}

func compareOracleRows(t *testing.T, want, got [][]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d lines, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		notes := strings.Split(want[i][13], ";")
		slices.Sort(notes)
		want[i][13] = strings.Join(notes, ";")
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("line %d\n got %v\nwant %v", i, got[i], want[i])
		}
	}
}

func compareOracleTotals(t *testing.T, dir string, w *oracleWorld, lines []*oracleLine, residual *big.Int) {
	t.Helper()
	var want struct {
		Pool, Allocated, Residual string
		Lines, Suppliers          int
		Outcomes                  map[string]int
		SeasonSlots               int64 `json:"season_slots"`
		ObservedSlots             int64 `json:"observed_slots"`
	}
	if err := json.Unmarshal(readOracleFile(t, dir, "totals.json"), &want); err != nil {
		t.Fatal(err)
	}
	first, end := w.season()
	observed, outcomes, suppliers, allocated := int64(0), map[string]int{}, map[uuid.UUID]bool{}, new(big.Int)
	for k := first; k < end; k++ {
		if w.observed[k] {
			observed++
		}
	}
	for _, l := range lines {
		outcomes[l.outcome]++
		suppliers[l.supplier] = true
		allocated.Add(allocated, l.amount)
	}
	got := fmt.Sprintln(w.pool, allocated, residual, len(lines), len(suppliers), outcomes, end-first, observed)
	wanted := fmt.Sprintln(want.Pool, want.Allocated, want.Residual, want.Lines, want.Suppliers, want.Outcomes, want.SeasonSlots, want.ObservedSlots)
	if got != wanted {
		t.Errorf("totals\n got %s\nwant %s", got, wanted)
	}
}

// row is the line as lines.csv writes it, its notes sorted.
func (l *oracleLine) row() []string {
	return []string{
		l.device.String(), l.supplier.String(), oracleInstant(l.first), oracleInstant(l.end),
		fmt.Sprint(l.observed), fmt.Sprint(l.up), fmt.Sprint(l.grace), fmt.Sprint(l.credited()),
		l.weight.String(), fmt.Sprint(l.jobMinutes), l.points.String(), l.amount.String(),
		l.outcome, strings.Join(l.sortedNotes(), ";"),
	}
}

func oracleInstant(slot int64) string { return time.Unix(slot*300, 0).UTC().Format(time.RFC3339) }

func readOracleWorld(t *testing.T, dir string) *oracleWorld {
	t.Helper()
	w := &oracleWorld{
		asOf:     time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC), // after everything but the far reconnect_by
		released: map[int64]bool{},
	}
	readOracleSeason(t, dir, w)
	readOracleRules(t, dir, w)
	readOracleWindows(t, dir, w)
	readOracleHolds(t, dir, w)
	readOracleDevices(t, dir, w)
	return w
}

func readOracleSeason(t *testing.T, dir string, w *oracleWorld) {
	t.Helper()
	var season struct {
		From, To string
		Pool     int64
	}
	readOracleTOML(t, dir, "season.toml", &season)
	w.firstDay, w.lastDay, w.pool = oracleDay(t, season.From), oracleDay(t, season.To), season.Pool
}

func readOracleRules(t *testing.T, dir string, w *oracleWorld) {
	t.Helper()
	var rules struct {
		Eligibility struct {
			MinUptime      string `toml:"min_uptime"`
			MinContinuous  int64  `toml:"min_continuous"`
			RequireGenuine bool   `toml:"require_genuine"`
			Exclude        string
		}
		Weights struct{ GPU, Connectivity map[string]string }
		Jobs    struct{ Permille int64 }
	}
	readOracleTOML(t, dir, "ruleset.toml", &rules)
	w.rules = oracleRules{
		minUptime: rules.Eligibility.MinUptime, minContinuous: rules.Eligibility.MinContinuous,
		requireGenuine: rules.Eligibility.RequireGenuine, exclude: rules.Eligibility.Exclude,
		gpu: rules.Weights.GPU, connectivity: rules.Weights.Connectivity, jobPermille: rules.Jobs.Permille,
	}
}

func readOracleWindows(t *testing.T, dir string, w *oracleWorld) {
	t.Helper()
	var file struct {
		Window []struct {
			ID             int64
			From, To       time.Time
			Lookback       int64
			MinBefore      string `toml:"min_before"`
			Sustain        int64
			ReconnectBy    time.Time `toml:"reconnect_by"`
			Credit         string
			Cap            *int64
			RequireGenuine bool `toml:"require_genuine"`
		}
	}
	readOracleTOML(t, dir, "grace.toml", &file)
	for _, g := range file.Window {
		w.windows = append(w.windows, oracleWindow{
			id: g.ID, from: g.From, to: g.To, lookback: g.Lookback, minBefore: g.MinBefore,
			sustain: g.Sustain, reconnectBy: g.ReconnectBy, credit: g.Credit, cap: g.Cap,
			requireGenuine: g.RequireGenuine,
		})
	}
}

func readOracleHolds(t *testing.T, dir string, w *oracleWorld) {
	t.Helper()
	var file struct {
		Hold []struct{ From, To time.Time }
	}
	if _, err := os.Stat(filepath.Join(dir, "holds.toml")); err != nil {
		return // a world without holds
	}
	readOracleTOML(t, dir, "holds.toml", &file)
	for _, h := range file.Hold {
		w.holds = append(w.holds, oracleHold{h.From, h.To})
	}
}

// readOracleDevices reads the logs and the bits of every registered device.
func readOracleDevices(t *testing.T, dir string, w *oracleWorld) {
	t.Helper()
	devices := map[string]*oracleDevice{}
	for _, row := range readOracleLog(t, dir, "changes.ndjson") {
		d := devices[row.DeviceID.String()]
		if d == nil && row.Channel == uptime.ChannelRegistration {
			d = &oracleDevice{id: row.DeviceID, registeredAt: row.ChangedAt, minutes: map[int64]int64{}, up: oracleSlots{}}
			devices[row.DeviceID.String()] = d
			w.devices = append(w.devices, d)
		}
		if d != nil {
			d.changes = append(d.changes, row.change())
		}
	}
	for _, row := range readOracleLog(t, dir, "verdicts.ndjson") {
		if d := devices[row.DeviceID.String()]; d != nil {
			d.verdicts = append(d.verdicts, uptime.Verdict{
				Seq: row.Seq, DeviceID: row.DeviceID, Kind: row.Verdict, EffectiveAt: row.EffectiveAt, DecidedAt: row.DecidedAt,
			})
		}
	}
	for _, row := range readOracleCSV(t, dir, "job_minutes.csv") {
		if d := devices[row[1]]; d != nil {
			minutes, err := strconv.ParseInt(row[2], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			d.minutes[oracleDay(t, row[0]).Unix()/86400] = minutes
		}
	}
	for _, row := range readOracleCSV(t, dir, "up.csv") {
		if d := devices[row[0]]; d != nil {
			d.up = oracleBits(t, row[1])
		} else if row[0] == "observed" {
			w.observed = oracleBits(t, row[1])
		}
	}
	slices.SortFunc(w.devices, func(a, b *oracleDevice) int { return bytes.Compare(a.id[:], b.id[:]) })
}

// oracleBits reads bits in hex, most significant first, from 20 April 2024 on.
func oracleBits(t *testing.T, text string) oracleSlots {
	t.Helper()
	slots, origin := oracleSlots{}, oracleSlot(oracleDay(t, "2024-04-20"))
	for i, digit := range text {
		nibble, err := strconv.ParseUint(string(digit), 16, 4)
		if err != nil {
			t.Fatal(err)
		}
		for bit := range 4 {
			if nibble>>(3-bit)&1 == 1 {
				slots[origin+int64(4*i+bit)] = true
			}
		}
	}
	return slots
}

// oracleRow is a row of either log; a field that a row does not have stays nil.
type oracleRow struct {
	Seq          int64              `json:"seq"`
	DeviceID     uuid.UUID          `json:"device_id"`
	ChangedAt    time.Time          `json:"changed_at"`
	Channel      uptime.Channel     `json:"channel"`
	SupplierID   *uuid.UUID         `json:"supplier_id"`
	GPUModel     *string            `json:"gpu_model"`
	GPUCount     *int32             `json:"gpu_count"`
	Connectivity *string            `json:"connectivity"`
	Verdict      uptime.VerdictKind `json:"verdict"`
	EffectiveAt  time.Time          `json:"effective_at"`
	DecidedAt    time.Time          `json:"decided_at"`
}

func (r oracleRow) change() uptime.Change {
	return uptime.Change{
		Seq: r.Seq, DeviceID: r.DeviceID, ChangedAt: r.ChangedAt, Channel: r.Channel,
		SupplierID: r.SupplierID, GPUModel: r.GPUModel, GPUCount: r.GPUCount, Connectivity: r.Connectivity,
	}
}

func readOracleLog(t *testing.T, dir, name string) []oracleRow {
	t.Helper()
	var rows []oracleRow
	for line := range bytes.Lines(readOracleFile(t, dir, name)) {
		var row oracleRow
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rows = append(rows, row)
	}
	return rows
}

func readOracleTOML(t *testing.T, dir, name string, into any) {
	t.Helper()
	if err := toml.Unmarshal(readOracleFile(t, dir, name), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// readOracleCSV returns the rows below the header.
func readOracleCSV(t *testing.T, dir, name string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(readOracleFile(t, dir, name))).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return rows[1:]
}

func readOracleFile(t *testing.T, dir, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func oracleDay(t *testing.T, text string) time.Time {
	t.Helper()
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return day
}
