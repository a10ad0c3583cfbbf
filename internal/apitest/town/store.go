package town

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// manifest is the digest of the second distribution, which waits for approval.
func (w *Town) manifest() (digest string) {
	w.check(w.DB.Owner.QueryRow(w.t.Context(), `SELECT encode(manifest_sha256, 'hex') FROM distribution WHERE number = 2`).Scan(&digest))
	return digest
}

// payoutOf is the one that a supplier has.
func (w *Town) payoutOf(supplier uuid.UUID) (payout string) {
	w.check(w.DB.Owner.QueryRow(w.t.Context(), `SELECT id FROM distribution_payout WHERE supplier_id = $1`, supplier).Scan(&payout))
	return payout
}

// collapse is the first incident of its kind.
func (w *Town) collapse() (id string) {
	w.check(w.DB.Owner.QueryRow(w.t.Context(), `SELECT min(id)::text FROM incident WHERE kind = 'collapse'`).Scan(&id))
	return id
}

// hold is the first one.
func (w *Town) hold() (id string) {
	w.check(w.DB.Owner.QueryRow(w.t.Context(), `SELECT min(id)::text FROM metadata_hold`).Scan(&id))
	return id
}

// heldDevice has changes that the hold keeps back.
func (w *Town) heldDevice() (id string) {
	w.check(w.DB.Owner.QueryRow(w.t.Context(), `SELECT d.id::text FROM device d JOIN device_change c ON c.device = d.number
		WHERE c.channel = 'worker-api' AND c.changed_at >= '2024-04-25 08:00Z' AND c.changed_at < '2024-04-25 12:00Z' LIMIT 1`).Scan(&id))
	return id
}

// change records a change of one fact of a device, as if the log had told it.
func (w *Town) change(device uuid.UUID, seq int, at time.Time, fact string, value any) {
	_, err := w.DB.Owner.Exec(context.Background(), `
		INSERT INTO device_change (device, seq, changed_at, channel, supplier_id, device_name, recorded_at)
		SELECT number, (SELECT max(seq) FROM device_change) + $2, $3, 'user', CASE $4 WHEN 'supplier_id' THEN $5::uuid END,
			CASE $4 WHEN 'device_name' THEN $6 END, fact_stamp() FROM device WHERE id = $1`,
		device, seq, at, fact, orNil(value), orName(value))
	w.check(err)
}

func orNil(value any) any {
	if id, ok := value.(uuid.UUID); ok {
		return id
	}
	return nil
}

func orName(value any) any {
	if name, ok := value.(string); ok {
		return name
	}
	return nil
}
