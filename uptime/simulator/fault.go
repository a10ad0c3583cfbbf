package simulator

import (
	"hash/fnv"
	"net/http"
	"sync"
	"time"

	"github.com/uptally/uptally/uptime"
)

// Faults is a plan of what goes wrong. Rates are per mille, 0 to 1000. What a
// request meets follows from Seed, the request and how many faults it has met
// before, never from the time or the order of requests; after Most of them it is
// served. So who tries again gets everything in the end, but for Outages.
type Faults struct {
	Seed uint64
	Most int // faults that one request meets at most; 0 stands for 2

	// Of the requests under /v1/.
	TooMany       int // 429, Retry-After: 0
	Unavailable   int // 503, Retry-After: a date in the past
	Internal      int // 500
	CursorExpired int // 410 to a cursor of heartbeats or job minutes
	CutOff        int // the body ends in the middle, with or without the connection
	NotJSON       int // a page of HTML, or JSON of another shape
	Reset         int // the connection is reset
	Endless       int // the body goes on until the caller hangs up

	// Of the pages, as often as they are asked for.
	RepeatPage  int // a page of heartbeats comes twice
	RepeatRows  int // its last rows come twice
	OutOfWindow int // it has rows from before and after the window
	ExtraFields int // it has a field that no document names

	// Late are the heartbeats that are committed up to a day after they were
	// received. It shows only to the clock of Options.Now.
	Late int32

	// Outages are spans whose heartbeats the service can never read: it answers
	// 503 to every window that meets one, and leaves their slots out of summaries.
	Outages []uptime.Span
}

// fault is what becomes of one request.
type fault int

const (
	noFault fault = iota
	tooMany
	unavailableFault
	internal
	cursorExpired
	cutOff
	notJSON
	reset
	endless
)

// faultPlan carries out Faults. It remembers the requests that met one.
type faultPlan struct {
	plan Faults
	mu   sync.Mutex
	met  map[uint64]int // faults that a request has met
}

func newFaultPlan(f Faults) *faultPlan {
	if f.Most == 0 {
		f.Most = 2
	}
	return &faultPlan{plan: f, met: make(map[uint64]int)}
}

func (f *faultPlan) rates() [9]int {
	p := &f.plan
	return [...]int{tooMany: p.TooMany, unavailableFault: p.Unavailable, internal: p.Internal,
		cursorExpired: p.CursorExpired, cutOff: p.CutOff, notJSON: p.NotJSON, reset: p.Reset, endless: p.Endless}
}

// next decides about a request, and returns a draw for the fault's own choices.
func (f *faultPlan) next(r *http.Request) (what fault, draw uint64) {
	request := f.hash(r.URL.Path + "?" + r.URL.RawQuery)
	f.mu.Lock()
	defer f.mu.Unlock()
	met := f.met[request]
	if met >= f.plan.Most {
		return noFault, 0
	}
	draw = key(request).at(uint64(met))
	if what = f.pick(part(draw, 0, 1000)); what == cursorExpired && !canExpire(r) {
		what = noFault
	}
	if what != noFault {
		f.met[request] = met + 1
	}
	return what, draw
}

func (f *faultPlan) pick(rank int32) fault {
	for what, rate := range f.rates() {
		if rank -= int32(rate); rank < 0 {
			return fault(what)
		}
	}
	return noFault
}

func canExpire(r *http.Request) bool {
	return r.URL.Query().Has("cursor") && (r.URL.Path == heartbeatsPath || r.URL.Path == jobMinutesPath)
}

func (f *faultPlan) hash(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text)) // never fails
	return key(f.plan.Seed).at(h.Sum64())
}

// problem returns the reply to a request that is refused, or nil.
func (what fault) problem() *problem {
	switch what {
	case tooMany:
		return &problem{http.StatusTooManyRequests, "too many requests", "0"}
	case unavailableFault:
		// A date, as Retry-After may be, and long past, so that nobody waits.
		past := CutOverAt.Format(http.TimeFormat)
		return &problem{http.StatusServiceUnavailable, "the service is down for a moment", past}
	case internal:
		return &problem{status: http.StatusInternalServerError, detail: "the service failed"}
	case cursorExpired:
		return &problem{status: http.StatusGone, detail: "the cursor has expired: begin again without a cursor"}
	}
	return nil
}

func unavailable(detail string) *problem {
	return &problem{http.StatusServiceUnavailable, detail, "0"}
}

// outage reports whether the slot's heartbeats can never be read.
func (f *faultPlan) outage(slot uptime.Slot) bool {
	for _, span := range f.plan.Outages {
		if span.Contains(slot) {
			return true
		}
	}
	return false
}

// unobservable reports whether the window [from, to) meets an outage.
func (f *faultPlan) unobservable(from, to time.Time) bool {
	for _, span := range f.plan.Outages {
		if !span.Empty() && from.Before(span.To.Start()) && span.From.Start().Before(to) {
			return true
		}
	}
	return false
}

// oddities are what is odd about a page that is served all the same.
type oddities struct{ repeatPage, repeatRows, outOfWindow, extraFields bool }

const (
	spareRepeated    = 3 // rows that repeatRows takes of the limit
	spareOutOfWindow = 2
)

func (f *faultPlan) oddities(page string) oddities {
	draw := f.hash("page " + page)
	return oddities{
		repeatPage:  part(draw, 0, 1000) < int32(f.plan.RepeatPage),
		repeatRows:  part(draw, 16, 1000) < int32(f.plan.RepeatRows),
		outOfWindow: part(draw, 32, 1000) < int32(f.plan.OutOfWindow),
		extraFields: part(draw, 48, 1000) < int32(f.plan.ExtraFields),
	}
}

// fit returns the oddities that a page of limit rows has room for, and how many
// rows are left for the page's own.
func (o oddities) fit(limit int) (oddities, int) {
	const spare = spareRepeated + spareOutOfWindow
	switch {
	case !o.repeatRows && !o.outOfWindow:
		return o, limit
	case limit <= spare:
		o.repeatRows, o.outOfWindow = false, false
		return o, limit
	}
	return o, limit - spare
}

// open begins a page's object and its array of rows.
func (o oddities) open(page []byte, rows string) []byte {
	page = append(page, '{')
	if o.extraFields {
		page = append(page, `"served_by":{"region":"eu-1","rack":[7,null]},`...)
	}
	page = append(page, '"')
	page = append(page, rows...)
	return append(page, `":[`...)
}
