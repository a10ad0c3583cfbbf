package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/uptime/simulator"
)

func main() {
	jobs.TuneMemory() // as the program measured does
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	devices int
	days    int
	only    string
	data    string

	throwaway bool // a server that is quick and not durable: for tests, not for figures

	// Of the process that takes one snapshot.
	takeURL    string
	takePerson int64
}

func parse(arguments []string, talk io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(talk)
	flags.IntVar(&o.devices, "devices", 600_000, "devices of the fleet; the larger ones grow with it")
	flags.IntVar(&o.days, "days", 30, "days of the season")
	flags.StringVar(&o.only, "only", "", "measure only figures whose names begin so, and what comes with them")
	flags.StringVar(&o.data, "data", "", "keep the loaded cluster in this `directory` for the next run; a new, passing one by default")
	flags.StringVar(&o.takeURL, "take", "", "take one snapshot in the database at the `URL`, tell its cost, and end; the program calls itself so")
	flags.Int64Var(&o.takePerson, "person", 0, "who takes that snapshot")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is no flag; see -help", flags.Arg(0))
	case o.devices < 1 || o.devices > simulator.MaxDevices:
		return o, fmt.Errorf("-devices is %d; choose 1 to %d", o.devices, simulator.MaxDevices)
	case o.days < 1 || o.days > daysMax:
		return o, fmt.Errorf("-days is %d; choose 1 to %d", o.days, daysMax)
	}
	return o, nil
}

// run measures, and writes the table to out and what happens meanwhile to talk. A
// missed bound is no error.
func run(ctx context.Context, arguments []string, out, talk io.Writer) (err error) {
	o, err := parse(arguments, talk)
	if err != nil {
		return err
	}
	if o.takeURL != "" {
		return takeHere(ctx, o.takeURL, o.takePerson, out)
	}
	b, err := start(ctx, o, talk)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	figures, err := b.measure(ctx, o.only)
	if err != nil {
		return err
	}
	return errors.Join(b.describe(out), writeTable(out, figures), exportJSON(os.Getenv("BENCH_JSON"), figures))
}

// exportJSON writes the figures to the file, unless it has no name.
func exportJSON(path string, figures []Figure) error {
	if path == "" {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("BENCH_JSON: %w", err)
	}
	return errors.Join(writeJSON(file, figures), file.Close())
}
