package public

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the counts, none below the bound is told, nor does what is told of the others,
// and the sum of all, leave a withheld one less than so many values as small counts have.
func TestSmallCountsStayWithheld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkOutcomes(t, rapid.SliceOfN(rapid.Int64Range(0, 12), 7, 7).Draw(t, "counts"))
	})
	for _, counts := range [][]int64{
		{1, 1, 0, 0, 0, 0, 90}, {5, 1, 0, 0, 0, 0, 90}, {0, 0, 3, 0, 0, 0, 90}, {4, 4, 4, 0, 0, 0, 90}, {1, 1, 1, 1, 1, 1, 90},
		{0, 0, 0, 0, 0, 0, 3}, {1, 1, 0, 0, 0, 0, 0}, {5, 5, 0, 0, 0, 0, 90}, {0, 0, 0, 0, 0, 0, 0},
	} {
		checkOutcomes(t, counts)
	}
}

func checkOutcomes(t rapid.TB, counts []int64) {
	t.Helper()
	var sum, rest, withheld, most, small int64 // rest: what whoever reads knows that the withheld come to
	least := int64(math.MaxInt64)              // of those told above 0
	for _, n := range counts {
		sum += n
	}
	rest = sum
	for i, o := range outcomesOf(slices.Clone(counts)) {
		n := counts[i]
		if n > 0 && n < withheldBelow {
			small++
		}
		switch {
		case o.Lines == nil && n == 0:
			t.Fatalf("0 is withheld: %v", counts)
		case o.Lines == nil:
			withheld++
			most = max(most, n)
		case *o.Lines != n:
			t.Fatalf("%d is told as %d", n, *o.Lines)
		case n > 0 && n < withheldBelow:
			t.Fatalf("%d is told: %v", n, counts)
		case n > 0:
			least = min(least, n)
			rest -= n
		}
	}
	if (withheld > 0) != (small > 0) || withheld > 0 && most > least {
		t.Fatalf("%d are withheld up to %d, for %d small ones, and %d is told: %v", withheld, most, small, least, counts)
	}
	if withheld == 0 || least == math.MaxInt64 {
		return // there is nothing else to withhold
	}
	// Each is 1 at least, so that any of them is at most what is left beside the others.
	if values := rest - (withheld - 1); withheld < 2 || values < withheldBelow-1 {
		t.Fatalf("%d withheld counts come to %d: each has %d values: %v", withheld, rest, values, counts)
	}
}
