package snapshot_test

// Evidence bundles of the worlds of this package: written from a database, verified
// without one.

import (
	"bytes"
	"context"
	"encoding/hex"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/evidence"
)

// bundle writes the evidence of a snapshot.
func (o *office) bundle(s snapshot.Snapshot) []byte {
	o.t.Helper()
	bundle, err := o.tryBundle(s)
	o.check(err)
	return bundle
}

func (o *office) tryBundle(s snapshot.Snapshot) ([]byte, error) {
	var out bytes.Buffer
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(context.Background(), o.App, options, func(tx pgx.Tx) error {
		summary, err := evidence.Write(context.Background(), tx, s, &out, nil)
		if err == nil && (summary.Bytes != int64(out.Len()) || summary.Lines != s.Lines || !bytes.Equal(summary.Digest, s.Digest)) {
			o.t.Errorf("%d bytes written; the summary is %+v", out.Len(), summary)
		}
		return err
	})
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

// verified is verify of a bundle that must hold.
func verified(t *testing.T, bundle []byte, s snapshot.Snapshot) {
	t.Helper()
	report := verify(t, bundle, evidence.Options{})
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	for _, stage := range report.Stages {
		if !stage.Reached || stage.Checked == "" {
			t.Errorf("stage %+v", stage)
		}
	}
	if want := s.Name(); report.Snapshot != want || report.Digest != hexOf(s.Digest) || report.State != s.State || report.Estimate != s.Estimate {
		t.Errorf("the report is of %+v, and should be of %+v", report, s)
	}
}

func hexOf(digest []byte) string { return hex.EncodeToString(digest) }

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
			t.Log(len(bundle))
			if again := o.bundle(s); !bytes.Equal(again, bundle) {
				t.Error("the same snapshot gives other bytes")
			}
		})
	}
}
