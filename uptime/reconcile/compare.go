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
	Slot     uptime.Slot
	Ours     int64 // devices up in the chunks
	Observed bool
	Final    bool   // not waited for any longer
	Closed   bool   // its hour is
	GivenUp  string // the reason; "" if it was not
	ByPerson bool   // a person gave it up

	Compared   bool
	Theirs     int64 // devices, by the service's count
	Heartbeats int64 // by the service's count

	Unknown int64 // rows of the last whole pass over it that no registration names
	Late    int64 // rows of passes over it that came after its hour was closed
	Archive bool  // its last whole pass was an archive's
	Mends   int   // times that it was asked for again
}

// Finding is what the comparison of a slot comes to.
type Finding struct {
	Verdict Verdict
	Fits    bool   // nothing is to be done about it
	Cause   string // the likely one; "" if equal
	Size    int64  // devices that one side has more than the other
	Mend    bool   // asking for it again may mend it
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
		f := Finding{Verdict: TheirsShort, Size: s.Ours - s.Theirs, Cause: "the service counts less than it delivered"}
		if s.Archive {
			f.Cause = "it was imported from an archive"
		}
		return f
	}
	return Finding{Verdict: Equal, Fits: true}
}

func (s Slot) unobserved() Finding {
	f := Finding{Verdict: Unobserved, Size: s.Theirs, Cause: "it was not read", Mend: s.mendable()}
	if s.GivenUp != "" {
		f.Fits, f.Cause = true, "given up: "+s.GivenUp
	}
	return f
}

func (s Slot) oursShort() Finding {
	f := Finding{Verdict: OursShort, Size: s.Theirs - s.Ours, Mend: s.mendable()}
	switch {
	case f.Size <= s.Unknown:
		f.Cause, f.Fits, f.Mend = fmt.Sprintf("ids that no registration names: %d rows in its last whole pass", s.Unknown), true, false
	case !s.Final:
		f.Cause = "it is young: rows are committed for a day, and it is read again then"
	case s.Closed && s.Late > 0:
		f.Cause = "late: rows came after its hour was closed; two people can open it: uptally pull reopen"
	case s.Closed:
		f.Cause = "late: committed after its last reading, and its hour is closed; two people can open it: uptally pull reopen"
	case s.Mends >= MendsMax:
		f.Cause = fmt.Sprintf("the service counts what it did not deliver when it was asked again %d times", s.Mends)
	default:
		f.Cause = "committed after its last reading"
	}
	return f
}

// mendable reports whether the slot may be asked for again.
func (s Slot) mendable() bool { return !s.Closed && s.Final && !s.ByPerson && s.Mends < MendsMax }

// Difference is a run of slots with one finding but for its size.
type Difference struct {
	uptime.Span
	Verdict Verdict
	Fits    bool
	Cause   string
	Size    int64 // devices, summed over the slots
	Largest int64 // devices, of one slot
}

// State is how a span stands. Its counts add up to Slots.
type State struct {
	Slots       int
	Equal       int
	OursShort   int
	TheirsShort int
	Unobserved  int
	NotCompared int
	Misfits     int          // slots that do not fit
	Differences []Difference // every slot that is not equal, in order

	// Over the windows of last whole passes that lie in the span and were compared.
	HeartbeatSlots  int
	TheirHeartbeats int64
	OurHeartbeats   int64  // rows read, repeated ones included
	Refusal         string // why the summary was last not had; "" if it was
	mend            []uptime.Slot
}

// Fits reports whether nothing is to be done.
func (s *State) Fits() bool { return s.Misfits == 0 }

// Short returns how many slots lack devices that the service counts, and nothing
// explains it.
func (s *State) Short() (slots int) {
	for _, d := range s.Differences {
		if d.Verdict == OursShort && !d.Fits {
			slots += d.Len()
		}
	}
	return slots
}

// String says in a phrase what was found.
func (s *State) String() string {
	return fmt.Sprintf("%d slots: %d equal, %d ours short, %d theirs short, %d unobserved, %d not compared; %d do not fit",
		s.Slots, s.Equal, s.OursShort, s.TheirsShort, s.Unobserved, s.NotCompared, s.Misfits)
}

// Sum compares all slots, which are in order.
func Sum(slots []Slot) *State {
	s := &State{Slots: len(slots)}
	for _, slot := range slots {
		s.add(slot.Slot, slot.Find())
	}
	return s
}

func (s *State) add(k uptime.Slot, f Finding) {
	*s.counter(f.Verdict)++
	if !f.Fits {
		s.Misfits++
	}
	if f.Mend {
		s.mend = append(s.mend, k)
	}
	if f.Verdict == Equal {
		return
	}
	if n := len(s.Differences); n > 0 {
		last := &s.Differences[n-1]
		if last.To == k && last.Verdict == f.Verdict && last.Cause == f.Cause && last.Fits == f.Fits {
			last.To, last.Size, last.Largest = k+1, last.Size+f.Size, max(last.Largest, f.Size)
			return
		}
	}
	s.Differences = append(s.Differences, Difference{uptime.Span{From: k, To: k + 1}, f.Verdict, f.Fits, f.Cause, f.Size, f.Size})
}

func (s *State) counter(v Verdict) *int {
	switch v {
	case OursShort:
		return &s.OursShort
	case TheirsShort:
		return &s.TheirsShort
	case Unobserved:
		return &s.Unobserved
	case NotCompared:
		return &s.NotCompared
	}
	return &s.Equal
}
