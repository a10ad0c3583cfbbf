package snapshot_test

// The sample worlds of testdata/cases, once more: read from a network into a
// database, taken, approved and sealed there.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"math/bits"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

func TestCasesThroughTheDatabase(t *testing.T) {
	for i := range 4 {
		dir := filepath.Join("testdata/cases", strconv.Itoa(i+1))
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			f, observed := readCaseFacts(t, dir)
			o := open(t, f)
			season := readCaseSeason(t, dir)
			o.create(season, readCaseFile(t, dir, "ruleset.toml"))
			if i%2 == 0 { // rows of devices that are not registered yet are kept aside, and adopted later
				o.syncVerdicts()
				o.readMinutes()
			}
			o.syncChanges()
			if i%2 == 1 {
				o.syncVerdicts()
				o.readMinutes()
			}
			o.pull(observed)
			o.readDays(season)
			for _, w := range readCaseWindows(t, dir) {
				o.window(season.Code, w)
			}
			for _, h := range readCaseHolds(t, dir) {
				o.hold(h)
			}
			s := o.take(season.Code)
			compareCaseSnapshot(t, dir, o, s)
			sealCase(t, o, season, s)
		})
	}
}

func compareCaseSnapshot(t *testing.T, dir string, o *office, s snapshot.Snapshot) {
	t.Helper()
	want := strings.TrimPrefix(string(readCaseFile(t, dir, "lines.csv")), snapshot.CSVHeader)
	if got := o.lines(s); got != want {
		t.Errorf("lines\n%s\nwant\n%s", got, want)
	}
	type totals struct {
		Allocated     int64                    `json:"allocated,string"`
		Residual      int64                    `json:"residual,string"`
		Lines         int64                    `json:"lines"`
		Suppliers     int64                    `json:"suppliers"`
		Outcomes      map[snapshot.Outcome]int `json:"outcomes"`
		SeasonSlots   int32                    `json:"season_slots"`
		ObservedSlots int32                    `json:"observed_slots"`
	}
	got := totals{
		s.Allocated, s.Residual, s.Lines, s.Suppliers, map[snapshot.Outcome]int{}, s.SeasonSlots, s.ObservedSlots,
	}
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		byOutcome, err := snapshot.OutcomeTotals(ctx, tx, s)
		for _, total := range byOutcome {
			got.Outcomes[total.Outcome] = int(total.Lines)
		}
		return err
	})
	var wanted totals
	if err := json.Unmarshal(readCaseFile(t, dir, "totals.json"), &wanted); err != nil {
		t.Fatal(err)
	}
	gotJSON, _ := json.Marshal(got)
	wantJSON, _ := json.Marshal(wanted)
	if !bytes.Equal(gotJSON, wantJSON) {
		t.Errorf("totals\n got %s\nwant %s", gotJSON, wantJSON)
	}
}

// sealCase seals the world's season: what each supplier earned is then the sum of
// their lines, and the pool is empty.
func sealCase(t *testing.T, o *office, season snapshot.Season, s snapshot.Snapshot) {
	t.Helper()
	if s.Estimate {
		t.Fatal("an estimate, though every hour is closed")
	}
	o.fund(season, season.Pool)
	o.approve(s)
	_, err := o.seal(s)
	wantError(t, "sealing a season with so many slots missing", err, snapshot.ErrGuard)
	o.override(s, "what is missing cannot be had")
	_, err = o.seal(s)
	o.check(err)
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		amounts, err := snapshot.SupplierAmounts(ctx, tx, s)
		if err != nil {
			return err
		}
		for _, a := range amounts {
			if earned, err := ledger.Balance(ctx, tx, ledger.SupplierEarned(a.SupplierID)); err != nil || int64(earned) != a.Amount {
				t.Errorf("supplier %s earned %d, and has lines of %d (%v)", a.SupplierID, earned, a.Amount, err)
			}
		}
		if left, err := ledger.Balance(ctx, tx, ledger.SeasonPool(season.Code)); err != nil || left != 0 {
			t.Errorf("%d are left in the pool (%v)", left, err)
		}
		report, err := ledger.Verify(ctx, tx)
		if !report.OK() {
			t.Errorf("ledger: %v", report.Faults)
		}
		return err
	})
}

// readCaseFacts returns a world's logs as they stand in its files, its heartbeats,
// and the slots that were observed.
func readCaseFacts(t *testing.T, dir string) (facts, uptime.Timeline) {
	t.Helper()
	f := facts{
		changes: readCaseLog(t, dir, "changes.ndjson"), verdicts: readCaseLog(t, dir, "verdicts.ndjson"),
		minutes: map[string][]any{}, up: map[uuid.UUID]uptime.Timeline{},
	}
	for _, r := range readCaseCSV(t, dir, "job_minutes.csv") {
		f.minutes[r[0]] = append(f.minutes[r[0]], row{"device_id": r[1], "minutes": json.Number(r[2])})
	}
	var observed uptime.Timeline
	for _, r := range readCaseCSV(t, dir, "up.csv") {
		raw, err := hex.DecodeString(r[1])
		if err != nil || len(raw)*8 != caseSpan.Len() {
			t.Fatalf("%s: %d bytes (%v)", r[0], len(raw), err)
		}
		timeline := uptime.NewTimeline(caseSpan)
		for i, b := range raw {
			timeline.Words()[i/8] |= uint64(bits.Reverse8(b)) << (i % 8 * 8)
		}
		if r[0] == "observed" {
			observed = timeline
		} else {
			f.up[uuid.MustParse(r[0])] = timeline
		}
	}
	return f, observed
}

func readCaseLog(t *testing.T, dir, name string) (rows []any) {
	t.Helper()
	lines := bufio.NewScanner(bytes.NewReader(readCaseFile(t, dir, name)))
	for lines.Scan() {
		rows = append(rows, json.RawMessage(bytes.Clone(lines.Bytes())))
	}
	return rows
}
