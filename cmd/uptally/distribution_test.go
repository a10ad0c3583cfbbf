package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
)

// checkCancelled has the distribution d1, whose files are out, cancelled by two
// persons, and what it paid prepared again on other rails.
func checkCancelled(t *testing.T, data string, as func(actor string, args ...string) result) {
	t.Helper()
	as("ada", "distribution", "cancel", "d1").must(t, exitUsage)
	as("ada", "distribution", "cancel", "d1", "--reason", "wrong rail", "--approve").must(t, exitUsage)
	as("ada", "distribution", "cancel", "d1", "--approve").must(t, exitConflict)
	as("ada", "distribution", "cancel", "d1", "--reason", "wrong rail").must(t, exitConflict) // its files are out
	as("ada", "distribution", "cancel", "d1", "--reason", "wrong rail", "--unpaid").must(t, 0)
	as("ada", "distribution", "export", "d1", "--out", filepath.Join(data, "late")).must(t, exitConflict)
	as("ada", "distribution", "cancel", "d1", "--approve").must(t, exitNotAllowed)
	cancelled := decode[distributionView](t, as("grace", "distribution", "cancel", "d1", "--approve", "--json").must(t, 0))
	if p := cancelled.Progress; cancelled.State != "cancelled" || len(p) != 1 || p[0].State != distribution.Returned || p[0].Amount != cancelled.Total {
		t.Errorf("cancelled: %+v", cancelled)
	}

	preview := decode[payPreview](t, as("ada", "distribution", "prepare", "--rail", "merkle", "--dry-run", "--json").must(t, 0))
	if preview.Total != cancelled.Total || preview.Cost.Trees != 1 || preview.Rail != distribution.RailMerkle || len(preview.Largest) == 0 {
		t.Errorf("preview: %+v", preview)
	}
	as("ada", "distribution", "show", "d2").must(t, exitNotFound)
	as("ada", "distribution", "prepare", "--rail", "transactions").must(t, exitUsage) // says what pays
	as("ada", "distribution", "prepare", "--rail", "transactions", "--treasury", "nobody").must(t, exitUsage)
	as("ada", "distribution", "prepare", "--rail", "carrier-pigeon").must(t, exitUsage)
	treasury := "9B5XszUGdMaxCZ7uSQhPzdks5ZQSmWxrmzCSvtJ6Ns6g"
	prepared := as("ada", "distribution", "prepare", "--rail", "transactions", "--treasury", treasury, "--key", "k", "--json").must(t, 0)
	view := decode[distributionView](t, prepared)
	if view.ID != "d2" || view.Source.Owner.String() != treasury || view.Total != cancelled.Total {
		t.Errorf("prepared: %+v", view)
	}
	if !strings.Contains(prepared.talk, "Cost: ") || !strings.Contains(prepared.talk, "largest") {
		t.Errorf("prepared without showing first:\n%s", prepared.talk)
	}
	again := decode[distributionView](t, as("ada", "distribution", "prepare", "--rail", "transactions", "--treasury", treasury, "--key", "k", "--json").must(t, 0))
	if again.ID != "d2" {
		t.Errorf("the same key prepared %s", again.ID)
	}
	as("ada", "distribution", "prepare", "--key", "k").must(t, exitConflict) // another rail
}

// checkPaid has the distribution d2 cancelled, as nobody has its treasury's key, and
// the same payouts prepared, submitted, settled and reconciled on a real runtime.
func checkPaid(t *testing.T, as func(actor string, args ...string) result) {
	t.Helper()
	chain := svm.Start(t)
	key := svm.KeyFile(t, chain.Treasury)
	as("ada", "distribution", "cancel", "d2", "--reason", "another treasury").must(t, 0)
	onChain := func(args ...string) []string { return append(args, "--rpc", chain.URL, "--rpc-rate", "1000") }
	as("grace", onChain("distribution", "cancel", "d2", "--approve")...).must(t, 0)
	prepare := onChain("distribution", "prepare", "--rail", "transactions", "--mint", chain.Mint.String(), "--treasury", chain.TreasuryKey().String())
	preview := decode[payPreview](t, as("ada", append(prepare, "--dry-run", "--json")...).must(t, 0))
	if preview.Cost.Rent == nil || *preview.Cost.Rent == 0 || preview.Cost.Creates != preview.Payees {
		t.Errorf("cost: %+v", preview.Cost)
	}
	prepare = append(prepare, "--json", "--key", "on chain")
	prepared := decode[distributionView](t, as("ada", prepare...).must(t, 0))
	if again := decode[distributionView](t, as("ada", prepare...).must(t, 0)); again.ID != prepared.ID {
		t.Errorf("the same key prepared %s", again.ID)
	}
	submit := onChain("distribution", "submit", prepared.ID, "--key", key)
	as("ada", submit...).must(t, exitConflict) // not approved
	as("grace", "distribution", "approve", prepared.ID).must(t, 0)
	as("ada", "distribution", "submit", prepared.ID, "--key", key).must(t, exitUsage) // no node
	before := chain.Stats().Executed
	rehearsed := decode[submittedView](t, as("ada", append(submit, "--dry-run", "--json")...).must(t, 0))
	if rehearsed.Plan.Total != prepared.Total || rehearsed.Signed != 0 || chain.Stats().Executed != before {
		t.Errorf("rehearsed: %+v", rehearsed)
	}
	submitted := decode[submittedView](t, as("ada", append(submit, "--json")...).must(t, 0))
	if submitted.Payouts[distribution.Landed] != int(prepared.Payees) || len(submitted.Unknown)+len(submitted.Misfits)+len(submitted.Refused) != 0 {
		t.Errorf("submitted: %+v", submitted)
	}
	settled := decode[resultView](t, as("grace", append(onChain("distribution", "settle", prepared.ID), "--json")...).must(t, 0))
	if settled.Settled.Total != prepared.Total || settled.Unknown.Payouts != 0 {
		t.Errorf("settled: %+v", settled)
	}
	statement := decode[chainView](t, as("ada", append(onChain("reconcile", "chain", "--treasury", chain.TreasuryKey().String(), "--mint", chain.Mint.String()), "--json")...).must(t, 0))
	var carried ledger.Amount
	for _, c := range prepared.Carried {
		carried += c.Amount
	}
	if last := statement.Runs[len(statement.Runs)-1]; !statement.Fits || last.Closing != carried || statement.Owed != carried || statement.Chain == nil {
		t.Errorf("reconciled: %+v", statement)
	}
	again := decode[submittedView](t, as("ada", append(submit, "--json")...).must(t, exitDone))
	if again.Signed != 0 {
		t.Errorf("submitted again: %+v", again)
	}
	if shown := decode[distributionView](t, as("ada", "distribution", "show", prepared.ID, "--json").must(t, 0)); shown.State != "settled" {
		t.Errorf("shown: %+v", shown)
	}
}
