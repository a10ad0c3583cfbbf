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

// eachSummary visits the counts of the hours [first, end).
func eachSummary(ctx context.Context, tx pgx.Tx, first, end uptime.Hour, visit func(hour uptime.Hour, devices, heartbeats []int64)) error {
	rows, err := tx.Query(ctx, `
		SELECT hour, devices, heartbeats FROM uptime_summary WHERE hour >= $1 AND hour < $2`, first.Start(), end.Start())
	if err != nil {
		return err
	}
	var (
		hour                time.Time
		devices, heartbeats []int64
	)
	_, err = pgx.ForEachRow(rows, []any{&hour, &devices, &heartbeats}, func() error {
		visit(uptime.HourOf(hour), devices, heartbeats)
		return nil
	})
	return err
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
		INSERT INTO uptime_mend (slot, recorded_at) SELECT slot, $2 FROM unnest($1::timestamptz[]) AS slot
		ON CONFLICT DO NOTHING`, starts, now)
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
