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
	o.syncChanges()
	o.syncVerdicts()
	o.readDays(villageSeason)
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
