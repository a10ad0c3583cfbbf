package snapshot_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// computed returns the lines that would be, as office.lines does, and the figures.
func (o *office) computed(season string, what snapshot.WhatIf) (string, snapshot.Figures) {
	o.t.Helper()
	var rows []string
	f, err := snapshot.Compute(context.Background(), o.App, season, what, 2, func(lines []snapshot.Line) error {
		for _, l := range lines {
			rows = append(rows, string(snapshot.AppendCSV(nil, l)))
		}
		return nil
	})
	o.check(err)
	slices.Sort(rows) // by device id, then beginning
	return strings.Join(rows, ""), f
}

func (o *office) preview(season string, what snapshot.WhatIf) *snapshot.Previewed {
	o.t.Helper()
	p, err := snapshot.Preview(context.Background(), o.App, season, what, snapshot.PreviewOptions{Workers: 2})
	o.check(err)
	return p
}

// agrees holds what is computed against a revision that was really taken.
func (o *office) agrees(name string, what snapshot.WhatIf, s snapshot.Snapshot) {
	o.t.Helper()
	lines, f := o.computed(s.Season, what)
	if want := o.lines(s); lines != want {
		o.t.Errorf("%s: lines\n%s\nwant those of %s\n%s", name, lines, s.Name(), want)
	}
	o.sameFigures(name, f, s)
	o.sameFigures(name+", previewed", o.preview(s.Season, what).Figures, s)
}

func (o *office) sameFigures(name string, f snapshot.Figures, s snapshot.Snapshot) {
	o.t.Helper()
	got := fmt.Sprint(f.Points, f.Allocated, f.Drawn, f.Residual, f.Lines, f.Suppliers, f.ObservedSlots, f.SeasonSlots, f.Estimate)
	want := fmt.Sprint(s.Points, s.Allocated, s.Drawn, s.Residual, s.Lines, s.Suppliers, s.ObservedSlots, s.SeasonSlots, s.Estimate)
	if got != want {
		o.t.Errorf("%s: figures %s, want those of %s, %s", name, got, s.Name(), want)
	}
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		totals, err := snapshot.OutcomeTotals(ctx, tx, s)
		if !slices.Equal(f.Outcomes, totals) {
			o.t.Errorf("%s: outcomes %v, want %v", name, f.Outcomes, totals)
		}
		return err
	})
}

// contents tells what every table holds, as digests.
func (o *office) contents() string {
	o.t.Helper()
	var all strings.Builder
	for _, table := range o.texts(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1`) {
		fmt.Fprintln(&all, table, o.text(`SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM `+table+` AS t`))
	}
	return all.String()
}

// byHand records a verdict as a person would.
func (o *office) byHand(device int, kind uptime.VerdictKind, effective time.Time) {
	o.t.Helper()
	entry := uptime.VerdictEntry{DeviceID: deviceID(device), Kind: kind, EffectiveAt: effective, Reason: "seen", Evidence: "a run"}
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := uptime.AddVerdicts(ctx, tx, []uptime.VerdictEntry{entry}, o.ada)
		return err
	})
}

const villageRulesWithout = `"NVIDIA T4" = "1"`

// Each kind of supposition comes to what a take comes to once it is really so.
func TestPreviewIsWhatATakeWouldBe(t *testing.T) {
	t.Parallel()
	early := snapshot.Window{ // its lookback lies before the season
		From: may(2, 0), To: may(2, 3), Cause: "another", Lookback: 12, MinBefore: snapshot.DefaultMinBefore,
		Sustain: 2, ReconnectBy: may(2, 6), Credit: snapshot.CreditOwnRate,
	}
	v := newVillage()
	v.down(steady, uptime.SpanOf(may(2, 1), may(2, 2)))
	v.change(sold, "worker-api", may(2, 15), row{"supplier_id": supplierID(9)})
	v.windows, v.holds = nil, nil
	o := v.settle(t)
	first := o.take(v.season.Code)
	before := o.contents()
	o.agrees("nothing changed", snapshot.WhatIf{}, first)

	// What is supposed is computed first, then done.
	type step struct {
		name string
		what snapshot.WhatIf
		do   func()
	}
	proposed := o.propose(v.season.Code, villageWindow)
	var hold int64
	for _, s := range []step{
		{"a window given directly", snapshot.WhatIf{AddWindows: []snapshot.Window{early}}, func() { o.window(v.season.Code, early) }},
		{"a proposed window", snapshot.WhatIf{WithWindows: []int64{proposed}}, func() {
			o.tx(func(ctx context.Context, tx pgx.Tx) error { return snapshot.ApproveWindow(ctx, tx, proposed, o.grace) })
		}},
		{"a hold", snapshot.WhatIf{WithHolds: []snapshot.Hold{villageHold}}, func() { hold = o.hold(villageHold) }},
		{"another hold", snapshot.WhatIf{WithHolds: []snapshot.Hold{{From: may(2, 14), To: may(2, 16)}}}, func() {
			o.hold(snapshot.Hold{From: may(2, 14), To: may(2, 16)})
		}},
		{"verdicts", snapshot.WhatIf{Verdicts: []uptime.VerdictEntry{
			{DeviceID: deviceID(cheat), Kind: uptime.Genuine, EffectiveAt: may(2, 0)},
			{DeviceID: deviceID(steady), Kind: uptime.Genuine, EffectiveAt: may(2, 0)},
			{DeviceID: deviceID(steady), Kind: uptime.Spoofed, EffectiveAt: may(2, 0)},
		}}, func() {
			o.byHand(cheat, uptime.Genuine, may(2, 0))
			o.byHand(steady, uptime.Genuine, may(2, 0))
			o.byHand(steady, uptime.Spoofed, may(2, 0))
		}},
	} {
		was := o.take(v.season.Code)
		o.agrees("before "+s.name, snapshot.WhatIf{}, was)
		lines, f := o.computed(v.season.Code, s.what)
		if lines == o.lines(was) {
			t.Errorf("%s changes nothing", s.name)
		}
		s.do()
		taken := o.take(v.season.Code)
		if want := o.lines(taken); lines != want {
			t.Errorf("%s: lines\n%s\nwant\n%s", s.name, lines, want)
		}
		o.sameFigures(s.name, f, taken)
	}

	// Without what is on record it is as it was before; only moments differ.
	windows := o.texts(`SELECT window_id::text FROM grace_approval ORDER BY window_id`)
	if len(windows) != 2 {
		t.Fatalf("windows %v", windows)
	}
	undone := snapshot.WhatIf{
		WithoutWindows: []int64{proposed, proposed + 1}, WithoutHolds: []int64{hold, hold + 1},
		Verdicts: []uptime.VerdictEntry{
			{DeviceID: deviceID(cheat), Kind: uptime.Spoofed, EffectiveAt: may(2, 3)},
			{DeviceID: deviceID(steady), Kind: uptime.Genuine, EffectiveAt: may(2, 3)},
		},
	}
	if lines, _ := o.computed(v.season.Code, undone); lines != o.lines(first) {
		t.Errorf("all undone:\n%s\nwant\n%s", lines, o.lines(first))
	}
	if before == o.contents() {
		t.Error("the contents show no take")
	}
}

// Another ruleset comes to what a season that is pinned to it comes to.
func TestPreviewByOtherRules(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o := v.settle(t)
	o.take(v.season.Code)
	for i, c := range []struct {
		set  []string
		file string
	}{
		{[]string{"eligibility.min_uptime=1"}, strings.Replace(v.rules, `min_uptime = "0.5"`, `min_uptime = "1"`, 1)},
		{[]string{"eligibility.min_continuous=250"}, strings.Replace(v.rules, `min_continuous = 0`, `min_continuous = 250`, 1)},
		{[]string{"eligibility.require_genuine=true"}, strings.Replace(v.rules, `genuine = false`, `genuine = true`, 1)},
		{[]string{`eligibility.exclude = "from_verdict"`}, strings.Replace(v.rules, `exclude = "season"`, `exclude = "from_verdict"`, 1)},
		{[]string{"jobs.permille=0", `weights.connectivity.high=2.5`}, strings.NewReplacer(`permille = 500`, `permille = 0`,
			`default = "1"`, `default = "1"`+"\n"+`high = "2.5"`).Replace(v.rules)},
		{[]string{`weights.gpu."NVIDIA T4"=0.3`}, strings.Replace(v.rules, villageRulesWithout, `"NVIDIA T4" = "0.3"`, 1)},
		{nil, strings.Replace(v.rules, villageRulesWithout, "", 1)},
	} {
		season := v.season
		season.Code = fmt.Sprintf("other-%d", i)
		o.create(season, []byte(c.file))
		w := o.window(season.Code, villageWindow)
		other := o.take(season.Code)
		if c.set != nil {
			lines, f := o.computed(v.season.Code, snapshot.WhatIf{Set: c.set})
			if want := o.lines(other); lines != want {
				t.Errorf("%v: lines\n%s\nwant\n%s", c.set, lines, want)
			}
			o.sameFigures(fmt.Sprint(c.set), f, other)
		}
		if lines, _ := o.computed(v.season.Code, snapshot.WhatIf{Ruleset: []byte(c.file)}); lines != o.lines(other) {
			t.Errorf("%v, as a file (window %d): lines\n%s\nwant\n%s", c.set, w, lines, o.lines(other))
		}
	}
}

func TestPreviewComparesWithTheLastRevision(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o := v.settle(t)
	p := o.preview(v.season.Code, snapshot.WhatIf{})
	if p.Against != nil || p.ByLine.Appear != p.Lines || p.ByLine.Gained != p.Allocated || p.BySupplier.Appear != p.Suppliers {
		t.Errorf("with nothing: %+v", p)
	}
	s := o.take(v.season.Code)
	before := o.contents()
	p = o.preview(v.season.Code, snapshot.WhatIf{})
	if p.Against == nil || p.Against.ID != s.ID || p.ByLine.Same != s.Lines || p.ByLine.Gained != 0 || p.ByLine.Lost != 0 || len(p.TopDevices)+len(p.TopSuppliers) != 0 {
		t.Errorf("nothing changed: %+v", p)
	}
	// Without the hold, the line of the attacked device begins with the owner, and is
	// cut in two; without the verdict the cheat is paid, so all others get less.
	what := snapshot.WhatIf{
		WithoutHolds: []int64{1},
		Verdicts:     []uptime.VerdictEntry{{DeviceID: deviceID(cheat), Kind: uptime.Genuine, EffectiveAt: may(2, 0)}},
	}
	p = o.preview(v.season.Code, what)
	if m := p.ByLine; m.Appear != 1 || m.Gain != 1 || m.Lose != 5 || m.Same != 1 || m.Vanish != 0 || m.Gained-m.Lost != p.Allocated-s.Allocated {
		t.Errorf("by line: %+v", m)
	}
	if m := p.BySupplier; m.Appear != 1 || m.Gain != 1 || m.Vanish != 0 || m.Gained-m.Lost != p.Allocated-s.Allocated {
		t.Errorf("by supplier: %+v", m)
	}
	if d := p.TopDevices[0]; d.DeviceID != deviceID(cheat) || d.Before != 0 || d.After == 0 || d.OutcomeBefore != snapshot.OutcomeSpoofed || d.Outcome != snapshot.OutcomeEligible {
		t.Errorf("the device that moves most: %+v", d)
	}
	if !slices.ContainsFunc(p.TopSuppliers, func(c snapshot.SupplierChange) bool { return c.SupplierID == supplierID(66) && !c.Had && c.Has }) {
		t.Errorf("suppliers that move: %+v", p.TopSuppliers)
	}
	if o.contents() != before {
		t.Error("something was written")
	}
	// Against another revision, by name.
	o.byHand(cheat, uptime.Genuine, may(2, 0))
	second := o.take(v.season.Code)
	against := func(name string) (*snapshot.Previewed, error) {
		return snapshot.Preview(context.Background(), o.App, v.season.Code, snapshot.WhatIf{}, snapshot.PreviewOptions{Against: name, Workers: 1, Top: 1})
	}
	p, err := against(s.Name())
	o.check(err)
	if p.Against.ID != s.ID || p.ByLine.Same == p.Lines || len(p.TopDevices) != 1 {
		t.Errorf("against the first: %+v", p)
	}
	if p, err = against(""); err != nil || p.Against.ID != second.ID {
		t.Errorf("against the last: %+v (%v)", p, err)
	}
	_, err = against("may-2/r9")
	wantError(t, "a revision that is not there", err, snapshot.ErrNotFound)
	other := v.season
	other.Code = "other"
	o.create(other, []byte(v.rules))
	o.take("other")
	_, err = against("other/r1")
	wantError(t, "a revision of another season", err, snapshot.ErrConflict)
}

// Once a revision is sealed, the preview is of a correction at its fixed rate.
func TestPreviewOfACorrection(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o := v.settle(t)
	o.fund(v.season, v.season.Pool)
	s := o.take(v.season.Code)
	o.approve(s)
	_, err := o.seal(s)
	o.check(err)
	what := snapshot.WhatIf{
		WithoutWindows: []int64{1},
		Verdicts:       []uptime.VerdictEntry{{DeviceID: deviceID(cheat), Kind: uptime.Genuine, EffectiveAt: may(2, 0)}},
	}
	unchanged := o.preview(v.season.Code, snapshot.WhatIf{})
	if unchanged.Corrects == nil || unchanged.Corrects.ID != s.ID || unchanged.Drawn != 0 || unchanged.Residual != s.Residual {
		t.Errorf("nothing changed: %+v", unchanged.Figures)
	}
	p := o.preview(v.season.Code, what)
	if p.Drawn == 0 || p.Residual == s.Residual || v.season.Pool+p.Drawn != p.Allocated+p.Residual {
		t.Errorf("a correction: %+v", p.Figures)
	}
	if p.ByLine.Same != 5 || p.ByLine.Gain != 1 || p.ByLine.Lose != 1 {
		t.Errorf("nobody else's amount moves: %+v", p.ByLine)
	}
	o.byHand(cheat, uptime.Genuine, may(2, 0))
	what.Verdicts = nil
	o.sameFigures("the verdict alone", o.preview(v.season.Code, snapshot.WhatIf{}).Figures, o.take(v.season.Code))
}

func TestPreviewRefuses(t *testing.T) {
	t.Parallel()
	v := newVillage()
	o := v.settle(t)
	overlapping := villageWindow
	overlapping.From, overlapping.To = may(2, 11), may(2, 13)
	wrong := villageWindow
	wrong.Sustain = 0
	again := o.propose(v.season.Code, overlapping)
	for _, c := range []struct {
		name string
		what snapshot.WhatIf
		want error
		says string
	}{
		{"a ruleset", snapshot.WhatIf{Set: []string{"eligibility.min_uptime=60%"}}, snapshot.ErrRuleset, "eligibility.min_uptime"},
		{"no such window", snapshot.WhatIf{WithWindows: []int64{99}}, snapshot.ErrNotFound, "99"},
		{"an approved window", snapshot.WhatIf{WithWindows: []int64{1}}, snapshot.ErrConflict, "approved"},
		{"a window that is not approved", snapshot.WhatIf{WithoutWindows: []int64{again}}, snapshot.ErrNotFound, "grace list"},
		{"windows that overlap", snapshot.WhatIf{WithWindows: []int64{again}}, snapshot.ErrWindowsOverlap, "2024-05-02T11:00:00Z"},
		{"a window that is none", snapshot.WhatIf{AddWindows: []snapshot.Window{wrong}}, nil, "sustain"},
		{"no such hold", snapshot.WhatIf{WithoutHolds: []int64{7}}, snapshot.ErrNotFound, "hold 7"},
		{"a hold that is none", snapshot.WhatIf{WithHolds: []snapshot.Hold{{From: may(2, 1), To: may(2, 1)}}}, nil, "later end"},
		{"a device that is none", snapshot.WhatIf{Verdicts: []uptime.VerdictEntry{{DeviceID: uuid.Max, Kind: uptime.Genuine}}}, snapshot.ErrNotFound, "1 of the 1 devices"},
		{"what cannot be computed", snapshot.WhatIf{Set: []string{`weights.gpu."NVIDIA T4"=9999999999999`}}, snapshot.ErrImpossible, "63 bits"},
	} {
		_, err := snapshot.Compute(context.Background(), o.App, v.season.Code, c.what, 1, nil)
		if c.want == nil {
			c.want = err
		}
		wantError(t, c.name, err, c.want)
		if err != nil && (!strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), v.season.Code)) {
			t.Errorf("%s: %v, which does not say %q and the season", c.name, err, c.says)
		}
	}
	_, err := snapshot.Preview(context.Background(), o.App, "nowhere", snapshot.WhatIf{}, snapshot.PreviewOptions{Workers: 1})
	wantError(t, "no such season", err, snapshot.ErrNotFound)
	_, err = snapshot.Compute(context.Background(), o.App, v.season.Code, snapshot.WhatIf{}, 1, func([]snapshot.Line) error { return errUndo })
	wantError(t, "a visit that fails", err, errUndo)
}

// Whatever is supposed of small worlds, the preview's movement explains the whole
// difference.
func TestMovementExplainsTheDifference(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		amount := rapid.OneOf(rapid.Int64Range(0, 3), rapid.Int64Range(0, 2000), rapid.Int64Range(0, math.MaxInt64/64))
		var m, half snapshot.Movement
		var before, after, count int64
		for i := range rapid.IntRange(0, 30).Draw(rt, "lines") {
			had, has := rapid.Bool().Draw(rt, "had"), rapid.Bool().Draw(rt, "has")
			if !had && !has {
				continue
			}
			var b, a int64
			if had {
				b = amount.Draw(rt, "before")
			}
			if has {
				a = amount.Draw(rt, "after")
			}
			before, after, count = before+b, after+a, count+1
			if i%2 == 0 {
				half.Add(had, has, b, a)
			} else {
				m.Add(had, has, b, a)
			}
		}
		m.Merge(&half)
		if m.Gained-m.Lost != after-before || m.Gain+m.Lose+m.Same+m.Appear+m.Vanish != count {
			rt.Fatalf("%+v: %d to %d of %d", m, before, after, count)
		}
		var inBuckets, delta int64
		for _, b := range m.Buckets {
			inBuckets, delta = inBuckets+b.Count, delta+b.Delta
		}
		if inBuckets != count || delta != after-before {
			rt.Fatalf("%d in buckets, %d; want %d, %d", inBuckets, delta, count, after-before)
		}
	})
}

// Of random suppositions, each comes to what a take comes to once it is on record.
func TestPreviewOfRandomSuppositions(t *testing.T) {
	t.Parallel()
	v := newVillage()
	v.windows, v.holds = nil, nil
	o := v.settle(t)
	for seed := range uint64(25) {
		dice := rand.New(rand.NewPCG(seed, 0))
		what := drawWhatIf(dice)
		got, f := o.computed(v.season.Code, what)
		o.whatIf(func(ctx context.Context, tx pgx.Tx) {
			o.check(record(ctx, tx, o, v.season.Code, what))
			s, err := snapshot.TakeWithin(ctx, tx, v.season.Code, o.ada)
			o.check(err)
			var rows []byte
			o.check(snapshot.EachLine(ctx, tx, s, func(l *snapshot.Line) error {
				rows = snapshot.AppendCSV(rows, *l)
				return nil
			}))
			if got != string(rows) || f.Points != s.Points || f.Residual != s.Residual {
				t.Errorf("seed %d, %s:\n%s\nwant\n%s", seed, what.String(), got, rows)
			}
		})
	}
}

func drawWhatIf(dice *rand.Rand) (what snapshot.WhatIf) {
	at := func(from, hours int) time.Time {
		return may(2, 0).Add(time.Duration(from)*time.Hour + time.Duration(dice.IntN(hours*3600))*time.Second)
	}
	for i := range dice.IntN(3) {
		w := villageWindow
		w.From = at(8*i, 4)
		w.To, w.Lookback = w.From.Add(time.Duration(1+dice.IntN(239))*time.Minute), 1+dice.IntN(40)
		w.ReconnectBy = w.To.Add(time.Duration(dice.IntN(60)) * time.Minute)
		what.AddWindows = append(what.AddWindows, w)
	}
	for range dice.IntN(3) {
		from := at(0, 20)
		what.WithHolds = append(what.WithHolds, snapshot.Hold{From: from, To: from.Add(time.Duration(1+dice.IntN(10)) * time.Hour)})
	}
	for range dice.IntN(4) {
		kind := []uptime.VerdictKind{uptime.Spoofed, uptime.Genuine}[dice.IntN(2)]
		what.Verdicts = append(what.Verdicts, uptime.VerdictEntry{DeviceID: deviceID(dice.IntN(villagers)), Kind: kind, EffectiveAt: at(0, 24)})
	}
	return what
}

// record puts on record what is supposed, as the owner.
func record(ctx context.Context, tx pgx.Tx, o *office, season string, what snapshot.WhatIf) error {
	for _, w := range what.AddWindows {
		id, err := snapshot.ProposeWindow(ctx, tx, season, w, o.ada)
		if err != nil {
			return err
		}
		if err := snapshot.ApproveWindow(ctx, tx, id, o.grace); err != nil {
			return err
		}
	}
	for _, h := range what.WithHolds {
		if _, err := snapshot.AddHold(ctx, tx, h, "supposed", o.ada); err != nil {
			return err
		}
	}
	for _, x := range what.Verdicts {
		x.Reason, x.Evidence = "supposed", "nothing"
		if _, err := uptime.AddVerdicts(ctx, tx, []uptime.VerdictEntry{x}, o.ada); err != nil {
			return err
		}
	}
	return nil
}
