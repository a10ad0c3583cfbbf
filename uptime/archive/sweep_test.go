package archive

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// Whatever the order of the pages and however little may be held, every window is
// handed on, and the passes account for every heartbeat once.
func TestASweepHandsOnEveryWindow(t *testing.T) {
	begun := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	m := Manifest{Complete: []uptime.Span{{From: 0, To: 5}, {From: 5, To: 400}, {From: 600, To: 601}, {From: 700, To: 701}}} // nothing is heard in the last
	if got, want := m.windows(24), []uptime.Span{{From: 0, To: 5}, {From: 5, To: 288}, {From: 288, To: 400}, {From: 600, To: 601}, {From: 700, To: 701}}; !slices.Equal(got, want) {
		t.Fatalf("windows %v, want %v", got, want)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	var (
		pages           []*uptime.HeartbeatPage
		within, outside int64
	)
	for range 50 {
		page := &uptime.HeartbeatPage{Body: []byte("body")}
		for range dice.IntN(40) {
			slot := dice.Int64N(700) - 50
			if slot >= 0 && slot < 400 || slot == 600 {
				within++
			} else {
				outside++
			}
			page.Heartbeats = append(page.Heartbeats, uptime.Heartbeat{Device: uuid.UUID{byte(dice.IntN(9))}, At: slot*uptime.SlotSeconds + dice.Int64N(uptime.SlotSeconds)})
		}
		pages = append(pages, page)
	}
	for _, chunksMax := range []int{chunksHeldMax, -1} { // -1: hand on after every page
		var (
			heartbeats int64
			passes     int
			handed     = map[uptime.Span]bool{}
			last       uptime.Slot
		)
		s := newSweep(m, new(uptime.Registry), 7, begun, func(p *uptime.Pass) error {
			if p.Window.From < last && chunksMax > 0 {
				t.Errorf("window %v after slot %d", p.Window, last)
			}
			if p.OutOfWindow != 0 || p.Unknown != p.Heartbeats || *p.Archive != 7 || !p.StartedAt.Equal(begun) {
				t.Errorf("pass %+v", p)
			}
			heartbeats, passes, handed[p.Window], last = heartbeats+p.Heartbeats, passes+1, true, p.Window.From
			return nil
		})
		s.chunksMax = chunksMax
		dice.Shuffle(len(pages), func(i, j int) { pages[i], pages[j] = pages[j], pages[i] })
		for _, page := range pages {
			if err := s.add(page); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.end(); err != nil {
			t.Fatal(err)
		}
		if len(handed) != 5 || heartbeats != within || s.outside != outside || s.heartbeats != within+outside {
			t.Errorf("%d windows, %d heartbeats, %d outside; want 5, %d, %d", len(handed), heartbeats, s.outside, within, outside)
		}
		if chunksMax > 0 && passes != 5 || chunksMax < 0 && passes < 20 {
			t.Errorf("%d passes with at most %d chunks held", passes, chunksMax)
		}
	}
}
