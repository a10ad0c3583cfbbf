package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/uptime/reconcile"
	"github.com/uptally/uptally/uptime/simulator"
)

// past runs statements as a person at the server's own console could, past every
// trigger.
func past(t *testing.T, server *embedpg.Server, statements ...string) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), server.URL(embedpg.Owner))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(t.Context())
	for _, statement := range append([]string{`SET session_replication_role = replica`}, statements...) {
		if _, err := connection.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// loseSlot takes the bits of the first slot of an hour out of its chunks.
func loseSlot(hour string) string {
	return `UPDATE uptime_chunk SET up = up & ~ (repeat('1', 1024) || repeat('0', 11264))::bit(12288) WHERE hour = '` + hour + `'`
}

// What was read against the service's own counts, by command lines alone. Each step
// stands on those before it.
func TestReconcileIngest(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	world := serve(t, 24, simulator.Options{})
	as := func(actor string, args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", actor}, args...)...)
	}
	span := []string{"--from", "2024-04-24", "--to", "2024-04-25"}
	ingest := func(code int, args ...string) ingestView {
		t.Helper()
		return decode[ingestView](t, as("ada", append([]string{"reconcile", "ingest", "--json"}, args...)...).must(t, code))
	}
	step := func(name string, f func(*testing.T)) {
		t.Helper()
		if !t.Run(name, f) {
			t.FailNow()
		}
	}

	step("a pull says how it fits", func(t *testing.T) {
		r := as("ada", append([]string{"pull"}, span...)...).must(t, 0)
		if !strings.Contains(r.talk, "Against the service's own counts: 288 slots: 288 equal, 0 ours short") {
			t.Errorf("stderr is %q", r.talk)
		}
		as("ada", "season", "create", "spring", "--from", "2024-04-24", "--to", "2024-04-24", "--pool", "100000000007", "--ruleset", "ignition-s1").must(t, 0)
	})

	step("a season or a span, and nothing else", func(t *testing.T) {
		bySeason, bySpan := ingest(0, "--season", "spring"), ingest(0, span...)
		if bySeason.Equal != 288 || !bySeason.Fits || bySeason.Slots != 288 || len(bySeason.Differences) != 0 || bySeason.From != bySpan.From || bySeason.To != bySpan.To {
			t.Errorf("season %+v, span %+v", bySeason, bySpan)
		}
		if h := bySeason.Heartbeats; h.Slots != 288 || h.Theirs != h.Ours || h.Theirs == 0 {
			t.Errorf("heartbeats %+v", h)
		}
		for _, args := range [][]string{{}, {"--from", "2024-04-24"}, {"--season", "spring", "--to", "2024-04-25"}, {"--from", "2024-04-25", "--to", "2024-04-24"}} {
			as("ada", append([]string{"reconcile", "ingest"}, args...)...).must(t, exitUsage)
		}
		as("ada", "reconcile", "ingest", "--season", "winter").must(t, exitNotFound)
	})

	step("what lacks in an open hour is read again", func(t *testing.T) {
		past(t, server, `UPDATE uptime_coverage SET closed_at = NULL WHERE hour = '2024-04-24 09:00+00'`, loseSlot("2024-04-24 09:00+00"))
		for _, flags := range [][]string{{"--no-mend"}, {"--dry-run"}} {
			v := ingest(exitGuard, append(flags, span...)...)
			want := time.Date(2024, 4, 24, 9, 0, 0, 0, time.UTC)
			if d := v.Differences; v.Fits || v.OursShort != 1 || len(d) != 1 || d[0].Verdict != reconcile.OursShort || !d[0].From.Equal(want) ||
				!d[0].To.Equal(want.Add(5*time.Minute)) || d[0].Size == 0 || d[0].Size != d[0].Largest || d[0].Fits || d[0].Cause != "committed after its last reading" {
				t.Errorf("%q: %+v", flags, v)
			}
		}
		if v := ingest(0, span...); v.Equal != 288 || !v.Fits {
			t.Errorf("mended: %+v", v)
		}
		if c := decode[coverageView](t, as("ada", append([]string{"pull", "--json"}, span...)...).must(t, 0)); c.Closed != 24 {
			t.Errorf("coverage is %+v", c)
		}
	})

	step("what lacks in a closed hour is late, and a table says so", func(t *testing.T) {
		past(t, server, loseSlot("2024-04-24 10:00+00"))
		r := as("ada", "reconcile", "ingest", "--season", "spring").must(t, exitGuard)
		for _, said := range []string{"287 of 288 slots equal, 1 ours short", "Heartbeats of 1 slots: the service counts ", "FAIL  2024-04-24T10:00:00Z  2024-04-24T10:05:00Z  ours_short", "late: committed after its last reading"} {
			if !strings.Contains(strings.ReplaceAll(r.out, "\u00a0", " "), said) {
				t.Errorf("%q is not in\n%s", said, r.out)
			}
		}
		if !strings.Contains(r.talk, "what was read is not what the service counts") {
			t.Errorf("stderr is %q", r.talk)
		}
		pull := as("ada", append([]string{"pull"}, span...)...).must(t, 0) // it is no part of the reading
		if !strings.Contains(pull.talk, "1 ours short") || !strings.Contains(pull.talk, "uptally reconcile ingest --from 2024-04-24T00:00:00Z --to 2024-04-25T00:00:00Z") {
			t.Errorf("stderr is %q", pull.talk)
		}
	})

	step("without a feed the last counts are asked", func(t *testing.T) {
		t.Setenv("UPTALLY_FEED_URL", "")
		if v := ingest(exitGuard, span...); v.Equal != 287 || v.Refusal != "" {
			t.Errorf("%+v", v)
		}
		next := ingest(exitGuard, "--from", "2024-04-25", "--to", "2024-04-25T01:00:00Z")
		if next.Unobserved != 12 || next.Differences[0].Cause != "nobody asked for it: `uptally pull`" {
			t.Errorf("a day that nobody asked for: %+v", next)
		}
	})

	step("a service without a summary is no obstacle", func(t *testing.T) {
		api := world.Handler(simulator.Options{})
		var lies atomic.Bool
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case !strings.HasSuffix(r.URL.Path, "/summary"):
				api.ServeHTTP(w, r)
			case lies.Load():
				_, _ = w.Write([]byte(`{"slots":[{"slot":"2024-04-26T00:00:00Z","devices":1,"heartbeats":1}]}`))
			default:
				http.NotFound(w, r)
			}
		}))
		defer proxy.Close()
		t.Setenv("UPTALLY_FEED_URL", proxy.URL)
		r := as("ada", "pull", "--from", "2024-04-26", "--to", "2024-04-26T01:00:00Z").must(t, 0)
		if !strings.Contains(r.talk, "Not held against the service's own counts") || !strings.Contains(r.talk, "404") {
			t.Errorf("stderr is %q", r.talk)
		}
		v := ingest(0, "--from", "2024-04-26", "--to", "2024-04-26T01:00:00Z")
		if !v.Fits || v.NotCompared != 12 || !strings.Contains(v.Refusal, "404") {
			t.Errorf("%+v", v)
		}
		lies.Store(true)
		v = ingest(exitGuard, "--from", "2024-04-26", "--to", "2024-04-26T01:00:00Z")
		if v.TheirsShort != 12 || v.Refusal != "" || v.Differences[0].Cause != "the service counts less than it delivered" {
			t.Errorf("%+v", v)
		}
	})
}

// What was sealed against the ledger, to the unit.
func TestReconcileLedger(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	serve(t, 24, simulator.Options{})
	as := func(actor string, args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", actor}, args...)...)
	}
	books := func(code int) ledgerReconciliationView {
		t.Helper()
		return decode[ledgerReconciliationView](t, as("ada", "reconcile", "ledger", "--json").must(t, code))
	}
	if v := books(0); !v.Fits || len(v.Revisions) != 0 || v.Suppliers != 0 {
		t.Errorf("with nothing sealed: %+v", v)
	}
	as("ada", "pull", "--from", "2024-04-22", "--to", "2024-04-24").must(t, 0)
	as("ada", "season", "create", "spring", "--from", "2024-04-22", "--to", "2024-04-22", "--pool", "100000000007", "--ruleset", "ignition-s1").must(t, 0)
	as("ada", "ledger", "fund", "spring", "100000000007").must(t, 0)
	as("ada", "snapshot", "take", "spring").must(t, 0)
	as("grace", "snapshot", "approve", "spring").must(t, 0)
	as("grace", "snapshot", "seal", "spring").must(t, 0)

	fits := books(0)
	if r := fits.Revisions; !fits.Fits || len(r) != 1 || r[0].Revision != "spring/r1" || r[0].Lines == 0 || r[0].Lines != r[0].Posted || len(r[0].Differences) != 0 ||
		fits.Sealed != r[0].Lines || fits.Held != fits.Sealed || len(fits.Balances) != 0 || fits.Suppliers != r[0].Suppliers || fits.Suppliers == 0 {
		t.Fatalf("%+v", fits)
	}
	if table := as("ada", "reconcile", "ledger").must(t, 0).out; !strings.Contains(table, "spring/r1") || strings.Contains(table, "should be") {
		t.Errorf("table:\n%s", table)
	}

	balances := decode[[]balanceView](t, as("ada", "ledger", "balance", "supplier/", "--json").must(t, 0))
	most := slices.MaxFunc(balances, func(a, b balanceView) int { return int(a.Balance - b.Balance) })
	supplier := strings.Split(most.Account, "/")[1]

	differ := func(d []supplierDifferenceIn, should, has ledger.Amount) bool {
		return len(d) == 1 && d[0].Supplier.String() == supplier && d[0].Should == should && d[0].Has == has
	}
	line := `ctid = (SELECT ctid FROM snapshot_line WHERE supplier_id = '` + supplier + `' AND amount > 0 ORDER BY amount DESC, device LIMIT 1)`
	for _, tampered := range []struct {
		name, with, undo string
		lines, posted    ledger.Amount // what the revision's change by
		held             ledger.Amount // what the balances change by
	}{
		{"a balance", `UPDATE ledger_account SET balance = balance + 1 WHERE path = '` + most.Account + `'`,
			`UPDATE ledger_account SET balance = balance - 1 WHERE path = '` + most.Account + `'`, 0, 0, 1},
		{"a line", `UPDATE snapshot_line SET amount = amount + 1 WHERE ` + line,
			`UPDATE snapshot_line SET amount = amount - 1 WHERE ` + line, 1, 0, 0},
		{"a transfer", `UPDATE ledger_transfer SET amount = amount - 1 WHERE credit = (SELECT id FROM ledger_account WHERE path = '` + most.Account + `')`,
			`UPDATE ledger_transfer SET amount = amount + 1 WHERE credit = (SELECT id FROM ledger_account WHERE path = '` + most.Account + `')`, 0, -1, 0},
	} {
		past(t, server, tampered.with)
		v := books(exitGuard)
		r := v.Revisions[0]
		should, has := most.Balance+tampered.lines, most.Balance+tampered.posted
		if r.Lines-fits.Sealed != tampered.lines || r.Posted-fits.Sealed != tampered.posted || (should != has) != differ(r.Differences, should, has) || v.Fits {
			t.Errorf("%s: the revision says %+v", tampered.name, r)
		}
		has = most.Balance + tampered.held
		if v.Sealed-fits.Sealed != tampered.lines || v.Held-fits.Held != tampered.held || (should != has) != differ(v.Balances, should, has) {
			t.Errorf("%s: the balances say %d, %d, %+v", tampered.name, v.Sealed, v.Held, v.Balances)
		}
		people := as("ada", "reconcile", "ledger").must(t, exitGuard)
		if !strings.Contains(people.out, supplier) || !strings.Contains(people.talk, "1 sealed revisions") {
			t.Errorf("%s:\n%s%s", tampered.name, people.out, people.talk)
		}
		past(t, server, tampered.undo)
		books(0)
	}

	// It bars the next seal, and no two people can override it.
	past(t, server, `UPDATE ledger_account SET balance = balance + 1 WHERE path = '`+most.Account+`'`)
	as("ada", "season", "create", "summer", "--from", "2024-04-23", "--to", "2024-04-23", "--pool", "7", "--ruleset", "ignition-s1").must(t, 0)
	as("ada", "ledger", "fund", "summer", "7").must(t, 0)
	as("ada", "snapshot", "take", "summer").must(t, 0)
	as("grace", "snapshot", "approve", "summer").must(t, 0)
	if r := as("grace", "snapshot", "seal", "summer").must(t, exitGuard); !strings.Contains(r.talk, "ledger_reconciled (1 sealed revisions") {
		t.Errorf("stderr is %q", r.talk)
	}
	past(t, server, `UPDATE ledger_account SET balance = balance - 1 WHERE path = '`+most.Account+`'`)
	as("grace", "snapshot", "seal", "summer").must(t, 0)
	if v := books(0); len(v.Revisions) != 2 || v.Held != v.Sealed {
		t.Errorf("%+v", v)
	}
}
