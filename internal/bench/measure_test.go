package main

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestMedianIsTheMiddleOne(t *testing.T) {
	for _, c := range []struct {
		times []time.Duration
		want  time.Duration
	}{
		{[]time.Duration{7}, 7},
		{[]time.Duration{9, 1}, 1},
		{[]time.Duration{9, 1, 2}, 2},
		{[]time.Duration{4, 3, 2, 1}, 2},
	} {
		if got := median(c.times); got != c.want {
			t.Errorf("median of %v is %d, want %d", c.times, got, c.want)
		}
	}
}

func TestInterleaveRunsTheTasksInTurn(t *testing.T) {
	var order string
	play := func(name string, times ...time.Duration) task {
		return func(context.Context) (time.Duration, error) {
			order += name
			next := times[0]
			times = times[1:]
			return next, nil
		}
	}
	medians, err := interleave(t.Context(), 3, play("a", 5, 1, 3), play("b", 20, 30, 10))
	if err != nil {
		t.Fatal(err)
	}
	if order != "ababab" || medians[0] != 3 || medians[1] != 20 {
		t.Errorf("order %s, medians %v; want ababab, [3 20]", order, medians)
	}
}

func TestInterleaveEndsWithTheFirstError(t *testing.T) {
	failure, runs := errors.New("failure"), 0
	_, err := interleave(t.Context(), 3, func(context.Context) (time.Duration, error) {
		runs++
		return 0, failure
	})
	if !errors.Is(err, failure) || runs != 1 {
		t.Errorf("error %v after %d runs, want the failure after 1", err, runs)
	}
}

func TestExtrapolateFollowsTheLine(t *testing.T) {
	if got := extrapolate(6, 10, 24, 28, 100); got != 104 {
		t.Errorf("the line x + 4 is %v at 100, want 104", got)
	}
}
