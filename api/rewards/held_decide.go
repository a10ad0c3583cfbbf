package rewards

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

// choice is which held changes are decided on, and why.
type choice struct {
	Changes  []int64    `json:"changes,omitempty" minItems:"1" maxItems:"10000" example:"[612345]" doc:"Changes by their numbers in the network's log; instead of the others."`
	Hold     *int64     `json:"hold,omitempty" minimum:"1" example:"2" doc:"Open changes that this hold sets aside."`
	Supplier *uuid.UUID `json:"supplier,omitempty" format:"uuid" example:"6f1f9c1e-0b1a-4f5e-9d7a-2b7e3f0a1c55" doc:"Only changes of this supplier's devices, or that would make it the owner."`
	Device   *uuid.UUID `json:"device,omitempty" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"Only changes of this device."`
	Field    string     `json:"field,omitempty" enum:"supplier,gpu_model,gpu_count,connectivity,display" example:"display" doc:"Only changes that name this field."`
	Reason   string     `json:"reason" minLength:"1" maxLength:"2000" pattern:"^[^\\x00]*[^\\x00\\s][^\\x00]*$" example:"The owner confirmed it." doc:"Why it was decided so; it stays on record."`
}

func (c choice) filter() (snapshot.HeldFilter, error) {
	f := snapshot.HeldFilter{Hold: c.Hold, Supplier: c.Supplier, Device: c.Device, Field: snapshot.Field(c.Field)}
	switch narrow := f.Narrows() || c.Hold != nil; {
	case len(c.Changes) > 0 && narrow:
		return f, invalid("body.changes", errors.New("changes names them: leave out the hold and the filters"))
	case len(c.Changes) == 0 && !narrow:
		return f, invalid("body", errors.New("name changes, or a hold, a supplier, a device or a field"))
	}
	if len(c.Changes) > 0 && slices.Min(c.Changes) < 0 {
		return f, invalid("body.changes", errors.New("give numbers of the network's log"))
	}
	f.Changes = c.Changes
	return f, nil
}

type decideHeld struct{ Body choice }

// decided are the changes that were decided on.
type decided struct {
	Decision string  `json:"decision" enum:"released,refused" example:"released" doc:"What was decided."`
	Count    int     `json:"count" example:"1" doc:"How many."`
	Changes  []int64 `json:"changes" nullable:"false" example:"[612345]" doc:"Which, by their numbers in the network's log."`
}

func (d *desk) releaseHeld(ctx context.Context, a wire.Acting, in *decideHeld) (*body[decided], error) {
	f, err := in.Body.filter()
	if err != nil {
		return nil, err
	}
	for _, seq := range f.Changes { // a change may be released before any hold sets it aside
		if err := snapshot.ReleaseChange(ctx, a.Tx, seq, in.Body.Reason, a.Person); err != nil {
			return nil, err
		}
	}
	if len(f.Changes) > 0 {
		return &body[decided]{decided{"released", len(f.Changes), f.Changes}}, nil
	}
	held, err := snapshot.ReleaseHeld(ctx, a.Tx, f, in.Body.Reason, a.Person)
	return decidedOn("released", held), err
}

func (d *desk) refuseHeld(ctx context.Context, a wire.Acting, in *decideHeld) (*body[decided], error) {
	f, err := in.Body.filter()
	if err != nil {
		return nil, err
	}
	held, err := snapshot.RefuseHeld(ctx, a.Tx, f, in.Body.Reason, a.Person)
	return decidedOn("refused", held), err
}

func decidedOn(decision string, held []snapshot.HeldChange) *body[decided] {
	v := decided{Decision: decision, Count: len(held), Changes: make([]int64, len(held))}
	for i := range held {
		v.Changes[i] = held[i].Seq
	}
	return &body[decided]{v}
}

type heldEffects struct {
	HeldQuery
	Season string `query:"season" required:"true" minLength:"1" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$" example:"ignition-s1" doc:"Season that would pay."`
}

// effectsOfHeld is what believing held changes would do to a season.
type effectsOfHeld struct {
	AsOf     time.Time      `json:"as_of" example:"2024-05-02T09:00:00Z" doc:"What was recorded by then counts."`
	Changes  int            `json:"changes" example:"180000" doc:"Changes that are meant."`
	Season   string         `json:"season" example:"ignition-s1" doc:"The season."`
	Revision int            `json:"revision" example:"2" doc:"The revision whose rate it is."`
	Pool     wire.Money     `json:"pool" doc:"What points are worth: the pool …"`
	Points   string         `json:"points" example:"123456789012345678901" doc:"… for so many of them, decimal digits."`
	Fixed    bool           `json:"fixed" example:"true" doc:"Whether a sealed revision has fixed that rate."`
	Together []effectOnHeld `json:"together" nullable:"false" doc:"Who would get more and who less, by supplier id."`
}

func (d *desk) heldEffects(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *heldEffects) (*body[effectsOfHeld], error) {
	held, asOf, err := in.HeldQuery.read(ctx, tx)
	if err != nil {
		return nil, err
	}
	e, err := d.effects(ctx, tx, in.Season, held, asOf)
	if err != nil {
		return nil, err
	}
	return &body[effectsOfHeld]{effectsOfHeld{
		AsOf: asOf.UTC(), Changes: len(held), Season: e.Season, Revision: e.Revision, Pool: wire.MoneyOf(e.Rate.Pool),
		Points: e.Rate.Points, Fixed: e.Rate.Fixed, Together: viewEffects(e.Together),
	}}, nil
}
