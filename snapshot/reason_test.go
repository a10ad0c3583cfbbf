package snapshot

import (
	"slices"
	"strings"
	"testing"
)

// The codes and their numbers are stored and read by others: they never change.
func TestReasonCodes(t *testing.T) {
	var got []string
	for _, o := range Outcomes() {
		got = append(got, o.String())
		if parsed, err := ParseOutcome(o.String()); err != nil || parsed != o {
			t.Errorf("%s is read as %s (%v)", o, parsed, err)
		}
	}
	want := []string{"spoofed", "not_genuine", "unlisted_gpu", "never_seen", "below_min_continuous", "below_min_uptime", "eligible"}
	if !slices.Equal(got, want) || OutcomeSpoofed != 1 || OutcomeEligible != 7 {
		t.Errorf("outcomes %v from %d to %d, want %v from 1 to 7", got, OutcomeSpoofed, OutcomeEligible, want)
	}
	const notes = "grace_applied;grace_inactive_before;grace_not_back;grace_pending;metadata_held;owner_changed"
	if AllNotes.String() != notes || AllNotes != 0x3f || NoteOwnerChanged != 0x20 {
		t.Errorf("notes %s, %#x, want %s", AllNotes, int16(AllNotes), notes)
	}
}

func TestEveryReasonIsExplained(t *testing.T) {
	reasons := AllNotes.Reasons()
	for _, o := range Outcomes() {
		reasons = append(reasons, o.Reason())
	}
	if len(reasons) != 13 {
		t.Errorf("%d reasons, want 13", len(reasons))
	}
	for _, r := range reasons {
		if !strings.HasSuffix(r.Meaning, ".") || !strings.HasSuffix(r.Remedy, ".") {
			t.Errorf("%s: %q, %q", r.Code, r.Meaning, r.Remedy)
		}
	}
}

func TestNotesAreASet(t *testing.T) {
	for n := range AllNotes + 1 {
		parsed, err := ParseNotes(n.String())
		if err != nil || parsed != n || !n.Valid() {
			t.Errorf("%q is read as %q (%v)", n, parsed, err)
		}
	}
	if n, err := ParseNotes("owner_changed;grace_applied"); err != nil || n != NoteGraceApplied|NoteOwnerChanged {
		t.Errorf("in any order: %q (%v)", n, err)
	}
	if (AllNotes + 1).Valid() {
		t.Error("an unknown note is valid")
	}
}

func TestUnknownCodesAreRefused(t *testing.T) {
	for _, code := range []string{"", "Eligible", "grace_applied"} {
		o := OutcomeEligible
		if err := o.UnmarshalText([]byte(code)); err == nil || !strings.Contains(err.Error(), "below_min_uptime") || o != OutcomeEligible {
			t.Errorf("outcome %q: %s (%v)", code, o, err)
		}
	}
	for _, codes := range []string{"eligible", ";", "grace_applied;", "grace_applied, owner_changed"} {
		if n, err := ParseNotes(codes); err == nil || n != 0 || !strings.Contains(err.Error(), "metadata_held") {
			t.Errorf("notes %q: %q (%v)", codes, n, err)
		}
	}
	if o := Outcome(0); o.Valid() || Outcome(8).Valid() || o.String() != "outcome(0)" {
		t.Errorf("%s is an outcome", o)
	}
}
