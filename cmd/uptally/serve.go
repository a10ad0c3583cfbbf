package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/metrics"
	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/migrations"
)

type serveCommand struct {
	Workers workers `default:"4" placeholder:"N" help:"Jobs at once in a queue; false works none."`
	apiFlags
	supplierFlags
	paidFrom
	chainFlag

	LedgerHead      string `placeholder:"FILE" env:"UPTALLY_LEDGER_HEAD" help:"Signed head of the ledger, which the nightly verification compares and then replaces."`
	LedgerKey       string `placeholder:"FILE" env:"UPTALLY_LEDGER_KEY_FILE" help:"Key to sign it with; or the key itself in UPTALLY_LEDGER_KEY. Without one the head is compared only."`
	LedgerPublicKey string `placeholder:"KEY" env:"UPTALLY_LEDGER_PUBLIC_KEY" help:"Who must have signed it, if there is no key to sign with."`
}

// workers is how many jobs are worked at once in a queue; 0 works none.
type workers int

// UnmarshalText reads a number, or false.
func (w *workers) UnmarshalText(text []byte) error {
	if string(text) == "false" {
		*w = 0
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 {
		return fmt.Errorf("%q: give 1 or more, or false", text)
	}
	*w = workers(n)
	return nil
}

// stopMax is how long running jobs and calls may take to end once the program is to
// stop: longer than jobs are let finish, as it takes a moment to put on record which were
// cut off. Those are done again later, by any process.
const stopMax = 30 * time.Second

// Run works jobs and answers the API until it is interrupted.
func (c serveCommand) Run(ctx context.Context, a *app) error {
	if c.Workers == 0 && !c.API {
		return usage("--workers=false --api=false: that leaves nothing to serve")
	}
	counted := metrics.New()
	options, err := c.options(a, counted)
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, func(db *database) error {
		if err := migrations.CheckServing(ctx, db.pool, migrations.AppRole); err != nil {
			return err
		}
		if options.Webhooks, err = c.webhooks(a, db); err != nil {
			return err
		}
		client, err := jobs.New(db.pool, options)
		if err != nil {
			return err
		}
		if !c.API {
			return c.workMeasured(ctx, a, client, counted)
		}
		return c.serveAPI(ctx, a, db, client, counted, options)
	})
}

// options are those of the jobs. A process that works none pulls nothing.
func (c serveCommand) options(a *app, counted *metrics.Metrics) (options jobs.Options, err error) {
	options = jobs.Options{Work: jobs.All, Workers: int(c.Workers), Periodic: c.Workers > 0, Domain: c.Domain}
	options.Alerted = func(alert audit.Alert) { counted.Alerted(string(alert.Kind)) }
	options.Worked = func(kind string, outcome jobs.Outcome, took time.Duration) {
		counted.Worked(kind, string(outcome), took)
	}
	options.Log = slog.New(slog.NewTextHandler(a.talk, &slog.HandlerOptions{Level: slog.LevelInfo}))
	if c.Workers > 0 {
		if options.Feed, err = a.feed(); err != nil {
			return options, fmt.Errorf("%w; or answer the API alone, with --workers=false", err)
		}
	}
	if options.Head, err = c.headFile(a); err != nil {
		return options, err
	}
	if options.Hook, err = a.hook(); err != nil {
		return options, err
	}
	if options.Payer, err = c.payer(); err != nil {
		return options, err
	}
	options.Solana, err = c.dial()
	return options, err
}

// workMeasured works jobs, and serves their figures if it is to, until ctx ends or one
// of them fails.
func (c serveCommand) workMeasured(ctx context.Context, a *app, client *jobs.Client, counted *metrics.Metrics) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.work(ctx, a, client) })
	if c.Metrics != "" {
		group.Go(func() error { return c.serveMetrics(ctx, counted.Handler()) })
	}
	return group.Wait()
}

// work works jobs until ctx ends, and lets those that run end.
func (c serveCommand) work(ctx context.Context, a *app, client *jobs.Client) error {
	if c.Workers == 0 {
		<-ctx.Done()
		return nil
	}
	return started(ctx, client, func() error {
		a.say("Working: slots are pulled as they end; stop with Ctrl-C.")
		<-ctx.Done()
		a.say("Stopping: jobs that run are let finish, for at most %s.", jobs.LetFinish)
		return nil
	})
}

// headFile is where the ledger's signed head is kept.
func (c serveCommand) headFile(a *app) (head jobs.HeadFile, err error) {
	head.Path = c.LedgerHead
	if head.Key, err = a.ledgerKey(c.LedgerKey); err == nil && c.LedgerPublicKey != "" {
		head.Trusted, err = ledger.ParsePublicKey(c.LedgerPublicKey)
	}
	if err == nil && head.Key != nil && head.Trusted != nil && !head.Trusted.Equal(ledger.PublicKeyOf(head.Key)) {
		return head, usage("--ledger-public-key is not of the key that signs: give the one or the other")
	}
	return head, err
}

// withJobs runs f beside a client that works jobs, and lets those that run end.
func withJobs(ctx context.Context, db *database, o jobs.Options, f func(*jobs.Client) error) (err error) {
	client, err := jobs.New(db.pool, o)
	if err != nil {
		return err
	}
	return started(ctx, client, func() error { return f(client) })
}

// started runs f while the client works jobs, and lets those that run end.
func started(ctx context.Context, client *jobs.Client, f func() error) (err error) {
	if err := client.Start(ctx); err != nil {
		return err
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopMax)
		defer cancel()
		if stopErr := client.Stop(stopping); err == nil {
			err = stopErr
		}
	}()
	return f()
}
