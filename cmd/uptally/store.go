package main

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// selectVerdicts returns the last verdicts, of one device if it is named, in the
// order that counts.
func selectVerdicts(ctx context.Context, tx pgx.Tx, device *uuid.UUID, limit int) ([]uptime.Verdict, error) {
	rows, err := tx.Query(ctx, `
		SELECT seq, id, kind, effective_at, decided_at, by_hand, reason, evidence FROM (
			SELECT v.seq, d.id, v.kind, v.effective_at, v.decided_at, v.by_hand, v.reason, v.evidence
			FROM verdict v JOIN device d ON d.number = v.device
			WHERE $1::uuid IS NULL OR d.id = $1
			ORDER BY v.decided_at DESC, v.by_hand DESC, v.seq DESC LIMIT $2
		) AS last ORDER BY decided_at, by_hand, seq`, device, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[uptime.Verdict])
}

// dropDatabase removes the database, whoever is connected to it.
func dropDatabase(ctx context.Context, connection *pgx.Conn, name string) error {
	_, err := connection.Exec(ctx, `DROP DATABASE IF EXISTS `+pgx.Identifier{name}.Sanitize()+` WITH (FORCE)`)
	return err
}
