package main

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/migrations"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime/simulator"
)

// From heartbeats to the files, by command lines alone. Each step stands on those
// before it.
func TestFromHeartbeatsToFiles(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	world := serve(t, 24, simulator.Options{Gzip: true})
	as := func(actor string, args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", actor}, args...)...)
	}

	step := func(name string, f func(*testing.T)) {
		t.Helper()
		if !t.Run(name, f) {
			t.FailNow()
		}
	}

	step("a span is pulled, and pulled again", func(t *testing.T) {
		dry := decode[coverageView](t, as("ada", "pull", "--from", "2024-04-18", "--to", "2024-05-03", "--dry-run", "--json").must(t, 0))
		if dry.Observed != 0 {
			t.Errorf("a dry run observed %d slots", dry.Observed)
		}
		for range 2 {
			v := decode[coverageView](t, as("ada", "pull", "--from", "2024-04-18", "--to", "2024-05-03", "--json").must(t, 0))
			if want := 15 * 288; v.Slots != want || v.Observed != want || v.Closed != 15*24 || len(v.GivenUp)+len(v.Awaited) != 0 {
				t.Errorf("coverage is %+v, not %d slots observed and closed", v, want)
			}
		}
		status := decode[statusView](t, as("ada", "pull", "status", "--json").must(t, 0))
		if len(status.Passes) != 1 || status.Passes[0].Outcome != "merged" || status.Passes[0].Accepted == 0 || len(status.Logs) != 2 {
			t.Errorf("status is %+v", status)
		}
		if people := as("ada", "pull", "status").must(t, 0).out; !strings.Contains(people, "4,320 of 4,320 slots observed") {
			t.Errorf("status for people:\n%s", people)
		}
	})

	step("a season is created once", func(t *testing.T) {
		create := []string{"season", "create", "spring", "--from", "2024-04-20", "--to", "2024-04-27", "--pool", "1000.00000007IO", "--ruleset", "ignition-s1"}
		as("ada", append(create, "--dry-run")...).must(t, 0)
		as("ada", "season", "show", "spring").must(t, exitNotFound)
		created := decode[seasonView](t, as("ada", append(create, "--json")...).must(t, 0))
		if created.Pool != 100000000007 || created.FirstDay != "2024-04-20" || created.LastDay != "2024-04-27" {
			t.Errorf("season is %+v", created)
		}
		as("ada", create...).must(t, 0)
		as("ada", "season", "create", "spring", "--from", "2024-04-20", "--to", "2024-04-28", "--pool", "7", "--ruleset", "ignition-s1").must(t, exitConflict)
	})

	step("an attack is put under a hold", func(t *testing.T) {
		hold := decode[holdView](t, as("ada", "hold", "add", "--from", "2024-04-25T08:00:00Z", "--to", "2024-04-25T12:00:00Z", "--reason", "attack", "--json").must(t, 0))
		if hold.Changes == 0 || hold.Person != "ada" {
			t.Errorf("hold is %+v", hold)
		}
	})

	step("grace is approved by another person than its proposer", func(t *testing.T) {
		as("ada", "grace", "add", "spring", "--from", "2024-04-25T09:10:00Z", "--to", "2024-04-28", "--reconnect-by", "2024-05-02", "--cause", "cut-over").must(t, 0)
		refused := as("ada", "grace", "approve", "1").must(t, exitNotAllowed)
		if !strings.Contains(refused.talk, "ask another person") {
			t.Errorf("refused with %q", refused.talk)
		}
		as("grace", "grace", "approve", "1").must(t, 0)
		as("grace", "grace", "approve", "1").must(t, exitConflict)
		as("ada", "grace", "add", "spring", "--from", "2024-04-26", "--to", "2024-04-27", "--reconnect-by", "2024-05-02", "--cause", "again").must(t, 0)
		as("grace", "grace", "approve", "2").must(t, exitConflict)
		as("grace", "grace", "approve", "9").must(t, exitNotFound)
		windows := decode[[]windowView](t, as("ada", "grace", "list", "spring", "--json").must(t, 0))
		if len(windows) != 2 || *windows[0].ApprovedBy != "grace" || windows[1].ApprovedBy != nil {
			t.Errorf("windows are %+v", windows)
		}
	})

	step("the same facts give the same lines again", func(t *testing.T) {
		as("ada", "snapshot", "take", "spring", "--dry-run").must(t, 0)
		as("ada", "snapshot", "show", "spring").must(t, exitNotFound)
		as("ada", "snapshot", "take", "spring").must(t, 0)
		first := as("ada", "snapshot", "lines", "spring/r1", "--csv").must(t, 0).out
		as("ada", "snapshot", "take", "spring", "--workers", "1").must(t, 0)
		if again := as("ada", "snapshot", "lines", "spring", "--csv").must(t, 0).out; again != first {
			t.Error("the second revision has other lines")
		}
		revisions := decode[[]revisionView](t, as("ada", "snapshot", "list", "spring", "--json").must(t, 0))
		if len(revisions) != 2 || revisions[0].State != "superseded" || revisions[1].State != "draft" || revisions[0].Digest != revisions[1].Digest {
			t.Errorf("revisions are %+v", revisions)
		}
		checkLines(t, first, decode[snapshotView](t, as("ada", "snapshot", "show", "spring", "--json").must(t, 0)), world)
	})

	step("a preview tells who would move, and writes nothing", func(t *testing.T) {
		same := decode[previewView](t, as("ada", "snapshot", "preview", "spring", "--json").must(t, 0))
		if *same.Against != "spring/r2" || same.ByLine.Same != same.Lines || len(same.TopDevices) != 0 {
			t.Errorf("with nothing supposed: %+v", same)
		}
		moved := decode[previewView](t, as("ada", "snapshot", "preview", "spring", "--without-window", "1", "--without-hold", "1",
			"--set", "eligibility.min_uptime=0.9", "--set", `weights.gpu."NVIDIA T4"=3`, "--against", "spring/r1", "--top", "3", "--json").must(t, 0))
		if *moved.Against != "spring/r1" || moved.ByLine.Lose == 0 || len(moved.TopDevices) != 3 || !strings.Contains(moved.WhatIf, "without window 1") {
			t.Errorf("without grace: %+v", moved)
		}
		shown := as("ada", "snapshot", "preview", "spring", "--with-hold", "2024-04-20/2024-04-21").must(t, 0)
		if !strings.Contains(shown.out, "Compared with spring/r2") || !strings.Contains(shown.talk, "nothing was written") {
			t.Errorf("shown is\n%s%s", shown.out, shown.talk)
		}
		for flag, code := range map[string]int{
			"--set=eligibility.min_uptime=60%": exitUsage, "--set=jobs.permille": exitUsage, "--with-hold=2024-04-21": exitUsage,
			"--with-hold=2024-04-21/2024-04-21": exitUsage, "--verdicts=/dev/null/nowhere": exitUsage, "--verdicts=main.go": exitUsage,
			"--with-window=9": exitNotFound, "--without-hold=9": exitNotFound, "--against=spring/r9": exitNotFound,
			"--with-window=2": exitConflict, "--with-window=1": exitConflict, "--top=0": exitUsage,
		} {
			as("ada", "snapshot", "preview", "spring", flag).must(t, code)
		}
		as("ada", "snapshot", "preview", "winter").must(t, exitNotFound)
		if revisions := decode[[]revisionView](t, as("ada", "snapshot", "list", "spring", "--json").must(t, 0)); len(revisions) != 2 {
			t.Errorf("revisions are %+v", revisions)
		}
	})

	step("show prints the fields that are fixed, and no others", func(t *testing.T) {
		shown := decode[map[string]any](t, as("ada", "snapshot", "show", "spring", "--json").must(t, 0))
		want := []string{
			"allocated", "as_of", "coverage", "digest", "guards", "lines", "outcomes", "pool", "residual", "revision", "season", "state", "suppliers",
		}
		if keys := slices.Sorted(maps.Keys(shown)); !slices.Equal(keys, want) {
			t.Errorf("fields are %q", keys)
		}
		if shown["pool"] != "100000000007" || shown["revision"] != 2.0 || shown["coverage"].(map[string]any)["slots"] != 2304.0 {
			t.Errorf("shown is %v", shown)
		}
	})

	explainSteps(t, step, as)
	reviewSteps(t, step, as)

	step("a snapshot is approved by another person, and sealed once", func(t *testing.T) {
		as("ada", "snapshot", "approve", "spring").must(t, exitNotAllowed)
		as("ada", "snapshot", "seal", "spring").must(t, exitConflict)
		as("grace", "snapshot", "approve", "spring", "--digest", "00").must(t, exitConflict)
		as("grace", "snapshot", "approve", "spring").must(t, 0)
		poor := as("grace", "snapshot", "seal", "spring").must(t, exitGuard)
		if !strings.Contains(poor.talk, "fund it: `uptally ledger fund spring 100000000007") {
			t.Errorf("without funds it is refused with %q", poor.talk)
		}
		as("ada", "ledger", "fund", "spring", "100000000007").must(t, 0)
		as("ada", "ledger", "fund", "spring", "100000000007").must(t, 0)
		as("ada", "ledger", "fund", "spring", "1").must(t, exitConflict)
		as("grace", "snapshot", "seal", "spring", "--dry-run").must(t, 0)
		sealed := decode[snapshotView](t, as("grace", "snapshot", "seal", "spring", "--json").must(t, 0))
		if sealed.State != "sealed" {
			t.Errorf("sealed is %+v", sealed)
		}
		as("grace", "snapshot", "seal", "spring").must(t, exitConflict)
		balances := decode[[]balanceView](t, as("ada", "ledger", "balance", "season/", "--json").must(t, 0))
		if len(balances) != 1 || balances[0].Account != "season/spring/pool" || balances[0].Balance != 0 {
			t.Errorf("balances are %+v", balances)
		}
		statement := decode[statementView](t, as("ada", "ledger", "statement", "season/spring/pool", "--json").must(t, 0))
		if statement.Lines[0].Change != 100000000007 || statement.Closing != 0 {
			t.Errorf("statement is %+v", statement)
		}
	})

	step("evidence is verified without a database", func(t *testing.T) { checkEvidence(t, data, as) })

	step("what is earned goes to wallets, into files", func(t *testing.T) {
		table := filepath.Join(data, "wallets.csv")
		if err := os.WriteFile(table, []byte(walletTable(world)), 0o600); err != nil {
			t.Fatal(err)
		}
		as("ada", "distribution", "show", "d1").must(t, exitNotFound)
		as("ada", "wallet", "import", "--file", table, "--hold", "0s").must(t, 0)
		as("ada", "wallet", "import", "--file", table).must(t, exitConflict) // each text counts once
		again := uptallyIn(t.Context(), walletTable(world), "--data", data, "--actor", "ada", "wallet", "import", "--file", "-", "--json").must(t, 0)
		if got := decode[enteredView](t, again); got.Changes != 0 || got.Proofs == 0 {
			t.Errorf("the same wallets proved again: %+v", got)
		}
		as("ada", "distribution", "prepare").must(t, 0)
		out := filepath.Join(data, "out", "d1")
		as("ada", "distribution", "export", "d1", "--out", out).must(t, exitConflict)
		as("ada", "distribution", "approve", "d1").must(t, exitNotAllowed)
		as("grace", "distribution", "approve", "d1").must(t, 0)
		as("ada", "distribution", "export", "d1", "--out", out, "--dry-run").must(t, 0)
		if _, err := os.Stat(out); err == nil {
			t.Error("a dry run wrote files")
		}
		exported := decode[distributionView](t, as("ada", "distribution", "export", "d1", "--out", out, "--json").must(t, 0))
		people := as("ada", "distribution", "export", "d1", "--out", out).must(t, 0).out
		checkFiles(t, out, exported)
		if exported.Exports != 1 || exported.ExportedBy == nil || *exported.ExportedBy != "ada" || exported.ExportedAt == nil {
			t.Errorf("exported: %+v", exported)
		}
		if !strings.Contains(people, "files given out 2 times, last to ada at ") {
			t.Errorf("for people:\n%s", people)
		}
	})

	step("a distribution is looked at before it is prepared, and two persons cancel it", func(t *testing.T) {
		checkCancelled(t, data, as)
	})

	step("what is submitted lands once, is settled, and fits", func(t *testing.T) { checkPaid(t, as) })

	step("the ledger is whole", func(t *testing.T) {
		verified := decode[verifyView](t, as("ada", "ledger", "verify", "--json").must(t, 0))
		if !verified.OK || verified.Journals != 8 || len(verified.Faults) != 0 {
			t.Errorf("verified is %+v", verified)
		}
	})

	step("every list can be read by people and by machines", func(t *testing.T) {
		for _, list := range [][]string{
			{"season", "list"}, {"season", "show", "spring"}, {"ruleset", "list"}, {"hold", "list"}, {"verdict", "list"}, {"snapshot", "list"},
			{"snapshot", "show", "spring/r2"}, {"snapshot", "lines", "spring"}, {"snapshot", "lines", "spring", "--outcome", "not_genuine"},
			{"ledger", "balance"}, {"ledger", "statement", "treasury"}, {"wallet", "list"}, {"distribution", "list"}, {"distribution", "show", "d1"},
			{"migrate", "status"}, {"ruleset", "check", "ignition-s2"}, {"grace", "list"},
		} {
			if as("ada", list...).must(t, 0).out == "" {
				t.Errorf("%q prints nothing", list)
			}
			if text := as("ada", append(list, "--json")...).must(t, 0).out; !json.Valid([]byte(text)) {
				t.Errorf("%q --json prints no JSON:\n%s", list, text)
			}
		}
	})

	step("a hold is released once, and one change of it", func(t *testing.T) {
		as("ada", "hold", "add", "--from", "2024-05-02", "--to", "2024-05-03", "--reason", "in vain").must(t, 0)
		as("ada", "hold", "release", "2", "--reason", "checked").must(t, 0)
		as("ada", "hold", "release", "2", "--reason", "checked").must(t, exitConflict)
		as("ada", "hold", "release", "--change", "1", "--reason", "checked").must(t, exitNotFound)
		as("ada", "hold", "release", "--reason", "checked").must(t, exitUsage)
	})

	step("on another's database a name is not enough for two", func(t *testing.T) {
		url := server.URL(migrations.AppRole)
		other := func(actor string, args ...string) result {
			return uptally(t, append([]string{"--database-url", url, "--actor", actor}, args...)...)
		}
		other("ada", "season", "list").must(t, 0)
		_, address := walletKey("first")
		other("ada", "wallet", "challenge", walletSupplier, address).must(t, 0)
		other("eve", "wallet", "challenge", walletSupplier, address).must(t, exitNotFound)
		other("ada", "wallet", "import", "--file", filepath.Join(data, "wallets.csv"), "--hold", "1h").must(t, exitNotAllowed)
		refused := other("grace", "snapshot", "seal", "spring").must(t, exitNotAllowed)
		if !strings.Contains(refused.talk, "token") {
			t.Errorf("refused with %q", refused.talk)
		}
		empty := strings.Replace(url, "/"+databaseName+"?", "/postgres?", 1)
		unready := uptally(t, "--database-url", strings.Replace(empty, migrations.AppRole+"@", "uptally@", 1), "season", "list").must(t, exitFailed)
		if !strings.Contains(unready.talk, "uptally migrate up") {
			t.Errorf("a database that is not migrated is refused with %q", unready.talk)
		}
	})

	step("serve works until it is told to stop", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		talk := &signalling{on: "Working", reached: stop}
		var out strings.Builder
		code := run(ctx, []string{"--data", data, "serve", "--workers", "2", "--listen", "127.0.0.1:0"}, strings.NewReader(""), &out, talk)
		if code != 0 || out.Len() > 0 {
			t.Errorf("exit code %d, stdout %q", code, out.String())
		}
	})
}

// signalling calls reached once something has been written.
type signalling struct {
	on      string
	reached func()
}

func (s *signalling) Write(text []byte) (int, error) {
	if strings.Contains(string(text), s.on) {
		s.reached()
	}
	return len(text), nil
}

// checkLines checks the CSV of a snapshot against its figures and the rules that
// anyone can check with a calculator.
func checkLines(t *testing.T, text string, shown snapshotView, world *simulator.World) {
	t.Helper()
	if !strings.HasPrefix(text, "device_id,supplier_id,span_start,span_end,observed,up,grace,credited,"+
		"weight_millionths,job_minutes,points,amount,outcome,notes\n") {
		t.Fatalf("header is %q", text[:min(200, len(text))])
	}
	rows := readCSV(t, text)
	total, sum, outcomes, graced := new(big.Int), new(big.Int), map[string]int64{}, 0
	for _, row := range rows {
		total.Add(total, big.NewInt(number(t, row["points"])))
		sum.Add(sum, big.NewInt(number(t, row["amount"])))
		outcomes[row["outcome"]]++
	}
	for i, row := range rows {
		if i > 0 && rows[i-1]["device_id"]+rows[i-1]["span_start"] >= row["device_id"]+row["span_start"] {
			t.Errorf("row %d is out of order", i)
		}
		points := number(t, row["points"])
		want := new(big.Int).Mul(big.NewInt(int64(shown.Pool)), big.NewInt(points))
		if got := number(t, row["amount"]); got != want.Quo(want, total).Int64() {
			t.Errorf("%s gets %d, not floor(pool * points / total) = %s", row["device_id"], got, want)
		}
		grace := number(t, row["grace"])
		if number(t, row["up"])+grace != number(t, row["credited"]) {
			t.Errorf("%s: credited is not up + grace: %v", row["device_id"], row)
		}
		if grace > 0 {
			graced++
		}
		if strings.Contains(row["notes"], "grace_applied") != (grace > 0) {
			t.Errorf("%s: grace %d with notes %q", row["device_id"], grace, row["notes"])
		}
		truth, _ := world.Truth(uuid.MustParse(row["device_id"]))
		if truth.Kind == simulator.Virtual && grace > 0 {
			t.Errorf("virtual device %s was given grace", row["device_id"])
		}
	}
	if graced == 0 || outcomes["spoofed"] == 0 || outcomes["eligible"] == 0 {
		t.Errorf("the story is not in it: %d lines with grace, outcomes %v", graced, outcomes)
	}
	if residual := int64(shown.Pool) - sum.Int64(); residual != int64(shown.Residual) || residual < 0 || residual >= int64(len(rows)) {
		t.Errorf("residual is %d, shown as %d", residual, shown.Residual)
	}
	for _, outcome := range snapshot.Outcomes() {
		if shown.Outcomes[outcome] != outcomes[outcome.String()] {
			t.Errorf("%s: %d lines, shown as %d", outcome, outcomes[outcome.String()], shown.Outcomes[outcome])
		}
	}
}

// checkFiles checks the files of a distribution against their manifest and sums.
func checkFiles(t *testing.T, dir string, shown distributionView) {
	t.Helper()
	text := func(name string) string {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	var manifest distribution.Manifest
	if err := json.Unmarshal([]byte(text("manifest.json")), &manifest); err != nil && !strings.Contains(err.Error(), "UnmarshalText") {
		t.Logf("manifest: %v", err)
	}
	if !strings.HasPrefix(text("payouts.csv"), "payout_id,supplier_id,wallet,amount,amount_decimal\n") ||
		!strings.HasPrefix(text("payout_lines.csv"), "payout_id,season,revision,amount\n") {
		t.Error("a header is not as it is fixed")
	}
	paid, of := int64(0), map[string]int64{}
	payouts := readCSV(t, text("payouts.csv"))
	for i, row := range payouts {
		amount := number(t, row["amount"])
		paid += amount
		of[row["payout_id"]] = amount
		if whole := strings.Replace(row["amount_decimal"], ".", "", 1); number(t, strings.TrimLeft(whole, "0")) != amount {
			t.Errorf("%s is %s", row["amount"], row["amount_decimal"])
		}
		if i > 0 && payouts[i-1]["supplier_id"] >= row["supplier_id"] {
			t.Errorf("payout %s is out of order", row["payout_id"])
		}
	}
	for _, row := range readCSV(t, text("payout_lines.csv")) {
		of[row["payout_id"]] -= number(t, row["amount"])
		if row["season"] != "spring" || row["revision"] != "2" {
			t.Errorf("payout line %v is of another revision", row)
		}
	}
	for id, left := range of {
		if left != 0 {
			t.Errorf("the lines of %s miss %d", id, left)
		}
	}
	if paid != int64(shown.Total) || int64(len(payouts)) != shown.Payees {
		t.Errorf("%d to %d suppliers in the file, %d to %d shown", paid, len(payouts), shown.Total, shown.Payees)
	}
	for _, file := range shown.Files {
		sum := sha256.Sum256([]byte(text(file.Name)))
		if hex.EncodeToString(sum[:]) != file.SHA256.String() {
			t.Errorf("%s has another digest", file.Name)
		}
		if file.Name != "SHA256SUMS" && !strings.Contains(text("SHA256SUMS"), file.SHA256.String()+"  "+file.Name+"\n") {
			t.Errorf("%s is not in the sums", file.Name)
		}
	}
}

// readCSV reads rows by the names of their columns.
func readCSV(t *testing.T, text string) []map[string]string {
	t.Helper()
	table, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, cells := range table[1:] {
		row := map[string]string{}
		for i, cell := range cells {
			row[table[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
