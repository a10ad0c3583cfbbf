package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrLost says that entries could not be put on record. Each stands in the process's
// log instead.
var ErrLost = errors.New("refusals are not on record")

// Of the writer.
const (
	queueMax    = 4096                   // entries that wait; whoever brings one more waits, too
	batchMax    = 512                    // entries of a transaction
	batchWait   = 250 * time.Millisecond // how long a batch waits for more
	writeMax    = 10 * time.Second       // one try to write a batch
	retryWait   = 100 * time.Millisecond // after the first failed try; doubled after each
	retryMax    = 2 * time.Second
	closeMax    = 10 * time.Second // how long Close goes on trying
	complainMin = 4                // failed tries in a row after which only every so many are told of
)

// Writer puts refusals on record in batches, so that a flood of them costs few
// transactions. Make one with NewWriter, and Close it.
//
//	Refused ─┐
//	Refused ─┼─► queue, 4096 ─► batch, 512 or 250 ms ─► one transaction, until it succeeds
//	Refused ─┘   waits when full                   ▲
//	Refused ───► folds: the same again is counted ─┘ every 30 s
//
// While the database is away it keeps trying, the queue fills, and callers wait:
// nothing is refused without a record.
type Writer struct {
	pool  *pgxpool.Pool
	log   *slog.Logger
	queue chan Entry
	folds folds
	ended chan struct{} // closed when the last batch is done

	mu      sync.RWMutex // guards closed against Refused
	closed  bool
	senders sync.WaitGroup
	giveUp  context.CancelFunc
	once    sync.Once
	lost    atomic.Int64
}

// NewWriter returns a writer that works. A nil log tells nobody.
func NewWriter(pool *pgxpool.Pool, log *slog.Logger) *Writer {
	return newWriter(pool, log, queueMax, time.Tick(foldFor))
}

// newWriter returns a writer that puts what was counted on record at each tick, and at
// the end.
func newWriter(pool *pgxpool.Pool, log *slog.Logger, size int, ticks <-chan time.Time) *Writer {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, giveUp := context.WithCancel(context.Background())
	w := &Writer{pool: pool, log: log, queue: make(chan Entry, size), ended: make(chan struct{}), giveUp: giveUp}
	go w.work(ctx, ticks)
	return w
}

// Depth returns how many entries wait to be written.
func (w *Writer) Depth() int { return len(w.queue) }

// Counted returns how many refusals were counted in an entry rather than given one.
func (w *Writer) Counted() int64 { return w.folds.counted() }

// Refused hands over an entry, which is on record about a second later, or, if it is one
// more of a flood, counted in one that is on record within half a minute. If the queue
// is full it waits, until ctx is done; an entry that found no place by then, or came
// after Close, stands in the process's log instead.
func (w *Writer) Refused(ctx context.Context, entry Entry) {
	if !w.enter() {
		w.lose("the writer is closed", entry)
		return
	}
	defer w.senders.Done()
	if w.folds.take(entry) {
		return
	}
	entry = entry.recordable() // what waits is bounded, too
	select {
	case w.queue <- entry: // first, as it costs nothing to a call that was given up
		return
	default:
	}
	select {
	case w.queue <- entry:
	case <-ctx.Done():
		w.lose("the queue is full", entry)
	}
}

// enter counts a sender in, unless the writer is closed.
func (w *Writer) enter() bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if !w.closed {
		w.senders.Add(1)
	}
	return !w.closed
}

// Close takes no more entries, and returns once those handed over are on record, or
// after 10 s, with ErrLost. It may be called more than once.
func (w *Writer) Close() error {
	w.once.Do(func() {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		patience := time.AfterFunc(closeMax, w.giveUp)
		defer patience.Stop()
		w.senders.Wait() // the work goes on, so each of them finds a place
		close(w.queue)
		<-w.ended
		w.giveUp()
	})
	if lost := w.lost.Load(); lost > 0 {
		return fmt.Errorf("audit: %w: %d, see the log", ErrLost, lost)
	}
	return nil
}

// work writes batches until the queue is closed and empty, and then what was counted.
func (w *Writer) work(ctx context.Context, ticks <-chan time.Time) {
	defer close(w.ended)
	for open := true; open; {
		var first Entry
		select {
		case first, open = <-w.queue:
			if open {
				w.record(ctx, w.batch(first))
			}
		case <-ticks:
			w.recordCounted(ctx)
		}
	}
	w.recordCounted(ctx)
}

func (w *Writer) recordCounted(ctx context.Context) {
	for batch := range slices.Chunk(w.folds.due(), batchMax) {
		w.record(ctx, batch)
	}
}

// batch collects what comes after the first entry, for a moment.
func (w *Writer) batch(first Entry) []Entry {
	entries := []Entry{first}
	enough := time.NewTimer(batchWait)
	defer enough.Stop()
	for len(entries) < batchMax {
		select {
		case entry, open := <-w.queue:
			if !open {
				return entries
			}
			entries = append(entries, entry)
		case <-enough.C:
			return entries
		}
	}
	return entries
}

// record writes the entries, however often it takes, until ctx is done.
func (w *Writer) record(ctx context.Context, entries []Entry) {
	wait := retryWait
	for try := 1; ; try++ {
		err := w.write(ctx, entries, try > 1)
		switch {
		case err == nil:
			if try > 1 {
				w.log.Warn("refusals are on record again", "entries", len(entries), "tries", try)
			}
			return
		case ctx.Err() != nil:
			w.lose("the database did not take them before the end", entries...)
			return
		case isOfContents(err) && len(entries) > 1:
			for _, entry := range entries { // one that the table refuses must not keep the others out
				w.record(ctx, []Entry{entry})
			}
			return
		case isOfContents(err):
			w.lose("the database refuses it: "+err.Error(), entries...)
			return
		}
		if try <= complainMin || try%complainMin == 0 {
			w.log.Error("refusals cannot be put on record; trying again", "entries", len(entries), "waiting", len(w.queue), "try", try, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, retryMax)
	}
}

// write puts the batch on record in one transaction. If it was tried before, that may
// have succeeded without our hearing of it: what is there is not written again.
func (w *Writer) write(ctx context.Context, entries []Entry, again bool) error {
	ctx, cancel := context.WithTimeout(ctx, writeMax)
	defer cancel()
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		if again {
			if written, err := alreadyWritten(ctx, tx, entries[0]); err != nil || written {
				return err
			}
		}
		return Append(ctx, tx, entries...)
	})
}

// isOfContents reports whether the database refuses what it was given, now and
// always: classes 22, data, and 23, integrity.
func isOfContents(err error) bool {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	return ok && len(refusal.Code) == 5 && (refusal.Code[:2] == "22" || refusal.Code[:2] == "23")
}

// lose writes entries to the process's log.
func (w *Writer) lose(why string, entries ...Entry) {
	for _, e := range entries {
		w.lost.Add(max(e.Calls, 1))
		w.log.Error("a refusal is not on record: "+why, "at", e.At, "request", e.RequestID, "address", e.Address, "actor", e.Actor,
			"person", e.Person, "supplier", e.Supplier, "operation", e.Operation, "method", e.Method, "target", e.Target,
			"status", e.Status, "kind", e.Kind, "calls", max(e.Calls, 1))
	}
}
