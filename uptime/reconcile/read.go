package reconcile

import (
	"cmp"
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/uptime"
)

// Read reads the service's own counts of the span, a day a request, and keeps them.
// Slots that are not over are left out. A day that the service does not answer for, or
// not as it should, is left as it was counted before, and after refusalsMax such days
// in a row the rest is; the first reason is recorded and returned. Only what is wrong
// on our side is an error.
func Read(ctx context.Context, pool *pgxpool.Pool, feed *uptime.Feed, span uptime.Span, now time.Time) (refusal string, err error) {
	span.To = min(span.To, uptime.SlotOf(now))
	if span.Empty() {
		return "", nil
	}
	first, end := span.Hours()
	for day, refused := first, 0; day < end && refused < refusalsMax; day = nextDay(day) {
		hours := uptime.Span{From: day.First(), To: min(nextDay(day), end).First()}
		over := hours.Intersect(uptime.Span{From: hours.From, To: uptime.SlotOf(now)})
		counts, err := feed.Summary(ctx, over.From.Start(), over.To.Start())
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case err != nil:
			refusal, refused = cmp.Or(refusal, err.Error()), refused+1
		default:
			refused = 0
			if err := keep(ctx, pool, hours, over, counts, now); err != nil {
				return "", err
			}
		}
	}
	return refusal, pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return insertReading(ctx, tx, span, now, refusal) })
}

// refusalsMax bounds the days in a row that are asked for in vain.
const refusalsMax = 3

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
	for i, refused := 0, 0; i < len(missing) && refused < refusalsMax; i++ {
		reason, err := Read(ctx, pool, feed, missing[i].Intersect(span), now)
		if err != nil {
			return "", err
		}
		if refusal = cmp.Or(refusal, reason); reason != "" {
			refused++
		}
	}
	return refusal, nil
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
