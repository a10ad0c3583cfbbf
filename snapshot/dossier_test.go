package snapshot_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/snapshot"
)

func (o *office) dossier(id uuid.UUID) (d *snapshot.Dossier, err error) {
	err = o.try(func(ctx context.Context, tx pgx.Tx) error {
		d, err = snapshot.DossierOf(ctx, tx, id)
		return err
	})
	return d, err
}

// What is on record of a device is what a season's lines follow from.
func TestADossierTellsWhatIsBelieved(t *testing.T) {
	t.Parallel()
	o := newVillage().settle(t)
	s := o.take(villageSeason.Code)
	for device, owner := range map[int]int{steady: 0, sold: 7, attacked: attacked / 2, cheat: cheat / 2} {
		d, err := o.dossier(deviceID(device))
		o.check(err)
		if d.Facts.SupplierID != supplierID(owner) || d.Facts.GPUModel != "NVIDIA T4" || d.Facts.GPUCount != 1 {
			t.Errorf("device %d: %+v", device, d.Facts)
		}
		var e *snapshot.Explanation
		o.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
			e, err = snapshot.ExplainDevice(ctx, tx, deviceID(device), s)
			return err
		})
		if !reflect.DeepEqual(d.Changes, e.Changes) || !reflect.DeepEqual(d.Verdicts, e.Verdicts) || !d.RegisteredAt.Equal(e.RegisteredAt) {
			t.Errorf("device %d: %+v, but %+v explains it", device, d, e)
		}
	}
	o.releaseChange(attackSeq)
	d, err := o.dossier(deviceID(attacked))
	o.check(err)
	if last := d.Changes[len(d.Changes)-1]; d.Facts.SupplierID != supplierID(66) || last.Standing != snapshot.Released || last.Decision == nil {
		t.Errorf("after the release: %+v", d)
	}
	if _, err := o.dossier(uuid.New()); !errors.Is(err, snapshot.ErrNotFound) {
		t.Errorf("of a stranger: %v", err)
	}
}
