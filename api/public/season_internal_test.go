package public

import (
	"testing"

	"pgregory.net/rapid"
)

// Whatever the counts, none below the bound is told, nor does the sum of the told ones
// and of all give a single one away.
func TestSmallCountsStayWithheld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Int64Range(0, 12), 7, 7).Draw(t, "counts")
		withheld, some := 0, 0
		for i, o := range outcomesOf(counts) {
			if counts[i] > 0 {
				some++
			}
			switch {
			case o.Lines == nil && counts[i] == 0:
				t.Fatalf("0 is withheld: %v", counts)
			case o.Lines == nil:
				withheld++
			case *o.Lines != counts[i]:
				t.Fatalf("%d is told as %d", counts[i], *o.Lines)
			case counts[i] > 0 && counts[i] < withheldBelow:
				t.Fatalf("%d is told: %v", counts[i], counts)
			}
		}
		if withheld == 1 && some > 1 {
			t.Fatalf("one is withheld, and can be told from the sum: %v", counts)
		}
	})
}
