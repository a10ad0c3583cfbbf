package fakes

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// selectDevices returns the devices [first, end) recorded by asOf, in order of
// number, as they were registered; spoofed by their last verdict recorded by asOf.
func selectDevices(ctx context.Context, tx pgx.Tx, first, end uptime.DeviceNumber, asOf time.Time) ([]Device, error) {
	rows, err := tx.Query(ctx, `
		SELECT d.number, d.id, d.supplier_id, d.registered_at, coalesce(last.kind = 'spoofed', false)
		FROM device d
		LEFT JOIN (
			SELECT DISTINCT ON (device) device, kind FROM verdict
			WHERE device >= $1 AND device < $2 AND recorded_at <= $3
			ORDER BY device, decided_at DESC, by_hand DESC, seq DESC
		) AS last ON last.device = d.number
		WHERE d.number >= $1 AND d.number < $2 AND d.recorded_at <= $3
		ORDER BY d.number`, first, end, asOf)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Device])
}
