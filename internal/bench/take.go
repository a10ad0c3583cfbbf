package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/uptally/uptally/jobs"
	"github.com/uptally/uptally/snapshot"
)

const (
	takeRounds = 3
	grownTimes = 4
	mebibyte   = 1 << 20
)

// measureTake takes whole snapshots, by the jobs of a process of their own, of the
// fleet and of one grown fourfold, and scans the same tables.
func (b *bench) measureTake(ctx context.Context) ([]Figure, error) {
	small, err := b.dataset(ctx, b.devices, b.days)
	if err != nil {
		return nil, err
	}
	if err := small.scan(ctx); err != nil {
		return nil, err
	}
	var last taken
	times, err := interleave(ctx, takeRounds, small.take(&last), timed(small.scan))
	if err != nil {
		return nil, err
	}
	grown, err := b.dataset(ctx, grownTimes*b.devices, b.days)
	if err != nil {
		return nil, err
	}
	if err := grown.scan(ctx); err != nil {
		return nil, err
	}
	tookGrown, err := grown.take(&last)(ctx)
	if err != nil {
		return nil, err
	}
	return []Figure{
		ratioOf("snapshot.take", times[0].Seconds(), times[1].Seconds(), "s", AtMost(40)),
		ratioOf("snapshot.growth", tookGrown.Seconds(), times[0].Seconds(), "s", AtMost(5)),
		ratioOf("snapshot.memory", float64(last.PeakBytes)/mebibyte, 1024, "MiB", AtMost(1)),
	}, nil
}

// taken is what a process that takes one snapshot says of it.
type taken struct {
	Seconds   float64
	PeakBytes int64 // of the process's resident memory
	Lines     int64
}

// take is the task of taking a snapshot in a process of its own. Its time begins
// when that process is ready.
func (d *dataset) take(result *taken) task {
	return func(ctx context.Context) (time.Duration, error) {
		program, err := os.Executable()
		if err != nil {
			return 0, err
		}
		child := exec.CommandContext(ctx, program, "-take", d.url, "-person", strconv.FormatInt(d.taker, 10))
		child.Stderr = os.Stderr
		output, err := child.Output()
		if err != nil {
			return 0, fmt.Errorf("taking a snapshot in a process of its own: %w", err)
		}
		if err := json.Unmarshal(output, result); err != nil {
			return 0, fmt.Errorf("what the process said of its snapshot: %w", err)
		}
		return time.Duration(result.Seconds * float64(time.Second)), nil
	}
}

// takeHere is the whole of that process: it takes a snapshot by the real jobs, and
// writes what came of it.
func takeHere(ctx context.Context, url string, person int64, out io.Writer) (err error) {
	pool, err := connect(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	client, err := jobs.New(pool, jobs.Options{Work: jobs.Takes})
	if err != nil {
		return err
	}
	if err := client.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Stop(context.WithoutCancel(ctx))) }()
	began := time.Now()
	begun, err := client.Take(ctx, seasonCode, person)
	if err != nil {
		return err
	}
	s, err := client.WaitTaken(ctx, begun.ID, nil)
	if err != nil {
		return err
	}
	if s.State != snapshot.Draft {
		return fmt.Errorf("snapshot %s is %s: %s", s.Name(), s.State, s.Failure)
	}
	took := time.Since(began)
	peak, err := peakMemory()
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(taken{Seconds: took.Seconds(), PeakBytes: peak, Lines: s.Lines})
}
