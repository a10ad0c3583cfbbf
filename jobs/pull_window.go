package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"golang.org/x/sync/errgroup"

	"github.com/uptally/uptally/uptime"
)

// rereads are when a window that was young at its first reading is read again,
// for rows that the network commits late.
var rereads = []time.Duration{time.Hour, uptime.LateCommits}

// PullWindow reads one window of whole slots to its last page and merges it.
type PullWindow struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"` // exclusive
	Reread int       `json:"reread"`
}

// Kind names the job.
func (PullWindow) Kind() string { return "pull_window" }

// InsertOpts keeps a window from standing in the queue twice.
func (PullWindow) InsertOpts() river.InsertOpts { return once(queuePull) }

func (w PullWindow) span() uptime.Span { return uptime.SpanOf(w.From, w.To) }

type pullWindow struct {
	river.WorkerDefaults[PullWindow]
	c *Client
}

func (*pullWindow) Timeout(*river.Job[PullWindow]) time.Duration { return 2 * time.Hour }

func (w *pullWindow) NextRetry(job *river.Job[PullWindow]) time.Time {
	return retryAfter(job.Attempt, time.Now())
}

// Work reads the window. When it cannot be had at the last try, its slots are
// tried one by one, and those that still cannot are given up, if they are old.
func (w *pullWindow) Work(ctx context.Context, job *river.Job[PullWindow]) error {
	err := w.pull(ctx, job.Args.span(), job.Args.Reread)
	if err == nil || ctx.Err() != nil || job.Attempt < job.MaxAttempts {
		return err
	}
	return w.pullSlots(ctx, job.Args.span())
}

// pull reads and merges one window; a failure leaves its account and nothing else.
func (w *pullWindow) pull(ctx context.Context, span uptime.Span, reread int) error {
	pass, err := uptime.ReadWindow(ctx, w.c.pool, w.c.feed, &w.c.devices, span, w.c.now)
	if ctx.Err() != nil {
		return ctx.Err() // a stop of ours says nothing of the network
	}
	if err != nil {
		return errors.Join(err, w.c.begin(ctx, func(tx pgx.Tx) error {
			_, err := uptime.RecordFailure(ctx, tx, pass, err)
			return err
		}))
	}
	return w.c.begin(ctx, func(tx pgx.Tx) error {
		if _, err := uptime.Merge(ctx, tx, pass); err != nil {
			return err
		}
		return w.readAgain(ctx, tx, span, reread, pass.StartedAt)
	})
}

// readAgain enqueues the re-readings of a window that was young when first read.
func (w *pullWindow) readAgain(ctx context.Context, tx pgx.Tx, span uptime.Span, reread int, read time.Time) error {
	if reread > 0 || read.Sub(span.To.Start()) >= uptime.LateCommits {
		return nil
	}
	for i, after := range rereads {
		args := PullWindow{From: span.From.Start(), To: span.To.Start(), Reread: i + 1}
		if _, err := w.c.river.InsertTx(ctx, tx, args, &river.InsertOpts{ScheduledAt: read.Add(after)}); err != nil {
			return err
		}
	}
	return nil
}

// slotsAtOnce is how many slots of a window are tried at once: most of the time
// goes into waiting for a network that does not answer.
const slotsAtOnce = 8

// pullSlots tries the slots of a window one by one.
func (w *pullWindow) pullSlots(ctx context.Context, span uptime.Span) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(slotsAtOnce)
	for k := span.From; k < span.To; k++ {
		group.Go(func() error { return w.pullSlot(ctx, uptime.Span{From: k, To: k + 1}) })
	}
	return group.Wait()
}

// pullSlot tries one slot, and gives it up if it is old and cannot be had. A slot
// that is refused for want of authority is our own outage and stays awaited.
func (w *pullWindow) pullSlot(ctx context.Context, slot uptime.Span) error {
	err := w.pull(ctx, slot, 0)
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.Is(err, uptime.ErrUnauthorised):
		w.c.log.Error("ALERT: the network refuses our credentials; windows stay unobserved until that is mended", "error", err)
		return err
	case w.c.now().Sub(slot.To.Start()) < uptime.LateCommits:
		return err
	}
	reason := fmt.Sprintf("after %d tries of its window and one of its own: %v", attemptsMax, err)
	return w.c.begin(ctx, func(tx pgx.Tx) error {
		_, err := uptime.GiveUp(ctx, tx, slot, nil, reason)
		return err
	})
}
