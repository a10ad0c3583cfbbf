package public

import (
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

func scanSeason(row pgx.CollectableRow) (s seasonRow, err error) {
	err = row.Scan(&s.code, &s.firstDay, &s.lastDay, &s.pool, &s.ruleset, &s.version, &s.sha256, &s.revision, &s.asOf, &s.sealedAt, &s.points,
		&s.allocated, &s.residual, &s.drawn, &s.lines, &s.suppliers, &s.observed, &s.slots, &s.digest, &s.devices, &s.outcomes)
	return s, err
}

// queueSeasons reads seasons after one of them, the newest first, each with its newest
// sealed revision.
func queueSeasons(b *pgx.Batch, day *time.Time, code string, limit int, rows *[]seasonRow) {
	b.Queue(`
		SELECT q.code, q.first_day, q.last_day, q.pool, r.name, r.version, r.sha256, s.revision, s.as_of, s.sealed_at, s.points::text,
			s.allocated, s.residual, s.drawn, s.lines, s.suppliers, s.observed_slots, s.season_slots, s.digest, t.devices, t.outcomes
		FROM season q
		JOIN ruleset r ON r.sha256 = q.ruleset
		LEFT JOIN LATERAL (
			SELECT id, revision, as_of, sealed_at, points, allocated, residual, drawn, lines, suppliers, observed_slots, season_slots, digest
			FROM snapshot WHERE season = q.code ORDER BY revision DESC LIMIT 1) s ON true -- of sealed ones: a policy sees to it
		LEFT JOIN snapshot_total t ON t.snapshot_id = s.id
		WHERE $1::date IS NULL OR q.first_day < $1 OR q.first_day = $1 AND q.code COLLATE "C" > $2 COLLATE "C"
		ORDER BY q.first_day DESC, q.code COLLATE "C" LIMIT $3`, day, code, limit).Query(collect(rows, scanSeason))
}

// queueSeason reads one season.
func queueSeason(b *pgx.Batch, code string, rows *[]seasonRow) {
	b.Queue(`
		SELECT q.code, q.first_day, q.last_day, q.pool, r.name, r.version, r.sha256, s.revision, s.as_of, s.sealed_at, s.points::text,
			s.allocated, s.residual, s.drawn, s.lines, s.suppliers, s.observed_slots, s.season_slots, s.digest, t.devices, t.outcomes
		FROM season q
		JOIN ruleset r ON r.sha256 = q.ruleset
		LEFT JOIN LATERAL (
			SELECT id, revision, as_of, sealed_at, points, allocated, residual, drawn, lines, suppliers, observed_slots, season_slots, digest
			FROM snapshot WHERE season = q.code ORDER BY revision DESC LIMIT 1) s ON true
		LEFT JOIN snapshot_total t ON t.snapshot_id = s.id
		WHERE q.code = $1`, code).Query(collect(rows, scanSeason))
}

// queueHours reads the closed hours that hold slots of the span, in order.
func queueHours(b *pgx.Batch, span uptime.Span, rows *[]hourRow) {
	first, end := span.Hours()
	b.Queue(`SELECT p.hour, p.up, c.observed::integer FROM uptime_population p JOIN uptime_coverage c ON c.hour = p.hour
		WHERE c.closed_at IS NOT NULL AND p.hour >= $1 AND p.hour < $2 ORDER BY p.hour`, first.Start(), end.Start()).
		Query(collect(rows, func(row pgx.CollectableRow) (h hourRow, err error) {
			var hour time.Time
			err = row.Scan(&hour, &h.up, &h.observed)
			h.hour = uptime.HourOf(hour)
			return h, err
		}))
}

// queueRulesets reads every version of a name, in order.
func queueRulesets(b *pgx.Batch, name string, rows *[]rulesetRow) {
	b.Queue(`SELECT version, sha256, toml FROM ruleset WHERE name = $1 ORDER BY version`, name).
		Query(collect(rows, func(row pgx.CollectableRow) (r rulesetRow, err error) {
			err = row.Scan(&r.version, &r.sha256, &r.toml)
			return r, err
		}))
}

// collect appends every row to a slice.
func collect[T any](into *[]T, scan func(pgx.CollectableRow) (T, error)) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.AppendRows(*into, rows, scan)
		return err
	}
}
