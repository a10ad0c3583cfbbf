package main

import (
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime/simulator"
)

// The incidents of 25 April from the first list to the last decision, by command
// lines alone.
func TestIncidentsAreFoundAndDecided(t *testing.T) {
	data := dataFolder(t)
	startPostgres(t, data)
	serve(t, 60, simulator.Options{Gzip: true})
	as := func(actor string, args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", actor}, args...)...)
	}
	list := func(args ...string) []incidentView {
		t.Helper()
		return decode[[]incidentView](t, as("ada", append([]string{"incident", "list", "--json"}, args...)...).must(t, 0))
	}
	if r := as("ada", "incident", "list").must(t, 0); r.out != "" || !strings.Contains(r.talk, "No incident was found") {
		t.Errorf("before anything was pulled: %q, %q", r.out, r.talk)
	}
	as("ada", "pull", "--from", "2024-04-24", "--to", "2024-04-29").must(t, 0)
	as("ada", "season", "create", "spring", "--from", "2024-04-24", "--to", "2024-04-25", "--pool", "7", "--ruleset", "ignition-s1").must(t, 0)
	as("ada", "season", "create", "early", "--from", "2024-04-23", "--to", "2024-04-23", "--pool", "7", "--ruleset", "ignition-s1").must(t, 0)

	dry := list("--dry-run")
	if len(dry) != 2 || dry[0].ID != nil || dry[0].Kind != "surge" || dry[1].Kind != "collapse" {
		t.Fatalf("a dry run found %+v", dry)
	}
	first := as("ada", "incident", "list").must(t, 0)
	for _, said := range []string{"Incident 1 is new: a surge", "Incident 2 is new: a collapse", "uptally grace propose 2 --season spring",
		"uptally hold add --from 2024-04-25T08:05:00Z --to 2024-04-25T09:00:00Z --reason"} {
		if !strings.Contains(first.talk, said) {
			t.Errorf("%q is not said in\n%s", said, first.talk)
		}
	}
	if again := as("ada", "incident", "list").must(t, 0); again.out != first.out || strings.Contains(again.talk, "new") {
		t.Errorf("again:\n%s\n%s", again.out, again.talk)
	}

	found := list("spring")
	surge, fall := found[0], found[1]
	if *surge.ID != 1 || surge.Surge.Devices != 17 || !surge.Opened.Equal(simulator.AttackAt) || !surge.End.Equal(simulator.AttackEnd) {
		t.Errorf("surge %+v %+v", surge, surge.Surge)
	}
	if c := fall.Collapse; *fall.ID != 2 || !fall.Opened.Equal(simulator.CutOverAt) || c.Vanished == 0 || c.Returned == 0 || c.Returned > c.Vanished ||
		fall.End != nil || c.HalfBack == nil {
		t.Errorf("collapse %+v %+v", fall, c)
	}
	for id, said := range map[string]string{"1": "Season spring: open; set its changes aside", "2": "1 of them, 1.8 %, at 2024-04-25T09:20:00Z"} {
		if shown := as("ada", "incident", "show", id).must(t, 0).out; !strings.Contains(shown, said) {
			t.Errorf("%q is not said in\n%s", said, shown)
		}
	}
	if early := list("early"); len(early) != 0 {
		t.Errorf("the season that was over two days before has %+v", early)
	}
	as("ada", "incident", "list", "winter").must(t, exitNotFound)
	as("ada", "incident", "show", "9").must(t, exitNotFound)

	as("ada", "hold", "add", "--from", "2024-04-25T08:00:00Z", "--to", "2024-04-25T12:00:00Z", "--reason", "attack").must(t, 0)
	as("ada", "grace", "add", "spring", "--from", "2024-04-25T09:10:00Z", "--to", "2024-04-28", "--reconnect-by", "2024-05-02", "--cause", "cut-over").must(t, 0)
	if found = list("spring"); !found[0].Seasons[0].Resolved || found[1].Seasons[0].Resolved || !strings.Contains(found[1].Seasons[0].Remedy, "uptally grace approve 1") {
		t.Errorf("held and proposed: %+v, %+v", found[0].Seasons, found[1].Seasons)
	}
	as("grace", "grace", "approve", "1").must(t, 0)
	if people := as("ada", "incident", "list", "spring").must(t, 0); !strings.Contains(people.out, "spring: hold 1") || !strings.Contains(people.out, "spring: window 1") || people.talk != "" {
		t.Errorf("held and approved:\n%s\n%s", people.out, people.talk)
	}

	as("ada", "incident", "end", "1", "--at", "2024-04-26", "--reason", "x").must(t, exitConflict)
	as("ada", "incident", "end", "2", "--at", "2024-04-25", "--reason", "x").must(t, exitUsage)
	as("ada", "incident", "end", "2", "--at", "2024-04-28", "--reason", "x", "--dry-run").must(t, 0)
	ended := decode[incidentView](t, as("ada", "incident", "end", "2", "--at", "2024-04-28", "--reason", "the farms are gone", "--json").must(t, 0))
	if !ended.Collapse.EndedByPerson || !ended.End.Equal(time.Date(2024, 4, 28, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("ended: %+v", ended)
	}

	as("ada", "incident", "dismiss", "2", "--season", "winter", "--reason", "x").must(t, exitNotFound)
	as("ada", "season", "create", "summer", "--from", "2024-04-27", "--to", "2024-04-28", "--pool", "7", "--ruleset", "ignition-s1").must(t, 0)
	dismissed := decode[incidentView](t, as("ada", "incident", "dismiss", "2", "--season", "summer", "--reason", "paid for already", "--json").must(t, 0))
	if last := dismissed.Seasons[len(dismissed.Seasons)-1]; last.Season != "summer" || last.Dismissal.Person != "ada" || last.Dismissal.Reason != "paid for already" {
		t.Errorf("dismissed: %+v", dismissed.Seasons)
	}
	as("ada", "incident", "dismiss", "2", "--season", "summer", "--reason", "again").must(t, exitConflict)
	if shown := as("ada", "incident", "show", "2").must(t, 0).out; !strings.Contains(shown, "dismissed by ada at ") || !strings.Contains(shown, "2024-04-28T00:00:00Z, by a person") {
		t.Errorf("shown:\n%s", shown)
	}
}

func TestSparkline(t *testing.T) {
	for _, c := range []struct {
		numbers []int64
		top     int64
		width   int
		want    string
	}{
		{nil, 10, 20, ""},
		{[]int64{0, 1, 5, 10, 12, -1, 3}, 10, 20, "▁▁▄██·▃"},
		{[]int64{10, 10, 0, 0, -1, -1, -1, 10}, 10, 4, "█▁·█"},
		{[]int64{10, 0, 0, 10, 10}, 10, 4, "▄▄█"},
		{[]int64{0, 0}, 0, 4, "▁▁"},
	} {
		if got := sparkline(c.numbers, c.top, c.width); got != c.want {
			t.Errorf("%v: %q, want %q", c.numbers, got, c.want)
		}
	}
}
