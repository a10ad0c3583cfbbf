package snapshot

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/uptally/uptally/uptime"
)

// Points are milli-minutes of credited uptime, times a weight in millionths:
//
//	points = (1000 * 5 * credited + job_permille * job_minutes) * weight_millionths
//	weight = floor_6(gpu_weight * gpu_count * connectivity_weight)
const (
	milliMinutesPerSlot = 1000 * 5
	weightPlaces        = 6
)

// What does not fit a line, above 63 bits. Either fails the snapshot, for cutting
// it off would pay a wrong amount silently.
var (
	ErrWeightTooLarge = errors.New("weight above 63 bits")
	ErrPointsTooLarge = errors.New("points above 63 bits")
)

// weightDefault is the reserved key for what the table does not list.
const weightDefault = "default"

// weightDigitsMax bounds a weight's digits before and after the point.
const weightDigitsMax = 30

// weightTable is [weights.gpu] or [weights.connectivity].
type weightTable map[string]decimal.Decimal

// key returns the entry that holds for a name, compared byte for byte, and whether
// there is one.
func (w weightTable) key(name string) (string, bool) {
	if _, ok := w[name]; ok {
		return name, true
	}
	_, ok := w[weightDefault]
	return weightDefault, ok
}

// weights reads a table of decimals in quotes; the required keys must be there.
func (t *tomlTable) weights(required ...string) weightTable {
	const want = `a decimal in quotes, such as "2.5"`
	table := make(weightTable, len(t.values))
	for _, key := range slices.Sorted(maps.Keys(t.values)) {
		if text, ok := field[string](t, key, want); ok {
			table[key] = t.weight(key, text)
		}
	}
	for _, key := range required {
		if _, ok := t.values[key]; !ok {
			t.problem(key, "missing: write %s", want)
		}
	}
	if len(t.values) == 0 && len(required) == 0 {
		t.problem(weightDefault, "the table is empty: write a weight for a model, or default")
	}
	return table
}

func (t *tomlTable) weight(key, text string) decimal.Decimal {
	whole, places, ok := plainDecimal(text)
	if !ok {
		t.problem(key, `%q is no decimal: write plain digits with an optional fraction, such as "2.5"`, text)
		return decimal.Zero
	}
	if len(whole) > weightDigitsMax || len(places) > weightDigitsMax {
		t.problem(key, "%d digits before the point and %d after: write at most %d of each", len(whole), len(places), weightDigitsMax)
		return decimal.Zero
	}
	return decimal.RequireFromString(text)
}

// Weight returns the weight of a device with the facts, in millionths, rounded
// down once, and whether its model is listed; an unlisted one weighs 0. The error
// wraps ErrWeightTooLarge.
func (r *Ruleset) Weight(facts uptime.Facts) (millionths int64, listed bool, err error) {
	key, listed := r.weightKey(facts)
	if !listed {
		return 0, false, nil
	}
	millionths, err = r.weightOf(key)
	return millionths, true, err
}

// weightKey is all that a weight depends on. Names that the tables do not list are
// "default", so there are few keys whatever people type.
type weightKey struct {
	gpu, connectivity string
	count             int32
}

func (r *Ruleset) weightKey(facts uptime.Facts) (key weightKey, listed bool) {
	key.gpu, listed = r.gpu.key(facts.GPUModel)
	key.connectivity, _ = r.connectivity.key(facts.Connectivity)
	key.count = facts.GPUCount
	return key, listed
}

func (r *Ruleset) weightOf(key weightKey) (millionths int64, err error) {
	exact := r.gpu[key.gpu].Mul(decimal.NewFromInt32(key.count)).Mul(r.connectivity[key.connectivity])
	floor := exact.Shift(weightPlaces).Floor().BigInt()
	if !floor.IsInt64() {
		return 0, fmt.Errorf("%w: %d x %q over %q weigh %s: correct the device's gpu_count or lower the ruleset's weights",
			ErrWeightTooLarge, key.count, key.gpu, key.connectivity, exact)
	}
	return floor.Int64(), nil
}

// linePoints returns the points that the line's figures are worth, were it
// eligible. The error wraps ErrPointsTooLarge.
func (r *Ruleset) linePoints(l *Line) (int64, error) {
	var uptime, jobs, weight uint256.Int
	uptime.SetUint64(milliMinutesPerSlot * uint64(l.Credited()))
	jobs.Mul(jobs.SetUint64(uint64(l.JobMinutes)), uint256.NewInt(uint64(r.Jobs.Permille)))
	points := uptime.Add(&uptime, &jobs)
	points.Mul(points, weight.SetUint64(uint64(l.WeightMillionths)))
	if !points.IsUint64() || points.Uint64() > math.MaxInt64 {
		return 0, fmt.Errorf("%w: %s of %d slots and %d job minutes at a weight of %d millionths: lower the ruleset's weights or job permille",
			ErrPointsTooLarge, points.Dec(), l.Credited(), l.JobMinutes, l.WeightMillionths)
	}
	return int64(points.Uint64()), nil
}
