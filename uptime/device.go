package uptime

import (
	"time"

	"github.com/google/uuid"
)

// Channel is the way by which a change of a device reached the network.
type Channel string

// The channels of the change log. ChannelWorkerAPI is the untrusted one: the
// attack of 25 April 2024 came through it.
const (
	ChannelRegistration Channel = "registration"
	ChannelUser         Channel = "user"
	ChannelWorkerAPI    Channel = "worker-api"
)

// Trusted reports whether changes through the channel are believed even inside a
// metadata hold.
func (c Channel) Trusted() bool { return c != ChannelWorkerAPI }

// Change is one row of the log of device registrations and metadata changes. A
// nil field did not change; a registration has the four of Facts.
type Change struct {
	Seq          int64     // strictly rising in the log
	DeviceID     uuid.UUID //
	ChangedAt    time.Time // when it took effect
	Channel      Channel   //
	SupplierID   *uuid.UUID
	GPUModel     *string
	GPUCount     *int32 // at least 1
	Connectivity *string
	DeviceName   *string // for display only: people, or an attacker, typed it
	Status       *string // for display only: never uptime
}

// Facts are what is known of a device at an instant: the change log folded.
type Facts struct {
	SupplierID   uuid.UUID
	GPUModel     string
	GPUCount     int32
	Connectivity string
}

// Apply returns the facts with the fields that the change names.
func (f Facts) Apply(c Change) Facts {
	if c.SupplierID != nil {
		f.SupplierID = *c.SupplierID
	}
	if c.GPUModel != nil {
		f.GPUModel = *c.GPUModel
	}
	if c.GPUCount != nil {
		f.GPUCount = *c.GPUCount
	}
	if c.Connectivity != nil {
		f.Connectivity = *c.Connectivity
	}
	return f
}

// VerdictKind is what a proof of work decided.
type VerdictKind string

// The kinds of verdict. A device without a verdict is neither.
const (
	Spoofed VerdictKind = "spoofed"
	Genuine VerdictKind = "genuine"
)

// Verdict is one row of the log of proof-of-work verdicts.
type Verdict struct {
	Seq         int64 // strictly rising in the log
	DeviceID    uuid.UUID
	Kind        VerdictKind
	EffectiveAt time.Time // from when it holds
	DecidedAt   time.Time // when it was decided: verdicts are ordered by it
	ByHand      bool      // entered by a person: after the feed's of one instant
	Reason      string
	Evidence    string
}

// JobMinutes is how long a device did paid compute on one UTC day.
type JobMinutes struct {
	DeviceID uuid.UUID
	Day      time.Time // midnight UTC
	Minutes  int32     // at least 0
}
