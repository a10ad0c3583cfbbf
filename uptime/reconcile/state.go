package reconcile

import (
	"errors"
	"fmt"

	"github.com/uptally/uptally/uptime"
)

// Difference is a run of slots with one finding, but for its size.
type Difference struct {
	uptime.Span
	Finding       // its size is summed over the slots
	Largest int64 // devices, of one slot
}

// State is how a span stands. Its counts of verdicts add up to Slots.
type State struct {
	Slots       int // of the span that are over
	Equal       int
	OursShort   int
	TheirsShort int
	Unobserved  int
	NotCompared int
	Misfits     int          // slots that do not fit
	Awaited     int          // of them, those that are read or counted again without anybody's doing
	Differences []Difference // every slot that is not equal, in order

	// Over the windows of last whole passes that lie in the span and were compared.
	HeartbeatSlots  int
	TheirHeartbeats int64
	OurHeartbeats   int64 // rows read, repeated ones included

	Refusal string // why the summary was last not had; "" if it was
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
	if f.Awaited {
		s.Awaited++
	}
	if f.Verdict == Equal {
		return
	}
	if n := len(s.Differences); n > 0 && s.Differences[n-1].takes(k, f) {
		last := &s.Differences[n-1]
		last.To, last.Size, last.Largest = k+1, last.Size+f.Size, max(last.Largest, f.Size)
		return
	}
	s.Differences = append(s.Differences, Difference{uptime.Span{From: k, To: k + 1}, f, f.Size})
}

// takes reports whether the slot goes on with the run.
func (d Difference) takes(k uptime.Slot, f Finding) bool {
	f.Size = d.Size
	return d.To == k && d.Finding == f
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

// mends returns the slots that may be mended by asking for them again, in order.
func (s *State) mends() (slots []uptime.Slot) {
	for _, d := range s.Differences {
		for k := d.From; d.Mend && k < d.To; k++ {
			slots = append(slots, k)
		}
	}
	return slots
}

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

// Fits reports whether nothing is to be done.
func (s *State) Fits() bool { return s.Misfits == 0 }

// ErrMisfit says that what was read is not what the service counts.
var ErrMisfit = errors.New("what was read is not what the service counts")

// Check returns ErrMisfit if something in the state does not fit.
func (s *State) Check() error {
	if s.Fits() {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrMisfit, s)
}

// String says in a phrase what was found.
func (s *State) String() string {
	return fmt.Sprintf("%d slots: %d equal, %d ours short, %d theirs short, %d unobserved, %d not compared; %d do not fit",
		s.Slots, s.Equal, s.OursShort, s.TheirsShort, s.Unobserved, s.NotCompared, s.Misfits)
}
