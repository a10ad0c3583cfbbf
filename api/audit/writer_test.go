package audit

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/migrations"
)

// told is a log that says when something was said.
type told struct {
	mu    sync.Mutex
	text  []string
	spoke chan string // the newest message
}

func listen() *told { return &told{spoke: make(chan string, 10_000)} }

func (l *told) Enabled(context.Context, slog.Level) bool { return true }
func (l *told) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *told) WithGroup(string) slog.Handler            { return l }
func (l *told) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, line)
	l.spoke <- line
	return nil
}

// await returns once a message begins so.
func (l *told) await(t *testing.T, beginning string) {
	t.Helper()
	for {
		select {
		case line := <-l.spoke:
			if strings.HasPrefix(line, beginning) {
				return
			}
		case <-t.Context().Done():
			t.Fatalf("nobody said %q", beginning)
		}
	}
}

func (l *told) count(beginning string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.text {
		if strings.HasPrefix(line, beginning) {
			n++
		}
	}
	return n
}

func refusal(i int) Entry {
	e := call(i)
	e.Status, e.Kind = 403, "forbidden"
	return e
}

// hold keeps the log from being written until the test lets it go.
func (b *bundle) hold() (letGo func()) {
	b.t.Helper()
	tx, err := b.Owner.Begin(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := lockEntries(b.t.Context(), tx); err != nil {
		b.t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(context.Background()); err != nil {
			b.t.Error(err)
		}
	}
}

const (
	writerWaits = `SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
		WHERE locktype = 'advisory' AND NOT granted AND usename = 'uptally_app' AND datname = current_database())`
	endWaiting = `SELECT coalesce(bool_or(pg_terminate_backend(pid)), false) FROM pg_locks JOIN pg_stat_activity USING (pid)
		WHERE locktype = 'advisory' AND NOT granted AND usename = 'uptally_app' AND datname = current_database()`
)

func TestNothingIsLostAmongManyWhoWrite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := newWriter(b.App, nil, 64, nil) // far fewer than come at once
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 200 {
				w.Refused(t.Context(), refusal(1000*g+i))
				if i%50 == 0 { // between them, calls that changed something
					b.append(call(1000*g + i))
				}
			}
		})
	}
	group.Wait()
	for range 2 { // closing twice is closing
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b.whole(8 * 204)
	b.until(`SELECT count(DISTINCT request_id) = 8 * 200 FROM audit_entry WHERE status = 403`)
}

// It comes by itself, without anybody closing.
func TestARefusalIsSoonOnRecord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := NewWriter(b.App, nil)
	w.Refused(t.Context(), refusal(1))
	b.until(`SELECT count(*) = 1 FROM audit_entry`)
	if err := w.Close(); err != nil || w.Depth() != 0 {
		t.Error(err)
	}
}

func TestWhoFindsTheQueueFullWaitsOrGivesUp(t *testing.T) {
	t.Parallel()
	b, log := setup(t), listen()
	letGo := b.hold()
	w := newWriter(b.App, slog.New(log), 1, nil)
	w.Refused(t.Context(), refusal(0))
	b.until(writerWaits) // it holds the first; one more has room
	w.Refused(t.Context(), refusal(1))
	gone, giveUp := context.WithCancel(t.Context())
	giveUp()
	w.Refused(gone, refusal(2))
	if n := log.count("a refusal is not on record: the queue is full"); n != 1 || !strings.Contains(log.text[0], "request=r2") {
		t.Errorf("said %d times: %q", n, log.text)
	}
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() { w.Refused(t.Context(), refusal(10+i)) })
	}
	letGo()
	group.Wait()
	w.Refused(gone, refusal(3)) // there is room or there is not: on record, or told
	if err := w.Close(); !errors.Is(err, ErrLost) {
		t.Errorf("got %v, want ErrLost", err)
	}
	w.Refused(t.Context(), refusal(4))
	if n := log.count("a refusal is not on record: the writer is closed"); n != 1 {
		t.Errorf("after the end: said %d times", n)
	}
	b.whole(int64(25 - log.count("a refusal is not on record")))
}

func TestATerminatedConnectionLosesNothing(t *testing.T) {
	t.Parallel()
	b, log := setup(t), listen()
	w := newWriter(b.App, slog.New(log), 100, nil)
	for round := range 3 {
		letGo := b.hold()
		for i := range 50 {
			w.Refused(t.Context(), refusal(100*round+i))
		}
		b.until(endWaiting)
		letGo()
		log.await(t, "refusals are on record again")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b.whole(150)
}

func TestARestartedDatabaseLosesNothing(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "uptally-audit-") // short, and open to the user that Postgres runs as
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	config := embedpg.Config{DataDir: filepath.Join(dir, "data"), Database: "restarted", Throwaway: true}
	start := func() *embedpg.Server {
		server, err := embedpg.Start(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		return server
	}
	server := start()
	t.Cleanup(func() { server.Stop() })
	if _, err := migrations.Up(t.Context(), server.URL("")); err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), server.URL(migrations.AppRole))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	log := listen()
	w := newWriter(pool, slog.New(log), 5000, nil)
	for i := range 100 {
		w.Refused(t.Context(), refusal(i))
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		w.Refused(t.Context(), refusal(100+i))
	}
	log.await(t, "refusals cannot be put on record; trying again")
	server = start()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var report Report
	if err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) (err error) {
		report, err = Verify(t.Context(), tx)
		return err
	}); err != nil || !report.OK() || report.Entries != 1100 {
		t.Errorf("got %+v, %v", report, err)
	}
}

// An answer that got lost on its way is no reason to write twice.
func TestABatchWhoseCommitWasNotHeardOfIsWrittenOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := newWriter(b.App, nil, 1, nil)
	batch := []Entry{refusal(1), refusal(2)}
	for _, again := range []bool{true, true, false} { // another call that is the same in all is another call
		if err := w.write(t.Context(), batch, again); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b.whole(4)
}

func TestOneThatTheTableRefusesKeepsNoOtherOut(t *testing.T) {
	t.Parallel()
	b, log := setup(t), listen()
	if _, err := b.Owner.Exec(t.Context(), `ALTER TABLE audit_entry ADD CHECK (kind <> 'cursed')`); err != nil {
		t.Fatal(err)
	}
	w := newWriter(b.App, slog.New(log), 10, nil)
	cursed := refusal(1)
	cursed.Kind = "cursed"
	for _, e := range []Entry{refusal(0), cursed, refusal(2)} {
		w.Refused(t.Context(), e)
	}
	if err := w.Close(); !errors.Is(err, ErrLost) || log.count("a refusal is not on record: the database refuses it") != 1 {
		t.Errorf("got %v, %q", err, log.text)
	}
	b.whole(2)
}

// The patience of Close is bounded: what the database never takes is told.
func TestAnEndWithoutADatabase(t *testing.T) {
	t.Parallel()
	b, log := setup(t), listen()
	letGo := b.hold()
	defer letGo()
	w := newWriter(b.App, slog.New(log), 10, nil)
	for i := range 5 {
		w.Refused(t.Context(), refusal(i))
	}
	b.until(writerWaits)
	time.AfterFunc(0, w.giveUp) // as Close does once it has lost patience
	if err := w.Close(); !errors.Is(err, ErrLost) || log.count("a refusal is not on record: the database did not take them") != 5 {
		t.Errorf("got %v, %q", err, log.text)
	}
}

// Who waits for room when the writer is closed gets it; who comes later is told of.
func TestWhoWaitsAtTheEndIsWaitedFor(t *testing.T) {
	t.Parallel()
	b, log := setup(t), listen()
	letGo := b.hold()
	w := newWriter(b.App, slog.New(log), 1, nil)
	w.Refused(t.Context(), refusal(0))
	b.until(writerWaits)
	w.Refused(t.Context(), refusal(1))
	var group sync.WaitGroup
	begun := make(chan struct{})
	for i := range 20 {
		group.Go(func() {
			begun <- struct{}{}
			w.Refused(t.Context(), refusal(10+i))
		})
	}
	for range 20 {
		<-begun
	}
	closed := make(chan error, 1)
	go func() { closed <- w.Close() }()
	for w.enter() { // until it is closing
		w.senders.Done()
	}
	letGo()
	err := <-closed
	group.Wait()
	late := log.count("a refusal is not on record: the writer is closed")
	if log.count("a refusal is not on record") != late || err != nil && !errors.Is(err, ErrLost) {
		t.Errorf("got %v, %q", err, log.text)
	}
	b.whole(int64(22 - late))
}
