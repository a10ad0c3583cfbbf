package main

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

func TestPullOverFaults(t *testing.T) {
	data := dataFolder(t)
	startPostgres(t, data)
	day := func(from, to string) []string {
		return []string{"--data", data, "pull", "--from", from, "--to", to}
	}
	outage := time.Date(2024, 4, 20, 1, 10, 0, 0, time.UTC)
	var refuses atomic.Bool
	serve(t, 2, simulator.Options{Unauthorised: &refuses, Faults: simulator.Faults{
		Seed: 1, TooMany: 20, Unavailable: 20, NotJSON: 20, RepeatRows: 200, OutOfWindow: 200,
		Outages: []uptime.Span{uptime.SpanOf(outage, outage.Add(5*time.Minute))},
	}})

	t.Run("refused credentials leave every slot awaited, and nothing down", func(t *testing.T) {
		refuses.Store(true)
		defer refuses.Store(false)
		r := uptally(t, append(day("2024-04-20", "2024-04-20T01:00:00Z"), "--json")...).must(t, exitFailed)
		v := decode[coverageView](t, r)
		if v.Observed != 0 || len(v.Awaited) != 1 || v.Awaited[0].Slots != 12 || len(v.GivenUp) != 0 {
			t.Errorf("coverage is %+v", v)
		}
		for _, said := range []string{"12 slots are awaited, from 2024-04-20T00:00:00Z to 2024-04-20T01:00:00Z", "not authorised"} {
			if !strings.Contains(r.talk, said) {
				t.Errorf("%q is not in %q", said, r.talk)
			}
		}
	})

	t.Run("what the network never gives is given up slot by slot, with its cause", func(t *testing.T) {
		r := uptally(t, append(day("2024-04-20T00:00:00Z", "2024-04-20T03:00:00Z"), "--json")...).must(t, 0)
		v := decode[coverageView](t, r)
		if v.Observed != 35 || len(v.Awaited) != 0 || len(v.GivenUp) != 1 || v.GivenUp[0].Slots != 1 || !v.GivenUp[0].From.Equal(outage) || v.Closed != 3 {
			t.Errorf("coverage is %+v", v)
		}
		if !strings.Contains(r.talk, "2024-04-20T01:10:00Z to 2024-04-20T01:15:00Z") || !strings.Contains(r.talk, "503") {
			t.Errorf("stderr is %q", r.talk)
		}
		status := decode[statusView](t, uptally(t, "--data", data, "pull", "status", "--json").must(t, 0))
		if len(status.Failures) == 0 || !strings.Contains(status.Failures[0].Cause, "503") || len(status.Coverage.GivenUp) != 1 {
			t.Errorf("status is %+v", status)
		}
	})

	t.Run("a person gives up what nobody read, but nothing that is closed", func(t *testing.T) {
		giveUp := func(from, to string) result {
			return uptally(t, "--data", data, "pull", "give-up", "--from", from, "--to", to, "--reason", "never asked", "--json")
		}
		if n := decode[map[string]int](t, giveUp("2024-04-21", "2024-04-21T00:30:00Z").must(t, 0))["given_up"]; n != 6 {
			t.Errorf("%d slots given up, not 6", n)
		}
		if n := decode[map[string]int](t, giveUp("2024-04-20T00:00:00Z", "2024-04-20T03:00:00Z").must(t, 0))["given_up"]; n != 0 {
			t.Errorf("%d slots of closed hours given up", n)
		}
	})
}
