package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/ledger"
)

type serveCommand struct {
	Workers int `default:"4" help:"Jobs at once in a queue."`
	paidFrom
	chainFlag
	domainFlag

	LedgerHead      string `placeholder:"FILE" env:"UPTALLY_LEDGER_HEAD" help:"Signed head of the ledger, which the nightly verification compares and then replaces."`
	LedgerKey       string `placeholder:"FILE" env:"UPTALLY_LEDGER_KEY_FILE" help:"Key to sign it with; or the key itself in UPTALLY_LEDGER_KEY. Without one the head is compared only."`
	LedgerPublicKey string `placeholder:"KEY" env:"UPTALLY_LEDGER_PUBLIC_KEY" help:"Who must have signed it, if there is no key to sign with."`
}

// stopMax is how long running jobs may take to end once the program is to stop.
// What is cut off is done again later, by any process.
const stopMax = 30 * time.Second

// Run works jobs until it is interrupted.
func (c serveCommand) Run(ctx context.Context, a *app) error {
	if c.Workers < 1 {
		return usage("--workers %d: give 1 or more", c.Workers)
	}
	feed, err := a.feed()
	if err != nil {
		return err
	}
	options := jobs.Options{Feed: feed, Workers: c.Workers, Periodic: true, Domain: c.Domain}
	if options.Head, err = c.headFile(a); err != nil {
		return err
	}
	if options.Hook, err = a.hook(); err != nil {
		return err
	}
	if options.Payer, err = c.payer(); err != nil {
		return err
	}
	if options.Solana, err = c.dial(); err != nil {
		return err
	}
	return a.withDatabase(ctx, func(db *database) error {
		options.Log = slog.New(slog.NewTextHandler(a.talk, &slog.HandlerOptions{Level: slog.LevelInfo}))
		return withJobs(ctx, db, options, func(*jobs.Client) error {
			a.say("Working: slots are pulled as they end; stop with Ctrl-C.")
			<-ctx.Done()
			a.say("Stopping: jobs that run are let finish, for at most %s.", stopMax)
			return nil
		})
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
	return f(client)
}
