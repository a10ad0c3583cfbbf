package main

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptally/uptally/ledger"
)

// A head that is signed and kept outside the database tells of what was changed inside.
func TestLedgerHeadIsKeptAndCompared(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	as := func(args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", "ada", "ledger"}, args...)...)
	}
	key, head := filepath.Join(data, "key"), filepath.Join(data, "head.json")

	if none := decode[headView](t, as("head", "--json").must(t, 0)); none.Number != 0 || none.PostedAt != nil {
		t.Errorf("of an empty ledger: %+v", none)
	}
	as("head", "--new-key", key, "--dry-run").must(t, 0)
	as("head", "--key", key).must(t, exitFailed)
	made := decode[newKeyView](t, as("head", "--new-key", key, "--json").must(t, 0))
	secret, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	as("head", "--new-key", key).must(t, exitFailed)
	as("head", "--key", key, "--out", head).must(t, exitFailed) // nothing was posted yet
	as("verify", "--last").must(t, exitNotFound)

	uptally(t, "--data", data, "--actor", "ada", "season", "create", "spring", "--from", "2024-04-20", "--to", "2024-04-27",
		"--pool", "1000IO", "--ruleset", "ignition-s1").must(t, 0)
	as("fund", "spring", "600IO", "--reason", "=1+1, as asked").must(t, 0)
	as("fund", "spring", "400IO", "--key", "more").must(t, 0)

	as("head", "--out", head).must(t, exitUsage)
	as("head", "--key", key, "--out", head, "--dry-run").must(t, 0)
	if _, err := os.Stat(head); err == nil {
		t.Error("a dry run wrote the head")
	}
	signed := as("head", "--key", key, "--out", head, "--json").must(t, 0)
	if view := decode[headView](t, signed); view.Number != 2 || view.File != head || view.Signed.Check(nil) != nil {
		t.Errorf("signed is %+v", view)
	}
	if seed := strings.TrimSpace(string(secret)); strings.Contains(signed.out+signed.talk, seed) {
		t.Error("the key was printed")
	} else {
		t.Setenv("UPTALLY_LEDGER_KEY", seed)
	}
	if people := as("head", "--out", head).must(t, 0).out; !strings.Contains(people, "signed by "+made.PublicKey) || !strings.Contains(people, "written to "+head) {
		t.Errorf("for people:\n%s", people)
	}
	t.Setenv("UPTALLY_LEDGER_KEY", "bm8ga2V5")
	if bad := as("head").must(t, exitUsage); strings.Contains(bad.talk, "bm8ga2V5") {
		t.Errorf("a bad key is printed: %s", bad.talk)
	}

	held := decode[verifyView](t, as("verify", "--head", head, "--head", head, "--public-key", made.PublicKey, "--json").must(t, 0))
	if !held.OK || held.Heads != 2 || held.Head != 2 {
		t.Errorf("verified is %+v", held)
	}
	other := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("o"), 32))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--head", head, "--public-key", other}, exitFailed, "journal 2: bad signature: its signed head is signed by key " + made.PublicKey},
		{[]string{"--head", key}, exitUsage, "not a signed head"},
		{[]string{"--head", head, "--public-key", "short"}, exitUsage, "not a usable key"},
		{[]string{"--head", head + "!"}, exitFailed, "no such file"},
		{[]string{"--head", head, "--last"}, exitUsage, "choose one"},
	} {
		if r := as(append([]string{"verify"}, c.args...)...).must(t, c.code); !strings.Contains(r.out+r.talk, c.says) {
			t.Errorf("%q says\n%s%s", c.args, r.out, r.talk)
		}
	}

	past(t, server, `DELETE FROM ledger_transfer WHERE journal = 2`, `DELETE FROM ledger_journal WHERE number = 2`,
		`UPDATE ledger_account SET balance = sign(balance) * 60000000000`)
	as("verify").must(t, 0)
	if r := as("verify", "--head", head).must(t, exitFailed); !strings.HasPrefix(r.out, "journal 2: it is gone") || !strings.Contains(r.talk, "give --public-key") {
		t.Errorf("an end cut off: %s%s", r.out, r.talk)
	}
	t.Setenv("UPTALLY_LEDGER_KEY", "")
	if r := as("head", "--key", key, "--out", head).must(t, exitConflict); !strings.Contains(r.talk, "is not replaced") {
		t.Errorf("a step back: %s", r.talk)
	}
}

func TestLedgerStatementAsCSV(t *testing.T) {
	data := dataFolder(t)
	startPostgres(t, data)
	as := func(args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", "ada"}, args...)...)
	}
	as("season", "create", "spring", "--from", "2024-04-20", "--to", "2024-04-27", "--pool", "1000IO", "--ruleset", "ignition-s1").must(t, 0)
	as("ledger", "fund", "spring", "600IO", "--reason", "=1+1, as asked").must(t, 0)
	as("ledger", "statement", "treasury", "--csv", "--json").must(t, exitUsage)
	rows, err := csv.NewReader(strings.NewReader(as("ledger", "statement", "treasury", "--csv").must(t, 0).out)).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%q, %v", rows, err)
	}
	units := (600 * ledger.Unit).String()
	if got := rows[2]; got[1] != "transfer" || got[9] != `"=1+1, as asked"` || got[10] != units || got[12] != "" || got[14] != units || got[16] != "debit" {
		t.Errorf("row is %q", got)
	}
}

// What the job found last can be asked for.
func TestLedgerVerifyLast(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	as := func(args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", "ada"}, args...)...)
	}
	as("ledger", "balance").must(t, 0)
	past(t, server, `INSERT INTO ledger_verification (journals, transfers, accounts, faults, first_faults) VALUES (0, 0, 0, 0, '{}')`)
	if v := decode[verifyView](t, as("ledger", "verify", "--last", "--json").must(t, 0)); !v.OK || v.At == nil || v.Faults == nil {
		t.Errorf("last is %+v", v)
	}
	past(t, server, `INSERT INTO ledger_verification (journals, transfers, accounts, faults, first_faults) VALUES (1, 1, 2, 1, '{"journal 1: it is odd"}')`)
	if r := as("ledger", "verify", "--last").must(t, exitFailed); !strings.HasPrefix(r.out, "verified at 20") || !strings.Contains(r.out, "\njournal 1: it is odd\n1 journals") {
		t.Errorf("last is %s", r.out)
	}
}
