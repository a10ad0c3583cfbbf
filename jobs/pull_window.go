package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
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

// Work reads the window. If that fails, its slots are read one by one at the next
// try, and those that fail are tried once more and then given up, if they are old.
func (w *pullWindow) Work(ctx context.Context, job *river.Job[PullWindow]) error {
	span := job.Args.span()
	if job.Attempt == 1 {
		return w.pull(ctx, span, job.Args.Reread, uptime.ReadWindow)
	}
	return w.pullSlots(ctx, job.Args, job.Attempt >= job.MaxAttempts)
}

// reader is uptime.ReadWindow, or uptime.ReadSlot.
type reader func(context.Context, *pgxpool.Pool, *uptime.Feed, *uptime.Registry, uptime.Span, func() time.Time) (*uptime.Pass, error)

// pull reads and merges one window; a failure leaves its account and nothing else.
func (w *pullWindow) pull(ctx context.Context, span uptime.Span, reread int, read reader) error {
	pass, err := read(ctx, w.c.pool, w.c.feed, &w.c.devices, span, w.c.now)
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

// pullSlots reads those slots of a window one by one that are still awaited.
func (w *pullWindow) pullSlots(ctx context.Context, window PullWindow, last bool) error {
	var slots []uptime.Slot
	if err := w.c.begin(ctx, func(tx pgx.Tx) (err error) {
		slots, err = uptime.AwaitedOf(ctx, tx, window.span(), w.c.now())
		return err
	}); err != nil {
		return err
	}
	if err := uptime.RefreshDevices(ctx, w.c.pool, w.c.feed, &w.c.devices); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(slotsAtOnce)
	failed := make([]error, len(slots))
	for i, k := range slots {
		group.Go(func() error {
			err := w.pullSlot(ctx, uptime.Span{From: k, To: k + 1}, window.Reread, last)
			if errors.Is(err, uptime.ErrUnauthorised) {
				return err // every other slot would be refused as well
			}
			failed[i] = err
			return nil
		})
	}
	return cmp.Or(group.Wait(), errors.Join(failed...))
}

// pullSlot reads one slot. At the last try it gives it up, if it is old and cannot
// be had; refused for want of authority, it stays awaited: that is our own outage.
func (w *pullWindow) pullSlot(ctx context.Context, slot uptime.Span, reread int, last bool) error {
	err := w.pull(ctx, slot, reread, uptime.ReadSlot)
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.Is(err, uptime.ErrUnauthorised):
		w.c.log.Error("ALERT: the network refuses our credentials; windows stay unobserved until that is mended", "error", err)
		return err
	case !last || w.c.now().Sub(slot.To.Start()) < uptime.LateCommits:
		return err
	}
	reason := fmt.Sprintf("after one try of its window and %d of its own: %v", attemptsMax-1, err)
	return w.c.begin(ctx, func(tx pgx.Tx) error {
		_, err := uptime.GiveUp(ctx, tx, slot, w.c.now(), nil, reason)
		return err
	})
}
