package jobs_test

import (
	"testing"
	"time"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/uptime/simulator"
)

func TestTheLatestSlotIsTheLastThatIsOver(t *testing.T) {
	t.Parallel()
	w := settle(t, serve(t, 8, simulator.Options{}))
	story := clockAt(day(4, 24))
	c := w.client(jobs.Options{Now: story.now, Hours: 6})
	at := func(hour, minute, second int) time.Time {
		return day(4, 24).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second)
	}
	for _, s := range []struct {
		name string
		now  time.Time
		want []jobs.PullWindow
	}{
		{"a moment before the network has settled", at(12, 5, 29), []jobs.PullWindow{{From: at(11, 55, 0), To: at(12, 0, 0)}}},
		{"when it has", at(12, 5, 30), []jobs.PullWindow{{From: at(12, 0, 0), To: at(12, 5, 0)}}},
		{"the same slot again", at(12, 10, 29), []jobs.PullWindow{{From: at(12, 0, 0), To: at(12, 5, 0)}}},
		{"the slots of an hour that was begun are awaited, not latest", at(12, 50, 31), []jobs.PullWindow{{From: at(12, 45, 0), To: at(12, 50, 0)}}},
		{"the next hour", at(13, 5, 31), []jobs.PullWindow{{From: at(13, 0, 0), To: at(13, 5, 0)}}},
		{"hours that passed while nothing ran, in windows", at(25, 30, 31), []jobs.PullWindow{
			{From: at(14, 0, 0), To: at(18, 0, 0)}, {From: at(18, 0, 0), To: at(24, 0, 0)}, {From: at(24, 0, 0), To: at(25, 30, 0)},
		}},
		{"so many of them that a person is to pull them", at(26+7*24, 40, 31), []jobs.PullWindow{{From: at(26+7*24, 35, 0), To: at(26+7*24, 40, 0)}}},
	} {
		w.owner(`DELETE FROM river_job`)
		story.set(s.now)
		w.check(c.Work(t.Context(), jobs.RequestLatest{}, 1))
		got := w.queued()
		if len(got) != len(s.want) {
			t.Errorf("%s: requested %+v, want %+v", s.name, got, s.want)
			continue
		}
		for i := range got {
			if !got[i].From.Equal(s.want[i].From) || !got[i].To.Equal(s.want[i].To) || got[i].Reread != 0 {
				t.Errorf("%s: requested %+v, want %+v", s.name, got, s.want)
			}
		}
	}
}

// What is due by the clock is enqueued when a client starts, and done.
func TestThePeriodicTable(t *testing.T) {
	t.Parallel()
	w := settle(t, serve(t, 8, simulator.Options{}))
	story := clockAt(day(5, 10).Add(12*time.Hour + 5*time.Minute + 45*time.Second)) // of its hour, one slot is over
	w.started(jobs.Options{Now: story.now})                                         // a client without the table does not keep it from running
	w.owner(`INSERT INTO uptime_coverage (hour, observed, final) VALUES
		('2023-04-01 00:00+00', B'111111111111', B'111111111111'), -- before the first heartbeat of the world
		('2024-04-01 01:00+00', B'000000000000', B'011111111111')`)
	w.owner(`SELECT uptime_make_partitions('2024-04-01', '2024-06-01')`)
	w.started(jobs.Options{Periodic: true, Now: story.now})
	w.until(`SELECT count(*) FROM river_job WHERE metadata @> '{"periodic": true}' AND state = 'completed'`, 15)
	w.expect("periodic jobs", `SELECT kind || ' ' || args FROM river_job WHERE metadata @> '{"periodic": true}' ORDER BY 1`,
		`activate_wallets {}`, `close_hours {}`, `cut_days {}`, `estimate_seasons {}`, `forget_replays {}`, `read_job_minutes {"day": "2024-05-08T00:00:00Z"}`, `read_job_minutes {"day": "2024-05-09T00:00:00Z"}`,
		`reconcile_chain {}`, `reconcile_ingest {}`, `request_awaited {}`, `request_latest {}`, `scan_incidents {}`, `sync_verdicts {}`, `verify_ledger {}`, `watch_audit {}`)

	// The hour of April is awaited by two of them: either may ask for its window again, if it
	// looked before the other's was read.
	w.until(`SELECT count(DISTINCT args) FROM river_job WHERE kind = 'pull_window' AND args ->> 'reread' = '0' AND state = 'completed'`, 2)
	w.expect("windows", `SELECT DISTINCT args ->> 'from' || ' ' || (args ->> 'to') FROM river_job WHERE kind = 'pull_window' AND args ->> 'reread' = '0' ORDER BY 1`,
		"2024-04-01T01:00:00Z 2024-04-01T01:05:00Z", "2024-05-10T12:00:00Z 2024-05-10T12:05:00Z")
	w.expect("the hour that nothing was awaited of", `SELECT (closed_at IS NOT NULL)::text FROM uptime_coverage WHERE hour = '2023-04-01 00:00+00'`, "true")
	w.expect("logs read to their ends", `SELECT name FROM uptime_log WHERE rows > 0 AND read_to_end > '-infinity' ORDER BY name`, "changes", "verdicts")
	w.expect("job minutes read", `SELECT DISTINCT day::text FROM job_minutes_read ORDER BY 1`, "2024-05-08", "2024-05-09")
}
