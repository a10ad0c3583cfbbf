package snapshot_test

// The engine against the oracle, on random worlds.

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holiman/uint256"
	"pgregory.net/rapid"

	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

func TestEngineAgreesWithOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawOracleWorld(t)
		want, wantResidual, wantErr := w.result()
		got, gotResidual, gotErr := oracleEngineResult(t, w)
		if wantErr != nil || gotErr != nil {
			if wantErr == nil || !errors.Is(gotErr, snapshot.ErrWeightTooLarge) && !errors.Is(gotErr, snapshot.ErrPointsTooLarge) {
				t.Fatalf("engine fails with %v, the oracle with %v\n%s", gotErr, wantErr, w)
			}
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%d lines, want %d\n%s", len(got), len(want), w)
		}
		for i, l := range got {
			if err := l.Validate(); err != nil {
				t.Fatalf("line %d: %v\n%s", i, err, w)
			}
			if row, wanted := oracleEngineRow(l), append(want[i].row(), fmt.Sprint(want[i].longest)); !slices.Equal(row, wanted) {
				t.Fatalf("line %d\n got %v\nwant %v\n%s", i, row, wanted, w)
			}
		}
		if wantResidual.Cmp(big.NewInt(gotResidual)) != 0 {
			t.Fatalf("residual %d, want %v\n%s", gotResidual, wantResidual, w)
		}
	})
}

// oracleElsewhere is a zone that instants are told in: it must not matter.
var oracleElsewhere = time.FixedZone("elsewhere", 5*3600+45*60)

// oracleEngineResult has one scorer score every device after the other, as a snapshot
// does, and shares out the pool device by device.
func oracleEngineResult(t *rapid.T, w *oracleWorld) (lines []snapshot.Line, residual int64, err error) {
	basis := oracleEngineBasis(t, w)
	scorer, total, bounds := basis.NewScorer(), new(uint256.Int), []int{0}
	for i, d := range w.devices {
		if lines, err = scorer.Score(oracleEngineDevice(basis, d, i), lines); err != nil {
			return nil, 0, err
		}
		bounds = append(bounds, len(lines))
	}
	snapshot.AddPoints(total, lines)
	residual = w.pool
	for i := range w.devices {
		residual -= snapshot.Allocate(w.pool, total, lines[bounds[i]:bounds[i+1]])
	}
	return lines, residual, nil
}

func oracleEngineBasis(t *rapid.T, w *oracleWorld) *snapshot.Basis {
	rules, err := snapshot.LoadRuleset([]byte(w.rules.toml()))
	if err != nil {
		t.Fatalf("%v\n%s", err, w.rules.toml())
	}
	b := &snapshot.Basis{
		Season: snapshot.Season{Code: "test", FirstDay: w.firstDay, LastDay: w.lastDay, Pool: w.pool},
		Rules:  rules, AsOf: w.asOf.In(oracleElsewhere), Released: w.released,
	}
	for i, h := range w.holds {
		b.Holds = append(b.Holds, snapshot.Hold{ID: int64(i), From: h.from.In(oracleElsewhere), To: h.to.In(oracleElsewhere)})
	}
	for _, g := range w.windows {
		b.Windows = append(b.Windows, oracleEngineWindow(t, g))
	}
	slices.Reverse(b.Holds)
	slices.Reverse(b.Windows)
	first, end := w.season() // the span is clipped to what the world knows
	known := uptime.Span{From: uptime.Slot(first - oracleMargin), To: uptime.Slot(end + oracleMargin)}
	b.Observed = oracleEngineTimeline(b.Span().Intersect(known), w.observed)
	return b
}

func oracleEngineWindow(t *rapid.T, g oracleWindow) snapshot.Window {
	minBefore, err := snapshot.ParseFraction(g.minBefore)
	if err != nil {
		t.Fatal(err)
	}
	window := snapshot.Window{
		ID: g.id, From: g.from.In(oracleElsewhere), To: g.to.In(oracleElsewhere), Cause: "test",
		Lookback: int(g.lookback), MinBefore: minBefore, Sustain: int(g.sustain),
		ReconnectBy: g.reconnectBy.In(oracleElsewhere), Credit: snapshot.Credit(g.credit),
		RequireGenuine: g.requireGenuine,
	}
	if g.cap != nil {
		window.Cap = new(int(*g.cap))
	}
	if err := window.Validate(); err != nil {
		t.Fatal(err)
	}
	return window
}

// oracleEngineDevice hands the logs over backwards: only the instants and seqs order
// them.
func oracleEngineDevice(b *snapshot.Basis, d *oracleDevice, number int) *snapshot.Device {
	device := &snapshot.Device{
		Number: uptime.DeviceNumber(number), ID: d.id, RegisteredAt: d.registeredAt.In(oracleElsewhere),
		Changes: slices.Clone(d.changes), Verdicts: slices.Clone(d.verdicts),
		Up: oracleEngineTimeline(b.Observed.Span(), d.up),
	}
	slices.Reverse(device.Changes)
	slices.Reverse(device.Verdicts)
	for i := range device.Changes {
		device.Changes[i].ChangedAt = device.Changes[i].ChangedAt.In(oracleElsewhere)
	}
	for i := range device.Verdicts {
		v := &device.Verdicts[i]
		v.EffectiveAt, v.DecidedAt = v.EffectiveAt.In(oracleElsewhere), v.DecidedAt.In(oracleElsewhere)
	}
	for day, minutes := range d.minutes {
		device.JobMinutes = append(device.JobMinutes, uptime.JobMinutes{
			DeviceID: d.id, Day: time.Unix(day*86400, 0).UTC(), Minutes: int32(minutes),
		})
	}
	return device
}

func oracleEngineTimeline(span uptime.Span, slots oracleSlots) uptime.Timeline {
	line := uptime.NewTimeline(span)
	for k := range slots {
		line.Add(uptime.Slot(k))
	}
	return line
}

// oracleEngineRow is the line's row as CSV, its notes sorted, and its longest run.
func oracleEngineRow(l snapshot.Line) []string {
	row := strings.Split(strings.TrimSuffix(string(snapshot.AppendCSV(nil, l)), "\n"), ",")
	notes := strings.Split(row[len(row)-1], ";")
	slices.Sort(notes)
	row[len(row)-1] = strings.Join(notes, ";")
	return append(row, fmt.Sprint(l.LongestRun))
}

// toml is the rules as a ruleset's file.
func (r oracleRules) toml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "name = \"test\"\nversion = 1\n[eligibility]\nmin_uptime = %q\nmin_continuous = %d\n", r.minUptime, r.minContinuous)
	fmt.Fprintf(&b, "require_genuine = %t\nexclude = %q\n[jobs]\npermille = %d\n[payout]\nminimum = 0\n", r.requireGenuine, r.exclude, r.jobPermille)
	for table, weights := range map[string]map[string]string{"gpu": r.gpu, "connectivity": r.connectivity} {
		fmt.Fprintf(&b, "[weights.%s]\n", table)
		for name, weight := range weights {
			fmt.Fprintf(&b, "%q = %q\n", name, weight)
		}
	}
	return b.String()
}

// String tells a failing world in full, its sets as runs of slots.
func (w *oracleWorld) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "season %v to %v, pool %d, as of %v\n", w.firstDay, w.lastDay, w.pool, w.asOf)
	fmt.Fprintf(&b, "rules %+v\n", w.rules)
	for _, g := range w.windows {
		fmt.Fprintf(&b, "window %+v", g)
		if g.cap != nil {
			fmt.Fprintf(&b, " cap %d", *g.cap)
		}
		fmt.Fprintf(&b, " slots [%d, %d) by %d\n", oracleSlot(g.from), oracleSlot(g.to), oracleSlot(g.reconnectBy))
	}
	for _, h := range w.holds {
		fmt.Fprintf(&b, "hold [%v, %v)\n", h.from, h.to)
	}
	fmt.Fprintf(&b, "released %v\nobserved %v\n", w.released, w.observed)
	for _, d := range w.devices {
		fmt.Fprintf(&b, "device %v registered %v (slot %d)\n up %v\n minutes %v\n", d.id, d.registeredAt, oracleSlot(d.registeredAt), d.up, d.minutes)
		for _, c := range d.changes {
			fmt.Fprintf(&b, " change %d at %v by %s:%s\n", c.Seq, c.ChangedAt, c.Channel, oracleChangeText(c))
		}
		for _, v := range d.verdicts {
			fmt.Fprintf(&b, " verdict %+v\n", v)
		}
	}
	return b.String()
}

func oracleChangeText(c uptime.Change) string {
	var b strings.Builder
	if c.SupplierID != nil {
		fmt.Fprintf(&b, " supplier %v", c.SupplierID)
	}
	if c.GPUModel != nil {
		fmt.Fprintf(&b, " model %q", *c.GPUModel)
	}
	if c.GPUCount != nil {
		fmt.Fprintf(&b, " count %d", *c.GPUCount)
	}
	if c.Connectivity != nil {
		fmt.Fprintf(&b, " connectivity %q", *c.Connectivity)
	}
	return b.String()
}

func (s oracleSlots) String() string {
	var b strings.Builder
	slots := slices.Sorted(maps.Keys(s))
	for i := 0; i < len(slots); {
		j := i
		for j+1 < len(slots) && slots[j+1] == slots[j]+1 {
			j++
		}
		fmt.Fprintf(&b, " [%d, %d)", slots[i], slots[j]+1)
		i = j + 1
	}
	return b.String()
}
