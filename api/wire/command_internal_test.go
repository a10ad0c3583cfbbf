package wire

import "testing"

// What the domain says to do is told by the operation that does it.
func TestCommandsOverHTTP(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"no command", "ask another person", "ask another person"},
		{
			"a body", "take it again: `uptally snapshot take may-2`; then seal it",
			"take it again: `POST /v1/rewards/snapshots` with season may-2; then seal it",
		},
		{"a path", "`uptally grace approve 3`", "`POST /v1/rewards/windows/3/approval`"},
		{
			"revisions", "see why: `uptally snapshot diff may-2/r1 may-2/r12`",
			"see why: `GET /v1/rewards/snapshots/may-2/12/diff` with against 1",
		},
		{
			"two", "`uptally incident end ID --at … --reason …` or `uptally hold list`",
			"`POST /v1/rewards/incidents/ID/end` with at …, reason … or `GET /v1/rewards/holds`",
		},
		{
			"the pool", "fund it: `uptally ledger fund may-2 7000`",
			"fund it: `POST /v1/finance/ledger/fundings` with season may-2, account pool, amount 7000",
		},
		{
			"the reserve", "fund it: `uptally ledger fund may-2 1 --reserve --key fund-may-2/r2`",
			"fund it: `POST /v1/finance/ledger/fundings` with season may-2, account reserve, amount 1, key fund-may-2/r2",
		},
		{"a command alone", "or import it: `uptally pull import DIR`", "or import it: `uptally pull import DIR` on the command line"},
		{"an unknown one", "`uptally sing --loud`", "`uptally sing --loud` on the command line"},
		{"a person's words", "because of \"`rm -rf`\"", "because of \"`rm -rf`\""},
	} {
		if got := OverHTTP(c.text); got != c.want {
			t.Errorf("%s: got %s\nwant %s", c.name, got, c.want)
		}
	}
}
