package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/snapshot"
)

// explainSteps are steps of TestFromHeartbeatsToFiles: what its season is explained
// as, beside its lines.
func explainSteps(t *testing.T, step func(string, func(*testing.T)), as func(string, ...string) result) {
	t.Helper()
	lines := decode[[]lineView](t, as("ada", "snapshot", "lines", "spring/r2", "--json").must(t, 0))
	explain := func(t *testing.T, l lineView, args ...string) result {
		t.Helper()
		return as("ada", append([]string{"device", "explain", l.DeviceID.String(), "--season", "spring"}, args...)...)
	}

	step("every line is explained as it stands, and can be checked with a calculator", func(t *testing.T) {
		outcomes := map[snapshot.Outcome]int{}
		for _, l := range lines {
			if outcomes[l.Outcome]++; outcomes[l.Outcome] > 3 {
				continue
			}
			e := decode[snapshot.Explanation](t, explain(t, l, "--json").must(t, 0))
			i := slices.IndexFunc(e.Lines, func(x snapshot.ExplainedLine) bool { return x.Span.From.Equal(l.SpanStart) })
			if i < 0 || e.Stored != nil || e.Revision != 2 {
				t.Fatalf("%+v is explained as %+v", l, e)
			}
			x := e.Lines[i]
			if x.Observed != l.Observed || x.Credited != l.Credited || int64(x.Points) != l.Points || x.Amount != l.Amount || x.Outcome != l.Outcome || !slices.Equal(x.Notes, l.Notes) {
				t.Errorf("%+v is explained as %+v", l, x)
			}
			checkSum(t, x)
			people := explain(t, l).must(t, 0).out
			if !strings.Contains(people, x.Share.Written) || !strings.Contains(people, x.Reason.Meaning) || !strings.Contains(people, "2024-04-25  ") {
				t.Errorf("for people:\n%s", people)
			}
			if strings.Contains(people, "\x1b") {
				t.Error("colour beside a terminal")
			}
		}
		if len(outcomes) < 2 {
			t.Errorf("outcomes are %v", outcomes)
		}
	})

	step("what cannot be explained", func(t *testing.T) {
		explain(t, lines[0], "--revision", "9").must(t, exitNotFound)
		explain(t, lines[0], "--revision=-1").must(t, exitUsage)
		as("ada", "device", "explain", "00000000-0000-4000-8000-000000000000", "--season", "spring").must(t, exitNotFound)
		as("ada", "device", "explain", lines[0].DeviceID.String(), "--season", "autumn").must(t, exitNotFound)
		as("ada", "device", "explain", "box", "--season", "spring").must(t, exitUsage)
		as("ada", "season", "create", "untaken", "--from", "2024-04-26", "--to", "2024-04-27", "--pool", "7", "--ruleset", "ignition-s1").must(t, 0)
		untaken := as("ada", "device", "explain", lines[0].DeviceID.String(), "--season", "untaken").must(t, 0).out
		if !strings.Contains(untaken, "Estimate: no revision of the season has lines yet") {
			t.Errorf("a season that was never taken:\n%s", untaken)
		}
	})
}

// checkSum does the sum that the explanation ends in.
func checkSum(t *testing.T, l snapshot.ExplainedLine) {
	t.Helper()
	sum := regexp.MustCompile(`^floor\((\d+) \* (\d+) / (\d+)\) = (\d+)$`).FindStringSubmatch(l.Share.Written)
	if sum == nil {
		t.Fatalf("the sum is %q", l.Share.Written)
	}
	var n [4]big.Int
	for i := range n {
		n[i].SetString(sum[i+1], 10)
	}
	if got := n[0].Mul(&n[0], &n[1]); got.Div(got, &n[2]).Cmp(&n[3]) != 0 || n[3].Int64() != int64(l.Amount) {
		t.Errorf("%s is not so, or not %d", l.Share.Written, l.Amount)
	}
}

// reviewSteps are steps of TestFromHeartbeatsToFiles: what hold 1 set aside.
func reviewSteps(t *testing.T, step func(string, func(*testing.T)), as func(string, ...string) result) {
	t.Helper()
	review := func(t *testing.T, args ...string) reviewView {
		t.Helper()
		return decode[reviewView](t, as("ada", append([]string{"hold", "review", "--json"}, args...)...).must(t, 0))
	}
	seq := func(h snapshot.HeldChange) string { return fmt.Sprint(h.Seq) }

	step("what a hold sets aside is reviewed", func(t *testing.T) {
		all := review(t, "1", "--season", "spring")
		if len(all.Changes) == 0 || all.Effects.Revision != 2 {
			t.Fatalf("review is %+v", all)
		}
		owners := review(t, "--field", "supplier").Changes
		if len(owners) == 0 || len(owners) >= len(all.Changes) {
			t.Errorf("%d of %d changes name an owner", len(owners), len(all.Changes))
		}
		people := as("ada", "hold", "review", "1", "--season", "spring").must(t, 0).out
		for _, says := range []string{seq(all.Changes[0]), owners[0].SupplierID.String(), "at the rate of spring/r2"} {
			if !strings.Contains(people, says) {
				t.Errorf("%q is not in\n%s", says, people)
			}
		}
		rows, err := csv.NewReader(strings.NewReader(as("ada", "hold", "review", "--csv").must(t, 0).out)).ReadAll()
		fields := 0
		for _, h := range all.Changes {
			fields += len(h.Fields)
		}
		if err != nil || len(rows) != fields+1 {
			t.Errorf("%d rows of CSV for %d fields: %v", len(rows), fields, err)
		}
		as("ada", "hold", "review", "7").must(t, exitNotFound)
		as("ada", "hold", "review", "--season", "untaken").must(t, exitNotFound)
		for _, wrong := range [][]string{{"--csv", "--json"}, {"--field", "owner"}, {"--state", "done"}} {
			as("ada", append([]string{"hold", "review"}, wrong...)...).must(t, exitUsage)
		}
	})

	step("held changes are decided once, one by one or by filter", func(t *testing.T) {
		all := review(t).Changes
		before := review(t).AsOf.Format(time.RFC3339Nano)
		first, second, third := all[0], all[1], all[2]
		as("ada", "hold", "refuse", "--change", seq(first)+","+seq(second), "--reason", "an attack", "--dry-run").must(t, 0)
		as("ada", "hold", "refuse", "--change", seq(first)+","+seq(second), "--reason", "an attack").must(t, 0)
		as("ada", "hold", "refuse", "--change", seq(third)+","+seq(second), "--reason", "again").must(t, exitConflict)
		as("ada", "hold", "release", "--change", seq(third)+","+seq(second), "--reason", "again").must(t, exitConflict)
		as("ada", "hold", "refuse", "--change", "1", "--reason", "a registration").must(t, exitNotFound)
		as("ada", "hold", "release", "1", "--device", third.DeviceID.String(), "--reason", "the owner's own").must(t, 0)
		as("ada", "hold", "release", "1", "--device", third.DeviceID.String(), "--reason", "the owner's own").must(t, exitNotFound)
		whole := as("ada", "hold", "release", "1", "--reason", "all of it").must(t, exitConflict)
		if !strings.Contains(whole.talk, seq(first)) {
			t.Errorf("refused with %q", whole.talk)
		}
		if n := len(review(t).Changes); n != len(all)-3 {
			t.Errorf("%d of %d are open after 3 decisions", n, len(all))
		}
		refused := review(t, "--state", "refused").Changes
		if len(refused) != 2 || refused[0].Decision.Person != "ada" || refused[0].Decision.Reason != "an attack" {
			t.Errorf("refused are %+v", refused)
		}
		for moment, want := range map[string]int{before: len(all), "2024-06-01": 0} {
			if then := review(t, "--as-of", moment); len(then.Changes) != want {
				t.Errorf("as of %s there were %d, not %d", moment, len(then.Changes), want)
			}
		}
		for _, wrong := range [][]string{{}, {"1", "--change", "7"}, {"--change", "7", "--field", "supplier"}} {
			for _, act := range []string{"release", "refuse"} {
				as("ada", append([]string{"hold", act, "--reason", "x"}, wrong...)...).must(t, exitUsage)
			}
		}
	})
}

func TestDayMap(t *testing.T) {
	slots := func(parts ...string) string {
		var b bytes.Buffer
		for _, part := range parts {
			b.WriteString(part)
		}
		return b.String()
	}
	six := func(pattern string) string { return strings.Repeat(pattern, 6/len(pattern)) }
	days := []snapshot.ExplainedDay{
		{Day: "2024-04-24", Slots: slots(strings.Repeat("-", 144), strings.Repeat("#", 144))},
		{Day: "2024-04-25", Slots: slots(six("."), ".....#", "..####", ".#####", six("#"), six("?"), "?????#", "##++++", "##xxxx", six("x"), strings.Repeat("#", 228))},
	}
	var out bytes.Buffer
	dayMap{days: days, columns: halfHours}.print(&out)
	golden(t, "map.txt", out.String())
	out.Reset()
	dayMap{days: days, columns: quarterHours, coloured: true}.print(&out)
	for _, colour := range []string{red + "·", green + "█", cyan + "+", magenta + "x", grey + "?", yellow} {
		if !strings.Contains(out.String(), colour) {
			t.Errorf("%q is not in\n%q", colour, out.String())
		}
	}
}
