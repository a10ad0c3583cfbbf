package archive

import (
	"slices"
	"time"

	"github.com/uptally/uptally/uptime"
)

// Bounds of what is held in memory and sent at once, in chunks of 1.5 KB.
const (
	chunksHeldMax   = 200_000 // by all passes together
	chunksPerWindow = 20_000
	hoursPerWindow  = 24
)

// sweep turns pages, in any order, into passes over windows. A pass is handed on
// when the last page was read, or when all of them together have grown too large:
// then a window may be handed on more than once, and each only adds.
type sweep struct {
	archive   int64
	begun     time.Time
	devices   *uptime.Registry
	windows   []uptime.Span // in order, none overlapping
	passes    []*uptime.Pass
	handedOn  []bool // at least once
	chunksMax int
	hand      func(*uptime.Pass) error

	heartbeats, outside int64

	parts   [][]uptime.Heartbeat // of the page that is being read, by window
	touched []int
	last    int // window of the last row: the next is most likely of the same
}

func newSweep(m Manifest, devices *uptime.Registry, archive int64, begun time.Time, hand func(*uptime.Pass) error) *sweep {
	shards := max(1, devices.Len()/uptime.LanesPerShard+1)
	windows := m.windows(min(hoursPerWindow, max(1, chunksPerWindow/shards)))
	return &sweep{
		archive: archive, begun: begun, devices: devices, windows: windows, chunksMax: chunksHeldMax, hand: hand,
		passes: make([]*uptime.Pass, len(windows)), handedOn: make([]bool, len(windows)), parts: make([][]uptime.Heartbeat, len(windows)),
	}
}

// add takes in a page.
func (s *sweep) add(page *uptime.HeartbeatPage) error {
	s.heartbeats += int64(len(page.Heartbeats))
	for _, row := range page.Heartbeats {
		w, within := s.window(uptime.SlotOf(time.Unix(row.At, 0)))
		if !within {
			s.outside++
			continue
		}
		if len(s.parts[w]) == 0 {
			s.touched = append(s.touched, w)
		}
		s.parts[w] = append(s.parts[w], row)
	}
	held := 0
	for _, w := range s.touched {
		s.pass(w).Add(&uptime.HeartbeatPage{Heartbeats: s.parts[w], Body: page.Body}, s.devices)
		s.parts[w] = s.parts[w][:0]
	}
	s.touched = s.touched[:0]
	for _, p := range s.passes {
		if p != nil {
			held += p.Chunks()
		}
	}
	if held > s.chunksMax {
		return s.handOn()
	}
	return nil
}

// window returns the window that holds the slot, if one does.
func (s *sweep) window(k uptime.Slot) (w int, within bool) {
	if s.windows[s.last].Contains(k) {
		return s.last, true
	}
	w, _ = slices.BinarySearchFunc(s.windows, k, func(window uptime.Span, k uptime.Slot) int {
		if window.To <= k {
			return -1
		}
		return 1
	})
	if w == len(s.windows) || !s.windows[w].Contains(k) {
		return 0, false
	}
	s.last = w
	return w, true
}

// pass returns the pass over the window, begun if it is not.
func (s *sweep) pass(w int) *uptime.Pass {
	if s.passes[w] == nil {
		s.passes[w] = uptime.PassOf(s.windows[w], s.archive, s.begun)
	}
	return s.passes[w]
}

// handOn hands on what is held, in order.
func (s *sweep) handOn() error {
	for w, p := range s.passes {
		if p == nil {
			continue
		}
		if err := s.hand(p); err != nil {
			return err
		}
		s.passes[w], s.handedOn[w] = nil, true
	}
	return nil
}

// end hands on what is held still, and every window that nothing was found of: it
// was observed, too.
func (s *sweep) end() error {
	for w, once := range s.handedOn {
		if !once {
			s.pass(w)
		}
	}
	return s.handOn()
}
