package snapshot_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// sealNext takes, approves and seals a revision.
func (o *office) sealNext(season string) snapshot.Snapshot {
	o.t.Helper()
	s := o.take(season)
	o.approve(s)
	_, err := o.seal(s)
	o.check(err)
	return o.at(s.ID, snapshot.Sealed)
}

func (o *office) verdictOn(device int, kind uptime.VerdictKind, hour int) {
	o.t.Helper()
	o.network.do(func(f *facts) { f.verdict(device, kind, may(2, hour)) })
	o.syncVerdicts()
}

// wantCauses checks what explains a difference, and how many lines differ.
func (o *office) wantCauses(a, b snapshot.Snapshot, lines int64, causes ...snapshot.Cause) *snapshot.Difference {
	o.t.Helper()
	d := o.explained(a, b)
	if got := causesOf(d); !slices.Equal(got, causes) || d.Lines != lines {
		o.t.Errorf("%s to %s: %d lines differ because of %v, want %d and %v", a.Name(), b.Name(), d.Lines, got, lines, causes)
	}
	return d
}

// Until a seal one verdict moves every amount; after it, the one line's alone. What
// was taken before the seal at another rate differs by the rate.
func TestDifferencesAroundASeal(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o, code := v.settle(t), v.season.Code
	o.fund(v.season, 2*v.season.Pool)
	r1 := o.take(code)
	o.verdictOn(cheat, uptime.Genuine, 4)
	r2 := o.sealNext(code)
	o.wantCauses(r1, r2, 6, snapshot.CauseVerdict) // all lines with points

	o.verdictOn(cheat, uptime.Spoofed, 5)
	r3 := o.sealNext(code)
	if d := o.wantCauses(r2, r3, 1, snapshot.CauseVerdict); d.Causes[0].Lost == 0 || d.Causes[0].Suppliers != 1 {
		t.Errorf("the verdict: %+v", d.Causes)
	}
	// The facts of the first and the third come to the same points.
	if d := o.wantCauses(r1, r3, 5, snapshot.CauseRate); d.Causes[0].Gained != 0 {
		t.Errorf("a lower rate: %+v", d.Causes)
	}
	o.inverse(r1, r3)

	o.network.do(func(f *facts) { f.change(steady, "user", may(2, 15), row{"gpu_count": 3}) })
	o.syncChanges()
	r4 := o.take(code)
	o.wantCauses(r3, r4, 1, snapshot.CauseFacts)
	o.wantCauses(r2, r4, 2, snapshot.CauseVerdict, snapshot.CauseFacts)
	o.wantCauses(r1, r4, 5, snapshot.CauseFacts, snapshot.CauseRate)
	o.check(o.reject(o.grace, r4, "three?"))
	o.wantCauses(r4, o.take(code), 0)
}

// A deadline that passes is a cause by itself: what was pending is refused.
func TestDifferenceOfADeadline(t *testing.T) {
	t.Parallel()
	v := newVillage()
	v.down(outaged, uptime.Span{From: uptime.SlotOf(may(2, 20)), To: villageSpan.To}) // and not back since
	w := villageWindow
	w.From, w.To, w.ReconnectBy = may(2, 20), may(2, 22), farOff.AddDate(-10, 0, 0)
	v.windows = []snapshot.Window{w}
	o := v.settle(t)
	before := o.take(v.season.Code)
	o.owner(`UPDATE fact_horizon SET as_of = $1`, farOff.AddDate(-5, 0, 0))
	after := o.take(v.season.Code)
	o.wantCauses(before, after, 1, snapshot.CauseGrace)
	if got, want := o.told(before, after), "1 00: notes grace_pending→grace_not_back +0"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}

// A first window looks back before the season, where the earlier revision had no need to.
func TestDifferenceOfAFirstWindow(t *testing.T) {
	t.Parallel()
	v := newVillage()
	v.windows = nil
	v.down(outaged, uptime.SpanOf(may(2, 0), may(2, 8))) // the day before it was up
	o := v.settle(t)
	before := o.take(v.season.Code)
	o.window(v.season.Code, villageWindow)
	after := o.take(v.season.Code)
	o.wantCauses(before, after, 6, snapshot.CauseGrace)
	want := "1 00: grace 0→12 run 168→192 notes →grace_applied +9334582\n5 00: notes →grace_inactive_before +0"
	if got := o.told(before, after); got != want {
		t.Errorf("told\n%s\nwant\n%s", got, want)
	}
}

// An estimate over hours of which some are still to be read differs by the hours.
func TestDifferenceOfAnEstimate(t *testing.T) {
	t.Parallel()
	v := newVillage()
	v.down(sold, uptime.SpanOf(may(2, 20), may(2, 23)))
	whole := v.observed
	o := open(t, v.facts)
	o.syncChanges()
	o.syncVerdicts()
	o.create(v.season, []byte(v.rules))
	part := uptime.NewTimeline(villageSpan)
	part.AddSpan(uptime.SpanOf(may(1, 0), may(2, 18)))
	o.pullOpen(part)
	estimate := o.take(v.season.Code)
	if !estimate.Estimate {
		t.Fatal("no estimate")
	}
	o.pull(whole)
	final := o.take(v.season.Code)
	o.wantCauses(estimate, final, 8, snapshot.CauseHours)
	o.verdictOn(steady, uptime.Spoofed, 1)
	o.explained(estimate, o.take(v.season.Code))
}

func TestDifferencesRefused(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o := v.settle(t)
	first := o.take(v.season.Code)
	other := v.season
	other.Code = "another"
	o.create(other, []byte(v.rules))
	stranger := o.take(other.Code)
	taking, _ := o.begin(v.season.Code)
	tried := func(a, b snapshot.Snapshot) error {
		return o.try(func(ctx context.Context, tx pgx.Tx) error {
			_, err := snapshot.Diff(ctx, tx, a, b)
			return err
		})
	}
	wantError(t, "two seasons", tried(first, stranger), snapshot.ErrSeasonsDiffer)
	for _, pair := range [][2]snapshot.Snapshot{{first, taking}, {taking, first}, {taking, taking}} {
		if err := tried(pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), taking.Name()+": conflict: it is taking") {
			t.Errorf("without lines: %v", err)
		}
	}
	o.wantCauses(first, first, 0)

	// Figures that are not those of the lines.
	forged := first
	forged.Allocated++
	next := o.take(v.season.Code)
	wantError(t, "figures that the lines do not come to", tried(forged, next), snapshot.ErrConflict)
}

// Groups of which one has new devices alone, and a device beyond the first shard.
func TestDifferenceOfGroups(t *testing.T) {
	t.Parallel()
	o := open(t, facts{})
	o.pull(newVillage().observed)
	o.crowdOf(snapshot.DevicesPerGroup)
	o.create(villageSeason, []byte(villageRules))
	before := o.take(villageSeason.Code)
	o.owner(`INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
		SELECT i, md5('device ' || i)::uuid, 1 + i, '2024-05-02', 'registration', md5('newcomer')::uuid, 'NVIDIA T4', 1, 'high', clock_timestamp()
		FROM generate_series($1::int, $1::int + 4) AS i`, snapshot.DevicesPerGroup)
	o.owner(`INSERT INTO uptime_chunk SELECT 16, hour, ~ B'0'::bit(12288)
		FROM generate_series('2024-05-02 00:00+00'::timestamptz, '2024-05-02 23:00+00', '1 hour') AS hour`)
	o.owner(`INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, recorded_at)
		SELECT i, false, 1 + i, 'spoofed', '2024-05-01', '2024-05-03', '', '', clock_timestamp()
		FROM unnest(ARRAY[0, 1023, 1024, $1::int - 1, $1::int, $1::int + 2]) AS i`, snapshot.DevicesPerGroup)
	after := o.take(villageSeason.Code)
	d := o.explained(before, after)
	if want := []snapshot.Cause{snapshot.CauseVerdict, snapshot.CauseFacts}; !slices.Equal(causesOf(d), want) {
		t.Fatalf("causes %v, want %v", causesOf(d), want)
	}
	if joined := d.Causes[1]; joined.Gained == 0 || joined.Lost == 0 {
		t.Errorf("five devices joined: %+v", joined)
	}
	_, changed := o.diff(before, after)
	for _, l := range changed {
		spoofed := l.Device < snapshot.DevicesPerGroup && l.After().Outcome == snapshot.OutcomeSpoofed
		if joined := l.Device >= snapshot.DevicesPerGroup; joined && (len(l.Steps) != 1 || l.Steps[0].Cause != snapshot.CauseFacts) ||
			spoofed && (len(l.Steps) != 1 || l.Steps[0].Cause != snapshot.CauseVerdict) {
			t.Errorf("device %d: %+v", l.Device, l.Steps)
		}
	}
}
