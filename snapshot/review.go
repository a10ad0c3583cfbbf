package snapshot

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/uptime"
)

// HeldState is how far the review of a held change has come.
type HeldState string

// The states of a held change.
const (
	HeldOpen     HeldState = "open"     // set aside, and nobody has decided
	HeldReleased HeldState = "released" // believed after all, by itself or with its hold
	HeldRefused  HeldState = "refused"  // set aside, and a person looked and did not believe it
)

// Decision is a person's release or refusal of a held change.
type Decision struct {
	At       time.Time `json:"at"`
	Reason   string    `json:"reason"`
	Hold     *int64    `json:"hold"` // released with this hold; nil: decided by itself
	PersonID int64     `json:"-"`
	Person   string    `json:"person,omitempty"` // their name, where it is shown to the team
}

// HeldChange is a change through the untrusted channel that lies in a hold, as it
// stood at a moment.
type HeldChange struct {
	Seq        int64               `json:"seq"`
	Device     uptime.DeviceNumber `json:"-"`
	DeviceID   uuid.UUID           `json:"device_id"`
	SupplierID uuid.UUID           `json:"supplier_id"` // the owner believed just before it
	ChangedAt  time.Time           `json:"changed_at"`
	Channel    uptime.Channel      `json:"channel"`
	Hold       int64               `json:"hold"`   // the first that sets it aside, or did
	Fields     []FieldChange       `json:"fields"` // against what is believed without it
	State      HeldState           `json:"state"`
	Decision   *Decision           `json:"decision"`         // nil while it is open
	Effect     []SupplierEffect    `json:"effect,omitempty"` // what believing it alone does, if asked for
}

// NewOwner returns the owner that the change names, if it names one.
func (h *HeldChange) NewOwner() (owner string, named bool) {
	for _, f := range h.Fields {
		if f.Field == FieldSupplier {
			return f.After, true
		}
	}
	return "", false
}

// HeldFilter says which held changes are meant: those that everything given holds
// for. The zero value means all.
type HeldFilter struct {
	Hold     *int64
	Device   *uuid.UUID
	Supplier *uuid.UUID // as the owner believed before it, or as the owner that it names
	Field    Field      // that it names
	State    HeldState
	Changes  []int64 // seqs
}

// Narrows reports whether the filter asks for more than a hold.
func (f HeldFilter) Narrows() bool {
	return f.Device != nil || f.Supplier != nil || f.Field != "" || f.State != "" || len(f.Changes) > 0
}

func (f HeldFilter) matches(h *HeldChange) bool {
	if f.Supplier != nil && h.SupplierID != *f.Supplier {
		if owner, _ := h.NewOwner(); owner != f.Supplier.String() {
			return false
		}
	}
	if f.Field != "" && !slices.ContainsFunc(h.Fields, func(c FieldChange) bool { return f.Field.Covers(c.Field) }) {
		return false
	}
	return (f.State == "" || f.State == h.State) && (len(f.Changes) == 0 || slices.Contains(f.Changes, h.Seq))
}

// reviewing is what the state of a held change follows from, as of a moment.
type reviewing struct {
	only      *int64                // the hold that is reviewed; nil: all
	holds     []Hold                // all that were recorded, released or not, by beginning
	releases  map[int64]Decision    // of whole holds, by id
	decisions map[int64]ownDecision // of single changes, by seq
}

// ownDecision is how a single change was decided.
type ownDecision struct {
	state HeldState
	Decision
}

// device returns the held ones of a device's changes, which are in order of
// (changed_at, seq).
func (r *reviewing) device(number uptime.DeviceNumber, changes []uptime.Change) (held []HeldChange) {
	var facts folded
	for i := range changes {
		c := &changes[i]
		h := HeldChange{
			Seq: c.Seq, Device: number, DeviceID: c.DeviceID, SupplierID: facts.facts.SupplierID, ChangedAt: c.ChangedAt.UTC(), Channel: c.Channel,
		}
		if r.judge(c, &h) {
			h.Fields = facts.changes(c)
			held = append(held, h)
		}
		if h.State == "" || h.State == HeldReleased {
			facts = facts.apply(c)
		}
	}
	return held
}

// judge sets the state of a change, "" where no hold is over it, and reports whether
// it is among those that are reviewed.
func (r *reviewing) judge(c *uptime.Change, h *HeldChange) (reviewed bool) {
	if c.Channel.Trusted() {
		return false
	}
	var last *Decision
	for _, hold := range r.holds {
		if !hold.contains(c.ChangedAt) {
			continue
		}
		reviewed = reviewed || r.only == nil || *r.only == hold.ID
		release, released := r.releases[hold.ID]
		switch {
		case !released && h.State != HeldOpen:
			h.State, h.Hold = HeldOpen, hold.ID
		case released && h.State == "":
			h.State, h.Hold = HeldReleased, hold.ID
		}
		if released && (last == nil || release.At.After(last.At)) {
			last = &release
		}
	}
	if h.State == HeldReleased {
		h.Decision = last
	}
	if own, decided := r.decisions[c.Seq]; decided {
		h.State, h.Decision = own.state, &own.Decision
	}
	return reviewed
}
