package main

import (
	"strings"
	"testing"

	"github.com/uptally/uptally/uptime/simulator"
)

// A season of the attack is brought from nothing to its seal, over an incident and
// without one, by doing what its status says.
func TestSeasonStatusLeadsToTheSeal(t *testing.T) {
	data := dataFolder(t)
	startPostgres(t, data)
	serve(t, 24, simulator.Options{Gzip: true})
	as := func(actor string, args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", actor}, args...)...)
	}
	status := func() seasonStatusView {
		t.Helper()
		return decode[seasonStatusView](t, as("ada", "season", "status", "spring", "--json").must(t, 0))
	}
	failed := func(v seasonStatusView) (codes []string) {
		for _, g := range v.Guards {
			if !g.Passed {
				codes = append(codes, g.Guard)
			}
			if (g.Remedy == "") != (g.Verdict == "passed") {
				t.Errorf("guard %+v", g)
			}
		}
		return codes
	}
	as("ada", "season", "status", "spring").must(t, exitNotFound)
	as("ada", "season", "create", "spring", "--from", "2024-04-25", "--to", "2024-04-25", "--pool", "7000", "--ruleset", "ignition-s1").must(t, 0)

	t.Run("before anything was read", func(t *testing.T) {
		v := status()
		if v.State != "not taken" || v.Revision != 0 || v.AsOf != nil || !strings.HasPrefix(v.Next, "coverage: read what is missing: `uptally pull --from 2024-04-25") {
			t.Errorf("status %+v", v)
		}
		if got := strings.Join(failed(v), " "); got != "coverage hours_closed logs_read funded" {
			t.Errorf("%s failed", got)
		}
		people := as("ada", "season", "status", "spring").must(t, 0).out
		if !strings.HasPrefix(people, "spring is not taken\n") || !strings.Contains(people, "FAIL") || !strings.Contains(people, "\nNext: coverage: ") {
			t.Errorf("for people:\n%s", people)
		}
	})

	as("ada", "pull", "--from", "2024-04-24", "--to", "2024-04-28").must(t, 0)
	as("ada", "incident", "list").must(t, 0)
	// follow does what the status says next, as the person.
	follow := func(actor, next string) {
		t.Helper()
		v := status()
		if v.Next != next {
			t.Fatalf("%s is %s, and next: %s; want %s", v.Season, v.State, v.Next, next)
		}
		_, command, _ := strings.Cut(strings.TrimSuffix(next, "`"), "uptally ")
		as(actor, strings.Fields(command)...).must(t, 0)
	}
	const undecided = "incident 1: credit the devices that prove themselves: `uptally grace propose 1 --season spring`; or, if it changes nothing: " +
		"`uptally incident dismiss 1 --season spring --reason …`; if the level is there to stay, end it first: `uptally incident end 1 --at … --reason …`"

	t.Run("over an incident", func(t *testing.T) {
		if v := status(); v.State != "not taken" || v.Next != undecided || strings.Join(failed(v), " ") != "incident 1 funded" {
			t.Errorf("status %+v", v)
		}
		as("ada", "snapshot", "take", "spring").must(t, 0)
		if v := status(); v.State != "draft" || v.Revision != 1 || v.AsOf == nil || v.Next != undecided || strings.Join(failed(v), " ") != "incident 1 funded" {
			t.Errorf("taken: %+v", v)
		}
		as("grace", "snapshot", "approve", "spring").must(t, 0)
		if v := status(); v.State != "approved" || v.Next != undecided {
			t.Errorf("approved: %+v", v)
		}
		for range 2 {
			if r := as("grace", "snapshot", "seal", "spring").must(t, exitGuard); !strings.Contains(r.talk, "incident 1 (") || !strings.Contains(r.talk, "funded (") {
				t.Errorf("refused with %s", r.talk)
			}
		}
	})

	t.Run("overridden by two", func(t *testing.T) {
		as("ada", "snapshot", "override", "ask", "spring").must(t, exitUsage)
		if r := as("ada", "snapshot", "override", "ask", "spring", "--reason", "known").must(t, exitGuard); !strings.Contains(r.talk, "funded cannot be overridden") {
			t.Errorf("refused with %s", r.talk)
		}
		as("ada", "ledger", "fund", "spring", "7000").must(t, 0)
		as("ada", "snapshot", "override", "ask", "spring", "--reason", "known").must(t, 0)
		as("grace", "snapshot", "seal", "spring").must(t, exitGuard)
		if r := as("ada", "snapshot", "override", "approve", "spring", "1").must(t, exitNotAllowed); !strings.Contains(r.talk, "ask another person") {
			t.Errorf("refused with %s", r.talk)
		}
		as("grace", "snapshot", "override", "approve", "spring", "9").must(t, exitNotFound)
		as("grace", "snapshot", "override", "approve", "spring", "1").must(t, 0)
		as("grace", "snapshot", "override", "approve", "spring", "1").must(t, exitConflict)
		if people := as("ada", "season", "status", "spring").must(t, 0).out; !strings.Contains(people, "overridden by ada and grace: known") || strings.Contains(people, "FAIL") {
			t.Errorf("for people:\n%s", people)
		}
		follow("grace", "seal it: uptally snapshot seal spring/r1")
	})

	t.Run("sealed, and corrected", func(t *testing.T) {
		const pay = "pay it: uptally distribution prepare; or, if facts have changed since, correct it: uptally snapshot take spring"
		if v := status(); v.State != "sealed" || v.Next != pay {
			t.Errorf("sealed: %+v", v)
		}
		as("ada", "snapshot", "take", "spring").must(t, 0)
		as("grace", "snapshot", "reject", "spring", "--reason", "nothing new").must(t, 0)
		if v := status(); v.State != "rejected" || v.Next != undecided {
			t.Errorf("rejected: %+v", v)
		}
		as("ada", "incident", "dismiss", "1", "--season", "spring", "--reason", "known").must(t, 0)
		follow("ada", "take it again: uptally snapshot take spring")
		follow("grace", "another person approves it: uptally snapshot approve spring/r3")
		follow("ada", "seal it: uptally snapshot seal spring/r3")
		if v := status(); v.State != "sealed" || v.Revision != 3 || v.Next != pay {
			t.Errorf("corrected: %+v", v)
		}
	})

	t.Run("another one, step by step", func(t *testing.T) {
		as("ada", "season", "create", "calm", "--from", "2024-04-24", "--to", "2024-04-24", "--pool", "7000", "--ruleset", "ignition-s1").must(t, 0)
		as("ada", "incident", "dismiss", "1", "--season", "calm", "--reason", "the day after").must(t, 0)
		status = func() seasonStatusView {
			t.Helper()
			return decode[seasonStatusView](t, as("ada", "season", "status", "calm", "--json").must(t, 0))
		}
		follow("ada", "funded: fund it: `uptally ledger fund calm 7000`")
		follow("ada", "take it: uptally snapshot take calm")
		follow("grace", "another person approves it: uptally snapshot approve calm/r1")
		follow("grace", "seal it: uptally snapshot seal calm/r1")
	})
}
