package jobs_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

// Days that are closed whole are cut into strips, and again once they were opened and
// closed again.
func TestClosedDaysAreCut(t *testing.T) {
	t.Parallel()
	w := settle(t, serve(t, 40, simulator.Options{}))
	c := w.started(jobs.Options{Hours: 1, Now: clockAt(day(5, 20)).now})
	pull := func(span uptime.Span) {
		ids, err := c.Backfill(t.Context(), span)
		w.check(err)
		w.check(c.Wait(t.Context(), ids, nil))
		w.check(c.CloseHours(t.Context()))
		w.check(c.Work(t.Context(), jobs.CutDays{}, 1))
	}
	const cut = `SELECT day || ' ' || count(*) FROM uptime_strip GROUP BY day ORDER BY day`
	pull(hours(-3, 23))
	w.expect("strips, while an hour of the day is not pulled", cut)
	pull(hours(23, 24))
	w.expect("strips of the closed day", cut, "2024-04-24 5")
	before := w.strips()

	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		id, err := uptime.ProposeReopening(ctx, tx, hours(7, 8), "the network found its rows", w.ada)
		if err == nil {
			_, err = uptime.ApproveReopening(ctx, tx, id, w.grace)
		}
		return err
	})
	w.expect("strips of the day that is open", cut)
	pull(hours(7, 8))
	if after := w.strips(); after != before {
		t.Errorf("closed again, it is cut into%s, before%s", after, before)
	}
}
