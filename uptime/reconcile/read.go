package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/uptime"
)

// Read reads the service's own counts of the span, a day a request, and keeps them.
// Slots that are not over are left out. A service that does not answer, refuses, or
// has no summary is recorded with the reason, which is returned; only what is wrong on
// our side is an error.
func Read(ctx context.Context, pool *pgxpool.Pool, feed *uptime.Feed, span uptime.Span, now time.Time) (refusal string, err error) {
	span.To = min(span.To, uptime.SlotOf(now))
	if span.Empty() {
		return "", nil
	}
	first, end := span.Hours()
	for day := first; day < end; day = nextDay(day) {
		hours := [2]uptime.Hour{day, min(nextDay(day), end)}
		counts, err := feed.Summary(ctx, hours[0].Start(), hours[1].Start())
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			return err.Error(), record(ctx, pool, span, now, err.Error())
		}
		if err := keep(ctx, pool, hours, counts, now); err != nil {
			return "", err
		}
	}
	return "", record(ctx, pool, span, now, "")
}

// nextDay returns the first hour of the UTC day after the hour's.
func nextDay(h uptime.Hour) uptime.Hour { return (h/24 + 1) * 24 }

func record(ctx context.Context, pool *pgxpool.Pool, span uptime.Span, now time.Time, refusal string) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return insertReading(ctx, tx, span, now, refusal) })
}

// keep stores the counts of whole hours. Slots that are absent had no heartbeat;
// those that are not over count nothing yet.
func keep(ctx context.Context, pool *pgxpool.Pool, hours [2]uptime.Hour, counts []uptime.SlotSummary, now time.Time) error {
	first, over := hours[0].First(), uptime.SlotOf(now)
	devices := make([]int64, (hours[1]-hours[0])*uptime.SlotsPerHour)
	heartbeats := make([]int64, len(devices))
	for i := range devices {
		if first+uptime.Slot(i) >= over {
			devices[i], heartbeats[i] = -1, -1
		}
	}
	for _, c := range counts {
		if i := int(c.Slot - first); i >= 0 && i < len(devices) && devices[i] >= 0 {
			devices[i], heartbeats[i] = c.Devices, c.Heartbeats
		}
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return upsertSummary(ctx, tx, hours[0], devices, heartbeats, now) })
}

// ErrMisfit says that what was read is not what the service counts.
var ErrMisfit = errors.New("what was read is not what the service counts")

// Check returns ErrMisfit if something in the state does not fit.
func (s *State) Check() error {
	if s.Fits() {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrMisfit, s)
}

// Mend asks again for what may be mended: its slots become awaited, and the spans of
// them that hold them are returned, in order.
func Mend(ctx context.Context, tx pgx.Tx, span uptime.Span, now time.Time) ([]uptime.Span, error) {
	slots, err := slotsOf(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	state := Sum(slots)
	if len(state.mend) == 0 {
		return nil, nil
	}
	if err := uptime.AwaitAgain(ctx, tx, state.mend); err != nil {
		return nil, err
	}
	var spans []uptime.Span
	for _, k := range state.mend {
		if n := len(spans); n > 0 && spans[n-1].To == k {
			spans[n-1].To++
		} else {
			spans = append(spans, uptime.Span{From: k, To: k + 1})
		}
	}
	return spans, insertMends(ctx, tx, state.mend, now)
}
