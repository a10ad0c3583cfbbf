package submit

import (
	"testing"

	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Every answer that the chain can give of an attempt. Only one row gives it up, and
// every row beside it, with one of the three proofs taken away, does not.
func TestJudge(t *testing.T) {
	t.Parallel()
	unknown := solana.Status{}
	seen := solana.Status{Found: true, Slot: 7}
	final := solana.Status{Found: true, Finalized: true, Slot: 7}
	refused := solana.Status{Found: true, Finalized: true, Failed: "instruction 2: Custom 17"}
	refusedOnAFork := solana.Status{Found: true, Failed: "instruction 2: Custom 17"}
	none, one := []payment(nil), []payment{{}}
	for _, c := range []struct {
		over   bool
		status solana.Status
		asked  bool
		paid   []payment
		want   fate
	}{
		// over, status, history asked, memo found
		{true, unknown, true, none, expired},

		{false, unknown, true, none, mayLand},
		{true, seen, true, none, mayLand},
		{true, unknown, false, none, mayLand},
		{true, unknown, true, one, elsewhere},

		{false, unknown, false, none, mayLand},
		{false, unknown, true, one, mayLand},
		{false, seen, false, none, mayLand},
		{true, refusedOnAFork, true, none, mayLand},
		{false, refusedOnAFork, false, none, mayLand},
		{false, final, false, none, landed},
		{true, final, true, none, landed},
		{true, final, true, one, landed},
		{false, refused, false, none, failed},
		{true, refused, true, none, failed},
		{true, refused, true, one, failed},
	} {
		if got := judge(sight{c.over, c.status, c.asked, c.paid}); got != c.want {
			t.Errorf("over %t, %+v, history asked %t, %d paid: got %d, want %d", c.over, c.status, c.asked, len(c.paid), got, c.want)
		}
	}
}
