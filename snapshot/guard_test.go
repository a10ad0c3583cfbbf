package snapshot_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// trialCase is what happens to a season before it is taken, until it is approved, and
// after that; and the guards that fail then: none, and it is sealed.
type trialCase struct {
	name                 string
	before, taken, after func(*trial)
	fails                []snapshot.Guard
}

// hear tries the cases on the village's season, its pool funded.
func (o *office) hear(t *testing.T, cases []trialCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o.in(t).trial(villageSeason, func(x *trial) {
				x.fund(ledger.SeasonPool(x.season.Code), x.season.Pool)
				for _, act := range []func(*trial){c.before, (*trial).take, c.taken, (*trial).approve, c.after} {
					if act != nil {
						act(x)
					}
				}
				if len(c.fails) > 0 {
					x.refused(c.fails...)
				} else {
					x.sealed()
				}
			})
		})
	}
}

func failing(code, figure, threshold, remedy string) snapshot.Guard {
	return snapshot.Guard{Code: code, Figure: figure, Threshold: threshold, Remedy: remedy}
}

func firm(g snapshot.Guard) snapshot.Guard {
	g.Firm = true
	return g
}

func exec(statement string, arguments ...any) func(*trial) {
	return func(x *trial) { x.t.Helper(); x.exec(statement, arguments...) }
}

func both(acts ...func(*trial)) func(*trial) {
	return func(x *trial) {
		for _, act := range acts {
			act(x)
		}
	}
}

// Coverage is exact: of 36,000 slots, 36 may be missing, and not one more.
func TestGuardCoverage(t *testing.T) {
	t.Parallel()
	o := open(t, facts{})
	o.syncChanges()
	o.syncVerdicts()
	season := snapshot.Season{Code: "long", FirstDay: may(2, 0), LastDay: may(2, 0).AddDate(0, 0, 124), Pool: 7}
	o.create(season, []byte(villageRules))
	o.owner(`INSERT INTO uptime_coverage (hour, observed, final, closed_at)
		SELECT hour, ~ B'000000000000', ~ B'000000000000', now() FROM generate_series('2024-05-02 00:00+00', '2024-09-03 23:00+00', interval '1 hour') hour`)
	o.owner(`INSERT INTO job_minutes_read (day, rows, recorded_at) SELECT day, 0, now() FROM generate_series('2024-05-02', '2024-09-03', interval '1 day') day`)
	const threeHours = `UPDATE uptime_coverage SET observed = B'000000000000' WHERE hour IN ('2024-05-02 00:00+00', '2024-07-01 05:00+00', '2024-09-03 23:00+00')`
	beyond := exec(`UPDATE uptime_coverage SET observed = B'111111011111' WHERE hour = '2024-08-01 00:00+00'`)
	for _, c := range []trialCase{
		{name: "at the threshold", before: exec(threeHours)},
		{name: "a slot below", before: both(exec(threeHours), beyond), fails: []snapshot.Guard{
			failing("coverage", "35963 of 36000 slots observed", "999 of 1000", "`uptally pull --from 2024-05-02T00:00:00Z --to 2024-09-04T00:00:00Z`")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o.in(t).trial(season, func(x *trial) {
				x.fund(ledger.SeasonPool(season.Code), season.Pool)
				c.before(x)
				x.take()
				x.approve()
				if c.fails == nil {
					x.sealed()
				} else {
					x.refused(c.fails...)
				}
			})
		})
	}
}

// What was read, and until when.
func TestGuardsOfReading(t *testing.T) {
	t.Parallel()
	const (
		closed  = "every hour that it stands on is closed"
		read    = "changes, verdicts and job minutes read through 2024-05-03T00:15:00Z"
		again   = "take it again: `uptally snapshot take may-2`"
		setOpen = `UPDATE uptime_coverage SET closed_at = NULL WHERE hour = '2024-05-02 10:00+00'`
		logsEnd = `UPDATE uptime_log SET read_to_end = $1::timestamptz WHERE name = 'verdicts'`
	)
	hours := func(figure, remedy string) []snapshot.Guard {
		return []snapshot.Guard{firm(failing("hours_closed", figure, closed, remedy))}
	}
	logs := func(figure string) []snapshot.Guard {
		return []snapshot.Guard{failing("logs_read", figure, read, "read them: `uptally pull --from 2024-05-02T00:00:00Z --to 2024-05-03T00:15:00Z`; then take it again")}
	}
	courthouse(t).hear(t, []trialCase{
		{name: "nothing is wanting"},
		{name: "an hour was reopened", after: exec(setOpen), fails: hours("some are open", "`uptally pull --from 2024-05-02T00:00:00Z --to 2024-05-03T00:15:00Z`")},
		{name: "an hour was reopened and closed", after: exec(`UPDATE uptime_coverage SET reopened = reopened + 1 WHERE hour = '2024-05-02 10:00+00'`),
			fails: hours("some were open when it was taken, or since", again)},
		{name: "an hour of the lookback was reopened and closed", after: exec(`UPDATE uptime_coverage SET reopened = reopened + 1 WHERE hour = '2024-05-01 10:00+00'`),
			fails: hours("some were open when it was taken, or since", again)},
		{name: "an hour of the lookback was read since", before: exec(`DELETE FROM uptime_coverage WHERE hour = '2024-05-01 10:00+00'`),
			after: exec(`INSERT INTO uptime_coverage (hour, observed, final, closed_at) VALUES ('2024-05-01 10:00+00', B'000000000001', ~ B'000000000000', now())`),
			fails: hours("more was read since it was taken", again)},
		{name: "an hour that it does not read was reopened", after: exec(`UPDATE uptime_coverage SET reopened = reopened + 1, closed_at = NULL WHERE hour = '2024-05-03 10:00+00'`)},

		{name: "the log of verdicts was never read", before: exec(logsEnd, "-infinity"), fails: logs("changes and verdicts never read")},
		{name: "it was read to before the need", before: exec(logsEnd, "2024-05-03 00:14:59.999999+00"),
			fails: logs("changes and verdicts read to 2024-05-03T00:14:59Z, job minutes of 0 days not read after the day ended")},
		{name: "it was read to what is needed", before: exec(logsEnd, "2024-05-03 00:15+00")},
		{name: "it was read only since", before: exec(logsEnd, "-infinity"), after: exec(logsEnd, "2024-05-04 00:00+00"), fails: logs("changes and verdicts never read")},
		{name: "job minutes were read before the day was over", before: both(exec(logsEnd, "2024-05-04 00:00+00"), dayRead("2024-05-02 23:59:59.999999+00")),
			fails: logs("changes and verdicts read to 2024-05-04T00:00:00Z, job minutes of 1 days not read after the day ended")},
		{name: "they were read when it was over", before: dayRead("2024-05-03 00:00+00")},
		{name: "they were read only since", before: both(exec(logsEnd, "2024-05-04 00:00+00"), exec(`DELETE FROM job_minutes_read`)), after: dayRead("2399-01-01 00:00+00"),
			fails: logs("changes and verdicts read to 2024-05-04T00:00:00Z, job minutes of 1 days not read after the day ended")},

		{name: "a deadline that passed later asks for more", before: both(afternoon, exec(logsEnd, "2024-05-03 12:14:59+00")), fails: []snapshot.Guard{
			failing("logs_read", "changes and verdicts read to 2024-05-03T12:14:59Z, job minutes of 0 days not read after the day ended",
				"changes, verdicts and job minutes read through 2024-05-03T12:15:00Z", "--to 2024-05-03T12:15:00Z")}},
		{name: "and is met", before: both(afternoon, exec(logsEnd, "2024-05-03 12:15+00"))},
	})
}

// dayRead lets the job minutes of the season's day be read at the moment, and at no
// other.
func dayRead(at string) func(*trial) {
	return func(x *trial) {
		x.t.Helper()
		x.exec(`WITH others AS (DELETE FROM job_minutes_read) INSERT INTO job_minutes_read (day, rows, recorded_at) VALUES ('2024-05-02', 0, $1::timestamptz)`, at)
	}
}

// afternoon is a window of the season whose deadline is noon of the next day.
func afternoon(x *trial) {
	w := villageWindow
	w.From, w.To, w.ReconnectBy = may(2, 13), may(2, 17), may(3, 12)
	x.window(w)
}

// What still changes can be looked at, and neither approved nor sealed.
func TestGuardOfEstimates(t *testing.T) {
	t.Parallel()
	o := courthouse(t)
	late := func(x *trial) {
		w := villageWindow
		w.From, w.To, w.ReconnectBy = may(2, 13), may(2, 17), may(4, 0) // what was pulled ends there
		x.window(w)
	}
	for _, c := range []struct {
		name   string
		before func(*trial)
		remedy string
	}{
		{"an hour of the season is open", exec(`UPDATE uptime_coverage SET closed_at = NULL WHERE hour = '2024-05-02 23:00+00'`), "--to 2024-05-03T00:15:00Z"},
		{"the slots after a deadline were never requested", late, "--to 2024-05-04T00:15:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o.in(t).trial(villageSeason, func(x *trial) {
				x.fund(ledger.SeasonPool(x.season.Code), x.season.Pool)
				c.before(x)
				x.take()
				g := x.board()["hours_closed"]
				if g.Verdict != snapshot.GuardFailed || g.Figure != "some are open" || !g.Firm || !strings.Contains(g.Remedy, c.remedy) {
					t.Errorf("guard %+v", g)
				}
				wantError(t, "approving", snapshot.Approve(x.ctx, x.tx, x.s.ID, x.s.Digest, x.grace, "why not"), snapshot.ErrGuard)
				wantError(t, "sealing", x.seal(), snapshot.ErrConflict)
				x.exec(`UPDATE uptime_coverage SET closed_at = now()`)
				x.exec(`INSERT INTO uptime_coverage (hour, final, closed_at) VALUES ('2024-05-04 00:00+00', ~ B'000000000000', now())`)
				if g := x.board()["hours_closed"]; g.Verdict != snapshot.GuardFailed || g.Figure != "some were open when it was taken, or since" {
					t.Errorf("closed since: %+v", g)
				}
				if x.take(); x.s.Estimate || x.board()["hours_closed"].Verdict != snapshot.GuardPassed {
					t.Errorf("taken again: %+v", x.board()["hours_closed"])
				}
			})
		})
	}
}

// What makes an incident of the village: three hours without anybody, and a dozen
// changes through the untrusted channel.
func silence(from string) func(*trial) {
	return exec(`UPDATE uptime_chunk SET up = repeat('0', 12288)::bit(12288) WHERE hour >= $1::timestamptz AND hour < $1::timestamptz + interval '3 hours'`, from)
}

func burst(from string) func(*trial) {
	return exec(`INSERT INTO device_change (device, seq, changed_at, channel, status, recorded_at)
		SELECT device, extract(epoch FROM $1::timestamptz) + 5 * minute + device, $1::timestamptz + minute * interval '1 minute', 'worker-api', 'down', fact_stamp()
		FROM generate_series(0, 3) device, generate_series(0, 10, 5) minute`, from)
}

func heldAt(day, hour int) func(*trial) {
	return func(x *trial) { x.t.Helper(); x.hold(snapshot.Hold{From: may(day, hour), To: may(day, hour+1)}) }
}

func dismissed(id int64) func(*trial) { return func(x *trial) { x.t.Helper(); x.dismiss(id) } }

// What the service itself counts of the season must have been read; where it was never
// asked, that is a warning.
func TestGuardOfTheIngest(t *testing.T) {
	t.Parallel()
	counted := func(more int) func(*trial) { // more devices in the season's last slot
		return func(x *trial) {
			x.t.Helper()
			population, err := uptime.PopulationOf(x.ctx, x.tx, x.season.Span(), farOff)
			x.check(err)
			population[len(population)-1].Up += int64(more)
			for i := 0; i < len(population); i += uptime.SlotsPerHour {
				devices := make([]int64, uptime.SlotsPerHour)
				for slot := range devices {
					devices[slot] = population[i+slot].Up
				}
				x.exec(`INSERT INTO uptime_summary (hour, devices, heartbeats, read_at) VALUES ($1, $2, $2, now())`, population[i].Slot.Start(), devices)
			}
		}
	}
	verdict := func(want snapshot.GuardVerdict) func(*trial) {
		return func(x *trial) {
			x.t.Helper()
			if g := x.board()["ingest_reconciled"]; g.Verdict != want {
				x.t.Errorf("%+v", g)
			}
		}
	}
	courthouse(t).hear(t, []trialCase{
		{name: "never compared", after: verdict(snapshot.GuardWarning)},
		{name: "all of it", before: counted(0), after: verdict(snapshot.GuardPassed)},
		{name: "one device more", before: counted(1), fails: []snapshot.Guard{failing("ingest_reconciled",
			"288 slots: 287 equal, 1 ours short, 0 theirs short, 0 unobserved, 0 not compared; 1 do not fit", "no slot of ours is short",
			"compare and mend: `uptally reconcile ingest --season may-2`")}},
	})
}

// Every collapse and every surge is a guard of its own. Numbers start from 1.
func TestGuardsOfIncidents(t *testing.T) {
	t.Parallel()
	const noon, next, evening = "2024-05-02T13:00:00Z", "2024-05-03T20:00:00Z", "2024-05-02T20:00:00Z"
	there := map[string]int{noon: 4, next: 3, evening: 4, "2024-05-01T22:00:00Z": 4}
	fell := func(id int, from, decided, remedy string) snapshot.Guard {
		return failing(fmt.Sprint("incident ", id), fmt.Sprintf("0 of %d devices left from %s; %s", there[from], from, decided), "a grace window of the season, or dismissed", remedy)
	}
	open := func(id int, from string) snapshot.Guard {
		return fell(id, from, "nobody has decided", fmt.Sprintf("`uptally grace propose %d --season may-2`; or, if it changes nothing: `uptally incident dismiss %d --season may-2", id, id))
	}
	surged := func(id int, from, remedy string) snapshot.Guard {
		return failing(fmt.Sprint("surge ", id), "4 devices changed through the untrusted channel from "+from+"; nobody has decided", "held, or dismissed", remedy)
	}
	courthouse(t).hear(t, []trialCase{
		{name: "a collapse", before: silence(noon), fails: []snapshot.Guard{open(1, noon)}},
		{name: "a collapse with a window", before: both(silence(noon), afternoon)},
		{name: "a collapse that is dismissed", before: silence(noon), taken: dismissed(1)},
		{name: "a collapse dismissed after the approval", before: silence(noon), after: dismissed(1)},
		{name: "a collapse with a window approved since", before: silence(noon), taken: afternoon, fails: []snapshot.Guard{
			fell(1, noon, "nobody has decided", "was approved after the snapshot was taken: take it again with `uptally snapshot take may-2`"),
			failing("grace_counted", "1 windows approved since it was taken", "none", "take it again: `uptally snapshot take may-2`")}},
		{name: "a collapse of the evening, with a window of the afternoon", before: both(silence(evening), afternoon), fails: []snapshot.Guard{open(1, evening)}},
		{name: "one that is over when the season begins", before: silence("2024-05-01T21:00:00Z")},
		{name: "one that lasts into it", before: silence("2024-05-01T22:00:00Z"), fails: []snapshot.Guard{open(1, "2024-05-01T22:00:00Z")}},
		{name: "one of the day after", before: silence(next), fails: []snapshot.Guard{open(1, next)}},
		{name: "one of the day after, dismissed", before: silence(next), taken: dismissed(1)},
		{name: "two", before: both(silence("2024-05-02T09:00:00Z"), silence(evening)), fails: []snapshot.Guard{open(2, evening)}}, // the first has the village's window

		{name: "a surge", before: burst(noon), fails: []snapshot.Guard{surged(1, noon, "`uptally hold add --from 2024-05-02T13:00:00Z --to 2024-05-02T13:15:00Z --reason …`")}},
		{name: "a surge that is held", before: both(burst(noon), heldAt(2, 13))},
		{name: "a surge beside a hold", before: both(burst(noon), heldAt(2, 12)), fails: []snapshot.Guard{surged(1, noon, "hold add")}},
		{name: "a surge held since", before: burst(noon), taken: heldAt(2, 13), fails: []snapshot.Guard{
			surged(1, noon, "a hold over it was recorded after the snapshot was taken: take it again with `uptally snapshot take may-2`")}},
		{name: "a surge that is dismissed", before: burst(noon), after: dismissed(1)},
		{name: "a surge of long ago", before: burst("2024-04-29T04:00:00Z"), fails: []snapshot.Guard{surged(1, "2024-04-29T04:00:00Z", "incident dismiss 1")}},
		{name: "a surge after the season", before: burst("2024-05-03T00:00:00Z")},

		{name: "two of each", before: both(silence(noon), silence(next), burst(noon), burst(evening)), fails: []snapshot.Guard{
			open(1, noon), surged(2, noon, "incident dismiss 2"), surged(3, evening, "incident dismiss 3"), open(4, next)}},
		{name: "two of each, all decided", before: both(silence(noon), silence(next), burst(noon), burst(evening), afternoon, heldAt(2, 20)),
			taken: dismissed(2), after: dismissed(4)},
	})
}

// A seal looks for incidents itself, whatever the scans on record found.
func TestASealLooksForItself(t *testing.T) {
	t.Parallel()
	courthouse(t).trial(villageSeason, func(x *trial) {
		x.fund(ledger.SeasonPool(x.season.Code), x.season.Pool)
		x.take()
		x.approve()
		silence("2024-05-02T13:00:00Z")(x)
		if failed := failedOf(x.board()); len(failed) > 0 {
			t.Errorf("%q failed before anybody looked", failed)
		}
		if err := x.seal(); !errors.Is(err, snapshot.ErrGuard) || !strings.Contains(err.Error(), "incident 1 (0 of 4 devices left from 2024-05-02T13:00:00Z") {
			t.Errorf("sealed with %v", err)
		}
	})
}

// What grace leaves open.
func TestGuardsOfGrace(t *testing.T) {
	t.Parallel()
	evening := func(by time.Time) func(*trial) {
		return func(x *trial) {
			w := villageWindow
			w.From, w.To, w.ReconnectBy = may(2, 17), may(2, 20), by
			x.window(w)
		}
	}
	courthouse(t).hear(t, []trialCase{
		{name: "a device may still come back", before: evening(farOff), fails: []snapshot.Guard{
			failing("grace_pending", "1 lines", "none", "wait until every reconnect_by has passed, pull until then, and take it again")}},
		{name: "it did not", before: evening(may(3, 0))},
		{name: "a window was approved since", taken: evening(may(3, 0)), fails: []snapshot.Guard{
			failing("grace_counted", "1 windows approved since it was taken", "none", "take it again: `uptally snapshot take may-2`")}},
		{name: "a window was approved just before", before: evening(may(3, 0))},
	})
}

// An approval is void once a window is approved after it: what was approved does not
// count it.
func TestAWindowVoidsAnApproval(t *testing.T) {
	t.Parallel()
	courthouse(t).trial(villageSeason, func(x *trial) {
		x.fund(ledger.SeasonPool(x.season.Code), x.season.Pool)
		x.take()
		x.approve()
		before := x.standing()
		afternoon(x)
		if s, err := snapshot.ByID(x.ctx, x.tx, x.s.ID); err != nil || s.State != snapshot.Superseded || s.DecidedBy == nil {
			t.Errorf("%+v (%v)", s, err)
		}
		wantError(t, "sealing", x.seal(), snapshot.ErrConflict)
		if g := x.board()["grace_counted"]; g.Verdict != snapshot.GuardFailed {
			t.Errorf("%+v", g)
		}
		x.take()
		x.approve()
		x.sealed()
		if len(before) >= len(x.standing()) {
			t.Error("nothing was posted")
		}
	})
}

// The sums, held against what an owner of the database might do to them.
func TestGuardsOfLines(t *testing.T) {
	t.Parallel()
	broken := func(devices string) []snapshot.Guard {
		return []snapshot.Guard{firm(failing("partition", devices+" devices whose lines do not cover their slots once", "none", "take it again"))}
	}
	const line = `INSERT INTO snapshot_line SELECT snapshot_id, shard, %s, end_slot, supplier_id, 0, 0, 0, 0, weight_millionths, 0, 0, 0, outcome, notes
		FROM snapshot_line WHERE device = 5`
	courthouse(t).hear(t, []trialCase{
		{name: "a line is missing", after: exec(`DELETE FROM snapshot_line WHERE device = 5`), fails: broken("1")},
		{name: "lines begin late and end early", after: both(exec(`UPDATE snapshot_line SET first_slot = first_slot + 1 WHERE device = 5`),
			exec(`UPDATE snapshot_line SET end_slot = end_slot - 1 WHERE device = 4`)), fails: broken("2")},
		{name: "one goes beyond the season", after: exec(`UPDATE snapshot_line SET end_slot = end_slot + 1 WHERE device = 5`), fails: broken("1")},
		{name: "one is there twice", after: exec(fmt.Sprintf(line, "device, first_slot + 1")), fails: broken("1")},
		{name: "there is a hole between two", after: exec(`UPDATE snapshot_line SET end_slot = end_slot - 1
			WHERE device = 3 AND first_slot = (SELECT min(first_slot) FROM snapshot_line WHERE device = 3)`), fails: broken("1")},
		{name: "one is nobody's", after: exec(fmt.Sprintf(line, "77, first_slot")), fails: broken("1")},

		{name: "an amount is larger", after: exec(`UPDATE snapshot_line SET amount = amount + 1 WHERE device = 0`), fails: []snapshot.Guard{
			firm(failing("amounts", "1000000006 in lines + 2 residual", "pool 1000000007 + 0 drawn", "take it again"))}},
	})
}
