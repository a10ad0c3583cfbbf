package rewards

import (
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

// Preview is what a season would come to, and what that changes.
type Preview struct {
	Season       string           `json:"season" example:"ignition-s1" doc:"The season."`
	WhatIf       string           `json:"what_if" example:"with window 4" doc:"What was supposed, in a line; empty for nothing."`
	AsOf         time.Time        `json:"as_of" example:"2024-05-02T09:00:00Z" doc:"What was recorded by then counts."`
	Estimate     bool             `json:"estimate" example:"false" doc:"Whether hours that it stands on are still open."`
	Corrects     *string          `json:"corrects" example:"ignition-s1/r1" doc:"The sealed revision whose rate is fixed; null: none."`
	Pool         wire.Money       `json:"pool" doc:"What the season pays."`
	Allocated    wire.Money       `json:"allocated" doc:"What the lines would get."`
	Drawn        wire.Money       `json:"drawn" doc:"Of a correction: what would come from the reserve."`
	Residual     wire.Money       `json:"residual" doc:"What would be left."`
	Points       string           `json:"points" example:"123456789012345678901" doc:"Sum of all points, decimal digits."`
	Lines        int64            `json:"lines" example:"601234" doc:"Its lines."`
	Suppliers    int64            `json:"suppliers" example:"20123" doc:"Suppliers with a line."`
	Outcomes     map[string]int64 `json:"outcomes" example:"{\"eligible\":300000,\"spoofed\":280000}" doc:"Lines of each outcome that would occur."`
	Coverage     coverage         `json:"coverage" doc:"Which of the season's slots were read."`
	Against      *string          `json:"against" example:"ignition-s1/r1" doc:"The revision that it is compared with; null: there is none."`
	ByLine       movement         `json:"by_line" doc:"Lines that move."`
	BySupplier   movement         `json:"by_supplier" doc:"Suppliers that move."`
	TopSuppliers []supplierMove   `json:"top_suppliers" nullable:"false" doc:"The suppliers that move most, farthest first."`
	TopDevices   []deviceMove     `json:"top_devices" nullable:"false" doc:"The devices that move most, farthest first."`
}

// movement is who moves, and by how much.
type movement struct {
	Gain         int64      `json:"gain" example:"300000" doc:"How many get more."`
	Lose         int64      `json:"lose" example:"0" doc:"How many get less."`
	Same         int64      `json:"same" example:"290000" doc:"How many get the same."`
	Appear       int64      `json:"appear" example:"0" doc:"How many are new."`
	Vanish       int64      `json:"vanish" example:"0" doc:"How many are no longer there."`
	Gained       wire.Money `json:"gained" doc:"What is gained in all."`
	Lost         wire.Money `json:"lost" doc:"What is lost in all."`
	Distribution []bucket   `json:"distribution" nullable:"false" doc:"How far they move, relative to what they had."`
}

// bucket is how many changed by so much.
type bucket struct {
	Change string     `json:"change" example:"up to 10 % more" doc:"How far."`
	Count  int64      `json:"count" example:"12000" doc:"How many."`
	Delta  wire.Money `json:"delta" doc:"What that comes to."`
}

// Move is what one gets before and after.
type Move struct {
	Before wire.Money `json:"before" doc:"What it gets."`
	After  wire.Money `json:"after" doc:"What it would get."`
	Delta  wire.Money `json:"delta" doc:"The difference."`
}

// supplierMove is a supplier that moves.
type supplierMove struct {
	SupplierID uuid.UUID `json:"supplier_id" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"The supplier."`
	Move
}

// deviceMove is a device that moves.
type deviceMove struct {
	DeviceID uuid.UUID `json:"device_id" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"The device."`
	Move
	OutcomeBefore *string `json:"outcome_before" example:"never_seen" doc:"Outcome of its last line; null: it had none."`
	Outcome       *string `json:"outcome" example:"eligible" doc:"Outcome that its last line would have."`
}

func viewPreview(p *snapshot.Previewed, what string) Preview {
	v := Preview{
		Season: p.Season.Code, WhatIf: what, AsOf: p.AsOf.UTC(), Estimate: p.Estimate, Pool: money(p.Season.Pool),
		Allocated: money(p.Allocated), Drawn: money(p.Drawn), Residual: money(p.Residual), Points: p.Points, Lines: p.Lines,
		Suppliers: p.Suppliers, Outcomes: map[string]int64{}, Coverage: coverage{int(p.ObservedSlots), int(p.SeasonSlots)},
		ByLine: viewMovement(&p.ByLine), BySupplier: viewMovement(&p.BySupplier), TopSuppliers: []supplierMove{}, TopDevices: []deviceMove{},
	}
	for _, t := range p.Outcomes {
		v.Outcomes[t.Outcome.String()] = t.Lines
	}
	if p.Corrects != nil {
		v.Corrects = new(p.Corrects.Name())
	}
	if p.Against != nil {
		v.Against = new(p.Against.Name())
	}
	for _, s := range p.TopSuppliers {
		v.TopSuppliers = append(v.TopSuppliers, supplierMove{s.SupplierID, viewMove(s.Before, s.After)})
	}
	for _, d := range p.TopDevices {
		v.TopDevices = append(v.TopDevices, deviceMove{
			d.DeviceID, viewMove(d.Before, d.After), outcomeOrNone(d.OutcomeBefore), outcomeOrNone(d.Outcome),
		})
	}
	return v
}

func viewMove(before, after int64) Move {
	return Move{money(before), money(after), money(after - before)}
}

func outcomeOrNone(o snapshot.Outcome) *string {
	if !o.Valid() {
		return nil
	}
	return new(o.String())
}

func viewMovement(m *snapshot.Movement) movement {
	v := movement{
		Gain: m.Gain, Lose: m.Lose, Same: m.Same, Appear: m.Appear, Vanish: m.Vanish,
		Gained: money(m.Gained), Lost: money(m.Lost), Distribution: []bucket{},
	}
	for i, b := range m.Buckets {
		v.Distribution = append(v.Distribution, bucket{snapshot.Buckets[i], b.Count, money(b.Delta)})
	}
	return v
}
