package snapshot_test

// Evidence bundles of the worlds of this package: written from a database, verified
// without one.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/evidence"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/archive"
)

// bundle writes the evidence of a snapshot.
func (o *office) bundle(s snapshot.Snapshot) []byte {
	o.t.Helper()
	bundle, err := o.tryBundle(s)
	o.check(err)
	return bundle
}

func (o *office) tryBundle(s snapshot.Snapshot) (bundle []byte, err error) {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(context.Background(), o.App, options, func(tx pgx.Tx) error {
		bundle, err = writeBundle(context.Background(), tx, s)
		return err
	})
	return bundle, err
}

func writeBundle(ctx context.Context, tx pgx.Tx, s snapshot.Snapshot) ([]byte, error) {
	var out bytes.Buffer
	summary, err := evidence.Write(ctx, tx, s, &out, nil)
	if err == nil && (summary.Bytes != int64(out.Len()) || summary.Lines != s.Lines || !bytes.Equal(summary.Digest, s.Digest)) {
		err = errors.New("the summary is of something else")
	}
	return out.Bytes(), err
}

// verify verifies a bundle by itself.
func verify(t *testing.T, bundle []byte, options evidence.Options) *evidence.Report {
	t.Helper()
	report, err := evidence.Verify(context.Background(), bytes.NewReader(bundle), int64(len(bundle)), options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// verified is verify of a bundle that must hold, in full.
func verified(t *testing.T, bundle []byte, s snapshot.Snapshot) {
	t.Helper()
	report := verify(t, bundle, evidence.Options{Digest: hex.EncodeToString(s.Digest)})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	for _, stage := range report.Stages {
		if !stage.Reached || stage.Checked == "" {
			t.Errorf("stage %+v", stage)
		}
	}
	if report.Snapshot != s.Name() || report.Digest != hex.EncodeToString(s.Digest) || report.State != s.State || report.Estimate != s.Estimate ||
		!report.AsOf.Equal(s.AsOf) {
		t.Errorf("the report is of %+v, and should be of %+v", report, s)
	}
}

// sealOver seals the revision, over whatever guards bar it.
func (o *office) sealOver(s snapshot.Snapshot) snapshot.Snapshot {
	o.t.Helper()
	o.approve(s)
	if _, err := o.seal(s); errors.Is(err, snapshot.ErrGuard) {
		o.override(s, "a test of what comes after")
		_, err = o.seal(s)
		o.check(err)
	}
	return o.at(s.ID, snapshot.Sealed)
}

func TestEvidenceOfTheCases(t *testing.T) {
	for i := range 4 {
		dir := filepath.Join("testdata/cases", strconv.Itoa(i+1))
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			f, observed := readCaseFacts(t, dir)
			o := open(t, f)
			season := readCaseSeason(t, dir)
			o.create(season, readCaseFile(t, dir, "ruleset.toml"))
			o.syncChanges()
			o.syncVerdicts()
			o.readMinutes()
			o.pull(observed)
			for _, w := range readCaseWindows(t, dir) {
				o.window(season.Code, w)
			}
			for _, h := range readCaseHolds(t, dir) {
				o.hold(h)
			}
			s := o.take(season.Code)
			bundle := o.bundle(s)
			verified(t, bundle, s)
			if again := o.bundle(s); !bytes.Equal(again, bundle) {
				t.Error("the same snapshot gives other bytes")
			}
		})
	}
}

// motley is a village with something of everything: two holds, a released change, two
// windows, verdicts taken back, slots excluded from a verdict on, slots that were
// never observed, a change of names alone.
func motley() *village {
	v := newVillage()
	v.rules = strings.Replace(v.rules, `exclude = "season"`, `exclude = "from_verdict"`, 1)
	v.holds = append(v.holds, snapshot.Hold{From: may(2, 1), To: may(2, 2)})
	v.released = []int64{attackSeq}
	limit := 7
	v.windows = append(v.windows, snapshot.Window{
		From: may(2, 15), To: may(2, 16), Cause: "another", Lookback: 12, Sustain: 1, ReconnectBy: may(3, 0), Credit: snapshot.CreditOwnRate, Cap: &limit,
	})
	v.verdict(sold, uptime.Spoofed, may(2, 4))
	v.verdict(sold, uptime.Genuine, may(2, 5))
	v.change(steady, "user", may(2, 13), row{"device_name": "Ada's rig", "status": "down"})
	v.change(outaged, "worker-api", may(2, 1).Add(1), row{"gpu_model": "NVIDIA H100", "gpu_count": 8, "connectivity": "low"})
	v.job(outaged, "2024-05-02", 1440)
	v.observed = v.observed.AndNot(spanOf(v.observed.Span(), uptime.SpanOf(may(2, 18), may(2, 19))))
	return v
}

func spanOf(within, span uptime.Span) uptime.Timeline {
	set := uptime.NewTimeline(within)
	set.AddSpan(span)
	return set
}

// importHour merges an archive of one hour with one heartbeat, or proposes it only.
func (o *office) importHour(hour time.Time, source string, approve bool) {
	o.t.Helper()
	dir := o.t.TempDir()
	page := fmt.Sprintf(`{"heartbeats":[{"device_id":%q,"at":%q}]}`, deviceID(steady), hour.Format(time.RFC3339))
	sum := sha256.Sum256([]byte(page))
	manifest := fmt.Sprintf(`{"source":%q,"complete":[{"from":%q,"to":%q}],"files":[{"name":"0001.json","sha256":"%x"}]}`,
		source, hour.Format(time.RFC3339), hour.Add(time.Hour).Format(time.RFC3339), sum)
	for name, content := range map[string]string{"0001.json": page, archive.ManifestName: manifest} {
		o.check(os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		r, _, err := archive.Propose(ctx, tx, dir, o.ada, afterwards)
		if err == nil && approve {
			_, err = archive.Approve(ctx, tx, dir, r.ID, o.grace, afterwards)
		}
		return err
	})
}

// corrected returns a motley village with a sealed revision and one that corrects it.
func corrected(t *testing.T) (o *office, first, second snapshot.Snapshot) {
	t.Helper()
	v := motley()
	o = v.settle(t)
	o.importHour(may(1, 9), "the network's own files", true)
	o.importHour(may(1, 4), "a proposal", false)
	o.importHour(may(1, 9).AddDate(0, -1, 0), "another time", true)
	o.fund(v.season, v.season.Pool)
	first = o.sealOver(o.take(v.season.Code))
	o.network.do(func(f *facts) { f.verdict(cheat, uptime.Genuine, may(3, 1)) })
	o.syncVerdicts()
	return o, first, o.take(v.season.Code)
}

func TestEvidenceOfEachRevision(t *testing.T) {
	t.Parallel()
	o, first, second := corrected(t)
	verified(t, o.bundle(first), first)
	if second.Drawn == 0 || second.Points == first.Points {
		t.Fatalf("the correction corrects nothing: %+v", second)
	}
	verified(t, o.bundle(second), second)
	third := o.take(first.Season)
	superseded := o.at(second.ID, snapshot.Superseded)
	verified(t, o.bundle(superseded), superseded)
	o.unhindered(`UPDATE uptime_coverage SET closed_at = NULL, reopened = reopened + 1, final = B'000000000000' WHERE hour = '2024-05-02 10:00+00'`)
	verified(t, o.bundle(third), third) // its bits are what they were
	estimate := o.take(first.Season)
	if !estimate.Estimate {
		t.Fatalf("no estimate: %+v", estimate)
	}
	verified(t, o.bundle(estimate), estimate)
	if taking, _ := o.begin(first.Season); true {
		_, err := o.tryBundle(taking)
		wantError(t, "evidence of what has no lines", err, snapshot.ErrConflict)
	}
}

// A bundle of groups with nothing in common but the season, of which one has no
// change, no verdict and no bit.
func TestEvidenceOfSeveralGroups(t *testing.T) {
	t.Parallel()
	o := open(t, facts{})
	o.pull(newVillage().observed)
	const devices = 2*snapshot.DevicesPerGroup + 5
	o.crowdOf(devices)
	o.owner(`DELETE FROM uptime_chunk WHERE shard < 16`)
	o.owner(`INSERT INTO verdict (device, seq, kind, effective_at, decided_at, by_hand, reason, evidence, recorded_at)
		SELECT 16384 + 7 * i, 1 + i, 'spoofed', '2024-05-02 03:00+00', '2024-05-02 04:00+00', false, '', '', clock_timestamp() FROM generate_series(0, 9) AS i`)
	o.create(villageSeason, []byte(villageRules))
	s := o.take(villageSeason.Code)
	bundle := o.bundle(s)
	verified(t, bundle, s)

	supplier := uuid.MustParse(o.text(`SELECT supplier_id::text FROM device WHERE number = 20000`))
	report := verify(t, bundle, evidence.Options{Supplier: &supplier, Digest: hex.EncodeToString(s.Digest)})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	want := o.text(`SELECT count(*) || ' ' || sum(amount) FROM snapshot_line WHERE snapshot_id = $1 AND supplier_id = $2`, s.ID, supplier)
	if got := strconv.Itoa(report.Supplier.Lines) + " " + strconv.FormatInt(report.Supplier.Amount, 10); got != want {
		t.Errorf("the supplier's lines: %s, want %s", got, want)
	}
}

// One supplier's check looks at the groups of their devices alone, and tells so.
func TestEvidenceForOneSupplier(t *testing.T) {
	t.Parallel()
	o := open(t, facts{})
	o.pull(newVillage().observed)
	o.crowdOf(snapshot.DevicesPerGroup)
	lonely := uuid.MustParse("00000000-0000-4000-8000-000000000001")
	o.owner(`INSERT INTO device SELECT $1, md5('lonely')::uuid, 1 + $1, registered_at, channel, $2, gpu_model, gpu_count, connectivity, NULL, NULL, recorded_at
		FROM device WHERE number = 0`, snapshot.DevicesPerGroup, lonely)
	o.owner(`INSERT INTO uptime_chunk SELECT shard + 16, hour, up FROM uptime_chunk WHERE shard = 0`)
	o.create(villageSeason, []byte(villageRules))
	s := o.take(villageSeason.Code)
	files := unpack(t, o.bundle(s))
	rows := files.read("lines.parquet")
	last := len(rows) - 1
	files.forge("lines.parquet", func(rows []parquetRow) { rows[0].add("amount", 1) }) // not theirs, and in another group
	forged := files.pack()

	report := verify(t, forged, evidence.Options{Supplier: &lonely, Digest: hex.EncodeToString(s.Digest)})
	if err := report.Err(); err != nil {
		t.Errorf("what is not of their group is looked at: %v", err)
	}
	if report.Supplier.Devices != 1 || report.Supplier.Lines != 1 || !strings.Contains(report.Stages[4].Checked, "Σ points") {
		t.Errorf("report %+v of %+v", report.Stages[4], report.Supplier)
	}
	if err := verify(t, forged, evidence.Options{}).Err(); !errors.Is(err, evidence.ErrDiffers) {
		t.Errorf("the whole: %v", err)
	}
	files.forge("lines.parquet", func(rows []parquetRow) { rows[last].add("amount", 1) })
	err := verify(t, files.pack(), evidence.Options{Supplier: &lonely}).Err()
	if err == nil || !strings.Contains(err.Error(), "lines.parquet: device "+rows[last].text("device_id")+", span from 2024-05-02T00:00:00Z: amount is ") {
		t.Errorf("their amount: %v", err)
	}

	stranger := uuid.New()
	_, err = evidence.Verify(t.Context(), bytes.NewReader(forged), int64(len(forged)), evidence.Options{Supplier: &stranger})
	wantError(t, "a supplier without a device", err, snapshot.ErrNotFound)
}

// Evidence is of what the snapshot stood on, or there is none.
func TestEvidenceIsRefusedOfWhatHasChanged(t *testing.T) {
	t.Parallel()
	v := motley()
	o := v.settle(t)
	s := o.take(v.season.Code)
	for _, c := range []struct{ name, statement string }{
		{"a bit", `UPDATE uptime_chunk SET up = set_bit(up, 0, 1 - get_bit(up, 0)) WHERE hour = '2024-05-02 10:00+00'`},
		{"a slot of the season", `UPDATE uptime_coverage SET observed = set_bit(observed, 3, 0) WHERE hour = '2024-05-02 10:00+00'`},
		{"a slot before the season", `UPDATE uptime_coverage SET observed = set_bit(observed, 3, 0) WHERE hour = '2024-05-01 10:00+00'`},
		{"a fact", `UPDATE device SET gpu_count = 2 WHERE number = 3`},
		{"a window", `UPDATE grace_window SET cause = 'no other cause' WHERE cap IS NOT NULL`},
		{"an amount", `UPDATE snapshot_line SET amount = amount + 1 WHERE device = 0`},
		{"a line", `DELETE FROM snapshot_line WHERE device = 0`},
		{"the digest of a group", `UPDATE snapshot_group SET digest = sha256(digest)`},
		{"the digest of all", `UPDATE snapshot SET digest = sha256(digest)`},
	} {
		o.whatIf(func(ctx context.Context, tx pgx.Tx) {
			_, err := tx.Exec(ctx, c.statement)
			o.check(err)
			now, err := snapshot.ByID(ctx, tx, s.ID)
			o.check(err)
			_, err = writeBundle(ctx, tx, now)
			wantError(t, c.name, err, evidence.ErrMoved)
		})
	}
	verified(t, o.bundle(s), s)
}

// What a bundle holds of persons and of what they wrote: nothing, but a window's cause.
func TestEvidenceHoldsIDsAndNoOtherPersonalData(t *testing.T) {
	t.Parallel()
	o, _, s := corrected(t)
	files := unpack(t, o.bundle(s))
	var all strings.Builder
	for _, f := range files.all {
		if strings.HasSuffix(f.name, ".parquet") {
			for _, r := range files.read(f.name) {
				all.WriteString(r.String())
			}
		} else {
			all.Write(f.content)
		}
	}
	if imports := string(files.file("imports.json").content); strings.Count(imports, `"source"`) != 1 || !strings.Contains(imports, "the network's own files") ||
		!strings.Contains(imports, `"from": "2024-05-01T09:00:00Z"`) {
		t.Errorf("imports are %s", imports)
	}
	for _, known := range []string{"NVIDIA T4", "outage", supplierID(7).String(), "eligible"} {
		if !strings.Contains(all.String(), known) {
			t.Errorf("%q is not found: the search finds nothing", known)
		}
	}
	for _, private := range []string{
		"Ada's rig", `"ada"`, `"grace"`, "down", "an attack", "confirmed", "pow_hash_rate_mismatch", "figures checked", "override", "a test of what comes after",
	} {
		if strings.Contains(all.String(), private) {
			t.Errorf("%q is in the bundle", private)
		}
	}
}

func TestVerifyRefusesWhatIsNoBundle(t *testing.T) {
	for _, content := range []string{"", "x", strings.Repeat("no bundle ", 100)} {
		_, err := evidence.Verify(t.Context(), strings.NewReader(content), int64(len(content)), evidence.Options{})
		wantError(t, "verifying "+strconv.Quote(content[:min(9, len(content))]), err, evidence.ErrNotBundle)
	}
	if _, err := evidence.Verify(t.Context(), strings.NewReader("PK\x03\x04"), 4, evidence.Options{Digest: "00"}); err == nil {
		t.Error("a digest of one byte is accepted")
	}
}
