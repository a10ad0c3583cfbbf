package audit

import (
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/uptally/uptally/api/limit"
)

// Of what is counted.
const (
	// foldFor is how often what was counted is put on record: the alarm looks every 15 s,
	// and must have seen a surge within a minute.
	foldFor = 30 * time.Second
	// foldsMax bounds the kinds of refusals that are counted at a time, tens of megabytes at
	// most. One that finds no place is put on record by itself.
	foldsMax = 8192
)

// KindHalted is the kind of the problem that a call is refused with while writing is
// halted.
const KindHalted = "writes-halted"

// counted reports whether the entry is one that a flood consists of, and that says no
// more the second time: a refusal by the limit, or a failure on our side.
func (e Entry) counted() bool {
	return e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError && e.Kind != KindHalted
}

// folds count refusals of a kind from one caller, the first of which is on record.
//
//	first  ──► an entry by itself, at once
//	others ──► counted ──► every 30 s an entry for all of them, which is else the first's
//	none within 30 s ──► forgotten: the next is a first again
type folds struct {
	mu    sync.Mutex
	byKey map[foldKey]*Entry // Calls is how many were counted, 0 at first
	total int64              // that were counted since the start
}

// foldKey is whose refusals are counted together: those of an actor, wherever they call
// from, or of an address, as the limit has it, which were answered alike.
type foldKey struct {
	who    limit.Key
	status int
	kind   string
}

func (e Entry) foldKey() foldKey {
	key := foldKey{limit.Actor(e.Actor), e.Status, e.Kind}
	if e.Actor == "" {
		address, _ := netip.ParseAddr(e.Address) // what is none shares a key
		key.who = limit.Network(address)
	}
	return key
}

// take counts the entry, and reports whether it did: else it has to be put on record by
// itself.
func (f *folds) take(e Entry) bool {
	if !e.counted() {
		return false
	}
	key := e.foldKey()
	f.mu.Lock()
	defer f.mu.Unlock()
	fold, found := f.byKey[key]
	switch {
	case !found && len(f.byKey) >= foldsMax:
		return false
	case !found:
		if f.byKey == nil {
			f.byKey = map[foldKey]*Entry{}
		}
		f.byKey[key] = &Entry{}
		return false
	case fold.Calls == 0:
		*fold = e.recordable()
	default:
		fold.Calls++
	}
	f.total++
	return true
}

// due returns what was counted since it was last asked for, the oldest first, and
// forgets of whom there was nothing.
func (f *folds) due() (entries []Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, fold := range f.byKey {
		if fold.Calls == 0 {
			delete(f.byKey, key)
			continue
		}
		entries = append(entries, *fold)
		*fold = Entry{}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	return entries
}

// counted returns how many were counted since the start.
func (f *folds) counted() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.total
}
