package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/webhook"
	settling "github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/wallet"
	"github.com/uptally/uptally/uptime"
)

// The queues. Pulls wait for the network, snapshots and upkeep for the processor, wallets
// and webhooks for others' answers, payments for the chain, and people for tasks; alarms
// wait for nothing. Suppliers' endpoints are strangers': what waits for them has a queue
// of its own. Nobody waits for upkeep, which a take that somebody waits for need not.
const (
	queuePull     = "pull"
	queueSnapshot = "snapshot"
	queueUpkeep   = "upkeep"
	queueWallet   = "wallet"
	queueChain    = "chain"
	queueTask     = "task"
	queueAlarm    = "alarm"
	queueWebhook  = "webhook"
)

const (
	domainDefault  = "uptally"
	workersDefault = 4
	webhookWorkers = 32 // which wait for strangers, 4 of one supplier at most (webhook.TurnsMax)
	rescueEvery    = 5 * time.Second
	reviveEvery    = time.Second
	reviveMax      = 5 * time.Second // for one try
)

// LetFinish is how long jobs that run are let finish once a client is to stop. Then they
// are cut off, which takes a moment more, and done again by whoever works next.
const LetFinish = 25 * time.Second

// Work is what a client works: it leaves every other job alone, whoever asked for it.
// What needs the server's node, hook, domain, key or log is no command's to take.
type Work uint

// The parts of the work that a command does by itself, beside a server or without one.
const (
	Pulls Work = 1 << iota // windows and logs are read, and hours closed, with a feed
	Takes                  // the groups of snapshots are scored, and their pools allocated
	serves
)

// All is what a server works: that, what is due by the clock, and what was asked for
// over HTTP.
const All = Pulls | Takes | serves

// Options are what a process's jobs run with.
type Options struct {
	Work     Work                                                   // none: it enqueues, and cannot be started
	Feed     *uptime.Feed                                           // nil: this process pulls nothing
	Hook     *wallet.Hook                                           // told what happens to wallets, and of alerts; nil: this process tells nobody
	Solana   *solana.Client                                         // what was sent is looked after, settled and reconciled by it; nil: the chain is not asked
	Payer    settling.Payer                                         // what pays the distributions that do not say it
	Domain   string                                                 // which installation wallets' texts are signed for; "": uptally
	Webhooks *webhook.Sender                                        // suppliers' endpoints are told by it; nil: this process tells none
	Workers  int                                                    // jobs at once in a queue; 0: 4
	Hours    int                                                    // of a backfill's window; 0: as many as its devices make small enough
	Periodic bool                                                   // also enqueue what is due by the clock
	Finish   time.Duration                                          // how long jobs that run are let finish; 0: LetFinish
	Surges   audit.Thresholds                                       // of the audit log; zero: audit.DefaultThresholds
	Alerted  func(audit.Alert)                                      // counts alerts; nil: nobody does
	Worked   func(kind string, outcome Outcome, took time.Duration) // counts attempts of jobs; nil: nobody does
	Head     HeadFile                                               // the ledger's signed head, outside the database
	Now      func() time.Time
	Log      *slog.Logger // nil: none
}

// Client works jobs, and enqueues them. Make one with New, then Start it.
type Client struct {
	pool     *pgxpool.Pool
	river    *river.Client[pgx.Tx]
	id       string
	feed     *uptime.Feed
	hook     *wallet.Hook
	solana   *solana.Client
	payer    settling.Payer
	domain   string
	webhooks *webhook.Sender
	hours    int
	surges   audit.Thresholds
	alerted  func(audit.Alert)
	head     HeadFile
	devices  uptime.Registry
	now      func() time.Time
	log      *slog.Logger
	alive    *pgx.Conn // holds the lock that says that this client is alive
	stop     context.CancelFunc
	rescuer  sync.WaitGroup
}

// New returns a client that is not started yet: it can enqueue, and works nothing.
func New(pool *pgxpool.Pool, o Options) (*Client, error) {
	c := &Client{
		pool: pool, feed: o.Feed, hook: o.Hook, solana: o.Solana, payer: o.Payer, webhooks: o.Webhooks,
		domain: cmp.Or(o.Domain, domainDefault),
		surges: o.Surges, alerted: o.Alerted, hours: o.Hours, head: o.Head, now: o.Now, log: o.Log, id: clientID(),
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.surges == (audit.Thresholds{}) {
		c.surges = audit.DefaultThresholds
	}
	if o.Workers == 0 {
		o.Workers = workersDefault
	}
	workers, queues := c.register(o)
	config := &river.Config{
		ID: c.id, Queues: queues, Workers: workers, Logger: slog.New(slog.DiscardHandler),
		FetchCooldown: time.Millisecond, FetchPollInterval: 200 * time.Millisecond,
		FetchOnlyKnownKinds: true, SkipUnknownJobCheck: true,
		LeaderElectionDisabled: !o.Periodic,           // one that leads without the periodic table keeps it from running at all
		ReindexerSchedule:      river.NeverSchedule(), // rebuilding indexes is the owner's, not the application's
		ErrorHandler:           &errorLog{c.log},
		SoftStopTimeout:        cmp.Or(o.Finish, LetFinish), // without one, the end of Start's context cuts jobs off at once
		Middleware:             []rivertype.Middleware{river.WorkerMiddlewareFunc(uncounted)},
	}
	if o.Log != nil {
		config.Logger = slog.New(quieter{o.Log.Handler()})
	}
	if o.Worked != nil {
		config.Middleware = append(config.Middleware, measure(o.Worked))
	}
	if o.Periodic {
		config.PeriodicJobs = periodicTable(c.now, needs{feed: o.Feed != nil, hook: o.Hook != nil, chain: o.Solana != nil, webhooks: o.Webhooks != nil})
	}
	var err error
	c.river, err = river.NewClient(riverpgxv5.New(pool), config)
	return c, err
}

// register returns the workers of the jobs that the client works, and their queues. A
// job whose worker is not among them is not fetched, whatever queue it stands in: one of
// an older version may stand in another than its kind does now.
func (c *Client) register(o Options) (*river.Workers, map[string]river.QueueConfig) {
	workers, queues := river.NewWorkers(), map[string]river.QueueConfig{}
	open := func(queue string, atOnce int) {
		queues[queue] = river.QueueConfig{MaxWorkers: atOnce, FetchCooldown: time.Millisecond}
	}
	if o.Work&Pulls != 0 && o.Feed != nil {
		open(queuePull, o.Workers)
		river.AddWorker(workers, &pullWindow{c: c})
		river.AddWorker(workers, &readJobMinutes{c: c})
		river.AddWorker(workers, &syncVerdicts{c: c})
		river.AddWorker(workers, &closeHours{c: c})
	}
	if o.Work&Takes != 0 {
		open(queueSnapshot, o.Workers)
		river.AddWorker(workers, &scoreGroup{c: c})
		river.AddWorker(workers, &allocate{c: c})
	}
	if o.Work&serves == 0 {
		return workers, queues
	}
	open(queueUpkeep, o.Workers)
	open(queueWallet, 2)
	open(queueChain, 2)
	open(queueTask, 2)
	open(queueAlarm, 2) // of each kind one, as each stands there at most once: neither waits for the other
	river.AddWorker(workers, &estimateSeasons{c: c})
	river.AddWorker(workers, &scanIncidents{c: c})
	river.AddWorker(workers, &cutDays{c: c})
	river.AddWorker(workers, &verifyLedger{c: c})
	river.AddWorker(workers, &forgetReplays{c: c})
	river.AddWorker(workers, &activateWallets{c: c})
	river.AddWorker(workers, &reconcileChain{c: c})
	river.AddWorker(workers, &runTask{c: c})
	river.AddWorker(workers, &watchAudit{c: c})
	if o.Hook != nil {
		river.AddWorker(workers, &notifyWallets{c: c})
		river.AddWorker(workers, &notifyAlerts{c: c})
	}
	if o.Webhooks != nil {
		open(queueWebhook, webhookWorkers)
		river.AddWorker(workers, &collectEvents{c: c})
		river.AddWorker(workers, &deliverMessage{c: c})
	}
	if o.Solana != nil {
		river.AddWorker(workers, &settleLanded{c: c})
		river.AddWorker(workers, &pollAttempts{c: c})
	}
	if o.Feed != nil { // their queue is open: whoever serves pulls as well
		river.AddWorker(workers, &requestLatest{c: c})
		river.AddWorker(workers, &requestAwaited{c: c})
		river.AddWorker(workers, &reconcileIngest{c: c})
	}
	return workers, queues
}

// clientID names this process and run among all that work the same database.
func clientID() string {
	host, err := os.Hostname()
	if err != nil {
		host = "host"
	}
	return fmt.Sprintf("%s %d %s", host, os.Getpid(), uuid.NewString())
}

// Start begins to work jobs, those first that a killed process left running. Once ctx
// ends no more are fetched, and those that run are let finish, as by Stop; call Stop all
// the same. After an error the client holds nothing.
func (c *Client) Start(ctx context.Context) error {
	if err := c.comeAlive(ctx); err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	c.stop = stop
	err := c.rescue(ctx)
	if err == nil {
		err = c.river.Start(ctx)
	}
	if err != nil {
		return errors.Join(err, c.letGo(ctx))
	}
	c.rescuer.Go(func() { c.keepRescuing(background) })
	return nil
}

// Stop lets running jobs end, cuts off those that take too long, and then lets go of the
// database. It is bounded by ctx: give it longer than jobs are let finish.
func (c *Client) Stop(ctx context.Context) error {
	err := c.river.Stop(ctx)
	return errors.Join(err, c.letGo(ctx))
}

// letGo gives back what a started client holds.
func (c *Client) letGo(ctx context.Context) error {
	c.stop()
	c.rescuer.Wait()
	return c.alive.Close(context.WithoutCancel(ctx)) // and with the session, the lock
}

// cutOff reports whether the context of a job has ended because its client stops, not
// because the job's time is up, or somebody cancelled the job.
func cutOff(ctx context.Context) bool {
	return errors.Is(ctx.Err(), context.Canceled) && !errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely)
}

// uncounted has an attempt that was cut off not count, however it ended: River knows it
// by an error that is context.Canceled, and what fails first need not say so. The last
// attempt would else be used up by a restart, and what it works on left without an end.
func uncounted(ctx context.Context, _ *rivertype.JobRow, work func(context.Context) error) error {
	err := work(ctx)
	if err == nil || !cutOff(ctx) || errors.Is(err, &rivertype.JobCancelError{}) {
		return err
	}
	return fmt.Errorf("%w: %w", context.Canceled, err)
}

// errorLog writes down what jobs fail with.
type errorLog struct{ log *slog.Logger }

func (e *errorLog) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	e.log.Warn("job failed", "kind", job.Kind, "id", job.ID, "attempt", job.Attempt, "of", job.MaxAttempts, "error", err)
	return nil
}

func (e *errorLog) HandlePanic(_ context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	e.log.Error("job panicked", "kind", job.Kind, "id", job.ID, "value", value, "trace", trace)
	return nil
}

// unfinished are the states that keep a second job of the same arguments away. A
// completed one does not: what recurs is to be done again.
func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}

// once are the options of a job that stands in its queue at most once.
func once(queue string) river.InsertOpts {
	return river.InsertOpts{
		Queue: queue, MaxAttempts: attemptsMax, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()},
	}
}

const attemptsMax = 3

// retryAfter is when a job is tried again: soon, for what a moment may mend, as
// the feed and the database have tried for longer themselves.
func retryAfter(attempt int, now time.Time) time.Time {
	return now.Add(time.Duration(attempt*attempt) * 500 * time.Millisecond)
}

// begin runs f in a transaction of the client's pool.
func (c *Client) begin(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, c.pool, f)
}
