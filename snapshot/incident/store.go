package incident

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

func selectNow(ctx context.Context, tx pgx.Tx) (now time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	return now, err
}

// selectRequested returns the span of everything that was requested so far, and
// whether anything was.
func selectRequested(ctx context.Context, tx pgx.Tx) (span uptime.Span, some bool, err error) {
	var first, last *time.Time
	err = tx.QueryRow(ctx, `SELECT min(hour), max(hour) FROM uptime_coverage`).Scan(&first, &last)
	if err != nil || first == nil {
		return span, false, err
	}
	return uptime.Span{From: uptime.HourOf(*first).First(), To: (uptime.HourOf(*last) + 1).First()}, true, nil
}

// selectStanding returns what a scan that begins now stands on.
func selectStanding(ctx context.Context, tx pgx.Tx) (s standing, err error) {
	err = tx.QueryRow(ctx, `
		SELECT coalesce(max(id), 0), count(*), (SELECT coalesce(sum(bit_count(observed)), 0)::bigint FROM uptime_coverage),
			(SELECT coalesce(max(id), 0) FROM incident_end)
		FROM uptime_pull WHERE outcome = 'merged'`).Scan(&s.lastPull, &s.pulls, &s.observed, &s.lastEnd)
	return s, err
}

// selectFactsAfter tells whether a verdict, device or change was recorded after the
// moment.
func selectFactsAfter(ctx context.Context, tx pgx.Tx, moment time.Time) (some bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM verdict WHERE recorded_at > $1) OR EXISTS (SELECT FROM device WHERE recorded_at > $1)
			OR EXISTS (SELECT FROM device_change WHERE recorded_at > $1)`, moment).Scan(&some)
	return some, err
}

// lockScans makes the recording of scans wait for each other.
func lockScans(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('incident scan'))`)
	return err
}

func insertScan(ctx context.Context, tx pgx.Tx, f Findings) (id int64, recordedAt time.Time, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO incident_scan (as_of, last_pull, pulls, observed, last_end) VALUES ($1, $2, $3, $4, $5)
		RETURNING id, recorded_at`,
		f.AsOf, f.standing.lastPull, f.standing.pulls, f.standing.observed, f.standing.lastEnd).Scan(&id, &recordedAt)
	return id, recordedAt, err
}

// selectScan returns the newest scan as of the moment, or that of the latest moment
// if none is given; nil if there is none.
func selectScan(ctx context.Context, tx pgx.Tx, asOf *time.Time) (*Findings, error) {
	var f Findings
	err := tx.QueryRow(ctx, `
		SELECT id, as_of, recorded_at, last_pull, pulls, observed, last_end FROM incident_scan
		WHERE $1::timestamptz IS NULL OR as_of = $1 ORDER BY as_of DESC, id DESC LIMIT 1`, asOf).Scan(
		&f.Scan, &f.AsOf, &f.RecordedAt, &f.standing.lastPull, &f.standing.pulls, &f.standing.observed, &f.standing.lastEnd)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &f, err
}

// selectIncidents returns the numbers of the incidents on record.
func selectIncidents(ctx context.Context, tx pgx.Tx) (map[identity]int64, error) {
	rows, err := tx.Query(ctx, `SELECT id, kind, opened FROM incident`)
	if err != nil {
		return nil, err
	}
	known := map[identity]int64{}
	var (
		id     int64
		kind   Kind
		opened time.Time
	)
	_, err = pgx.ForEachRow(rows, []any{&id, &kind, &opened}, func() error {
		known[identity{kind, uptime.SlotOf(opened)}] = id
		return nil
	})
	return known, err
}

func insertIncident(ctx context.Context, tx pgx.Tx, kind Kind, opened uptime.Slot) (id int64, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO incident (kind, opened) VALUES ($1, $2) RETURNING id`, kind, opened.Start()).Scan(&id)
	return id, err
}

func insertReading(ctx context.Context, tx pgx.Tx, scan int64, i Incident) error {
	r := rowOf(i)
	_, err := tx.Exec(ctx, `
		INSERT INTO incident_reading (scan, incident, kind, opened, ends, baseline, lowest, lowest_at, recovered, closed,
			accepted_end, half_back, nine_tenths_back, vanished, returned, devices, changes, curve_from, curve_step, curve)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		scan, r.Incident, r.Kind, r.Opened, r.Ends, r.Baseline, r.Lowest, r.LowestAt, r.Recovered, r.Closed,
		r.AcceptedEnd, r.HalfBack, r.NineTenthsBack, r.Vanished, r.Returned, r.Devices, r.Changes, r.CurveFrom, r.CurveStep, r.Curve)
	return err
}

const readingColumns = `incident, kind, opened, ends, baseline, lowest, lowest_at, recovered, closed, accepted_end, half_back,
	nine_tenths_back, vanished, returned, devices, changes, curve_from, curve_step, curve`

func scanReading(row pgx.CollectableRow) (Incident, error) {
	r, err := pgx.RowToStructByPos[readingRow](row)
	return r.incident(), err
}

// selectReadings returns what the scan found, in the order in which it opened.
func selectReadings(ctx context.Context, tx pgx.Tx, scan int64) ([]Incident, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+readingColumns+` FROM incident_reading WHERE scan = $1 ORDER BY opened, kind`, scan)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanReading)
}

// selectReadingsAsOf returns what every scan as of the moment found, the newest
// first.
func selectReadingsAsOf(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]Incident, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+readingColumns+` FROM incident_reading
		WHERE scan IN (SELECT id FROM incident_scan WHERE as_of = $1) ORDER BY scan DESC, opened, kind`, asOf)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanReading)
}

// selectReading returns an incident as the newest scan of those of the latest
// moment that found it did.
func selectReading(ctx context.Context, tx pgx.Tx, id int64) (Incident, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+readingColumns+` FROM incident_reading r JOIN incident_scan s ON s.id = r.scan
		WHERE r.incident = $1 ORDER BY s.as_of DESC, s.id DESC LIMIT 1`, id)
	if err != nil {
		return Incident{}, err
	}
	i, err := pgx.CollectExactlyOneRow(rows, scanReading)
	if errors.Is(err, pgx.ErrNoRows) {
		return i, fmt.Errorf("incident %d: %w; see which there are with: `uptally incident list`", id, ErrNotFound)
	}
	return i, err
}

// selectChanged returns how many devices changed through the untrusted channel in
// each slot, as far as that was recorded by asOf.
func selectChanged(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]Tally, error) {
	rows, err := tx.Query(ctx, `
		SELECT floor(extract(epoch FROM changed_at) / 300)::bigint AS slot, count(DISTINCT device)
		FROM device_change WHERE channel = $1 AND recorded_at <= $2
		GROUP BY slot ORDER BY slot`, uptime.ChannelWorkerAPI, asOf)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Tally])
}

// selectRegistered returns how many devices were registered in each slot, as far as
// that was recorded by asOf.
func selectRegistered(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]Tally, error) {
	rows, err := tx.Query(ctx, `
		SELECT floor(extract(epoch FROM registered_at) / 300)::bigint AS slot, count(*)
		FROM device WHERE recorded_at <= $1
		GROUP BY slot ORDER BY slot`, asOf)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Tally])
}

// countChanges returns how many devices changed through the untrusted channel in
// the span, and by how many changes.
func countChanges(ctx context.Context, tx pgx.Tx, span uptime.Span, asOf time.Time) (devices, changes int64, err error) {
	err = tx.QueryRow(ctx, `
		SELECT count(DISTINCT device), count(*) FROM device_change
		WHERE channel = $1 AND recorded_at <= $2 AND changed_at >= $3 AND changed_at < $4`,
		uptime.ChannelWorkerAPI, asOf, span.From.Start(), span.To.Start()).Scan(&devices, &changes)
	return devices, changes, err
}

// selectWindows returns the grace windows of the season, by beginning.
func selectWindows(ctx context.Context, tx pgx.Tx, season string) ([]window, error) {
	rows, err := tx.Query(ctx, `
		SELECT w.id, w.window_from, w.window_to, a.recorded_at
		FROM grace_window w LEFT JOIN grace_approval a ON a.window_id = w.id
		WHERE w.season = $1 ORDER BY w.window_from, w.id`, season)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (w window, err error) {
		var from, to time.Time
		err = row.Scan(&w.id, &from, &to, &w.approved)
		w.span = uptime.SpanOf(from, to)
		return w, err
	})
}

// selectHolds returns the metadata holds, released or not, by beginning.
func selectHolds(ctx context.Context, tx pgx.Tx) ([]hold, error) {
	rows, err := tx.Query(ctx, `SELECT id, held_from, held_to, recorded_at FROM metadata_hold ORDER BY held_from, id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h hold, err error) {
		err = row.Scan(&h.id, &h.from, &h.to, &h.recorded)
		return h, err
	})
}

func insertDismissal(ctx context.Context, tx pgx.Tx, d Dismissal) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO incident_dismissal (incident, season, reason, person_id) VALUES ($1, $2, $3, $4)`,
		d.Incident, d.Season, d.Reason, d.Person)
	return err
}

func selectDismissals(ctx context.Context, tx pgx.Tx, season string) ([]Dismissal, error) {
	rows, err := tx.Query(ctx, `
		SELECT incident, season, reason, person_id, recorded_at FROM incident_dismissal
		WHERE season = $1 ORDER BY incident`, season)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Dismissal])
}

func insertEnd(ctx context.Context, tx pgx.Tx, i Incident, end uptime.Slot, reason string, person int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO incident_end (incident, kind, opened, ends, reason, person_id) VALUES ($1, $2, $3, $4, $5, $6)`,
		i.ID, i.Kind, i.Opened.Start(), end.Start(), reason, person)
	return err
}

// selectEnds returns the ends that persons set, in the order in which they did.
func selectEnds(ctx context.Context, tx pgx.Tx) ([]AcceptedEnd, error) {
	rows, err := tx.Query(ctx, `SELECT opened, ends FROM incident_end ORDER BY id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (AcceptedEnd, error) {
		var opened, ends time.Time
		err := row.Scan(&opened, &ends)
		return AcceptedEnd{Opened: uptime.SlotOf(opened), At: uptime.SlotOf(ends)}, err
	})
}
