package reconcile

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

// upsertSummary stores counts of consecutive slots, from the first of the hour on.
func upsertSummary(ctx context.Context, tx pgx.Tx, first uptime.Hour, devices, heartbeats []int64, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO uptime_summary (hour, devices, heartbeats, read_at)
		SELECT $1::timestamptz + n * interval '1 hour', ($2::bigint[])[n * 12 + 1 : n * 12 + 12], ($3::bigint[])[n * 12 + 1 : n * 12 + 12], $4
		FROM generate_series(0, cardinality($2::bigint[]) / 12 - 1) AS n
		ON CONFLICT (hour) DO UPDATE SET devices = excluded.devices, heartbeats = excluded.heartbeats, read_at = excluded.read_at`,
		first.Start(), devices, heartbeats, now)
	return err
}

// notOver stands for the count of a slot that was not over when it was asked for.
const notOver = -1

// counts are the service's of an hour's twelve slots.
type counts struct {
	hour                uptime.Hour
	devices, heartbeats []int64
	readAt              time.Time
}

// eachSummary visits the counts of the hours [first, end).
func eachSummary(ctx context.Context, tx pgx.Tx, first, end uptime.Hour, visit func(counts)) error {
	rows, err := tx.Query(ctx, `
		SELECT hour, devices, heartbeats, read_at FROM uptime_summary WHERE hour >= $1 AND hour < $2`, first.Start(), end.Start())
	if err != nil {
		return err
	}
	var (
		hour time.Time
		c    counts
	)
	_, err = pgx.ForEachRow(rows, []any{&hour, &c.devices, &c.heartbeats, &c.readAt}, func() error {
		c.hour = uptime.HourOf(hour)
		visit(c)
		return nil
	})
	return err
}

// selectMissing returns the hours of [first, end) that were not counted once they
// were a day old, as spans.
func selectMissing(ctx context.Context, tx pgx.Tx, first, end uptime.Hour) (missing []uptime.Span, err error) {
	rows, err := tx.Query(ctx, `
		SELECT min(hour), max(hour) + interval '1 hour' FROM (
			SELECT h AS hour, h - row_number() OVER (ORDER BY h) * interval '1 hour' AS run
			FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', interval '1 hour') AS h
			WHERE NOT EXISTS (SELECT FROM uptime_summary s WHERE s.hour = h AND s.read_at >= h + interval '1 hour' + $3)
		) AS hours GROUP BY run ORDER BY run`, first.Start(), end.Start(), uptime.LateCommits)
	if err != nil {
		return nil, err
	}
	var from, to time.Time
	_, err = pgx.ForEachRow(rows, []any{&from, &to}, func() error {
		missing = append(missing, uptime.SpanOf(from, to))
		return nil
	})
	return missing, err
}

// pass is what the record of a merged pass tells.
type pass struct {
	window  uptime.Span
	rows    int64 // read of the window
	unknown int64
	late    int64
	archive bool
}

// eachPass visits the merged passes that touch the span, in the order in which they
// were merged.
func eachPass(ctx context.Context, tx pgx.Tx, span uptime.Span, visit func(pass)) error {
	rows, err := tx.Query(ctx, `
		SELECT window_from, window_to, accepted + unknown + late, unknown, late, archive IS NOT NULL FROM uptime_pull
		WHERE outcome = 'merged' AND window_to > $1 AND window_from < $2 ORDER BY id`, span.From.Start(), span.To.Start())
	if err != nil {
		return err
	}
	var (
		from, to time.Time
		p        pass
	)
	_, err = pgx.ForEachRow(rows, []any{&from, &to, &p.rows, &p.unknown, &p.late, &p.archive}, func() error {
		p.window = uptime.SpanOf(from, to)
		visit(p)
		return nil
	})
	return err
}

func insertReading(ctx context.Context, tx pgx.Tx, span uptime.Span, now time.Time, refusal string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO uptime_summary_read (span_from, span_to, refusal, recorded_at) VALUES ($1, $2, $3, $4)`,
		span.From.Start(), span.To.Start(), refusal, now)
	return err
}

// selectRefusal returns why the last reading that touches the span was in vain; "" if
// it was not, or if there was none.
func selectRefusal(ctx context.Context, tx pgx.Tx, span uptime.Span) (refusal string, err error) {
	err = tx.QueryRow(ctx, `
		SELECT coalesce((SELECT refusal FROM uptime_summary_read WHERE span_to > $1 AND span_from < $2 ORDER BY id DESC LIMIT 1), '')`,
		span.From.Start(), span.To.Start()).Scan(&refusal)
	return refusal, err
}

func insertMends(ctx context.Context, tx pgx.Tx, slots []uptime.Slot, now time.Time) error {
	starts := make([]time.Time, len(slots))
	for i, k := range slots {
		starts[i] = k.Start()
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO uptime_mend (slot, recorded_at) SELECT slot, $2 FROM unnest($1::timestamptz[]) AS slot`, starts, now)
	return err
}

// eachMend visits the slots of the span that were asked for again, with how often.
func eachMend(ctx context.Context, tx pgx.Tx, span uptime.Span, visit func(k uptime.Slot, times int)) error {
	rows, err := tx.Query(ctx, `
		SELECT slot, count(*)::int FROM uptime_mend WHERE slot >= $1 AND slot < $2 GROUP BY slot`, span.From.Start(), span.To.Start())
	if err != nil {
		return err
	}
	var (
		slot  time.Time
		times int
	)
	_, err = pgx.ForEachRow(rows, []any{&slot, &times}, func() error {
		visit(uptime.SlotOf(slot), times)
		return nil
	})
	return err
}
