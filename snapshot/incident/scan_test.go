package incident

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// The sample worlds once more, out of a database: the same collapses, and how many
// devices they took, counted naively from the files.
func TestCasesThroughTheDatabase(t *testing.T) {
	for i := range 4 {
		dir := filepath.Join("testdata/cases", fmt.Sprint(i+1))
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			w := settle(t)
			observed, up, spoofed := w.readCase(dir)
			w.pull(observed, up)
			var want struct{ Incidents []caseIncident }
			w.check(json.Unmarshal(readCaseFile(t, dir, "totals.json"), &want))
			var got []caseIncident
			for _, f := range w.scan(asOf).Incidents {
				if c := f.Collapse; c != nil {
					got = append(got, caseIncident{c.Opened.Start(), c.Baseline, c.Recovered.Start(), c.Closed.Start(), c.Lowest})
					if loss := naiveLoss(c.Collapse, observed, up, spoofed); loss != c.Loss || loss.Returned == 0 {
						t.Errorf("%+v, naively %+v", c.Loss, loss)
					}
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want.Incidents) || len(got) == 0 {
				t.Errorf("found\n%v, want\n%v", got, want.Incidents)
			}
		})
	}
}

// readCase records a world's devices and verdicts, and returns its timelines.
func (w *town) readCase(dir string) (observed uptime.Timeline, up []uptime.Timeline, spoofed map[int]bool) {
	w.t.Helper()
	numbers, spoofed := map[string]int{}, map[int]bool{}
	eachCaseRow(w.t, dir, "changes.ndjson", func(r caseRow) {
		if _, known := numbers[r.DeviceID]; !known {
			numbers[r.DeviceID] = len(numbers)
			w.register(numbers[r.DeviceID], uuid.MustParse(r.DeviceID), uptime.SlotOf(r.ChangedAt))
			up = append(up, uptime.NewTimeline(caseSpan))
		}
	})
	last := map[int]time.Time{}
	eachCaseRow(w.t, dir, "verdicts.ndjson", func(r caseRow) {
		number, known := numbers[r.DeviceID]
		if !known {
			return
		}
		w.owner(`INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, recorded_at)
			VALUES ($1, false, $2, $3, $4, $4, 'pow', '', $5)`, number, r.Seq, r.Verdict, r.DecidedAt, written)
		if !r.DecidedAt.Before(last[number]) {
			last[number], spoofed[number] = r.DecidedAt, r.Verdict == uptime.Spoofed
		}
	})
	rows, err := csv.NewReader(bytes.NewReader(readCaseFile(w.t, dir, "up.csv"))).ReadAll()
	w.check(err)
	for _, row := range rows[1:] {
		if number, known := numbers[row[0]]; known {
			up[number] = caseTimeline(w.t, row[1])
		} else if row[0] == "observed" {
			observed = caseTimeline(w.t, row[1])
		}
	}
	return observed, up, spoofed
}

func naiveLoss(c Collapse, observed uptime.Timeline, up []uptime.Timeline, spoofed map[int]bool) (loss Loss) {
	for number, device := range up {
		seen, there, row, back := 0, 0, 0, false
		for k := c.Opened - 288; k < c.Opened; k++ {
			if observed.Has(k) {
				seen++
				if device.Has(k) {
					there++
				}
			}
		}
		for k := c.LowestAt; k < caseSpan.To; k++ {
			if row++; !device.Has(k) {
				row = 0
			}
			back = back || row == 3
		}
		if !spoofed[number] && float64(there) >= float64(seen)/2 && !device.Has(c.LowestAt) {
			loss.Vanished++
			if back {
				loss.Returned++
			}
		}
	}
	return loss
}

// A day and a half of 20 devices, two hours of 2, and 20 again.
func (w *town) fall() (opened uptime.Slot) {
	w.t.Helper()
	w.people(0, 20)
	w.levels(dawn, [2]int{432, 20}, [2]int{24, 2}, [2]int{60, 20})
	return dawn + 432
}

func TestAScanIsWrittenOnce(t *testing.T) {
	t.Parallel()
	w := settle(t)
	opened := w.fall()
	for number := range 12 {
		w.change(number, opened-50)
	}
	w.change(3, opened-49)

	found := w.found(asOf)
	if n := w.count(`SELECT count(*) FROM incident_scan`); n != 0 || len(found) != 2 || found[0].ID != 0 {
		t.Fatalf("%d scans written by looking; found %+v", n, found)
	}
	first := w.scan(asOf)
	if len(first.New) != 2 || first.Incidents[0].Kind != KindSurge || first.Incidents[1].Kind != KindCollapse {
		t.Fatalf("found %+v, new %+v", first.Incidents, first.New)
	}
	surge, fall := first.Incidents[0], first.Incidents[1]
	if *surge.Surge != (Surge{uptime.Span{From: opened - 50, To: opened - 48}, 12, 13}) || !slices.Equal(surge.Curve.Points, []int64{12, 1}) {
		t.Errorf("surge %+v %+v", surge.Surge, surge.Curve)
	}
	if want := (Loss{18, 18}); fall.Opened != opened || fall.Collapse.Loss != want || *fall.End != opened+24 || *fall.Collapse.HalfBack != opened+24 {
		t.Errorf("collapse %+v", fall.Collapse)
	}

	again := w.scan(asOf)
	if again.Scan != first.Scan || len(again.New) != 0 || !reflect.DeepEqual(again.Incidents, first.Incidents) {
		t.Errorf("again:\n%+v\nfirst:\n%+v", again, first)
	}
	if again := w.found(asOf); !reflect.DeepEqual(again, first.Incidents) {
		t.Errorf("found again:\n%+v\nfirst:\n%+v", again, first.Incidents)
	}
	later := w.scan(asOf.Add(time.Hour))
	if later.Scan == first.Scan || len(later.New) != 0 || later.Incidents[1].ID != fall.ID {
		t.Errorf("as of later: %+v", later)
	}
	w.levels(dawn+432+84, [2]int{12, 20})
	if more := w.scan(asOf); more.Scan == first.Scan || len(more.New) != 0 || more.Incidents[1].ID != fall.ID {
		t.Errorf("with another pass: %+v", more)
	}
}

// Whoever looks takes no scan on record at its word, and records what is new alone.
func TestALookIsOnesOwn(t *testing.T) {
	t.Parallel()
	w := settle(t)
	opened := w.fall()
	look := func() (f Findings) {
		t.Helper()
		w.check(w.try(func(ctx context.Context, tx pgx.Tx) (err error) {
			f, err = Look(ctx, tx, asOf)
			return err
		}))
		return f
	}
	empty := Findings{AsOf: asOf}
	w.check(w.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		if empty.standing, err = selectStanding(ctx, tx); err != nil {
			return err
		}
		empty, err = record(ctx, tx, empty)
		return err
	}))
	if f := w.scan(asOf); f.Scan != empty.Scan || len(f.Incidents) != 0 {
		t.Fatalf("a scan: %+v", f)
	}
	first := look()
	if len(first.New) != 1 || first.New[0].Opened != opened {
		t.Errorf("looked: %+v", first)
	}
	if again := look(); again.Scan != first.Scan || len(again.New) != 0 || !reflect.DeepEqual(again.Incidents, first.Incidents) {
		t.Errorf("looked again: %+v", again)
	}
	if n := w.count(`SELECT count(*) FROM incident_scan`); n != 2 {
		t.Errorf("%d scans", n)
	}
}

func (w *town) count(query string) (n int) {
	w.t.Helper()
	w.check(w.Owner.QueryRow(context.Background(), query).Scan(&n))
	return n
}

func TestManyScansAtOnceAreOne(t *testing.T) {
	t.Parallel()
	w := settle(t)
	w.fall()
	var group sync.WaitGroup
	fresh := make([]int, 6)
	for i := range fresh {
		group.Go(func() {
			if err := w.try(func(ctx context.Context, tx pgx.Tx) error {
				f, err := Scan(ctx, tx, asOf)
				fresh[i] = len(f.New)
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	sum := 0
	for _, n := range fresh {
		sum += n
	}
	if scans := w.count(`SELECT count(*) FROM incident_scan`); scans != 1 || sum != 1 {
		t.Errorf("%d scans, and %d incidents were new", scans, sum)
	}
}

// Verdicts count from when they were recorded: without its fakes, the population
// has not fallen.
func TestScansStandAsOfAMoment(t *testing.T) {
	t.Parallel()
	w := settle(t)
	w.people(0, 20)
	w.levels(dawn, [2]int{432, 20}, [2]int{100, 8})
	for fake := 8; fake < 20; fake++ {
		w.verdict(fake, uptime.Spoofed, asOf.Add(time.Minute))
	}
	if found := w.found(asOf); len(found) != 1 || found[0].Collapse.Vanished != 12 || found[0].End != nil {
		t.Errorf("before the verdicts: %+v", found)
	}
	if found := w.found(asOf.Add(time.Minute)); len(found) != 0 {
		t.Errorf("after them: %+v", found)
	}
	w.scan(asOf)
	w.check(w.try(func(ctx context.Context, tx pgx.Tx) error {
		if f, current, err := Latest(ctx, tx); err != nil || current || len(f.Incidents) != 1 {
			t.Errorf("latest: current %t (%v) %+v", current, err, f)
		}
		if _, err := Scan(ctx, tx, asOf.Add(time.Hour)); err != nil {
			return err
		}
		if f, current, err := Latest(ctx, tx); err != nil || !current || len(f.Incidents) != 0 {
			t.Errorf("latest: current %t (%v) %+v", current, err, f)
		}
		return nil
	}))
}

func TestNothingWasLookedForYet(t *testing.T) {
	t.Parallel()
	w := settle(t)
	w.check(w.try(func(ctx context.Context, tx pgx.Tx) error {
		if _, _, err := Latest(ctx, tx); !errors.Is(err, ErrNotFound) {
			t.Errorf("latest: %v", err)
		}
		if _, err := ByID(ctx, tx, 7); !errors.Is(err, ErrNotFound) {
			t.Errorf("by number: %v", err)
		}
		return nil
	}))
	if f := w.scan(asOf); len(f.Incidents) != 0 { // nobody, nothing requested
		t.Errorf("found %+v", f)
	}
}

func TestAPersonEndsWhatDoesNotRecover(t *testing.T) {
	t.Parallel()
	w := settle(t)
	w.people(0, 40)
	last := w.levels(dawn, [2]int{432, 40}, [2]int{240, 20})
	for number := range 12 {
		w.change(number, dawn+400)
	}
	f := w.scan(asOf)
	surge, fall := f.Incidents[0].ID, f.Incidents[1].ID
	end := func(id int64, at time.Time, reason string) error {
		return w.try(func(ctx context.Context, tx pgx.Tx) error { return End(ctx, tx, id, at, reason, w.ada) })
	}
	opened := dawn + 432
	for _, c := range []struct {
		name   string
		id     int64
		at     time.Time
		reason string
		want   error
		says   string
	}{
		{"a surge", surge, last.Start(), "x", ErrConflict, "ends by itself"},
		{"nobody's", 99, last.Start(), "x", ErrNotFound, "99"},
		{"before it opened", fall, opened.Start(), "x", ErrEnd, "it opened at 2024-04-21T12:00:00Z"},
		{"in the future", fall, time.Now().AddDate(1, 0, 0), "x", ErrEnd, "not come yet"},
		{"without a reason", fall, last.Start(), "", nil, "reason"},
	} {
		if err := end(c.id, c.at, c.reason); err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	w.check(end(fall, (opened + 144).Start().Add(-time.Second), "half of them left for good"))
	f = w.scan(asOf)
	if i := f.Incidents[1]; i.ID != fall || *i.End != opened+144 || *i.Collapse.EndedAt != opened+144 || i.Collapse.Recovered != nil {
		t.Errorf("ended: %+v", i.Collapse)
	}
	w.check(end(fall, (opened + 60).Start(), "no, earlier"))
	w.levels(last, [2]int{48, 20}, [2]int{3, 9})
	f = w.scan(asOf)
	if len(f.Incidents) != 3 || *f.Incidents[1].End != opened+60 || f.Incidents[2].Opened != last+48 || f.Incidents[2].Collapse.Baseline != 20 {
		t.Errorf("ended again: %+v", f.Incidents)
	}
	if len(f.New) != 1 || f.New[0].ID != f.Incidents[2].ID {
		t.Errorf("new: %+v", f.New)
	}
	w.levels(last+51, [2]int{12, 20})
	w.scan(asOf)
	if err := end(f.Incidents[2].ID, last.Start().AddDate(0, 0, 1), "x"); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "recovered by itself") {
		t.Errorf("what has recovered: %v", err)
	}
}
