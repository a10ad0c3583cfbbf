package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/uptally/uptally/uptime/simulator"
)

// A proposal's own command is proposed, approved, and grants what was said.
func TestAProposalGrantsWhatItSays(t *testing.T) {
	data := dataFolder(t)
	startPostgres(t, data)
	serve(t, 60, simulator.Options{Gzip: true})
	as := func(actor string, args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", actor}, args...)...)
	}
	as("ada", "grace", "propose", "1").must(t, exitNotFound)
	as("ada", "pull", "--from", "2024-04-24", "--to", "2024-04-29").must(t, 0)
	as("ada", "season", "create", "spring", "--from", "2024-04-24", "--to", "2024-04-25", "--pool", "1000IO", "--ruleset", "ignition-s1").must(t, 0)
	as("ada", "season", "create", "next", "--from", "2024-04-27", "--to", "2024-04-28", "--pool", "1000IO", "--ruleset", "ignition-s2").must(t, 0)
	as("ada", "incident", "list").must(t, 0) // the surge, and the collapse
	as("ada", "grace", "propose", "1").must(t, exitUsage)
	as("ada", "grace", "propose", "2", "--season", "winter").must(t, exitNotFound)
	as("ada", "grace", "propose", "2", "--workers", "0").must(t, exitUsage)

	shown := as("ada", "grace", "propose", "2").must(t, 0)
	for _, said := range []string{"began 2024-04-25T09:10:00Z", "Season spring", "Season next", "recommended", "uptally grace add next --from 2024-04-25T09:10:00Z"} {
		if !strings.Contains(shown.out, said) {
			t.Errorf("%q is not said in\n%s", said, shown.out)
		}
	}
	t.Log(shown.out)
	both := decode[proposalView](t, as("ada", "grace", "propose", "2", "--cause", "the cut-over's outage", "--json").must(t, 0))
	if len(both.Seasons) != 2 || both.Seasons[0].Season != "spring" || len(both.Lookbacks) != 3 {
		t.Fatalf("proposed is %+v", both)
	}
	for _, s := range both.Seasons {
		at := slices.IndexFunc(s.Drafts, func(d draftView) bool { return d.Recommended })
		draft := s.Drafts[at]
		words := strings.SplitN(draft.Command, "'the cut-over'\\''s outage'", 2)
		if len(words) != 2 {
			t.Fatalf("the command is %s", draft.Command)
		}
		args := slices.Concat(strings.Fields(words[0])[1:], []string{"the cut-over's outage"}, strings.Fields(words[1]), []string{"--json"})
		window := decode[windowView](t, as("ada", args...).must(t, 0))
		as("grace", "grace", "approve", strconv.FormatInt(window.ID, 10)).must(t, 0)
		as("ada", "snapshot", "take", s.Season).must(t, 0)
		var devices, slots int64
		for _, l := range decode[[]lineView](t, as("ada", "snapshot", "lines", s.Season, "--json").must(t, 0)) {
			if l.Grace > 0 {
				devices, slots = devices+1, slots+int64(l.Grace)
			}
		}
		if devices == 0 || devices < draft.Devices || slots != draft.Slots {
			t.Errorf("%s: %d lines are granted %d slots, proposed was %+v", s.Season, devices, slots, draft)
		}
	}
	again := decode[proposalView](t, as("ada", "grace", "propose", "2", "--season", "spring", "--json").must(t, 0))
	if len(again.Seasons) != 1 || !slices.Equal(again.Seasons[0].Without, []int64{1}) {
		t.Errorf("with a window approved, proposed is %+v", again.Seasons)
	}
}
