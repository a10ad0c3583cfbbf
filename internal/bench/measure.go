package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// task is one thing to be timed. It returns the part of its time that counts.
type task func(ctx context.Context) (time.Duration, error)

// timed is the task whose whole time counts.
func timed(f func(ctx context.Context) error) task {
	return func(ctx context.Context) (time.Duration, error) {
		began := time.Now()
		err := f(ctx)
		return time.Since(began), err
	}
}

// interleave runs the tasks in turn, all of them once a round, and returns the
// median time of each: what slows the machine for a while then slows all alike.
func interleave(ctx context.Context, rounds int, tasks ...task) ([]time.Duration, error) {
	times := make([][]time.Duration, len(tasks))
	for round := range rounds {
		for i, run := range tasks {
			took, err := run(ctx)
			if err != nil {
				return nil, fmt.Errorf("round %d of %d: %w", round+1, rounds, err)
			}
			times[i] = append(times[i], took)
		}
	}
	medians := make([]time.Duration, len(tasks))
	for i := range times {
		medians[i] = median(times[i])
	}
	return medians, nil
}

// median returns the middle one, of an even number the lower of the two. It sorts
// its argument, of which there is at least one.
func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[(len(times)-1)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
