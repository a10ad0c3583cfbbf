package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/wallet"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/snapshot/evidence"
	"github.com/uptally/uptally/snapshot/incident"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/archive"
	"github.com/uptally/uptally/uptime/fakes"
	"github.com/uptally/uptally/uptime/reconcile"
)

func TestExitCodeOfErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
	}{
		{nil, 0},
		{errors.New("anything else"), 1},
		{errIncomplete, 1},
		{errNotMigrated, 1},
		{uptime.ErrUnauthorised, 1},
		{snapshot.ErrRuleset, 1},
		{evidence.ErrDiffers, 1},
		{archive.ErrFaulty, 1},
		{&uptime.BadVerdicts{Rows: []uptime.BadVerdict{{}}}, 1},
		{usage("--from"), 2},
		{snapshot.ErrSeasonsDiffer, 2},
		{uptime.ErrVerdictEntry, 2},
		{ledger.ErrAmountSyntax, 2},
		{evidence.ErrNotBundle, 2},
		{fakes.ErrSpan, 2},
		{incident.ErrEnd, 2},
		{wallet.ErrWallet, 2},
		{wallet.ErrTerms, 2},
		{wallet.ErrTable, 2},
		{wallet.ErrHold, 2},
		{wallet.ErrReason, 2},
		{wallet.ErrSignatureSyntax, 2},
		{&wallet.BadRows{Rows: []wallet.BadRow{{Line: 2, Cause: wallet.ErrAnother}, {Line: 3, Cause: wallet.ErrTwice}}}, 2},
		{&wallet.BadRows{Rows: []wallet.BadRow{{Line: 2, Cause: wallet.ErrText}, {Line: 3, Cause: wallet.ErrUsed}}}, 5},
		{auth.ErrConfig, 2},
		{devissuer.ErrLifetime, 2},
		{devissuer.ErrNotLoopback, 2},
		{auth.ErrIssuerDown, 1},
		{auth.ErrExpired, 4},
		{persons.ErrNameTaken, 5},
		{audit.ErrReason, 2},
		{audit.ErrAddress, 2},
		{audit.ErrSelfResume, 4},
		{audit.ErrHalted, 5},
		{audit.ErrNotHalted, 5},
		{snapshot.ErrNotFound, 3},
		{snapshot.ErrNoSeason, 3},
		{fakes.ErrUnobserved, 3},
		{uptime.ErrUnknownDevice, 3},
		{uptime.ErrUnknownReopening, 3},
		{archive.ErrUnknown, 3},
		{incident.ErrNotFound, 3},
		{ledger.ErrHeadSyntax, 2},
		{ledger.ErrKey, 2},
		{ledger.ErrUnknownAccount, 3},
		{settle.ErrNotReceipts, 2},
		{settle.ErrNoPayer, 2},
		{settle.ErrNoPayout, 3},
		{settle.ErrNotClaimable, 5},
		{settle.ErrMisfit, 6},
		{&settle.Misfits{All: []settle.Misfit{{Where: "line 2"}}}, 6},
		{ledger.ErrNeverVerified, 3},
		{distribution.ErrUnknown, 3},
		{wallet.ErrUnknownChallenge, 3},
		{wallet.ErrNotAsked, 3},
		{wallet.ErrNotFrozen, 3},
		{persons.ErrNoPerson, 3},
		{errNotAllowed, 4},
		{uptime.ErrOwnReopening, 4},
		{archive.ErrSelfApproval, 4},
		{snapshot.ErrSelfCheck, 4},
		{distribution.ErrSelfApproval, 4},
		{wallet.ErrSelfApproval, 4},
		{wallet.ErrSignature, 4},
		{snapshot.ErrConflict, 5},
		{snapshot.ErrWindowsOverlap, 5},
		{evidence.ErrMoved, 5},
		{incident.ErrConflict, 5},
		{snapshot.ErrAlreadyRefused, 5},
		{uptime.ErrHourClosed, 5},
		{uptime.ErrHourOpen, 5},
		{uptime.ErrReopeningApproved, 5},
		{archive.ErrChanged, 5},
		{archive.ErrAlreadyApproved, 5},
		{ledger.ErrConflict, 5},
		{distribution.ErrConflict, 5},
		{distribution.ErrNotApproved, 5},
		{wallet.ErrUsed, 5},
		{wallet.ErrExpired, 5},
		{snapshot.ErrGuard, 6},
		{reconcile.ErrMisfit, 6},
		{ledger.ErrInsufficient, 6},
		{wallet.ErrOnChain, 6},
	} {
		wrapped := c.err
		if c.err != nil {
			wrapped = fmt.Errorf("snapshot ignition-s1/r1: %w", c.err)
		}
		if code := exitCode(wrapped); code != c.code {
			t.Errorf("%v: exit code %d, not %d", c.err, code, c.code)
		}
	}
}

// What is refused before a database is opened: the data folder cannot be made.
func TestUsageIsCheckedFirst(t *testing.T) {
	occupied := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("UPTALLY_DATA", filepath.Join(occupied, "data"))
	for _, c := range []struct{ line, says string }{
		{"frobnicate", "unexpected argument frobnicate"},
		{"snapshot", "expected one of"},
		{"snapshot show", "<name>"},
		{"pull", "--from"},
		{"pull --from 2024-05-01 --to 2024-05-01", "holds no slot"},
		{"pull --from yesterday --to 2024-05-01", "is no instant"},
		{"pull --from 2024-05-01 --to 2999-05-01", "has not come yet"},
		{"pull --from 2024-05-01 --to 2024-05-02", "UPTALLY_FEED_URL"},
		{"pull --from 2024-05-01 --to 2024-05-02 --workers 0", "--workers 0"},
		{"serve", "UPTALLY_FEED_URL"},
		{"serve", "--workers=false"},
		{"season create Spring --from 2024-04-20 --to 2024-04-27 --pool 7 --ruleset ignition-s1", "lower-case"},
		{"season create spring --from 2024-04-28 --to 2024-04-27 --pool 7 --ruleset ignition-s1", "before first day"},
		{"season create spring --from 2024-04-20 --to 2024-04-27 --pool 7.5 --ruleset ignition-s1", "12.5IO"},
		{"season create spring --from 2024-04-20 --to 2024-04-27 --pool 7 --ruleset nowhere.toml", "ignition-s1, ignition-s2"},
		{"grace add s --from 2024-04-25 --to 2024-04-24 --reconnect-by 2024-05-01 --cause x", "later end"},
		{"grace add s --from 2024-04-25 --to 2024-04-26 --reconnect-by 2024-05-01 --cause x --min-before 1.5", "--min-before"},
		{"grace add s --from 2024-04-25 --to 2024-04-26 --reconnect-by 2024-05-01 --cause x --credit half", "credit"},
		{"pull import", "<dir>"},
		{"pull import . --approve first", "--approve"},
		{"pull reopen", "--from"},
		{"pull reopen --from 2024-04-25 --to 2024-04-25T08:00:00Z", "--reason"},
		{"pull reopen --from 2024-04-25 --to 2024-04-25T08:05:00Z --reason x", "whole hours"},
		{"pull reopen --from 2024-04-25T08:00:01Z --to 2024-04-25T09:00:00Z --reason x", "whole hours"},
		{"pull reopen --approve 1 --reason x", "--approve"},
		{"verdict add gpu spoofed --effective-at 2024-04-23 --reason x --evidence y", "device"},
		{"verdict add 9d2a0000-0000-4000-8000-000000000000 fake --effective-at 2024-04-23 --reason x --evidence y", "spoofed"},
		{"verdict add 9d2a0000-0000-4000-8000-000000000000 spoofed --reason x --evidence y", "--effective-at"},
		{"verdict add 9d2a0000-0000-4000-8000-000000000000 spoofed --effective-at 2024-04-23 --reason x --evidence=", "evidence"},
		{"verdict import nowhere.csv", "nowhere.csv"},
		{"hold add --from 2024-04-25 --to 2024-04-25 --reason x", "after it begins"},
		{"verdict suggest --from 2024-04-12", "--to"},
		{"verdict suggest --from 2024-04-12 --to 2024-04-12T23:00:00Z", "1 to 92 days"},
		{"verdict suggest --from 2024-01-12 --to 2024-05-12", "1 to 92 days"},
		{"verdict suggest --from 2024-04-12 --to 2024-04-26 --csv - --json", "choose one"},
		{"verdict suggest --from 2024-04-12 --to 2024-04-26 --limit=-1", "--limit -1"},
		{"incident dismiss 1 --season s --reason=", "--reason"},
		{"incident end 1 --at 2024-04-25 --reason=", "--reason"},
		{"incident end 1 --at yesterday --reason x", "is no instant"},
		{"device explain 9d2a0000-0000-4000-8000-000000000000 --season s --revision=-1", "revisions are 1, 2"},
		{"hold review --field owner", "gpu_model"},
		{"hold review --csv --json", "choose one"},
		{"hold release --reason x", "--change"},
		{"hold refuse 1 --change 7 --reason x", "leave out the hold"},
		{"snapshot lines s --csv --json", "choose one"},
		{"snapshot lines s --outcome paid", "eligible"},
		{"snapshot verify nowhere.evidence.zip", "nowhere.evidence.zip"},
		{"snapshot verify .", "is no file"},
		{"snapshot verify exitcodes_test.go", "not an evidence bundle"},
		{"snapshot verify exitcodes_test.go --digest 00", "64 hex digits"},
		{"ledger statement suppliers", "season/<code>/pool"},
		{"wallet challenge 9d2a0000-0000-4000-8000-000000000000 not-a-wallet", "not a wallet"},
		{"wallet challenge not-a-supplier 11111111111111111111111111111111", "<supplier>"},
		{"wallet import --file nowhere.csv", "nowhere.csv"},
		{"wallet import --file exitcodes_test.go", "supplier_id,wallet,text,signature"},
		{"wallet prove c1 3XAGkYUmRytbSg6XKG6nGvj3FL1F1r1WCg5gL3myTuvdBah8kXawx6bRGMpj2jVYYq233Qs6Yc8gZQAn1TzHgkWk --rpc ftp://token@nowhere", "UPTALLY_SOLANA_RPC"},
		{"wallet prove c1 x", "not a signature"},
		{"wallet release 9d2a0000-0000-4000-8000-000000000000", "--reason"},
		{"wallet release 9d2a0000-0000-4000-8000-000000000000 --approve --reason x", "--approve"},
		{"wallet freeze 9d2a0000-0000-4000-8000-000000000000", "--reason"},
		{"wallet allow 9d2a0000-0000-4000-8000-000000000000 So11111111111111111111111111111111111111112 --reason x", "mint of wrapped SOL"},
		{"distribution settle d1", "UPTALLY_SOLANA_RPC"},
		{"distribution settle d1 --tree d1-t1 --rpc http://127.0.0.1:1", "--funding"},
		{"distribution settle d1 --tree d1-t1 --funding x --vault y", "--format trees"},
		{"distribution settle d1 --tree d1-t1 --receipts x", "choose one"},
		{"distribution settle d1 --receipts nowhere.csv --treasury x", "--treasury"},
		{"distribution proof", "--wallet"},
		{"distribution proof --supplier x", "UUID"},
		{"reconcile chain --csv --json", "choose one"},
		{"reconcile chain --supplier x", "UUID"},
		{"reconcile chain --rpc ftp://token@nowhere", "UPTALLY_SOLANA_RPC"},
		{"simulate --devices 0", "evices"},
		{"simulate --addr 0.0.0.0:0", "loopback"},
		{"demo --database-url postgres://nowhere", "database of its own"},
		{"demo --dry-run", "dry run"},
		{"demo --devices 0", "evices"},
	} {
		r := uptally(t, strings.Fields(c.line)...)
		if r.code != exitUsage || !strings.Contains(r.talk, c.says) || r.out != "" {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q; want 2 and %q", c.line, r.code, r.out, r.talk, c.says)
		}
	}
	if r := uptally(t, "season", "list"); r.code != exitFailed || !strings.Contains(r.talk, "data") {
		t.Errorf("a data folder that cannot be made: exit code %d, %q", r.code, r.talk)
	}
}

func TestRulesetCheckNamesEveryField(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.toml")
	if err := os.WriteFile(file, []byte("name = \"x\"\nversion = 0\nspare = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := uptally(t, "ruleset", "check", file).must(t, exitFailed)
	for _, field := range []string{"version", "spare", "eligibility", "weights"} {
		if !strings.Contains(r.talk, field) {
			t.Errorf("%s is not named in %q", field, r.talk)
		}
	}
}

func TestHelp(t *testing.T) {
	bare := uptally(t).must(t, 0)
	asked := uptally(t, "--help").must(t, 0)
	if bare.out != asked.out || !strings.Contains(bare.out, "Usage: uptally <command>") {
		t.Errorf("without arguments:\n%s", bare.out)
	}
	help := uptally(t, "help").must(t, 0)
	if !strings.HasPrefix(help.out, asked.out) || !strings.HasSuffix(help.out, manual) || help.talk != "" {
		t.Errorf("help:\n%s", help.out)
	}
	one := uptally(t, "help", "snapshot", "take").must(t, 0)
	if one.out != uptally(t, "snapshot", "take", "--help").must(t, 0).out {
		t.Errorf("help snapshot take:\n%s", one.out)
	}
	uptally(t, "help", "frobnicate").must(t, exitUsage)
}
