package snapshot_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

// errUndo ends a transaction that is to leave nothing.
var errUndo = errors.New("undo")

// whatIf runs f as the owner, whom no trigger and no foreign key hinders, and undoes
// all that it did.
func (o *office) whatIf(f func(ctx context.Context, tx pgx.Tx)) {
	o.t.Helper()
	ctx := context.Background()
	err := pgx.BeginFunc(ctx, o.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		f(ctx, tx)
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		o.t.Fatal(err)
	}
}

// taken returns the snapshot that would be taken if the statement had been run.
func (o *office) taken(season, statement string, arguments ...any) (s snapshot.Snapshot) {
	o.t.Helper()
	o.whatIf(func(ctx context.Context, tx pgx.Tx) {
		tag, err := tx.Exec(ctx, statement, arguments...)
		if err != nil || tag.RowsAffected() == 0 {
			o.t.Fatalf("%s: %s (%v)", statement, tag, err)
		}
		s, err = snapshot.TakeWithin(ctx, tx, season, o.ada)
		o.check(err)
	})
	return s
}

// rescored returns the snapshot's lines scored once more, from what the database
// holds by now, as lines returns them. What goes in must be what went in.
func (o *office) rescored(s snapshot.Snapshot) string {
	o.t.Helper()
	var all []snapshot.Line
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, groups, err := snapshot.Progress(ctx, tx, s.ID)
		for number := 0; number < groups && err == nil; number++ {
			var inputs, before []byte
			var lines []snapshot.Line
			if inputs, lines, err = snapshot.Rescore(ctx, tx, s, number); err != nil {
				return err
			}
			all = append(all, lines...)
			err = tx.QueryRow(ctx, `SELECT inputs FROM snapshot_group WHERE snapshot_id = $1 AND number = $2`, s.ID, number).Scan(&before)
			if err == nil && !bytes.Equal(before, inputs) {
				o.t.Errorf("%s, group %d: other inputs", s.Name(), number)
			}
		}
		return err
	})
	slices.SortFunc(all, func(a, b snapshot.Line) int {
		return cmp.Or(bytes.Compare(a.DeviceID[:], b.DeviceID[:]), cmp.Compare(a.Span.From, b.Span.From))
	})
	var text []byte
	for _, l := range all {
		text = snapshot.AppendCSV(text, l)
	}
	return string(text)
}

// checkAmounts recomputes the amounts in SQL, from the points on record.
func (o *office) checkAmounts(s snapshot.Snapshot, pool int64) {
	o.t.Helper()
	got := o.text(`SELECT concat_ws(' ', count(*), count(DISTINCT supplier_id), coalesce(sum(points), 0), coalesce(sum(amount), 0),
			count(*) FILTER (WHERE amount <> coalesce(div($2::numeric * points, nullif(total, 0)), 0)))
		FROM snapshot_line, (SELECT sum(points) AS total FROM snapshot_line WHERE snapshot_id = $1) AS t WHERE snapshot_id = $1`, s.ID, pool)
	want := strings.Join([]string{
		strconv.FormatInt(s.Lines, 10), strconv.FormatInt(s.Suppliers, 10), s.Points, strconv.FormatInt(s.Allocated, 10), "0",
	}, " ")
	if got != want {
		o.t.Errorf("lines, suppliers, points, amounts, wrong amounts: %s in SQL, %s on record", got, want)
	}
	if s.Allocated+s.Residual != pool || s.Residual < 0 || s.Residual > s.Lines && s.Points != "0" {
		o.t.Errorf("%d allocated and %d residual of %d, in %d lines", s.Allocated, s.Residual, pool, s.Lines)
	}
}

// villageLines are the lines of a village, sorted by device id: the last registered
// first. All points are 1,000,000 * (5000 * slots + 500 * job minutes), 5,810 times
// 10^9 in all; so of 1,000,000,007 base units 1,440 times 10^9 points are worth 247,848,538.
const villageLines = `
0000cffb 00005002 05-02T00 05-03T00 288,0,0,0,1000000,0,0,0,never_seen,grace_inactive_before
0000cffc 00005002 05-02T00 05-03T00 288,288,0,288,1000000,0,1440000000000,247848538,eligible,metadata_held
0000cffd 00005001 05-02T00 05-02T12 144,144,0,144,1000000,0,720000000000,123924269,eligible,owner_changed
0000cffd 00005007 05-02T12 05-03T00 144,144,0,144,1000000,0,720000000000,123924269,eligible,owner_changed
0000cffe 00005001 05-02T00 05-03T00 288,288,0,288,1000000,0,0,0,spoofed,
0000cfff 00005000 05-02T00 05-03T00 288,276,12,288,1000000,0,1440000000000,247848538,eligible,grace_applied
0000d000 00005000 05-02T00 05-03T00 288,288,0,288,1000000,100,1490000000000,256454390,eligible,
`

// unfold writes ids and times of villageLines in full.
func unfold(lines string) (csv string) {
	for line := range strings.Lines(strings.TrimPrefix(lines, "\n")) {
		words := strings.SplitN(line, " ", 5)
		for _, id := range words[:2] {
			csv += id + "-0000-4000-8000-000000000000,"
		}
		for _, at := range words[2:4] {
			csv += "2024-" + at + ":00:00Z,"
		}
		csv += words[4]
	}
	return csv
}

func TestTake(t *testing.T) {
	t.Parallel()
	v := newVillage()
	shared := v.settle(t)
	t.Run("lines are sorted, and amounts add up", func(t *testing.T) {
		o := shared.in(t)
		s := o.take(v.season.Code)
		if got, want := o.lines(s), unfold(villageLines); got != want {
			t.Errorf("lines\n%swant\n%s", got, want)
		}
		if s.Points != "5810000000000" || s.Residual != 3 || s.Suppliers != 4 || s.ObservedSlots != 288 || s.SeasonSlots != 288 || s.Estimate {
			t.Errorf("figures: %+v", s)
		}
		o.checkAmounts(s, v.season.Pool)
		if again := o.rescored(s); again != o.lines(s) {
			t.Errorf("scored again\n%s", again)
		}
	})
	t.Run("an hour still open makes it an estimate", func(t *testing.T) { testEstimates(t, shared.in(t)) })
	t.Run("an hour reopened meanwhile fails it", func(t *testing.T) { testReopened(t, shared.in(t)) })
	t.Run("points above 63 bits fail it", func(t *testing.T) { testImpossible(t, shared.in(t)) })
	t.Run("two at once are two revisions", func(t *testing.T) { testTwoTakes(t, shared.in(t)) })
	t.Run("a season of nobody knows", func(t *testing.T) {
		_, _, err := snapshot.Take(t.Context(), begun(t, shared), "nowhere", shared.ada)
		wantError(t, "taking it", err, snapshot.ErrNotFound)
	})
}

// begun returns a transaction that is undone when the test ends.
func begun(t *testing.T, o *office) pgx.Tx {
	t.Helper()
	tx, err := o.App.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

func testEstimates(t *testing.T, o *office) {
	const open = `UPDATE uptime_coverage SET closed_at = NULL WHERE hour = `
	for _, c := range []struct {
		name, statement string
		want            bool
	}{
		{"all closed", `UPDATE season SET pool = pool`, false},
		{"the season's first hour is open", open + `'2024-05-02 00:00+00'`, true},
		{"the season's last hour is open", open + `'2024-05-02 23:00+00'`, true},
		{"an hour of the season was given up, and is open", `UPDATE uptime_coverage SET closed_at = NULL, observed = B'000000000000'
			WHERE hour = '2024-05-02 10:00+00'`, true},
		{"an hour of the season was never requested", `DELETE FROM uptime_coverage WHERE hour = '2024-05-02 10:00+00'`, true},
		{"an hour of the lookback is open", open + `'2024-05-01 09:00+00'`, true},
		{"an hour of the lookback was never requested", `DELETE FROM uptime_coverage WHERE hour = '2024-05-01 09:00+00'`, false},
		{"the hour after the deadline is open", open + `'2024-05-03 00:00+00'`, true},
		{"the hour after the deadline was never requested", `DELETE FROM uptime_coverage WHERE hour = '2024-05-03 00:00+00'`, true},
		{"an hour further on is open", open + `'2024-05-03 01:00+00'`, false},
		{"the proof of being back reaches it", `WITH later AS (UPDATE grace_window SET reconnect_by = '2024-05-03 00:50+00')
			UPDATE uptime_coverage SET closed_at = NULL WHERE hour = '2024-05-03 01:00+00'`, true},
		{"the proof of being back ends before it", `WITH later AS (UPDATE grace_window SET reconnect_by = '2024-05-03 00:45+00')
			UPDATE uptime_coverage SET closed_at = NULL WHERE hour = '2024-05-03 01:00+00'`, false},
		{"the deadline is to come", `UPDATE grace_window SET reconnect_by = '2399-01-01 00:00+00'`, false},
		{"the deadline is to come, and an hour before it is open", `WITH later AS (UPDATE grace_window SET reconnect_by = '2399-01-01 00:00+00')
			UPDATE uptime_coverage SET closed_at = NULL WHERE hour = '2024-05-03 20:00+00'`, true},
		{"a window that does not meet the season, with a deadline long after what was pulled", `UPDATE grace_window
			SET window_from = '2024-05-03 00:00+00', window_to = '2024-05-03 02:00+00', reconnect_by = '2024-05-20 00:00+00'`, false},
		{"an hour was reopened once, and closed again", `UPDATE uptime_coverage SET reopened = 1 WHERE hour = '2024-05-02 10:00+00'`, false},
	} {
		if s := o.taken(villageSeason.Code, c.statement); s.Estimate != c.want {
			t.Errorf("%s: an estimate: %v", c.name, s.Estimate)
		}
	}
	o.whatIf(func(ctx context.Context, tx pgx.Tx) {
		_, err := tx.Exec(ctx, open+`'2024-05-02 10:00+00'`)
		o.check(err)
		s, err := snapshot.TakeWithin(ctx, tx, villageSeason.Code, o.ada)
		o.check(err)
		wantError(t, "approving an estimate", snapshot.Approve(ctx, tx, s.ID, s.Digest, o.grace, ""), snapshot.ErrGuard)
		_, err = tx.Exec(ctx, `UPDATE snapshot SET state = 'approved', approved_digest = digest, decided_by = $2, decided_at = now() WHERE id = $1`, s.ID, o.grace)
		o.refusedWith(checkViolation, "approving an estimate", err)
	})
}

// reopen opens an hour of the season again, as two people do.
const reopen = `UPDATE uptime_coverage SET closed_at = NULL, reopened = reopened + 1, observed = B'000000000000', final = B'000000000000'
	WHERE hour = '2024-05-02 10:00+00'`

func testReopened(t *testing.T, o *office) {
	s, groups := o.begin(villageSeason.Code)
	o.score(s.ID, groups)
	o.whatIf(func(ctx context.Context, tx pgx.Tx) {
		_, err := tx.Exec(ctx, reopen)
		o.check(err)
		wantError(t, "completing it", snapshot.Complete(ctx, tx, s.ID), snapshot.ErrImpossible)
		// Closed again meanwhile, it is another hour all the same.
		_, err = tx.Exec(ctx, `UPDATE uptime_coverage SET closed_at = now(), observed = B'111111111111', final = B'111111111111'
			WHERE hour = '2024-05-02 10:00+00'`)
		o.check(err)
		wantError(t, "completing it", snapshot.Complete(ctx, tx, s.ID), snapshot.ErrImpossible)
	})
	o.check(o.complete(s.ID))
	o.at(s.ID, snapshot.Draft)
}

func testImpossible(t *testing.T, o *office) {
	for code, c := range map[string]struct {
		weight, device string
		want           error
	}{
		// 1,490,000 milli-minutes at such a weight are above 2^63; 1,440,000 are below.
		"points-too-large": {"6200000", deviceID(steady).String(), snapshot.ErrPointsTooLarge},
		"weight-too-large": {"9300000000000", deviceID(0).String(), snapshot.ErrWeightTooLarge},
	} {
		season := villageSeason
		season.Code = code
		o.create(season, []byte(strings.Replace(villageRules, `"NVIDIA T4" = "1"`, `"NVIDIA T4" = "`+c.weight+`"`, 1)))
		s, _ := o.begin(code)
		scored, err := snapshot.ScoreGroup(t.Context(), o.App, s.ID, 0)
		wantError(t, code, err, snapshot.ErrImpossible)
		wantError(t, code, err, c.want)
		if scored != nil {
			t.Error("and a score")
		}
		for range 2 { // the second time it is failed already
			o.tx(func(ctx context.Context, tx pgx.Tx) error { return snapshot.Fail(ctx, tx, s.ID, err) })
		}
		if failed := o.at(s.ID, snapshot.Failed); !strings.Contains(failed.Failure, c.device) || failed.Digest != nil {
			t.Errorf("failure: %q, which should name device %s", failed.Failure, c.device)
		}
		if scored, err := snapshot.ScoreGroup(t.Context(), o.App, s.ID, 0); scored != nil || err != nil {
			t.Errorf("scored though it failed: %v", err)
		}
		if again, _ := o.begin(code); again.Revision != 2 {
			t.Errorf("taken again as revision %d", again.Revision)
		}
	}
}

func testTwoTakes(t *testing.T, o *office) {
	season := villageSeason
	season.Code = "twice-at-once"
	o.create(season, []byte(villageRules))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := o.try(func(ctx context.Context, tx pgx.Tx) error {
				_, _, err := snapshot.Take(ctx, tx, season.Code, o.ada)
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got := o.texts(`SELECT revision || ' ' || state FROM snapshot WHERE season = $1 ORDER BY revision`, season.Code)
	if want := []string{"1 superseded", "2 superseded", "3 superseded", "4 taking"}; !slices.Equal(got, want) {
		t.Errorf("revisions %v, want %v", got, want)
	}
}

// A season that nobody took part in is paid to nobody.
func TestAnEmptySeason(t *testing.T) {
	t.Parallel()
	o := open(t, facts{})
	o.create(villageSeason, []byte(villageRules))
	if s := o.take(villageSeason.Code); !s.Estimate || s.Lines != 0 || s.Points != "0" || s.Residual != villageSeason.Pool || s.ObservedSlots != 0 {
		t.Errorf("before anything was pulled: %+v", s)
	}
	o.pull(newVillage().observed)
	o.fund(villageSeason, villageSeason.Pool)
	s := o.take(villageSeason.Code)
	if s.Estimate || s.Lines != 0 || s.Suppliers != 0 || s.Residual != villageSeason.Pool || s.ObservedSlots != 288 {
		t.Errorf("without a device: %+v", s)
	}
	o.checkAmounts(s, villageSeason.Pool)
	o.approve(s)
	journal, err := o.seal(s)
	o.check(err)
	if journal.Count != 1 || int64(journal.Total) != villageSeason.Pool {
		t.Errorf("journal: %+v", journal)
	}

	free := villageSeason
	free.Code, free.Pool = "nothing-to-give", 0
	o.create(free, []byte(villageRules))
	s = o.take(free.Code)
	o.approve(s)
	if journal, err = o.seal(s); err != nil || journal.Count != 0 {
		t.Errorf("sealing a season without a pool: %+v (%v)", journal, err)
	}
}

// crowdOf registers so many devices, of four shards each up in a way of its own.
func (o *office) crowdOf(devices int) {
	o.t.Helper()
	o.owner(`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
		SELECT i, md5('device ' || i)::uuid, 1 + i, '2024-04-01', 'registration', md5('supplier ' || i % 999)::uuid,
			'NVIDIA T4', 1 + i % 7, 'high', clock_timestamp() FROM generate_series(0, $1 - 1) AS i`, devices)
	o.owner(`INSERT INTO uptime_chunk SELECT shard, hour, CASE shard % 4 WHEN 0 THEN ~ B'0'::bit(12288) WHEN 1 THEN ~ (B'1'::bit(12288) >> shard)
			ELSE repeat(substr('1110110', 1 + shard % 3, 4), 3072)::bit(12288) END
		FROM generate_series(0, ($1 - 1) / 1024) AS shard, generate_series('2024-05-02 00:00+00'::timestamptz, '2024-05-02 23:00+00', '1 hour') AS hour`, devices)
}

// Of several groups one finds that it is the last, in whatever order and however
// often they are staged; the lines do not show that there were groups.
func TestGroups(t *testing.T) {
	t.Parallel()
	o := open(t, facts{})
	o.pull(newVillage().observed)
	const devices = 2*16*1024 + 5
	o.crowdOf(devices)
	season := villageSeason
	season.Pool = 1<<62 + 12345
	o.create(season, []byte(villageRules))
	s, groups := o.begin(season.Code)
	if groups != 3 {
		t.Fatalf("%d groups", groups)
	}
	var (
		attempts sync.WaitGroup
		mu       sync.Mutex
		lasts    int
	)
	for i := range 2 * groups {
		attempts.Go(func() {
			scored, err := snapshot.ScoreGroup(context.Background(), o.App, s.ID, i%groups)
			if err != nil || scored == nil { // scored by the other already
				if err != nil {
					t.Error(err)
				}
				return
			}
			err = o.try(func(ctx context.Context, tx pgx.Tx) error {
				last, err := snapshot.StageGroup(ctx, tx, scored)
				mu.Lock()
				defer mu.Unlock()
				if last {
					lasts++
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	attempts.Wait()
	if lasts == 0 {
		t.Error("no group was the last")
	}
	o.check(o.complete(s.ID))
	s = o.at(s.ID, snapshot.Draft)
	o.check(o.complete(s.ID)) // once more: there is nothing left to do
	if s.Lines != devices || s.Suppliers != 999 {
		t.Errorf("%d lines of %d suppliers", s.Lines, s.Suppliers)
	}
	o.checkAmounts(s, season.Pool)
	if unequal := o.text(`SELECT count(*)::text FROM (SELECT 1 FROM snapshot_line GROUP BY points HAVING count(DISTINCT amount) > 1) AS points`); unequal != "0" {
		t.Errorf("%s different points have more than one amount", unequal)
	}
	if left := o.text(`SELECT count(*)::text FROM snapshot_group WHERE staged IS NOT NULL OR digest IS NULL`); left != "0" {
		t.Errorf("%s groups were not allocated", left)
	}
	before := ""
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		return snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
			if id := l.DeviceID.String(); id <= before {
				t.Fatalf("device %s after %s", id, before)
			} else {
				before = id
			}
			return nil
		})
	})
}
