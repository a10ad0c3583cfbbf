package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	tasks "github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime/simulator"
)

// Eight who ask for the same span at once get the same jobs, and all of them wait
// for their end.
func TestABackfillAskedForByManyIsDoneOnce(t *testing.T) {
	t.Parallel()
	w := settle(t, serve(t, 8, simulator.Options{}))
	span := hours(0, 12)
	asked := make([][]int64, 8)
	clients := make([]*jobs.Client, len(asked))
	var group sync.WaitGroup
	for i := range asked {
		clients[i] = w.client(jobs.Options{Hours: 1})
		group.Go(func() {
			var err error
			if asked[i], err = clients[i].Backfill(context.Background(), span); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for i := range asked {
		if !slices.Equal(asked[i], asked[0]) {
			t.Errorf("caller %d got jobs %v, the first %v", i, asked[i], asked[0])
		}
	}
	w.expect("jobs", `SELECT kind || ' ' || count(*) || ' ' || count(DISTINCT args) FROM river_job GROUP BY kind ORDER BY kind`,
		"pull_window 12 12", "read_job_minutes 1 1")
	w.started(jobs.Options{})
	for i, c := range clients {
		group.Go(func() {
			if err := c.Wait(context.Background(), asked[i], nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := w.coverage(span); got.Observed != 144 {
		t.Errorf("coverage: %+v", got)
	}
	w.expect("passes", `SELECT count(*) || ' ' || count(DISTINCT window_from) FROM uptime_pull`, "12 12")
	if ids, err := clients[0].Backfill(t.Context(), span); err != nil || len(ids) != 1 {
		t.Errorf("asked again when all is final: jobs %v (%v), want that of the job minutes alone", ids, err)
	}
}

// What a dead client left running is available again when another starts; what a
// living one runs is not touched.
func TestRescue(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := settle(t, serve(t, 8, simulator.Options{}))
	ids, err := w.client(jobs.Options{Hours: 1}).Backfill(ctx, hours(0, 4))
	w.check(err)
	living, err := w.Owner.Acquire(ctx)
	w.check(err)
	defer living.Release()
	_, err = living.Exec(ctx, `SELECT pg_advisory_lock(hashtext('river client'), hashtext('living'))`)
	w.check(err)
	const runs = `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = $2 WHERE id = $1`
	w.owner(runs, ids[0], []string{"dead"})
	w.owner(runs, ids[1], []string{"living", "dead"}) // the last is the one that runs it
	w.owner(runs, ids[2], []string{"living"})
	w.owner(runs, ids[3], []string{"dead", "living"})

	var group sync.WaitGroup
	for range 2 { // two that start at once
		c := w.client(jobs.Options{})
		group.Go(func() {
			if err := c.Start(context.Background()); err != nil {
				t.Error(err)
			}
		})
		t.Cleanup(func() {
			if err := c.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	c := w.client(jobs.Options{})
	w.check(c.Wait(ctx, []int64{ids[0], ids[1], ids[4]}, nil))
	w.check(c.Rescue(ctx))
	const states = `SELECT state || ' ' || attempt FROM river_job ORDER BY id`
	w.expect("jobs", states, "completed 1", "completed 1", "running 1", "running 1", "completed 1")
	w.expect("passes", `SELECT count(*) || ' ' || count(DISTINCT window_from) FROM uptime_pull`, "2 2")

	_, err = living.Exec(ctx, `SELECT pg_advisory_unlock_all()`) // it dies
	w.check(err)
	w.check(c.Rescue(ctx))
	w.check(c.Wait(ctx, ids, nil))
	w.expect("jobs", states, "completed 1", "completed 1", "completed 1", "completed 1", "completed 1")
}

// A client whose session ends while it works, as when the database restarts, is marked
// alive anew: neither it nor another begins its jobs a second time.
func TestAClientWhoseSessionEndsStaysAlive(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w, g := gated(t)
	var log bytes.Buffer
	c := w.client(jobs.Options{Hours: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
	w.check(c.Start(ctx))
	t.Cleanup(func() { _ = c.Stop(context.Background()) }) // of one that failed
	ids, err := c.Backfill(ctx, hours(0, 1))
	w.check(err)
	<-g.waiting
	const jobsOf = `SELECT state || ' ' || attempt FROM river_job WHERE kind = 'pull_window' AND args ->> 'reread' = '0'`
	for range 2 {
		var session string
		w.check(w.Owner.QueryRow(ctx, `SELECT pid::text FROM pg_locks WHERE `+heldByClients).Scan(&session))
		w.owner(`SELECT pg_terminate_backend($1::int)`, session)
		w.until(`SELECT count(*) FROM pg_stat_activity WHERE pid = `+session, 0)
		w.check(c.Rescue(ctx))
		w.until(`SELECT count(*) FROM pg_locks WHERE `+heldByClients, 1)
		w.check(w.client(jobs.Options{}).Rescue(ctx))
		w.expect("jobs", jobsOf, "running 1")
	}
	g.let()
	w.check(c.Wait(ctx, ids, nil))
	w.check(c.Stop(ctx))
	w.expect("jobs", jobsOf, "completed 1")
	w.expect("passes", `SELECT count(*)::text FROM uptime_pull`, "1")
	if got := strings.Count(log.String(), "had ended, and was opened anew"); got != 2 {
		t.Errorf("told %d times of 2:\n%s", got, log.String())
	}
}

// A client does not rescue what it runs itself, be its lock free.
func TestAClientIsNotDeadToItself(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	c := w.noFeed(jobs.Options{})
	w.check(c.Enqueue(t.Context(), jobs.WatchAudit{}))
	w.owner(`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = $1`, []string{c.ID()})
	w.check(c.Rescue(t.Context()))
	w.expect("by itself", `SELECT state || ' ' || attempt FROM river_job`, "running 1")
	w.check(w.noFeed(jobs.Options{}).Rescue(t.Context()))
	w.expect("by another", `SELECT state || ' ' || attempt FROM river_job`, "available 0")
}

// gate lets heartbeats through once it is open, and says when one stands at it.
type gate struct {
	http.Handler
	waiting chan struct{}
	open    chan struct{}
	once    sync.Once
}

// let opens the gate.
func (g *gate) let() { g.once.Do(func() { close(g.open) }) }

func (g *gate) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v1/heartbeats" {
		select {
		case g.waiting <- struct{}{}:
		default:
		}
		<-g.open
	}
	g.Handler.ServeHTTP(rw, r)
}

// gated is a town whose feed stands behind a gate.
func gated(t *testing.T) (*town, *gate) {
	t.Helper()
	g := &gate{
		Handler: truth(t, 8).Handler(simulator.Options{Token: feedToken}), waiting: make(chan struct{}, 1), open: make(chan struct{}),
	}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	t.Cleanup(g.let) // so that a failure does not hang
	return settle(t, server.URL), g
}

// A client whose context ends, as at a signal, lets its job end all the same.
func TestTheEndOfItsContextLetsJobsEnd(t *testing.T) {
	t.Parallel()
	w, g := gated(t)
	c := w.client(jobs.Options{Hours: 1})
	ctx, signal := context.WithCancel(t.Context())
	w.check(c.Start(ctx))
	_, err := c.Backfill(t.Context(), hours(0, 1))
	w.check(err)
	<-g.waiting
	signal()
	g.let()
	w.check(c.Stop(t.Context()))
	w.expect("jobs", `SELECT state || ' ' || attempt FROM river_job WHERE kind = 'pull_window' AND args ->> 'reread' = '0'`, "completed 1")
}

// A task whose last attempt is cut off is made again, and has an end.
func TestWhatIsCutOffIsNoAttempt(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	c := w.noFeed(jobs.Options{Finish: time.Millisecond})
	var asked tasks.Task
	w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
		if asked, err = tasks.Ask(ctx, tx, tasks.Prepare, tasks.Arguments{Reason: "pay"}, nil, w.ada); err != nil {
			return err
		}
		return c.RequestTask(ctx, tx, asked.ID)
	})
	w.owner(`UPDATE river_job SET attempt = max_attempts - 1`)
	show := func() tasks.Task {
		w.tx(func(ctx context.Context, tx pgx.Tx) (err error) {
			asked, err = tasks.Show(ctx, tx, asked.ID)
			return err
		})
		return asked
	}
	blocking, err := w.Owner.Begin(t.Context())
	w.check(err)
	defer func() { _ = blocking.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = blocking.Exec(t.Context(), `LOCK TABLE ledger_account IN ACCESS EXCLUSIVE MODE`)
	w.check(err)
	ctx, signal := context.WithCancel(t.Context())
	w.check(c.Start(ctx))
	w.until(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ledger_account'::regclass
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, 1)
	signal()
	w.check(c.Stop(t.Context()))
	w.expect("jobs", `SELECT state || ' ' || attempt || ' of ' || max_attempts FROM river_job`, "available 2 of 3")
	if got := show(); got.State != tasks.Running {
		t.Errorf("cut off, the task is %s", got.State)
	}
	w.check(blocking.Rollback(t.Context()))
	next := w.noFeed(jobs.Options{})
	w.check(next.Start(t.Context()))
	w.until(`SELECT count(*) FROM river_job WHERE finalized_at IS NULL`, 0)
	w.check(next.Stop(t.Context()))
	w.expect("jobs", `SELECT state || ' ' || attempt FROM river_job`, "completed 3")
	if got := show(); got.State != tasks.Failed || got.Refusal != "guard" {
		t.Errorf("nothing was earned, and the task is %s: %s", got.State, got.Refusal)
	}
}

// Whatever an attempt that was cut off ended with, River is told that it was cut off,
// but for a job that is not to be tried again.
func TestWhatCountsAsCutOff(t *testing.T) {
	t.Parallel()
	stopping, stop := context.WithCancel(t.Context())
	stop()
	told, cancel := context.WithCancelCause(t.Context())
	cancel(river.ErrJobCancelledRemotely)
	fails := errors.New("it fails")
	for name, try := range map[string]struct {
		ctx  context.Context
		err  error
		want bool
	}{
		"it fails":                         {t.Context(), fails, false},
		"it fails as it is stopped":        {stopping, fails, true},
		"it is done as it is stopped":      {stopping, nil, false},
		"it has ended as it is stopped":    {stopping, river.JobCancel(fails), false},
		"it fails as it is told to end":    {told, fails, false},
		"it is stopped, and knows as much": {stopping, context.Canceled, true},
	} {
		err := jobs.Uncounted(try.ctx, func(context.Context) error { return try.err })
		if !errors.Is(err, try.err) || errors.Is(err, context.Canceled) != try.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A client that is stopped lets its job end, and then lets go of its lock.
func TestStopLetsJobsEnd(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w, g := gated(t)
	c := w.client(jobs.Options{Hours: 1})
	w.check(c.Start(ctx))
	ids, err := c.Backfill(ctx, hours(0, 1))
	w.check(err)
	<-g.waiting
	stopped := make(chan error)
	go func() { stopped <- c.Stop(ctx) }()
	select {
	case err := <-stopped:
		t.Fatalf("stopped (%v) while a job ran", err)
	default:
	}
	if n := w.locks(); n != 1 {
		t.Errorf("%d clients hold their lock while one runs", n)
	}
	g.let()
	w.check(<-stopped)
	w.expect("jobs", `SELECT DISTINCT state || ' ' || attempt FROM river_job WHERE kind = 'pull_window'`, "completed 1")
	if got := w.coverage(hours(0, 1)); got.Observed != 12 || len(ids) != 2 {
		t.Errorf("coverage: %+v", got)
	}
	w.owner(`SELECT pg_advisory_lock(hashtext('river client'), hashtext($1))`, c.ID()) // waits until it is free
}

// What a command starts beside a server works what that command waits for. Whatever else
// there is it leaves to the server, be it in a queue of its own: one of an older version
// may have put it there.
func TestACommandLeavesTheServersWorkAlone(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := settle(t, serve(t, 8, simulator.Options{}))
	asking := w.noFeed(jobs.Options{})
	for _, args := range []river.JobArgs{
		jobs.WatchAudit{}, jobs.ActivateWallets{}, jobs.ReconcileChain{}, jobs.VerifyLedger{}, jobs.CutDays{}, jobs.ScanIncidents{},
		jobs.EstimateSeasons{}, jobs.ForgetReplays{}, jobs.ReconcileIngest{}, jobs.RequestAwaited{}, jobs.RunTask{Task: uuid.UUID{15: 1}},
	} {
		w.check(asking.Enqueue(ctx, args))
	}
	w.owner(`UPDATE river_job SET queue = 'snapshot' WHERE kind = 'verify_ledger'`) // where it stood before
	w.owner(`UPDATE river_job SET max_attempts = 1 WHERE kind = 'run_task'`)        // its task is on no record
	const touched, kept = `SELECT kind || ' ' || state FROM river_job WHERE id <= 11 AND state <> 'available' ORDER BY kind`, 11
	if n := w.count(`SELECT count(*) FROM river_job WHERE id <= 11`); n != kept {
		t.Fatalf("%d jobs stand in the queues", n)
	}

	pulling := w.client(jobs.Options{Work: jobs.Pulls, Hours: 1})
	w.check(pulling.Start(ctx))
	ids, err := pulling.Backfill(ctx, hours(0, 4))
	w.check(err)
	w.check(pulling.Wait(ctx, ids, nil))
	w.check(pulling.CloseHours(ctx))
	taking := w.noFeed(jobs.Options{Work: jobs.Takes})
	w.check(taking.Start(ctx))
	w.prepare(season)
	s, err := taking.Take(ctx, season.Code, w.ada)
	w.check(err)
	if s, err = taking.WaitTaken(ctx, s.ID, nil); err != nil || s.State != snapshot.Draft {
		t.Errorf("the take is %s: %s (%v)", s.State, s.Failure, err)
	}
	w.check(pulling.Stop(ctx))
	w.check(taking.Stop(ctx))
	w.expect("touched by the commands", touched)

	w.started(jobs.Options{})
	w.until(`SELECT count(*) FROM river_job WHERE finalized_at IS NULL`, 0)
	w.expect("touched by the server", touched, "activate_wallets completed", "cut_days completed", "estimate_seasons completed", "forget_replays completed",
		"reconcile_chain completed", "reconcile_ingest completed", "request_awaited completed", "run_task discarded", "scan_incidents completed",
		"verify_ledger completed", "watch_audit completed")
}

// A client that was given no work enqueues, and cannot be started.
func TestAClientWithoutWorkCannotBeStarted(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	c, err := jobs.New(w.App, jobs.Options{})
	w.check(err)
	w.check(c.Enqueue(t.Context(), jobs.WatchAudit{}))
	if err := c.Start(t.Context()); err == nil {
		t.Error("it was started")
	}
	w.expect("jobs", `SELECT kind || ' ' || state FROM river_job`, "watch_audit available")
}

// heldByClients is true of the locks in pg_locks by which clients of the database are alive.
const heldByClients = `locktype = 'advisory' AND granted AND objsubid = 2
	AND classid::bigint = hashtext('river client')::bigint & 4294967295
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

// locks is how many advisory locks of clients are held.
func (w *town) locks() int {
	w.t.Helper()
	return w.count(`SELECT count(*) FROM pg_locks WHERE ` + heldByClients)
}

// A client that cannot start holds nothing.
func TestAClientThatCannotStartHoldsNothing(t *testing.T) {
	t.Parallel()
	w := settle(t, serve(t, 1, simulator.Options{}))
	w.owner(`ALTER TABLE river_job RENAME TO elsewhere`)
	c := w.client(jobs.Options{})
	if err := c.Start(context.Background()); err == nil {
		t.Fatal("started without a table of jobs")
	}
	if held := w.App.Stat().AcquiredConns(); held != 0 {
		t.Errorf("%d connections are held", held)
	}
	w.owner(`SELECT pg_advisory_lock(hashtext('river client'), hashtext($1))`, c.ID())
}
