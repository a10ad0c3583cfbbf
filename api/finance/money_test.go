package finance_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/finance"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
)

// A season's money over HTTP alone, by two persons: funded, sealed, prepared, approved,
// exported, settled and reconciled to zero; and another distribution cancelled.
func TestASeasonsMoney(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.fund("1000")
	o.seal(100, 200, 300, 400)
	o.prove(0, 1, 2)

	preview := get[finance.DistributionPreview](o, o.ann, "/v1/finance/distributions/preview")
	if preview.Payees != 3 || preview.Total.Amount != "600" || preview.Carried[1].Amount.Amount != "400" {
		t.Fatalf("the preview pays %s to %d, carried %v", preview.Total.Amount, preview.Payees, preview.Carried)
	}
	asked := map[string]any{"rail": "solana-tokens", "reason": "pay", "expected_payees": 3, "expected_total": "601"}
	o.failed(o.ann.Post("/v1/finance/distributions", asked), "conflict", "not 601 to 3 as expected")
	asked["expected_total"] = "600"
	if result := o.done(o.ann.Post("/v1/finance/distributions", asked)); result.Distribution != "d1" {
		t.Fatalf("prepared %q", result.Distribution)
	}
	d1 := get[finance.Distribution](o, o.bob, "/v1/finance/distributions/d1")
	if d1.State != distribution.Prepared || d1.PreparedBy != "ann" || d1.Progress[0].Amount.Amount != "600" {
		t.Fatalf("prepared: %+v", d1)
	}
	o.approveAndExport(d1)

	paid := receipts(map[int]ledger.Amount{0: 100, 1: 200, 2: 300})
	dry := o.done(post(o.ann, "/v1/finance/distributions/d1/settlements?dry_run=true", paid, "dry")).Settlement
	if dry.Settled.Payouts != 3 || len(dry.Journals) != 0 {
		t.Errorf("a dry run: %+v", dry)
	}
	settled := o.done(post(o.ann, "/v1/finance/distributions/d1/settlements", paid, "wet")).Settlement
	if settled.Settled != (finance.PayoutTally{Payouts: 3, Total: wire.MoneyOf(600)}) || settled.Unknown.Payouts != 0 || len(settled.Journals) != 1 {
		t.Errorf("settled: %+v", settled)
	}
	if d := get[finance.Distribution](o, o.bob, "/v1/finance/distributions/d1"); d.State != distribution.Finished {
		t.Errorf("d1 is %s", d.State)
	}

	o.prove(3)
	o.cancelled(o.prepared("solana-tokens"))
	o.claimed(o.prepared("merkle"))

	statement := o.done(o.bob.Post("/v1/finance/reconciliation/chain", map[string]any{})).Statement
	if !statement.Fits || statement.Owed.Amount != "0" || len(statement.Runs) != 4 {
		t.Errorf("reconciled: %+v", statement)
	}
	one := o.done(o.bob.Post("/v1/finance/reconciliation/chain", map[string]any{"supplier_id": supplier(1)})).Statement
	if len(one.Lines) != 1 || one.Lines[0].Payout != "d1-2" || one.Lines[0].Signature != signature(1) {
		t.Errorf("supplier 1: %+v", one.Lines)
	}
	o.do(func(ctx context.Context, tx pgx.Tx) error {
		report, err := ledger.Verify(ctx, tx)
		if err == nil && !report.OK() {
			t.Errorf("ledger: %v", report.Faults)
		}
		return err
	})
}

// approveAndExport has bob approve what ann prepared, and holds the files that he is
// given against those that the command line writes.
func (o *office) approveAndExport(d finance.Distribution) {
	o.t.Helper()
	path := "/v1/finance/distributions/" + d.ID
	binding := func(digest string) any { return map[string]any{"manifest_sha256": digest} }
	var refused wire.Problem
	o.ann.Post(path+"/approval", binding(d.ManifestSHA256)).Problem(o.t, http.StatusForbidden, "own-work").Into(o.t, &refused)
	if !strings.Contains(refused.Detail, `ask another person. You are on record as "ann"`) || strings.Contains(refused.Detail, "person "+strconv.FormatInt(o.annID, 10)) {
		o.t.Errorf("refused with %s", refused.Detail)
	}
	o.bob.Post(path+"/approval", binding(strings.Repeat("0", 64))).Problem(o.t, http.StatusConflict, "manifest-differs")
	o.bob.Post(path+"/export", nil).Problem(o.t, http.StatusConflict, "conflict")
	manifest := sha256.Sum256(o.bob.Get(path+"/files/manifest.json").Want(o.t, http.StatusOK).Body)
	if got := hex.EncodeToString(manifest[:]); got != d.ManifestSHA256 {
		o.t.Errorf("the manifest has digest %s, want %s", got, d.ManifestSHA256)
	}
	o.approved(d)
	o.bob.Get(path+"/files/payouts.csv").Problem(o.t, http.StatusConflict, "conflict")
	if a := get[finance.Distribution](o, o.ann, path); a.Exports != 0 || a.ExportedBy != "" || a.ExportedAt != nil {
		o.t.Errorf("before anybody is given the files: %+v", a)
	}
	o.bob.Post(path+"/export", nil).Want(o.t, http.StatusOK)
	if e := get[finance.Distribution](o, o.ann, path); e.State != distribution.Approved || e.Exports != 1 || e.ExportedBy != "bob" || !e.ExportedAt.After(*e.ApprovedAt) {
		o.t.Errorf("exported: %+v", e)
	}
	o.ann.Get(path+"/files/payouts.csv").Problem(o.t, http.StatusConflict, "export-not-recorded")
	o.bob.Get(path+"/files/nothing.csv").Problem(o.t, http.StatusNotFound, "not-found")

	folder := filepath.Join(o.t.TempDir(), "out")
	o.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := distribution.Export(ctx, tx, d.ID, folder)
		return err
	})
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != len(d.Files) {
		o.t.Fatalf("%d files written, error %v, want %d", len(entries), err, len(d.Files))
	}
	for _, entry := range entries {
		want, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			o.t.Fatal(err)
		}
		got := o.bob.Get(path+"/files/"+entry.Name()).Want(o.t, http.StatusOK)
		digest := sha256.Sum256(want)
		if string(got.Body) != string(want) || got.Header.Get("X-Checksum-Sha256") != hex.EncodeToString(digest[:]) {
			o.t.Errorf("%s: %d bytes with digest %s, want %d", entry.Name(), len(got.Body), got.Header.Get("X-Checksum-Sha256"), len(want))
		}
		if name := got.Header.Get("Content-Disposition"); name != `attachment; filename="`+d.ID+"-"+entry.Name()+`"` {
			o.t.Errorf("%s is saved as %s", entry.Name(), name)
		}
	}
}

// cancelled has ann ask to cancel and bob approve.
func (o *office) cancelled(d finance.Distribution) {
	o.t.Helper()
	path := "/v1/finance/distributions/" + d.ID + "/cancellation"
	o.bob.Post(path+"/approval", nil).Problem(o.t, http.StatusConflict, "conflict")
	o.ann.Post(path, map[string]any{"reason": "by mistake"}).Want(o.t, http.StatusOK)
	o.ann.Post(path+"/approval", nil).Problem(o.t, http.StatusForbidden, "own-work")
	result := o.done(o.bob.Post(path+"/approval", nil))
	if result.Returned.Payouts != int(d.Payees) || result.Returned.Total != d.Total {
		o.t.Errorf("returned: %+v, want %+v", result.Returned, d.Total)
	}
	after := get[finance.Distribution](o, o.ann, "/v1/finance/distributions/"+d.ID)
	if after.State != distribution.Cancelled || after.Cancellation.AskedBy != "ann" || after.Progress[0].State != distribution.Returned {
		o.t.Errorf("cancelled: %+v", after)
	}
}

// claimed has a merkle distribution approved and funded, and its proofs read.
func (o *office) claimed(d finance.Distribution) {
	o.t.Helper()
	o.approved(d)
	o.bob.Get("/v1/finance/proofs?payout="+d.ID+"-1").Problem(o.t, http.StatusConflict, "conflict")
	file := "tree,amount,vault,signature\n" + d.ID + "-t1," + d.Total.Amount + "," + address(99) + "," + signature(99) + "\n"
	if s := o.done(post(o.ann, "/v1/finance/distributions/"+d.ID+"/settlements?format=trees", file, "trees")).Settlement; s.Settled.Total != d.Total {
		o.t.Errorf("settled by funding: %+v", s)
	}
	var trees struct{ Items []finance.MerkleTree }
	o.bob.Get("/v1/finance/distributions/"+d.ID+"/trees").Want(o.t, http.StatusOK).Into(o.t, &trees)
	var proofs struct{ Items []finance.ClaimProof }
	o.bob.Get("/v1/finance/proofs?payout="+d.ID+"-1").Want(o.t, http.StatusOK).Into(o.t, &proofs)
	if len(trees.Items) != 1 || !trees.Items[0].Funded || len(proofs.Items) != 1 || proofs.Items[0].Root != trees.Items[0].Root ||
		proofs.Items[0].Claimant != address(3) || proofs.Items[0].Amount.Amount != "400" || proofs.Items[0].Vault != address(99) {
		o.t.Errorf("trees %+v, proofs %+v", trees, proofs)
	}
}
