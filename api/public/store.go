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

// queueSeasons reads seasons after one of them, the newest first.
func queueSeasons(b *pgx.Batch, day *time.Time, code string, limit int, rows *[]seasonRow) {
	b.Queue(`
		SELECT code, first_day, last_day, pool, ruleset, ruleset_version, ruleset_sha256, revision, as_of, sealed_at, points::text,
			allocated, residual, drawn, lines, suppliers, observed_slots, season_slots, digest, devices, outcomes
		FROM public_season
		WHERE $1::date IS NULL OR first_day < $1 OR first_day = $1 AND code COLLATE "C" > $2 COLLATE "C"
		ORDER BY first_day DESC, code COLLATE "C" LIMIT $3`, day, code, limit).Query(collect(rows, scanSeason))
}

// queueSeason reads one season.
func queueSeason(b *pgx.Batch, code string, rows *[]seasonRow) {
	b.Queue(`
		SELECT code, first_day, last_day, pool, ruleset, ruleset_version, ruleset_sha256, revision, as_of, sealed_at, points::text,
			allocated, residual, drawn, lines, suppliers, observed_slots, season_slots, digest, devices, outcomes
		FROM public_season WHERE code = $1`, code).Query(collect(rows, scanSeason))
}

// queueHours reads the closed hours that hold slots of the span, in order.
func queueHours(b *pgx.Batch, span uptime.Span, rows *[]hourRow) {
	first, end := span.Hours()
	b.Queue(`SELECT hour, up, observed::integer FROM public_population WHERE hour >= $1 AND hour < $2 ORDER BY hour`, first.Start(), end.Start()).
		Query(collect(rows, func(row pgx.CollectableRow) (h hourRow, err error) {
			var hour time.Time
			err = row.Scan(&hour, &h.up, &h.observed)
			h.hour = uptime.HourOf(hour)
			return h, err
		}))
}

// queueRulesets reads every version of a name, in order.
func queueRulesets(b *pgx.Batch, name string, rows *[]rulesetRow) {
	b.Queue(`SELECT version, sha256, toml FROM public_ruleset WHERE name = $1 ORDER BY version`, name).
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
