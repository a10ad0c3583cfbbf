package snapshot

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// rulesetOf is goodRuleset with other weights of a GPU and of a connectivity, and
// another job permille.
func rulesetOf(t rapid.TB, gpu, connectivity, permille string) *Ruleset {
	t.Helper()
	text := strings.NewReplacer(`"8.5"`, `"`+gpu+`"`, `"1.25"`, `"`+connectivity+`"`, "= 500", "= "+permille).Replace(goodRuleset)
	r, err := LoadRuleset([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWeight(t *testing.T) {
	for _, c := range []struct {
		gpu, connectivity string
		count             int32
		want              int64
	}{
		{"8.5", "1.25", 8, 85_000_000},
		{"0.142857", "1.3333337", 4, 761_904}, // 0.7619042…: rounded down once
		{"0.7654321", "1", 1, 765_432},        // not before it is multiplied
		{"0.7654321", "1", 10, 7_654_321},
		{"0.0000009", "0.9", 1, 0},
		{"0.0000005", "1", 2, 1},
		{"0", "1", 8, 0},
		{"9223372036854.775807", "1", 1, math.MaxInt64},
		{"0.000000000000000000000000000001", "999999999999999999999999999999", 1, 999_999},
	} {
		weight, listed, err := rulesetOf(t, c.gpu, c.connectivity, "0").Weight(facts("NVIDIA H100 PCIe", c.count, "ultra"))
		if err != nil || !listed || weight != c.want {
			t.Errorf("%d x %s x %s: %d, listed %v (%v), want %d", c.count, c.gpu, c.connectivity, weight, listed, err, c.want)
		}
	}
}

func TestWeightAbove63BitsIsRefused(t *testing.T) {
	for _, gpu := range []string{"9223372036854.775808", "18446744073709.551617", strings.Repeat("9", 30)} {
		if _, _, err := rulesetOf(t, gpu, "1", "0").Weight(facts("NVIDIA H100 PCIe", 1, "ultra")); !errors.Is(err, ErrWeightTooLarge) {
			t.Errorf("weight %s: %v", gpu, err)
		}
	}
}

func TestWeightsAreLookedUpByteForByte(t *testing.T) {
	with := rulesetOf(t, "8", "2", "0") // default: gpu 0, connectivity 0.5
	without, err := LoadRuleset([]byte(strings.Replace(goodRuleset, `default = "0"`+"\n", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rules               *Ruleset
		model, connectivity string
		want                int64
		listed              bool
	}{
		{with, "NVIDIA H100 PCIe", "ultra", 16_000_000, true},
		{with, "NVIDIA H100 PCIe", "Ultra", 4_000_000, true},
		{with, "NVIDIA H100 PCIe", "ultra ", 4_000_000, true},
		{with, "NVIDIA H100 PCIe", "", 4_000_000, true},
		{with, "nvidia h100 pcie", "ultra", 0, true},
		{with, "default", "default", 0, true},
		{without, "NVIDIA H100 PCIe", "default", 4_250_000, true},
		{without, "nvidia h100 pcie", "ultra", 0, false},
		{without, "default", "ultra", 0, false},
		{without, "", "ultra", 0, false},
	} {
		weight, listed, err := c.rules.Weight(facts(c.model, 1, c.connectivity))
		if err != nil || weight != c.want || listed != c.listed {
			t.Errorf("%q over %q: %d, listed %v (%v), want %d, %v", c.model, c.connectivity, weight, listed, err, c.want, c.listed)
		}
	}
}

func TestWeightIsExact(t *testing.T) {
	decimal := rapid.StringMatching(`[0-9]{1,8}(\.[0-9]{1,12})?`)
	rapid.Check(t, func(t *rapid.T) {
		gpu, connectivity := decimal.Draw(t, "gpu"), decimal.Draw(t, "connectivity")
		count := rapid.Int32Range(1, math.MaxInt32).Draw(t, "count")
		want := new(big.Rat).SetInt64(int64(count) * 1_000_000)
		for _, factor := range []string{gpu, connectivity} {
			exact, _ := new(big.Rat).SetString(factor)
			want.Mul(want, exact)
		}
		floor := new(big.Int).Quo(want.Num(), want.Denom())
		weight, _, err := rulesetOf(t, gpu, connectivity, "0").Weight(facts("NVIDIA H100 PCIe", count, "ultra"))
		if floor.IsInt64() != (err == nil) || err == nil && floor.Int64() != weight {
			t.Fatalf("%d x %s x %s: %d (%v), want %s", count, gpu, connectivity, weight, err, floor)
		}
	})
}

func TestLinePointsAtTheBound(t *testing.T) {
	for _, c := range []struct {
		permille, minutes, weight int64
		want                      int64 // -1: refused
	}{
		{1, 1, math.MaxInt64, math.MaxInt64},
		{2, 1, 1 << 62, -1},
		{3, 1, 1 << 62, -1}, // within 64 bits
		{math.MaxInt64, math.MaxInt64, math.MaxInt64, -1},
		{math.MaxInt64, math.MaxInt64, 0, 0},
		{0, math.MaxInt64, math.MaxInt64, 0},
	} {
		r := &Ruleset{Jobs: Jobs{Permille: c.permille}}
		points, err := r.linePoints(&Line{JobMinutes: c.minutes, WeightMillionths: c.weight})
		if c.want < 0 != errors.Is(err, ErrPointsTooLarge) || c.want >= 0 && points != c.want {
			t.Errorf("%d permille x %d minutes x %d: %d (%v), want %d", c.permille, c.minutes, c.weight, points, err, c.want)
		}
	}
}

func TestLinePointsAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		large := func(name string) int64 { // of any magnitude
			return rapid.Int64Range(0, math.MaxInt64).Draw(t, name) >> rapid.IntRange(0, 63).Draw(t, name+" shift")
		}
		r := &Ruleset{Jobs: Jobs{Permille: large("permille")}}
		l := Line{
			Up: rapid.Int32Range(0, 1<<30).Draw(t, "up"), Grace: rapid.Int32Range(0, 1<<30-1).Draw(t, "grace"),
			JobMinutes: large("minutes"), WeightMillionths: large("weight"),
		}
		want := new(big.Int).Mul(big.NewInt(r.Jobs.Permille), big.NewInt(l.JobMinutes))
		want.Add(want, new(big.Int).Mul(big.NewInt(5000), big.NewInt(int64(l.Up)+int64(l.Grace))))
		want.Mul(want, big.NewInt(l.WeightMillionths))
		points, err := r.linePoints(&l)
		if want.IsInt64() != (err == nil) || err == nil && points != want.Int64() || err != nil && !errors.Is(err, ErrPointsTooLarge) {
			t.Fatalf("points %d (%v), want %s", points, err, want)
		}
	})
}
