package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/internal/embedpg"
)

func TestHaltAndResume(t *testing.T) {
	data := dataFolder(t)
	startPostgres(t, data)
	as := func(actor string, args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", actor}, args...)...)
	}
	as("ada", "halt").must(t, exitUsage)
	as("ada", "halt", "--reason", " ").must(t, exitUsage)
	as("bob", "resume", "--reason", "why not").must(t, exitConflict)
	as("ada", "halt", "--reason", "a token leaked", "--dry-run").must(t, 0)
	halted := decode[haltView](t, as("ada", "halt", "--reason", "a token leaked", "--json").must(t, 0))
	if !halted.Halted || halted.Number != 1 || halted.By != "ada" || halted.Reason != "a token leaked" || halted.UnderWay == nil || *halted.UnderWay != 0 {
		t.Errorf("got %+v", halted)
	}
	as("bob", "halt", "--reason", "me too").must(t, exitConflict)
	if own := as("ada", "resume", "--reason", "never mind").must(t, exitNotAllowed); !strings.Contains(own.talk, "another person") {
		t.Errorf("said %s", own.talk)
	}
	if ended := decode[haltView](t, as("bob", "resume", "--reason", "revoked", "--json").must(t, 0)); ended.Halted || ended.By != "ada" {
		t.Errorf("got %+v", ended)
	}
}

// The halt stands while the command waits for a call that had begun.
func TestHaltWhileACallIsUnderWay(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	uptally(t, "--data", data, "audit", "list").must(t, 0) // brings the database up to date
	connect := func() *pgx.Conn {
		connection, err := pgx.Connect(t.Context(), server.URL(embedpg.Owner))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { connection.Close(context.Background()) })
		return connection
	}
	looks := connect()
	call, err := connect().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, halted, err := audit.Halted(t.Context(), call); halted || err != nil {
		t.Fatal(halted, err)
	}
	said, talk := io.Pipe()
	var out bytes.Buffer
	done := make(chan int, 1)
	go func() {
		args := []string{"--data", data, "--actor", "ada", "halt", "--reason", "a token leaked", "--json"}
		code := run(t.Context(), args, strings.NewReader(""), &out, talk)
		talk.Close()
		done <- code
	}()
	var lines []string
	for scanner := bufio.NewScanner(said); scanner.Scan(); {
		lines = append(lines, scanner.Text())
		if !strings.Contains(scanner.Text(), "Waiting for them to end") {
			continue
		}
		var halted bool
		if err := looks.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM write_halt)`).Scan(&halted); err != nil || !halted {
			t.Errorf("halted %v, error %v", halted, err)
		}
		if err := call.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	code := <-done
	if len(lines) != 3 || !strings.HasPrefix(lines[1], "Under way since before: 1.") {
		t.Errorf("said %q", lines)
	}
	if halted := decode[haltView](t, result{out: out.String()}); code != 0 || !halted.Halted || halted.UnderWay == nil || *halted.UnderWay != 0 {
		t.Errorf("exit code %d: %+v", code, halted)
	}
}

func TestTheAuditLogOnTheCommandLine(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	as := func(args ...string) result {
		return uptally(t, append([]string{"--data", data, "audit"}, args...)...)
	}
	if none := decode[auditVerifyView](t, as("verify", "--json").must(t, 0)); !none.OK || none.Entries != 0 {
		t.Errorf("of an empty log: %+v", none)
	}
	connection, err := pgx.Connect(t.Context(), server.URL(embedpg.Owner))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(context.Background())
	if err := pgx.BeginFunc(t.Context(), connection, func(tx pgx.Tx) error {
		return audit.Append(t.Context(), tx,
			audit.Entry{Address: "192.0.2.7", Actor: "issuer ada", Person: 1, Operation: "freeze-wallet", Method: "POST", Target: "/v1/wallets", Status: 201},
			audit.Entry{Address: "192.0.2.8", Method: "GET", Target: "=1+1", Status: 404, Kind: "not-found"})
	}); err != nil {
		t.Fatal(err)
	}
	if all := decode[[]entryView](t, as("list", "--json").must(t, 0)); len(all) != 2 || all[0].Number != 2 || all[1].Actor != "issuer ada" || all[1].Calls != 1 || all[1].Supplier != nil {
		t.Errorf("got %+v", all)
	}
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"--class", "4"}, 1}, {[]string{"--address", "192.0.2.0/24"}, 2}, {[]string{"--caller", "issuer ada"}, 1},
		{[]string{"--operation", "none"}, 0}, {[]string{"--before", "2"}, 1}, {[]string{"--limit", "1"}, 1}, {[]string{"--until", "2020-01-01"}, 0},
	} {
		if got := decode[[]entryView](t, as(append([]string{"list", "--json"}, c.args...)...).must(t, 0)); len(got) != c.want {
			t.Errorf("%v: %d entries, want %d", c.args, len(got), c.want)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(as("list", "--csv").must(t, 0).out)).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][10] != `"=1+1"` {
		t.Errorf("got %q, %v", rows, err)
	}
	if people := as("list").must(t, 0).out; !strings.Contains(people, "freeze-wallet") {
		t.Errorf("for people:\n%s", people)
	}
	for _, bad := range [][]string{{"list", "--class", "6"}, {"list", "--limit", "0"}, {"list", "--address", "home"}, {"verify", "--head", "1"}, {"verify", "--head", "1:abcd"}} {
		as(bad...).must(t, exitUsage)
	}
	whole := decode[auditVerifyView](t, as("verify", "--json").must(t, 0))
	head := "2:" + whole.Digest.String()
	if people := as("verify", "--head", head).must(t, 0).out; !whole.OK || whole.Head != 2 || !strings.Contains(people, "2 entries without a fault, 1 heads compared") {
		t.Errorf("got %+v, %s", whole, people)
	}
	if _, err := connection.Exec(t.Context(), `SET session_replication_role = replica; DELETE FROM audit_entry WHERE number = 2`); err != nil {
		t.Fatal(err)
	}
	as("verify").must(t, 0)
	if cut := as("verify", "--head", head).must(t, exitFailed); !strings.Contains(cut.out, "entry 2: it is gone") {
		t.Errorf("got %s", cut.out)
	}
	if cut := decode[auditVerifyView](t, as("verify", "--head", head, "--json").must(t, exitFailed)); cut.OK || cut.Fault == "" {
		t.Errorf("got %+v", cut)
	}
}
