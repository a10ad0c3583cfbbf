package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/persons"
	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/simulator"
)

type demoCommand struct {
	Devices int    `default:"250" help:"Real devices; there are three virtual ones for each."`
	Seed    uint64 `default:"2024" help:"Equal seeds tell equal stories."`
	Out     string `placeholder:"DIR" help:"Folder to write the distribution's files to; without it, one in the demo's own folder."`
	Workers int    `default:"4" help:"Jobs at once in a queue."`
}

// demo is one telling of the story: a simulated network behind a real HTTP API, a
// database of its own, and the same jobs and rules as ever.
type demo struct {
	*app
	demoCommand
	story  io.Writer
	folder *demoFolder
	world  *simulator.World
	db     *database
	client *jobs.Client
	feed   *uptime.Feed

	// Two persons, as every act that pays needs two.
	ada, grace int64

	// The line that grace credited most in the second season.
	credited snapshot.Line

	chapters int
	summary  demoSummary
}

// demoSummary is what --json prints at the end of the story.
type demoSummary struct {
	Data          string                  `json:"data"`
	Snapshots     map[string]snapshotView `json:"snapshots"`
	Distribution  distributionView        `json:"distribution"`
	Out           string                  `json:"out"`
	LedgerFaults  int                     `json:"ledger_faults"`
	ElapsedSecond int64                   `json:"elapsed_seconds"`
}

// Run tells the story, in a folder that no other telling uses.
func (c demoCommand) Run(ctx context.Context, a *app) (err error) {
	switch {
	case a.DatabaseURL != "":
		return usage("demo: it needs a database of its own; leave out --database-url")
	case a.DryRun:
		return usage("demo: there is no dry run; it writes to a folder of its own only")
	case c.Workers < 1:
		return usage("--workers %d: give 1 or more", c.Workers)
	}
	world, err := simulator.New(simulator.Config{Scenario: simulator.April2024, Devices: c.Devices, Seed: c.Seed})
	if err != nil {
		return usage("%w", err)
	}
	if err := c.checkOut(); err != nil {
		return err
	}
	folder, err := claimFolder(a.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.release()) }()
	d := &demo{app: a, demoCommand: c, story: a.out, folder: folder, world: world}
	if a.JSON {
		d.story = a.talk
	}
	return d.tell(ctx)
}

// checkOut refuses a folder that the export would refuse at the end of the story.
func (c demoCommand) checkOut() error {
	if c.Out == "" {
		return nil
	}
	entries, err := os.ReadDir(c.Out)
	if len(entries) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
		return usage("--out %s: name a folder that is new or empty", c.Out)
	}
	return nil
}

// tell sets the stage and plays one chapter after another.
func (d *demo) tell(ctx context.Context) (err error) {
	began := time.Now()
	if d.db, err = d.folder.openDatabase(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.db.close(ctx, d.say)) }()
	open, closeNetwork := context.WithCancel(ctx)
	feed, network, wait, err := serveWorld(open, d.world)
	if err != nil {
		closeNetwork()
		return err
	}
	defer func() {
		closeNetwork()
		err = errors.Join(err, wait())
	}()
	return withJobs(ctx, d.db, jobs.Options{Work: jobs.Pulls | jobs.Takes, Feed: feed, Workers: d.Workers}, func(client *jobs.Client) error {
		d.client, d.feed = client, feed
		if err := d.enter(ctx); err != nil {
			return err
		}
		d.openingScene(network)
		for _, chapter := range []func(context.Context) error{
			d.pull, d.chart, d.seasons, d.attack, d.spoofed, d.incidents, d.openGrace, d.compare, d.diff, d.seal, d.prove, d.ledger, d.pay, d.settle,
		} {
			if err := chapter(ctx); err != nil {
				return err
			}
		}
		return d.end(time.Since(began))
	})
}

// enter records the two persons.
func (d *demo) enter(ctx context.Context) error {
	return d.write(ctx, func(tx pgx.Tx) (err error) {
		if d.ada, err = persons.Ensure(ctx, tx, "ada"); err != nil {
			return err
		}
		d.grace, err = persons.Ensure(ctx, tx, "grace")
		return err
	})
}

// write runs f in one transaction.
func (d *demo) write(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, d.db.pool, f)
}

// chapter begins a chapter.
func (d *demo) chapter(title string) {
	d.chapters++
	fmt.Fprintf(d.story, "\n%s\n\n", d.bold(fmt.Sprintf("%d. %s", d.chapters, title)))
}

// line tells something, indented under the chapter.
func (d *demo) line(format string, args ...any) { fmt.Fprintf(d.story, "  "+format+"\n", args...) }

// blank leaves a line free.
func (d *demo) blank() { fmt.Fprintln(d.story) }

// table prints a table under the chapter.
func (d *demo) table(g grid) { g.print(&indented{to: d.story}) }

// indented writes each line two columns to the right.
type indented struct {
	to     io.Writer
	within bool // a line has begun
}

// Write takes any part of a text.
func (w *indented) Write(text []byte) (int, error) {
	var out []byte
	for _, c := range text {
		if !w.within && c != '\n' {
			out = append(out, "  "...)
		}
		out, w.within = append(out, c), c != '\n'
	}
	if _, err := w.to.Write(out); err != nil {
		return 0, err
	}
	return len(text), nil
}
