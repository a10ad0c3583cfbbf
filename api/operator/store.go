package operator

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// selectPersons returns the newest persons, those of lower numbers than before unless
// that is 0.
func selectPersons(ctx context.Context, tx pgx.Tx, before int64, limit int) ([]Person, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.id, p.recorded_at, coalesce(n.kinds, '{}'), coalesce(n.names, '{}')
		FROM person p
		LEFT JOIN LATERAL (
			SELECT array_agg(kind ORDER BY kind COLLATE "C", name COLLATE "C") AS kinds, array_agg(name ORDER BY kind COLLATE "C", name COLLATE "C") AS names
			FROM person_name WHERE person_id = p.id) n ON true
		WHERE $1 = 0::bigint OR p.id < $1 ORDER BY p.id DESC LIMIT $2`, before, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Person, err error) {
		var kinds, names []string
		err = row.Scan(&p.ID, &p.RecordedAt, &kinds, &names)
		p.RecordedAt = p.RecordedAt.UTC()
		p.Names = make([]PersonName, len(names))
		for i := range names {
			p.Names[i] = PersonName{kinds[i], names[i]}
		}
		return p, err
	})
}
