package rewards

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/snapshot"
)

func (d *desk) devices() {
	wire.Read(d.Service, reading("/devices/{device}", "get-device-dossier", "Look at a device",
		"All that is on record of it, whatever the season: what is believed, the changes that it follows from, and the verdicts."), payers, d.getDevice)
	op := reading("/devices/{device}/explanation", "explain-device-to-team", "Explain a device's season",
		"Each step from its slots to its amounts, with the numbers that decided it: of a revision, or if there is none yet, an estimate as of now.")
	op.Metadata = map[string]any{wire.Long: computing}
	wire.Read(d.Service, op, payers, d.explainDevice)
}

type getDevice struct {
	Device uuid.UUID `path:"device" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"Id of the device."`
}

func (d *desk) getDevice(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *getDevice) (*body[dossier], error) {
	v, err := snapshot.DossierOf(ctx, tx, in.Device)
	if err != nil {
		return nil, err
	}
	return &body[dossier]{dossier{*v, viewChanges(v.Changes)}}, nil
}

type explainDevice struct {
	Device   uuid.UUID `path:"device" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"Id of the device."`
	Season   string    `query:"season" required:"true" minLength:"1" maxLength:"63" pattern:"^[a-z0-9][a-z0-9-]*$" example:"ignition-s1" doc:"Season to explain."`
	Revision int       `query:"revision" minimum:"1" maximum:"2147483647" example:"2" doc:"Revision of the season; absent: the latest that has lines, or an estimate as of now."`
}

func (d *desk) explainDevice(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *explainDevice) (*body[explanation], error) {
	e, err := d.explanation(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	return &body[explanation]{viewExplanation(e)}, nil
}

// explanation is of the revision that is named, or of the latest, or of now.
func (d *desk) explanation(ctx context.Context, tx pgx.Tx, in *explainDevice) (*snapshot.Explanation, error) {
	if in.Revision > 0 {
		s, err := snapshot.Find(ctx, tx, fmt.Sprintf("%s/r%d", in.Season, in.Revision))
		if err != nil {
			return nil, err
		}
		return snapshot.ExplainDevice(ctx, tx, in.Device, s)
	}
	if _, err := snapshot.SeasonByCode(ctx, tx, in.Season); err != nil {
		return nil, err
	}
	now, err := snapshot.Now(ctx, tx)
	if err != nil {
		return nil, err
	}
	s, err := snapshot.LastWithLines(ctx, tx, in.Season, now)
	if !errors.Is(err, snapshot.ErrNotFound) {
		if err != nil {
			return nil, err
		}
		return snapshot.ExplainDevice(ctx, tx, in.Device, s)
	}
	leave, err := d.alone()
	if err != nil {
		return nil, err
	}
	defer leave()
	return snapshot.EstimateDevice(ctx, tx, in.Device, in.Season)
}
