package reconcile

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/uptime"
)

// Read reads the service's own counts of the span, a day a request, and keeps them.
// Slots that are not over are left out. A service that does not answer, refuses, or
// has no summary is recorded with the reason, which is returned, and what it counted
// before stays; only what is wrong on our side is an error.
func Read(ctx context.Context, pool *pgxpool.Pool, feed *uptime.Feed, span uptime.Span, now time.Time) (refusal string, err error) {
	span.To = min(span.To, uptime.SlotOf(now))
	if span.Empty() {
		return "", nil
	}
	first, end := span.Hours()
	for day := first; day < end && refusal == ""; day = nextDay(day) {
		hours := uptime.Span{From: day.First(), To: min(nextDay(day), end).First()}
		over := hours.Intersect(uptime.Span{From: hours.From, To: uptime.SlotOf(now)})
		counts, err := feed.Summary(ctx, over.From.Start(), over.To.Start())
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil:
			refusal = err.Error()
		default:
			if err := keep(ctx, pool, hours, over, counts, now); err != nil {
				return "", err
			}
		}
	}
	return refusal, pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return insertReading(ctx, tx, span, now, refusal) })
}

// ReadMissing is Read of the hours of the span whose last word is not had: what the
// service counts grows for a day.
func ReadMissing(ctx context.Context, pool *pgxpool.Pool, feed *uptime.Feed, span uptime.Span, now time.Time) (refusal string, err error) {
	var missing []uptime.Span
	if err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) (err error) {
		first, end := span.Hours()
		missing, err = selectMissing(ctx, tx, first, end)
		return err
	}); err != nil {
		return "", err
	}
	for _, hours := range missing {
		if refusal, err = Read(ctx, pool, feed, hours.Intersect(span), now); refusal != "" || err != nil {
			return refusal, err
		}
	}
	return "", nil
}

// settled reports whether nothing of the slot was committed after the moment.
func settled(k uptime.Slot, at time.Time) bool { return !k.End().Add(uptime.LateCommits).After(at) }

// nextDay returns the first hour of the UTC day after the hour's.
func nextDay(h uptime.Hour) uptime.Hour { return (h/24 + 1) * 24 }

// keep stores the counts of whole hours. Slots that are absent had no heartbeat;
// those that are not over count nothing yet.
func keep(ctx context.Context, pool *pgxpool.Pool, hours, over uptime.Span, counts []uptime.SlotSummary, now time.Time) error {
	devices, heartbeats := make([]int64, hours.Len()), make([]int64, hours.Len())
	for i := over.Len(); i < hours.Len(); i++ {
		devices[i], heartbeats[i] = notOver, notOver
	}
	for _, c := range counts {
		if over.Contains(c.Slot) {
			devices[c.Slot-hours.From], heartbeats[c.Slot-hours.From] = c.Devices, c.Heartbeats
		}
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		return upsertSummary(ctx, tx, hours.From.Hour(), devices, heartbeats, now)
	})
}
