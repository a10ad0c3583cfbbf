package snapshot

import (
	"fmt"

	"github.com/uptally/uptally/uptime"
)

// ExplainedTest is one of the tests that a line is put to, in order. The first that
// applies is its outcome, and none is asked after it.
type ExplainedTest struct {
	Outcome Outcome `json:"outcome"`
	Applies bool    `json:"applies"`
	Says    string  `json:"says"` // what was asked, with its numbers
}

// explainTests tells the tests up to the one that the line's outcome came from.
func explainTests(e *Eligibility, l *Line, facts uptime.Facts, last *uptime.Verdict) []ExplainedTest {
	var tests []ExplainedTest
	for _, o := range Outcomes()[:l.Outcome] {
		applies := o == l.Outcome
		tests = append(tests, ExplainedTest{o, applies, e.testSays(o, applies, l, facts, last)})
	}
	return tests
}

// testSays puts a test and its answer into words.
func (e *Eligibility) testSays(o Outcome, applies bool, l *Line, facts uptime.Facts, last *uptime.Verdict) string {
	switch o {
	case OutcomeSpoofed:
		return e.spoofedSays(applies, last)
	case OutcomeNotGenuine:
		return e.genuineSays(last)
	case OutcomeUnlistedGPU:
		if applies {
			return fmt.Sprintf("the ruleset gives %q no weight", facts.GPUModel)
		}
		return fmt.Sprintf("the ruleset gives %q a weight", facts.GPUModel)
	case OutcomeNeverSeen:
		if l.Observed == 0 {
			return "we could not see you: none of its slots could be observed"
		}
		return fmt.Sprintf("%d slots are credited of %d observed", l.Credited(), l.Observed)
	case OutcomeBelowMinContinuous:
		return fmt.Sprintf("the longest run is %d slots, asked for are %d", l.LongestRun, e.MinContinuous)
	case OutcomeBelowMinUptime:
		return fmt.Sprintf("%d/%d with at least %s: %s", l.Credited(), l.Observed, e.MinUptime,
			e.MinUptime.Compare(int(l.Credited()), int(l.Observed)).Written)
	}
	return "every test is passed"
}

func (e *Eligibility) spoofedSays(applies bool, last *uptime.Verdict) string {
	switch {
	case last == nil:
		return "there is no verdict"
	case last.Kind != uptime.Spoofed:
		return fmt.Sprintf("the last verdict, of %s, is %s", instant(last.DecidedAt), last.Kind)
	case !applies:
		return fmt.Sprintf("the last verdict, of %s, is spoofed, from %s on; the slots before that count", instant(last.DecidedAt), instant(last.EffectiveAt))
	case e.Exclude == ExcludeSeason:
		return fmt.Sprintf("the last verdict, of %s, is spoofed, which takes out the whole season", instant(last.DecidedAt))
	}
	return fmt.Sprintf("the last verdict, of %s, is spoofed, from %s on, which leaves no slot of the line", instant(last.DecidedAt), instant(last.EffectiveAt))
}

func (e *Eligibility) genuineSays(last *uptime.Verdict) string {
	switch {
	case !e.RequireGenuine:
		return "the season does not ask for a genuine verdict"
	case last == nil:
		return "the season asks for a genuine verdict, and there is none"
	}
	return fmt.Sprintf("the season asks for a genuine verdict, and the last one is %s", last.Kind)
}
