package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/uptally/uptally/uptime"
)

// Bounds of a backfill's windows: whole hours, about as many heartbeats each as
// keep a transaction and a pass in memory small.
const (
	heartbeatsPerWindow = 2_000_000
	hoursPerWindowMax   = 24
)

// Backfill requests a span, in whole windows, and the logs with it. It returns
// the jobs that do it; Wait for them. Windows whose every slot is final already
// are left out.
func (c *Client) Backfill(ctx context.Context, span uptime.Span) ([]int64, error) {
	if err := c.readLogs(ctx); err != nil {
		return nil, err
	}
	var ids []int64
	err := c.begin(ctx, func(tx pgx.Tx) (err error) {
		ids, err = c.requestSpan(ctx, tx, span)
		return err
	})
	return ids, err
}

// RequestTx requests a span in the caller's transaction, as Backfill does, and returns
// how many jobs will read it: a window's job reads the log of changes first, and the
// log of verdicts has a job of its own. It asks nothing of the network, so that a
// process without a feed may request what another pulls. Whole slots that are over,
// please: none is read before its end.
func (c *Client) RequestTx(ctx context.Context, tx pgx.Tx, span uptime.Span) (queued int, err error) {
	if err := c.devices.Refresh(ctx, tx); err != nil { // as large as the windows may be
		return 0, err
	}
	ids, err := c.requestSpan(ctx, tx, span)
	if err != nil {
		return 0, err
	}
	logs, err := c.insert(ctx, tx, []river.InsertManyParams{{Args: SyncVerdicts{}}})
	return len(ids) + len(logs), err
}

// requestSpan notes that the span is wanted and enqueues what reads it, as Backfill
// says.
func (c *Client) requestSpan(ctx context.Context, tx pgx.Tx, span uptime.Span) ([]int64, error) {
	if err := uptime.RequestSpan(ctx, tx, span); err != nil {
		return nil, err
	}
	hours, err := uptime.CoverageOf(ctx, tx, span)
	if err != nil {
		return nil, err
	}
	var params []river.InsertManyParams
	for _, w := range windows(span, c.hoursPerWindow()) {
		if !allFinal(hours, w) {
			params = append(params, river.InsertManyParams{Args: PullWindow{From: w.From.Start(), To: w.To.Start()}})
		}
	}
	for day := span.From.Day(); day.Before(span.To.Start()); day = day.AddDate(0, 0, 1) {
		params = append(params, river.InsertManyParams{Args: ReadJobMinutes{Day: day}})
	}
	return c.insert(ctx, tx, params)
}

// readLogs reads both logs before anything else: how large the windows may be
// depends on how many devices there are.
func (c *Client) readLogs(ctx context.Context) error {
	if c.feed == nil {
		return errors.New("pull: no feed is configured; set UPTALLY_FEED_URL and UPTALLY_FEED_TOKEN")
	}
	if err := uptime.SyncChanges(ctx, c.pool, c.feed); err != nil {
		return err
	}
	if err := uptime.SyncVerdicts(ctx, c.pool, c.feed); err != nil {
		return err
	}
	return c.begin(ctx, func(tx pgx.Tx) error { return c.devices.Refresh(ctx, tx) })
}

func (c *Client) hoursPerWindow() int {
	if c.hours > 0 {
		return c.hours
	}
	perHour := max(1, c.devices.Len()*uptime.SlotsPerHour)
	return min(hoursPerWindowMax, max(1, heartbeatsPerWindow/perHour))
}

// windows cuts the span into windows of so many whole hours, counted from the
// epoch, so that two backfills that overlap ask for the same ones.
func windows(span uptime.Span, hours int) []uptime.Span {
	var cut []uptime.Span
	length := uptime.Slot(hours * uptime.SlotsPerHour)
	for from := span.From; from < span.To; {
		to := min(span.To, (from/length+1)*length)
		cut = append(cut, uptime.Span{From: from, To: to})
		from = to
	}
	return cut
}

func allFinal(hours []uptime.Coverage, window uptime.Span) bool {
	t := uptime.NewTimeline(window)
	for _, h := range hours {
		for i := range uptime.SlotsPerHour {
			if h.Final.Has(i) {
				t.Add(h.Hour.First() + uptime.Slot(i))
			}
		}
	}
	return t.Count(window) == window.Len()
}

// waitEvery is how often a waiting caller asks the database how far things are.
const waitEvery = 50 * time.Millisecond

// Wait returns when all of the jobs are finished, successfully or not. It calls
// progress with how many are not, each time it asks. The error names the first
// job that failed for good.
func (c *Client) Wait(ctx context.Context, ids []int64, progress func(unfinished int)) error {
	tick := time.NewTicker(waitEvery)
	defer tick.Stop()
	for {
		unfinished, failed, err := countUnfinished(ctx, c.pool, ids)
		if err != nil {
			return err
		}
		if progress != nil {
			progress(unfinished)
		}
		if unfinished == 0 {
			if failed != "" {
				return fmt.Errorf("a job failed for good: %s", failed)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// CloseHours closes, by a job, what nothing is awaited of, and waits for it; before,
// it waits until what lacks by the service's own counts was read again.
func (c *Client) CloseHours(ctx context.Context) error {
	for {
		ids, err := c.mendClosable(ctx)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break // as at the latest when each was asked for MendsMax times
		}
		if err := c.Wait(ctx, ids, nil); err != nil {
			return err
		}
	}
	var ids []int64
	err := c.begin(ctx, func(tx pgx.Tx) (err error) {
		ids, err = c.insert(ctx, tx, []river.InsertManyParams{{Args: CloseHours{}}})
		return err
	})
	if err != nil {
		return err
	}
	return c.Wait(ctx, ids, nil)
}
