package snapshot

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// Dossier is all that is on record of a device, whatever the season: what is believed
// of it, the changes that it follows from, and the verdicts.
type Dossier struct {
	DeviceID     uuid.UUID          `json:"device_id"`
	AsOf         time.Time          `json:"as_of"` // what was recorded by then counts
	RegisteredAt time.Time          `json:"registered_at"`
	Facts        BelievedFacts      `json:"facts"`
	Changes      []ExplainedChange  `json:"changes"`  // in the order in which they are folded
	Verdicts     []ExplainedVerdict `json:"verdicts"` // in the order that counts
}

// BelievedFacts are what all changes that are not set aside say of a device together.
type BelievedFacts struct {
	SupplierID   uuid.UUID `json:"supplier_id"`
	GPUModel     string    `json:"gpu_model"`
	GPUCount     int32     `json:"gpu_count"`
	Connectivity string    `json:"connectivity"`
	DeviceName   *string   `json:"device_name"` // for display only, as the next
	Status       *string   `json:"status"`
}

// DossierOf reads what is on record of the device, as of now; ErrNotFound, if no
// registration names it.
func DossierOf(ctx context.Context, tx pgx.Tx, id uuid.UUID) (*Dossier, error) {
	now, err := selectStamp(ctx, tx)
	if err != nil {
		return nil, err
	}
	number, err := numberOf(ctx, tx, id, now)
	if err != nil {
		return nil, err
	}
	b, d := &Basis{AsOf: now}, &Device{Number: number, ID: id}
	if err := b.readHolds(ctx, tx); err != nil {
		return nil, err
	}
	if err := d.readLogs(ctx, tx, now); err != nil {
		return nil, err
	}
	r, err := loadReviewing(ctx, tx, nil, now)
	if err != nil {
		return nil, err
	}
	return dossier(b, d, r), nil
}

// dossier folds the device's changes as every season does.
func dossier(b *Basis, d *Device, r *reviewing) *Dossier {
	v := &Dossier{
		DeviceID: d.ID, AsOf: b.AsOf.UTC(), Changes: b.explainChanges(d.Changes),
		Verdicts: explainVerdicts(d.Verdicts, lastVerdict(d.Verdicts)),
	}
	for _, h := range r.device(d.Number, d.Changes) {
		decided(v.Changes, &h)
	}
	var all folded
	for _, c := range foldingOrder(d.Changes) {
		if c.Channel == uptime.ChannelRegistration {
			v.RegisteredAt = c.ChangedAt.UTC()
		}
		if !b.held(c) {
			all = all.apply(c)
		}
	}
	f := all.facts
	v.Facts = BelievedFacts{f.SupplierID, f.GPUModel, f.GPUCount, f.Connectivity, all.name, all.status}
	return v
}
