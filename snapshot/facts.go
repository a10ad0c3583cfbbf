package snapshot

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// Device is all that a device's lines follow from, as of the moment that the
// snapshot is taken: what was recorded by then and nothing later.
type Device struct {
	Number       uptime.DeviceNumber
	ID           uuid.UUID
	RegisteredAt time.Time
	Changes      []uptime.Change     // the registration and all later ones, in any order
	Verdicts     []uptime.Verdict    // in any order
	JobMinutes   []uptime.JobMinutes // one a day
	Up           uptime.Timeline     // over the span of Basis.Observed, and a subset of it
}

// Hold is an interval, [From, To), in which changes through the untrusted channel
// are set aside; it is not released.
type Hold struct {
	ID       int64
	From, To time.Time
}

// Validate reports a hold without an instant in it.
func (h Hold) Validate() error {
	if !h.From.Before(h.To) {
		return fmt.Errorf("hold from %s to %s: it ends no later than it begins: give a later end", instant(h.From), instant(h.To))
	}
	return nil
}

// ErrUnregistered says that a device's changes lack its registration.
var ErrUnregistered = errors.New("device without a registration among its changes")

// held reports whether the change is set aside: through an untrusted channel, in a
// hold, and not released by itself.
func (b *Basis) held(c *uptime.Change) bool {
	if c.Channel.Trusted() || b.Released[c.Seq] {
		return false
	}
	return slices.ContainsFunc(b.Holds, func(h Hold) bool { return h.contains(c.ChangedAt) })
}

// contains reports whether the instant lies in [h.From, h.To).
func (h Hold) contains(t time.Time) bool { return !t.Before(h.From) && t.Before(h.To) }

// believed appends to dst the changes that are folded, in the order of (changed_at,
// seq), and reports whether one with its slot in the season was set aside.
func (b *Basis) believed(season uptime.Span, changes []uptime.Change, dst []*uptime.Change) (_ []*uptime.Change, held bool) {
	for i := range changes {
		c := &changes[i]
		switch {
		case !b.held(c):
			dst = append(dst, c)
		case season.Contains(uptime.SlotAtOrAfter(c.ChangedAt)):
			held = true
		}
	}
	slices.SortFunc(dst, compareChanges)
	return dst, held
}

// compareChanges is the order in which changes are folded, (changed_at, seq).
func compareChanges(a, b *uptime.Change) int {
	return cmp.Or(a.ChangedAt.Compare(b.ChangedAt), cmp.Compare(a.Seq, b.Seq))
}

// ownerSpan is a maximal run of slots with one owner, and the facts in force at
// the start of its last slot.
type ownerSpan struct {
	uptime.Span
	Facts uptime.Facts
}

// ownerSpans appends to dst the runs that the span is cut into by the changes, in
// order. A change holds from the first slot that starts at or after it, so of
// several within one slot only what they come to is seen; one to the same owner
// does not cut.
func ownerSpans(span uptime.Span, changes []*uptime.Change, dst []ownerSpan) ([]ownerSpan, error) {
	open := ownerSpan{Span: span}
	i := 0
	apply := func(facts uptime.Facts, through uptime.Slot) uptime.Facts {
		for ; i < len(changes) && uptime.SlotAtOrAfter(changes[i].ChangedAt) <= through; i++ {
			facts = facts.Apply(*changes[i])
		}
		return facts
	}
	if open.Facts = apply(uptime.Facts{}, span.From); i == 0 {
		return dst, ErrUnregistered
	}
	for i < len(changes) {
		slot := uptime.SlotAtOrAfter(changes[i].ChangedAt)
		if slot >= span.To {
			break
		}
		facts := apply(open.Facts, slot)
		if facts.SupplierID != open.Facts.SupplierID {
			open.To = slot
			dst = append(dst, open)
			open.Span = uptime.Span{From: slot, To: span.To}
		}
		open.Facts = facts
	}
	return append(dst, open), nil
}
