package simulator

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"github.com/uptally/uptally/uptime"
)

// The listings append the JSON body of one page to page. What they return beside
// it is a *problem, or nil.

// heartbeats answers GET /v1/heartbeats.
func (s *service) heartbeats(_ context.Context, page []byte, p parameters) ([]byte, error) {
	from, to, err := p.window()
	if err != nil {
		return nil, err
	}
	limit, err := p.limit()
	if err != nil {
		return nil, err
	}
	listing := "heartbeats " + p.get("from") + " " + p.get("to")
	c, err := p.cursor(s.world, listing)
	if err != nil {
		return nil, err
	}
	if s.faults.unobservable(from, to) {
		return nil, unavailable("heartbeats of a part of the window cannot be read")
	}
	start, again := c.place()
	odd, limit := s.faults.oddities(listing + p.get("cursor")).fit(limit)
	page, next, more := s.heartbeatRows(page, s.viewOf(from, to), start, limit, odd)
	if odd.repeatPage && !again {
		next, more, again = start, true, true
	} else {
		again = false
	}
	if more {
		return s.finish(page, placeCursor(next, again), listing), nil
	}
	return append(page, '}'), nil
}

// heartbeatRows appends up to limit rows, and returns where the rest begins and
// whether there is any.
func (s *service) heartbeatRows(page []byte, v view, start place, limit int, odd oddities) ([]byte, place, bool) {
	r := newRows(odd.open(page, "heartbeats"))
	more, first := false, len(r.page)
	var next place
	for p, h := range s.world.walk(v, start) {
		if limit == 0 {
			next, more = p, true
			break
		}
		limit--
		r.append(s.world.deviceIDs, h)
	}
	if odd.repeatRows {
		r.page = append(r.page, r.page[max(first, len(r.page)-spareRepeated*len(rowText)):]...)
	}
	if odd.outOfWindow && v.from > 0 && v.asked <= momentAtOrAfter(End) {
		r.append(s.world.deviceIDs, heartbeat{0, v.from - 1})
		r.append(s.world.deviceIDs, heartbeat{0, v.asked + uptime.SlotSeconds})
	}
	return closeRows(r.page), next, more
}

// viewOf returns what the service shows of a window now.
func (s *service) viewOf(from, to time.Time) view {
	now := s.now()
	asked := momentAtOrAfter(to)
	return view{
		from: momentAtOrAfter(from), until: min(asked, now), asked: asked,
		now: now, latePerMille: s.faults.plan.Late,
	}
}

// finish closes a page that has another after it.
func (s *service) finish(page []byte, next cursor, listing string) []byte {
	page = append(page, `,"next_cursor":"`...)
	page = append(page, s.world.formatCursor(next, listing)...)
	return append(page, `"}`...)
}

// closeRows ends an array of rows that have a comma each.
func closeRows(page []byte) []byte { return append(bytes.TrimSuffix(page, []byte{','}), ']') }

// summary answers GET /v1/heartbeats/summary. Slots that the service cannot read
// are absent.
func (s *service) summary(ctx context.Context, page []byte, p parameters) ([]byte, error) {
	from, to, err := p.window()
	if err != nil {
		return nil, err
	}
	page = append(page, `{"slots":[`...)
	v := s.viewOf(from, to)
	span := v.ticks()
	for t := span.from; t < span.until; t++ {
		if ctx.Err() != nil {
			return nil, unavailable("the caller hung up")
		}
		if s.faults.outage(t.slot()) {
			continue
		}
		page = appendCount(page, t, s.world.count(v, t))
	}
	return append(closeRows(page), '}'), nil
}

// slotCount is what the service counts in a slot.
type slotCount struct{ devices, heartbeats int64 }

func (w *World) count(v view, t tick) (n slotCount) {
	last := -1
	w.walkSlot(&v, place{tick: t}, func(_ place, h heartbeat) bool {
		n.heartbeats++
		if h.device != last { // the heartbeats of one device follow each other
			n.devices++
		}
		last = h.device
		return true
	})
	return n
}

func appendCount(page []byte, t tick, n slotCount) []byte {
	if n.heartbeats == 0 {
		return page
	}
	page = appendTime(page, `{"slot":"`, t.start().time())
	page = append(page, `,"devices":`...)
	page = strconv.AppendInt(page, n.devices, 10)
	page = append(page, `,"heartbeats":`...)
	page = strconv.AppendInt(page, n.heartbeats, 10)
	return append(page, "},"...)
}

// changeLog answers GET /v1/devices/changes.
func (s *service) changeLog(_ context.Context, page []byte, p parameters) ([]byte, error) {
	return s.log(page, p, "changes", s.world.changes, func(page []byte, n int) []byte {
		return appendChange(page, s.world.change(n))
	})
}

// verdictLog answers GET /v1/verdicts.
func (s *service) verdictLog(_ context.Context, page []byte, p parameters) ([]byte, error) {
	return s.log(page, p, "verdicts", s.world.verdicts, func(page []byte, n int) []byte {
		return appendVerdict(page, s.world.verdict(n))
	})
}

// log appends a page of a log. Its cursor is the place of the next row.
func (s *service) log(page []byte, p parameters, name string, log []entry, row func([]byte, int) []byte) ([]byte, error) {
	limit, err := p.limit()
	if err != nil {
		return nil, err
	}
	c, err := p.cursor(s.world, name)
	if err != nil {
		return nil, err
	}
	next := int(c)
	page = s.faults.oddities(name+p.get("cursor")).open(page, name)
	for end := min(len(committed(log, s.now())), next+limit); next < end; next++ {
		page = row(page, next)
	}
	return s.finish(closeRows(page), cursor(next), name), nil
}

// jobMinutes answers GET /v1/job-minutes, for days that are over.
func (s *service) jobMinutes(_ context.Context, page []byte, p parameters) ([]byte, error) {
	day, err := p.day()
	if err != nil {
		return nil, err
	}
	limit, err := p.limit()
	if err != nil {
		return nil, err
	}
	listing := "job_minutes " + p.get("day")
	c, err := p.cursor(s.world, listing)
	if err != nil {
		return nil, err
	}
	page = s.faults.oddities(listing+p.get("cursor")).open(page, "job_minutes")
	if day.Before(Start) || !day.Before(End) || momentAtOrAfter(day.AddDate(0, 0, 1)) > s.now() {
		return append(closeRows(page), '}'), nil
	}
	for device := int(c); device < len(s.world.lives); device++ {
		minutes := s.world.jobMinutes(device, tickOf(day))
		if minutes == 0 {
			continue
		}
		if limit == 0 {
			return s.finish(closeRows(page), cursor(device), listing), nil
		}
		limit--
		page = appendUUID(append(page, `{"device_id":"`...), s.world.deviceID(device))
		page = append(page, `","minutes":`...)
		page = append(strconv.AppendInt(page, int64(minutes), 10), "},"...)
	}
	return append(closeRows(page), '}'), nil
}
