package reconcile

import (
	"fmt"

	"github.com/uptally/uptally/uptime"
)

// Verdict is how a slot stands with the service's own count of it.
type Verdict string

// The verdicts of a slot.
const (
	Equal       Verdict = "equal"
	OursShort   Verdict = "ours_short"   // the service counts more devices than are up in the chunks
	TheirsShort Verdict = "theirs_short" // it counts fewer
	Unobserved  Verdict = "unobserved"   // we have not read it
	NotCompared Verdict = "not_compared" // the service's count was never had
)

// MendsMax is how often a slot is asked for again before it is left as it is.
const MendsMax = 2

// Slot is all that is known of a slot on both sides.
type Slot struct {
	Slot      uptime.Slot
	Ours      int64 // devices up in the chunks
	Requested bool  // somebody wants it read
	Observed  bool
	Final     bool   // not waited for any longer
	Closed    bool   // its hour is
	GivenUp   string // the reason, while it is; "" if it is not
	ByPerson  bool   // a person gave it up

	Compared   bool
	Settled    bool  // counted by the service when all of it was committed
	Theirs     int64 // devices, by the service's count
	Heartbeats int64 // by the service's count

	Unknown int64 // rows of the last whole pass over it that no registration names, if they explain all that is short in the pass; else 0
	Late    int64 // rows of passes over it that came after its hour was closed
	Archive bool  // its last whole pass was an archive's
	Mends   int   // times that it was asked for again
}

// Finding is what the comparison of a slot comes to.
type Finding struct {
	Verdict Verdict
	Fits    bool   // nothing is to be done about it
	Awaited bool   // it does not fit yet, and is read or counted again without anybody's doing
	Mend    bool   // asking for it again may mend it
	Cause   string // the likely one; "" if equal
	Size    int64  // devices that one side has more than the other
}

// Find compares the two sides of a slot.
func (s Slot) Find() Finding {
	switch {
	case !s.Observed:
		return s.unobserved()
	case !s.Compared:
		return Finding{Verdict: NotCompared, Fits: true, Cause: "the service's count was not had"}
	case s.Theirs > s.Ours:
		return s.oursShort()
	case s.Theirs < s.Ours:
		return s.theirsShort()
	}
	return Finding{Verdict: Equal, Fits: true}
}

// unobserved is of a slot that was not read. Asking again for one that is not awaited
// any longer is worth the while only if the service counts something in it.
func (s Slot) unobserved() Finding {
	f := Finding{Verdict: Unobserved, Size: s.Theirs, Mend: s.mendable() && s.Theirs > 0}
	switch {
	case s.ByPerson:
		f.Fits, f.Cause = true, "given up: "+s.GivenUp
	case s.GivenUp != "": // its reason names the slot: no two are alike
		f.Fits, f.Cause = true, "given up by itself after bounded tries; why is in: `uptally pull status`"
	case !s.Requested:
		f.Cause = "nobody asked for it: `uptally pull`"
	default:
		f.Awaited, f.Cause = !s.Final, "it was not read yet"
	}
	return f
}

func (s Slot) oursShort() Finding {
	f := Finding{Verdict: OursShort, Size: s.Theirs - s.Ours, Mend: s.mendable()}
	switch {
	case f.Size <= s.Unknown:
		f.Fits, f.Mend = true, false
		f.Cause = fmt.Sprintf("ids that no registration names: %d rows in its last whole pass", s.Unknown)
	case !s.Final:
		f.Awaited, f.Cause = true, "it is read again: rows are committed for a day"
	case s.Closed && s.Late > 0:
		f.Cause = "late: rows came after its hour was closed; two people can open it: `uptally pull reopen`"
	case s.Mends >= MendsMax:
		f.Cause = fmt.Sprintf("the service counts what it did not deliver when it was asked again %d times", s.Mends)
	case s.Closed:
		f.Cause = "late: committed after its last reading, and its hour is closed; two people can open it: `uptally pull reopen`"
	default:
		f.Cause = "committed after its last reading"
	}
	return f
}

func (s Slot) theirsShort() Finding {
	f := Finding{Verdict: TheirsShort, Size: s.Ours - s.Theirs}
	switch {
	case s.Archive && s.Theirs == 0:
		f.Fits, f.Cause = true, "it was imported from an archive, and the service counts nothing of it"
	case s.Archive:
		f.Cause = "it was imported from an archive that holds more than the service counts"
	case !s.Settled:
		f.Awaited, f.Cause = true, "it was counted before its last rows were committed"
	default:
		f.Cause = "the service counts less than it delivered"
	}
	return f
}

// mendable reports whether the slot may be asked for again.
func (s Slot) mendable() bool { return !s.Closed && s.Final && !s.ByPerson && s.Mends < MendsMax }
