package main

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime/simulator"
)

// wholeDiff is all that snapshot diff --json prints.
type wholeDiff struct {
	diffView
	Lines []changedLineView `json:"lines"`
}

// A season with an attack in it, taken without a hold, with one, and with grace too.
func TestSnapshotDiff(t *testing.T) {
	data := dataFolder(t)
	startPostgres(t, data)
	serve(t, 24, simulator.Options{Gzip: true})
	as := func(actor string, args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", actor}, args...)...)
	}
	as("ada", "pull", "--from", "2024-04-24", "--to", "2024-04-29").must(t, 0)
	as("ada", "season", "create", "spring", "--from", "2024-04-24", "--to", "2024-04-26", "--pool", "1000.00000007IO", "--ruleset", "ignition-s1").must(t, 0)
	as("ada", "season", "create", "autumn", "--from", "2024-04-27", "--to", "2024-04-27", "--pool", "7IO", "--ruleset", "ignition-s1").must(t, 0)
	as("ada", "snapshot", "take", "spring").must(t, 0)
	as("ada", "hold", "add", "--from", "2024-04-25T08:00:00Z", "--to", "2024-04-25T12:00:00Z", "--reason", "attack").must(t, 0)
	as("ada", "snapshot", "take", "spring").must(t, 0)
	as("ada", "grace", "add", "spring", "--from", "2024-04-25T09:10:00Z", "--to", "2024-04-27", "--reconnect-by", "2024-04-28", "--cause", "cut-over").must(t, 0)
	as("grace", "grace", "approve", "1").must(t, 0)
	as("ada", "snapshot", "take", "spring").must(t, 0)
	as("ada", "snapshot", "take", "autumn").must(t, 0)
	diff := func(args ...string) result { return as("ada", append([]string{"snapshot", "diff"}, args...)...) }

	t.Run("the hold explains the first difference, grace the second", func(t *testing.T) {
		for pair, want := range map[[2]string][]snapshot.Cause{
			{"spring/r1", "spring/r2"}: {snapshot.CauseHold},
			{"spring/r2", "spring"}:    {snapshot.CauseGrace},
			{"spring", "spring/r1"}:    {snapshot.CauseHold, snapshot.CauseGrace},
			{"spring/r2", "spring/r2"}: nil,
		} {
			d := decode[wholeDiff](t, diff(pair[0], pair[1], "--json").must(t, 0))
			checkDiff(t, d, want)
			checkDiffCSV(t, d, diff(pair[0], pair[1], "--csv").must(t, 0).out)
		}
	})

	t.Run("tables name the causes, and what changed most", func(t *testing.T) {
		text := diff("spring/r2", "spring/r3", "--limit", "2").must(t, 0).out
		for _, part := range []string{"spring/r2 → spring/r3", "grace ", "A grace window was approved", "more lines; --csv", "grace 0 → "} {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in\n%s", part, text)
			}
		}
		if text = diff("spring/r2", "spring/r2").must(t, 0).out; !strings.HasPrefix(text, "spring/r2 → spring/r2: 0 lines differ\n") {
			t.Errorf("no difference is\n%s", text)
		}
	})

	t.Run("a supplier sees what is theirs", func(t *testing.T) {
		whole := decode[wholeDiff](t, diff("spring/r1", "spring/r3", "--json").must(t, 0))
		for _, s := range whole.Suppliers[:3] {
			own := decode[wholeDiff](t, diff("spring/r1", "spring/r3", "--json", "--supplier", s.SupplierID.String()).must(t, 0))
			if own.Before != s.Before || own.After != s.After || len(own.Suppliers) != 1 || own.Changed != int64(len(own.Lines)) || own.Changed == whole.Changed {
				t.Errorf("of %+v it is %+v", s, own.diffView)
			}
			var net ledger.Amount
			for _, c := range own.Causes {
				if c.Net != s.Causes[c.Cause] || c.Net != c.Gained-c.Lost || c.Suppliers != 1 {
					t.Errorf("%+v, want %d", c, s.Causes[c.Cause])
				}
				net += c.Net
			}
			if net != s.Change {
				t.Errorf("the causes come to %d of %d", net, s.Change)
			}
			if text := diff("spring/r1", "spring/r3", "--supplier", s.SupplierID.String()).must(t, 0).out; !strings.Contains(text, "of supplier "+s.SupplierID.String()) {
				t.Errorf("for people\n%s", text)
			}
		}
		stranger := decode[wholeDiff](t, diff("spring/r1", "spring/r3", "--json", "--supplier", uuid.NewString()).must(t, 0))
		if stranger.Changed != 0 || len(stranger.Causes)+len(stranger.Lines) != 0 || stranger.Change != 0 {
			t.Errorf("a stranger sees %+v", stranger)
		}
	})

	t.Run("what cannot be compared", func(t *testing.T) {
		for _, c := range []struct {
			args []string
			code int
			says string
		}{
			{[]string{"spring/r1", "autumn/r1"}, exitUsage, "different seasons"},
			{[]string{"spring/r1", "spring/r9"}, exitNotFound, "spring/r9"},
			{[]string{"spring/r9", "spring/r1"}, exitNotFound, "spring/r9"},
			{[]string{"spring/r1", "spring/r2", "--csv", "--json"}, exitUsage, "choose one"},
			{[]string{"spring/r1", "spring/r2", "--limit", "-1"}, exitUsage, "--limit"},
		} {
			if refused := diff(c.args...).must(t, c.code); !strings.Contains(refused.talk, c.says) || refused.out != "" {
				t.Errorf("%q is refused with %q %q", c.args, refused.talk, refused.out)
			}
		}
	})
}

// checkDiff adds up a difference by cause, by supplier and by line.
func checkDiff(t *testing.T, d wholeDiff, want []snapshot.Cause) {
	t.Helper()
	var net, suppliers, lines ledger.Amount
	for i, c := range d.Causes {
		net += c.Net
		if i >= len(want) || c.Cause != want[i] || c.Lines == 0 {
			t.Errorf("%s to %s: cause %+v, want %v", d.A, d.B, c, want)
		}
	}
	for _, s := range d.Suppliers {
		suppliers += s.Change
	}
	for _, l := range d.Lines {
		lines += l.Change
	}
	if len(d.Causes) != len(want) || int64(len(d.Lines)) != d.Changed || (d.Changed > 0) != (len(want) > 0) {
		t.Errorf("%s to %s: %d causes, want %v; %d lines of %d", d.A, d.B, len(d.Causes), want, len(d.Lines), d.Changed)
	}
	if change := d.After - d.Before; net != change || suppliers != change || lines != change || d.Change != change {
		t.Errorf("%s to %s: the causes come to %d, suppliers to %d, lines to %d, all to %d, want %d", d.A, d.B, net, suppliers, lines, d.Change, change)
	}
}

// checkDiffCSV adds up the rows of each cause.
func checkDiffCSV(t *testing.T, d wholeDiff, text string) {
	t.Helper()
	if !strings.HasPrefix(text, snapshot.DiffCSVHeader) {
		t.Fatalf("header is %q", text[:min(200, len(text))])
	}
	nets, last := map[string]int64{}, ""
	for _, row := range readCSV(t, text) {
		nets[row["cause"]] += number(t, row["change"])
		if number(t, row["amount_after"])-number(t, row["amount_before"]) != number(t, row["change"]) {
			t.Errorf("row does not add up: %v", row)
		}
		if key := row["device_id"] + row["span_start"]; key < last {
			t.Errorf("%s after %s", key, last)
		} else {
			last = key
		}
	}
	for _, c := range d.Causes {
		if nets[c.Cause.String()] != int64(c.Net) {
			t.Errorf("%s: the rows come to %d, not %d", c.Cause, nets[c.Cause.String()], c.Net)
		}
	}
	if len(nets) != len(d.Causes) {
		t.Errorf("causes %v, want %+v", nets, d.Causes)
	}
}
