package uptime

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/google/uuid"
)

const (
	restartsMax    = 5         // of a pass whose cursor expired
	unknownIDsMax  = 4_000_000 // distinct ids of no device that one pass keeps
	pagesPerWindow = 10_000_000
)

// Pass is one reading of a window to its last page, in memory: bits by hour and
// shard, and the account of what was read.
type Pass struct {
	Window      Span
	Pages       int64
	Heartbeats  int64
	Unknown     int64 // rows of ids that no registration names
	OutOfWindow int64 // rows that lie outside the window
	StartedAt   time.Time
	EndedAt     time.Time
	Archive     *int64 // the archive that it was read from; nil: the network

	firstHour Hour
	hours     []passHour
	chunks    int
	unknown   map[uuid.UUID]map[Slot]int64 // rows by id and slot; nil: counted only
	bodies    hash.Hash
}

// passHour is what a pass holds of one hour.
type passHour struct {
	accepted int64
	chunks   []*Chunk // by shard; nil where nothing is up
}

// ReadPass reads the window to its last page. A cursor that expires starts it
// again from the first page. On any other error nothing of the pass is to be
// used; the account of it is returned nevertheless.
func ReadPass(ctx context.Context, feed *Feed, devices *Registry, window Span, now func() time.Time) (*Pass, error) {
	started := now()
	if window.Empty() || window.To.Start().After(started) {
		return newPass(window, started), fmt.Errorf("window from %s to %s: empty, or not over yet; read it when its last slot has ended",
			window.From.Start(), window.To.Start())
	}
	for restarts := 0; ; restarts++ {
		p := newPass(window, started)
		err := p.readPages(ctx, feed, devices)
		p.EndedAt = now()
		if errors.Is(err, ErrCursorExpired) && restarts < restartsMax {
			continue
		}
		return p, err
	}
}

// PassOf returns a pass over the window that its pages are still to be added to:
// pages that were kept elsewhere, in the archive of that number. Once they all are,
// it can be merged as if it had been read when it was begun.
func PassOf(window Span, archive int64, begun time.Time) *Pass {
	p := newPass(window, begun)
	p.Archive, p.unknown = &archive, nil
	return p
}

// Add takes in a page. Rows outside the window, and of ids that are not registered,
// are counted and left out. The page is not kept.
func (p *Pass) Add(page *HeartbeatPage, devices *Registry) {
	p.Pages++
	p.Heartbeats += int64(len(page.Heartbeats))
	p.bodies.Write(page.Body)
	devices.read(func(numbers map[uuid.UUID]DeviceNumber) { p.add(page.Heartbeats, numbers) })
}

// Chunks returns how many chunks the pass holds: most of its memory, 1.5 KB each.
func (p *Pass) Chunks() int { return p.chunks }

func newPass(window Span, started time.Time) *Pass {
	first, end := window.Hours()
	return &Pass{
		Window: window, StartedAt: started, EndedAt: started, firstHour: first, hours: make([]passHour, end-first),
		unknown: map[uuid.UUID]map[Slot]int64{}, bodies: sha256.New(),
	}
}

func (p *Pass) readPages(ctx context.Context, feed *Feed, devices *Registry) error {
	from, to := p.Window.From.Start(), p.Window.To.Start()
	for page, cursor := (HeartbeatPage{}), ""; ; cursor = page.Next {
		if err := feed.Heartbeats(ctx, from, to, cursor, &page); err != nil {
			return err
		}
		p.Add(&page, devices)
		switch {
		case page.Next == "":
			return nil
		case len(p.unknown) > unknownIDsMax:
			return fmt.Errorf("%w: more than %d ids in one window that no registration names; ask for a shorter window",
				ErrMalformed, unknownIDsMax)
		case p.Pages == pagesPerWindow:
			return fmt.Errorf("%w: window does not end within %d pages", ErrMalformed, pagesPerWindow)
		}
	}
}

// add takes in rows of a page.
func (p *Pass) add(rows []Heartbeat, numbers map[uuid.UUID]DeviceNumber) {
	from, to := p.Window.From.Start().Unix(), p.Window.To.Start().Unix()
	for i := range rows {
		row := &rows[i]
		if row.At < from || row.At >= to {
			p.OutOfWindow++
			continue
		}
		slot := Slot(floorDiv(row.At, SlotSeconds))
		if number, ok := numbers[row.Device]; ok {
			p.set(number, slot, 1)
			continue
		}
		p.Unknown++
		if p.unknown == nil {
			continue
		}
		slots := p.unknown[row.Device]
		if slots == nil {
			slots = map[Slot]int64{}
			p.unknown[row.Device] = slots
		}
		slots[slot]++
	}
}

// set marks the device up in the slot, as so many rows said.
func (p *Pass) set(number DeviceNumber, slot Slot, rows int64) {
	hour := &p.hours[slot.Hour()-p.firstHour]
	hour.accepted += rows
	shard := int(number.Shard())
	if shard >= len(hour.chunks) {
		hour.chunks = append(hour.chunks, make([]*Chunk, shard+1-len(hour.chunks))...)
	}
	if hour.chunks[shard] == nil {
		hour.chunks[shard] = new(Chunk)
		p.chunks++
	}
	hour.chunks[shard].Set(slot.InHour(), number.Lane())
}

// HasUnknown reports whether rows of ids turned up that no registration names.
func (p *Pass) HasUnknown() bool { return len(p.unknown) > 0 }

// Resolve takes in the rows of ids that have been registered since.
func (p *Pass) Resolve(devices *Registry) {
	devices.read(func(numbers map[uuid.UUID]DeviceNumber) {
		for id, slots := range p.unknown {
			number, ok := numbers[id]
			if !ok {
				continue
			}
			for slot, rows := range slots {
				p.set(number, slot, rows)
				p.Unknown -= rows
			}
			delete(p.unknown, id)
		}
	})
}

// account returns the pass as the row that records it.
func (p *Pass) account() Pull {
	pull := Pull{
		Window: p.Window, Pages: p.Pages, Heartbeats: p.Heartbeats, Unknown: p.Unknown, OutOfWindow: p.OutOfWindow,
		StartedAt: p.StartedAt, EndedAt: p.EndedAt, Outcome: PullMerged, Archive: p.Archive,
	}
	p.bodies.Sum(pull.BodiesSHA256[:0])
	for _, h := range p.hours {
		pull.Accepted += h.accepted
	}
	return pull
}
