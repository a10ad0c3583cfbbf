package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/uptally/uptally/internal/embedpg"
)

// bench is one run: a private Postgres, and the datasets that were loaded into it.
type bench struct {
	devices, days int
	cluster       string // its data directory
	passing       string // removed at the end, unless empty
	server        *embedpg.Server
	datasets      []*dataset
	talk          io.Writer
	began         time.Time
}

// measurement measures what belongs together, and names it beforehand.
type measurement struct {
	names []string
	run   func(*bench, context.Context) ([]Figure, error)
}

var measurements = []measurement{
	{[]string{"merkle.tree"}, (*bench).measureMerkle}, // first: what it misses on the machine is told at once
	{[]string{"ingest.merge"}, (*bench).measureMerge},
	{[]string{"ingest.bytes_per_device_hour"}, (*bench).measureBytes},
	{[]string{"ingest.decode"}, (*bench).measureDecode},
	{[]string{"ingest.pull"}, (*bench).measurePull},
	{[]string{"snapshot.score"}, (*bench).measureScore},
	{[]string{"snapshot.take", "snapshot.growth", "snapshot.memory"}, (*bench).measureTake},
	{[]string{"snapshot.preview"}, (*bench).measurePreview},
	{[]string{"evidence.write", "evidence.verify", "evidence.verify_supplier", "evidence.bytes"}, (*bench).measureEvidence},
	{[]string{"ledger.seal", "ledger.seal_next"}, (*bench).measureLedger},
	{[]string{"distribution.export"}, (*bench).measureDistribution},
	{[]string{"scale.devices"}, (*bench).measureScale},
	{[]string{"fakes.precision", "fakes.recall"}, (*bench).measureFakes},
	{[]string{"fakes.scan"}, (*bench).measureFakesScan},
	{[]string{"api.season", "api.timeline_day", "api.timeline_month"}, (*bench).measureAPI}, // last: it seals the season
}

// start starts the private Postgres, as durable as the program's own unless the
// options say that nothing is measured in earnest.
func start(ctx context.Context, o options, talk io.Writer) (b *bench, err error) {
	b = &bench{devices: o.devices, days: o.days, talk: talk, began: time.Now()}
	if o.data == "" {
		if b.passing, err = os.MkdirTemp("", "uptally-bench-"); err != nil {
			return nil, err
		}
		o.data = b.passing
		err = os.Chmod(o.data, 0o755) // if we are root, Postgres runs as another user
	}
	b.cluster = filepath.Join(o.data, "cluster")
	if err == nil {
		b.server, err = embedpg.Start(ctx, embedpg.Config{DataDir: b.cluster, Database: "postgres", Throwaway: o.throwaway})
	}
	if err != nil {
		return nil, errors.Join(err, b.stop())
	}
	return b, nil
}

// stop lets go of everything, and of a passing cluster leaves nothing.
func (b *bench) stop() (err error) {
	for _, d := range b.datasets {
		d.close()
	}
	if b.server != nil {
		err = b.server.Stop()
	}
	if b.passing != "" {
		err = errors.Join(err, os.RemoveAll(b.passing))
	}
	return err
}

// measure runs the measurements that have a figure whose name begins so.
func (b *bench) measure(ctx context.Context, prefix string) (figures []Figure, err error) {
	for _, m := range measurements {
		if !slices.ContainsFunc(m.names, func(name string) bool { return strings.HasPrefix(name, prefix) }) {
			continue
		}
		b.tell("%s", strings.Join(m.names, ", "))
		measured, err := m.run(b, ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.names[0], err)
		}
		figures = append(figures, measured...)
	}
	if len(figures) == 0 {
		return nil, fmt.Errorf("no figure's name begins with %q; they begin with merkle, ingest, snapshot, evidence, ledger, distribution, scale, fakes or api", prefix)
	}
	return figures, nil
}

// dataset returns the database of so many devices, loaded at its first use.
func (b *bench) dataset(ctx context.Context, devices, days int) (*dataset, error) {
	f := newFleet(devices, days)
	for _, d := range b.datasets {
		if *d.fleet == *f {
			return d, nil
		}
	}
	d, err := b.openDataset(ctx, f)
	if err == nil {
		b.datasets = append(b.datasets, d)
	}
	return d, err
}

// tell says how far the run is.
func (b *bench) tell(format string, arguments ...any) {
	fmt.Fprintf(b.talk, "%6.1f s  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, arguments...))
}

// describe writes what the table was measured on.
func (b *bench) describe(out io.Writer) error {
	_, err := fmt.Fprintf(out, "%d devices, %d days: %.1f million device-slots; %d cores, %s/%s; whole run %.0f s\n\n",
		b.devices, b.days, float64(b.devices)*float64(b.days)*288/1e6, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		time.Since(b.began).Seconds())
	return err
}
