package jobs_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime/simulator"
)

// hamlet is a town with two devices, up for the whole of the season's first day.
func hamlet(t *testing.T) *town {
	t.Helper()
	w := settle(t, serve(t, 1, simulator.Options{}))
	w.owner(`SELECT uptime_make_partitions('2024-04-01', '2024-05-01')`)
	w.owner(`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
		SELECT i, md5('device ' || i)::uuid, i, '2024-01-01', 'registration', md5('supplier')::uuid, 'NVIDIA T4', 1, 'high', clock_timestamp()
		FROM generate_series(0, 1) AS i`)
	w.owner(`INSERT INTO uptime_coverage (hour, observed, final) SELECT hour, B'111111111111', B'111111111111'
		FROM generate_series('2024-04-24 00:00+00'::timestamptz, '2024-04-24 23:00+00', '1 hour') AS hour`)
	w.owner(`INSERT INTO uptime_chunk SELECT 0, hour, ~ B'0'::bit(12288) FROM uptime_coverage`)
	w.prepare(season)
	return w
}

func (w *town) snapshot(id int64) (s snapshot.Snapshot) {
	w.t.Helper()
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		s, err = snapshot.ByID(ctx, tx, id)
		return err
	})
	return s
}

// A take that cannot be computed fails at once, with its cause.
func TestAnImpossibleTakeFailsAtOnce(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	w.owner(`INSERT INTO device_change (device, seq, changed_at, channel, gpu_model, gpu_count, recorded_at)
		VALUES (1, 10, '2024-02-01', 'user', 'NVIDIA H100 PCIe', 2147483647, clock_timestamp())`)
	c := w.started(jobs.Options{})
	s, err := c.Take(t.Context(), season.Code, w.ada)
	w.check(err)
	s, err = c.WaitTaken(t.Context(), s.ID, nil)
	w.check(err)
	device := w.texts(`SELECT id::text FROM device WHERE number = 1`)[0]
	if s.State != snapshot.Failed || !strings.Contains(s.Failure, device) || !strings.Contains(s.Failure, "63 bits") {
		t.Errorf("%s: %q, which should name device %s", s.State, s.Failure, device)
	}
	w.until(`SELECT count(*) FROM river_job WHERE finalized_at IS NULL`, 0)
	w.expect("jobs", `SELECT kind || ' ' || state || ' ' || attempt FROM river_job`, "score_group cancelled 1")
}

// What the next try may mend is tried again; after the last try the take has failed,
// and says why.
func TestATakeFailsAfterTheLastTry(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	c := w.client(jobs.Options{})
	begin := func() snapshot.Snapshot {
		s, err := c.Take(t.Context(), season.Code, w.ada)
		w.check(err)
		return s
	}
	broken := func(what, breaking, mending string, s snapshot.Snapshot, work func(attempt int) error) {
		w.owner(breaking)
		for attempt := 1; attempt <= jobs.AttemptsMax; attempt++ {
			if got := w.snapshot(s.ID); got.State != snapshot.Taking {
				t.Errorf("%s before attempt %d: %s", what, attempt, got.Failure)
			}
			if err := work(attempt); err == nil {
				t.Errorf("%s: attempt %d succeeded", what, attempt)
			}
		}
		w.owner(mending)
		if got := w.snapshot(s.ID); got.State != snapshot.Failed || !strings.Contains(got.Failure, what) {
			t.Errorf("%s after the last try: %s, %q", what, got.State, got.Failure)
		}
	}
	first := begin()
	score := jobs.ScoreGroup{Snapshot: first.ID}
	broken("uptime_chunk", `ALTER TABLE uptime_chunk RENAME TO elsewhere`, `ALTER TABLE elsewhere RENAME TO uptime_chunk`, first, func(attempt int) error { return c.Work(t.Context(), score, attempt) })
	w.check(c.Work(t.Context(), score, 1)) // there is nothing left to do
	w.expect("groups scored", `SELECT count(scored_at)::text FROM snapshot_group`, "0")

	second := begin()
	w.check(c.Work(t.Context(), jobs.ScoreGroup{Snapshot: second.ID}, 1))
	w.expect("allocations asked for", `SELECT args ->> 'snapshot' FROM river_job WHERE kind = 'allocate'`, strconv.FormatInt(second.ID, 10))
	broken("snapshot_line", `ALTER TABLE snapshot_line RENAME TO elsewhere`, `ALTER TABLE elsewhere RENAME TO snapshot_line`, second, func(attempt int) error {
		return c.Work(t.Context(), jobs.Allocate{Snapshot: second.ID}, attempt)
	})

	staged := begin()
	broken("no room for a group", `
		CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room for a group'; END $$;
		CREATE TRIGGER no_room BEFORE UPDATE ON snapshot_group FOR EACH STATEMENT EXECUTE FUNCTION no_room()`, `DROP FUNCTION no_room CASCADE`, staged,
		func(attempt int) error { return c.Work(t.Context(), jobs.ScoreGroup{Snapshot: staged.ID}, attempt) })

	// A stop of ours says nothing of the take; that its time is up does.
	third := begin()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := c.Work(stopped, jobs.ScoreGroup{Snapshot: third.ID}, jobs.AttemptsMax); err == nil || w.snapshot(third.ID).State != snapshot.Taking {
		t.Errorf("stopped: %v, %s", err, w.snapshot(third.ID).State)
	}
	late, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if err := c.Work(late, jobs.ScoreGroup{Snapshot: third.ID}, jobs.AttemptsMax); err == nil || w.snapshot(third.ID).State != snapshot.Failed {
		t.Errorf("with its time up: %v, %s", err, w.snapshot(third.ID).State)
	}
}

// The jobs of a take that was superseded do nothing.
func TestTheJobsOfASupersededTakeDoNothing(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	c := w.client(jobs.Options{})
	first, err := c.Take(t.Context(), season.Code, w.ada)
	w.check(err)
	scored, err := c.Take(t.Context(), season.Code, w.ada)
	w.check(err)
	w.check(c.Work(t.Context(), jobs.ScoreGroup{Snapshot: scored.ID}, 1)) // its allocation is asked for
	last, err := c.Take(t.Context(), season.Code, w.ada)
	w.check(err)
	w.started(jobs.Options{})
	last, err = c.WaitTaken(t.Context(), last.ID, nil)
	w.check(err)
	if last.State != snapshot.Draft || last.Revision != 3 || last.Lines != 2 {
		t.Errorf("the last: %+v", last)
	}
	w.until(`SELECT count(*) FROM river_job WHERE finalized_at IS NULL`, 0)
	w.expect("jobs", `SELECT kind || ' ' || state || ' ' || count(*) FROM river_job GROUP BY kind, state ORDER BY 1`,
		"allocate completed 2", "score_group completed 3")
	w.expect("revisions", `SELECT concat_ws(' ', revision, state, (SELECT count(*) FROM snapshot_line WHERE snapshot_id = id),
			(SELECT count(scored_at) FROM snapshot_group WHERE snapshot_id = id)) FROM snapshot ORDER BY id`,
		"1 superseded 0 0", "2 superseded 0 1", "3 draft 2 1")
	if got := w.snapshot(first.ID); got.Digest != nil {
		t.Errorf("the first has a digest: %+v", got)
	}
}
