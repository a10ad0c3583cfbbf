package rewards

import (
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

// heldChange is a change that a hold sets aside, or did.
type heldChange struct {
	Seq        int64          `json:"seq" example:"612345" doc:"Its number in the network's log."`
	DeviceID   uuid.UUID      `json:"device_id" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"The device."`
	SupplierID uuid.UUID      `json:"supplier_id" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"The owner believed just before it."`
	ChangedAt  time.Time      `json:"changed_at" example:"2024-04-25T08:07:00Z" doc:"When it took effect."`
	Channel    string         `json:"channel" example:"worker-api" doc:"How it reached the network."`
	Hold       int64          `json:"hold" example:"2" doc:"The first hold that sets it aside, or did."`
	Fields     []fieldChange  `json:"fields" nullable:"false" doc:"What it alters, against what is believed without it."`
	State      string         `json:"state" enum:"open,released,refused" example:"open" doc:"How far its review has come."`
	Decision   *decision      `json:"decision,omitempty" doc:"What was decided; absent while it is open."`
	Effect     []effectOnHeld `json:"effect,omitempty" doc:"Whom believing it alone would pay; only with a season."`
}

// fieldChange is what a change does to one field.
type fieldChange struct {
	Field  string  `json:"field" example:"supplier" doc:"The field."`
	Before *string `json:"before" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"What is believed; null: nothing."`
	After  string  `json:"after" example:"c0ffee00-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"What it says."`
}

// decision is a person's release or refusal.
type decision struct {
	At     time.Time `json:"at" example:"2024-05-02T09:00:00Z" doc:"When."`
	Reason string    `json:"reason" example:"The owner confirmed it." doc:"Why."`
	Hold   *int64    `json:"hold" example:"2" doc:"Released with this hold; null: decided by itself."`
	Person string    `json:"person" example:"ada" doc:"Who."`
}

// effectOnHeld is what a supplier gets without and with some changes being believed.
type effectOnHeld struct {
	SupplierID    uuid.UUID  `json:"supplier_id" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"The supplier."`
	LinesWithout  int        `json:"lines_without" example:"2" doc:"Lines without."`
	LinesWith     int        `json:"lines_with" example:"1" doc:"Lines with."`
	AmountWithout wire.Money `json:"amount_without" doc:"Amount without."`
	AmountWith    wire.Money `json:"amount_with" doc:"Amount with."`
	Gains         wire.Money `json:"gains" doc:"The difference; negative: it loses."`
}

func viewFields(fields []snapshot.FieldChange) []fieldChange {
	views := make([]fieldChange, len(fields))
	for i, f := range fields {
		views[i] = fieldChange{string(f.Field), f.Before, f.After}
	}
	return views
}

func viewDecision(d *snapshot.Decision) *decision {
	if d == nil {
		return nil
	}
	return &decision{d.At.UTC(), d.Reason, d.Hold, d.Person}
}

func viewHeld(h *snapshot.HeldChange) heldChange {
	return heldChange{
		Seq: h.Seq, DeviceID: h.DeviceID, SupplierID: h.SupplierID, ChangedAt: h.ChangedAt.UTC(), Channel: string(h.Channel), Hold: h.Hold,
		Fields: viewFields(h.Fields), State: string(h.State), Decision: viewDecision(h.Decision), Effect: viewEffects(h.Effect),
	}
}

func viewEffects(effects []snapshot.SupplierEffect) []effectOnHeld {
	views := make([]effectOnHeld, len(effects))
	for i, e := range effects {
		views[i] = effectOnHeld{
			e.SupplierID, e.LinesWithout, e.LinesWith, wire.MoneyOf(e.AmountWithout), wire.MoneyOf(e.AmountWith), wire.MoneyOf(e.Gains),
		}
	}
	return views
}
