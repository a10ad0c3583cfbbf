package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/uptally/uptally/jobs"
)

func main() {
	jobs.TuneMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit code: data goes to stdout,
// everything else to stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{in: stdin, out: stdout, talk: stderr, lookup: os.LookupEnv}
	err := a.execute(ctx, args)
	if err != nil {
		a.complain(ctx, err)
	}
	return exitCode(err)
}
