package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/jobs"
)

func TestWhatAttemptsComeTo(t *testing.T) {
	t.Parallel()
	live := t.Context()
	told, cancel := context.WithCancelCause(live)
	cancel(river.ErrJobCancelledRemotely)
	stopping, stop := context.WithCancel(live)
	stop()
	fails, panics := errors.New("it fails"), errors.New("it panics")
	for name, try := range map[string]struct {
		ctx     context.Context
		attempt int
		err     error
		want    jobs.Outcome
	}{
		"nothing":                       {live, 1, nil, jobs.Completed},
		"an error":                      {live, 1, fails, jobs.Failed},
		"an error in the last":          {live, 3, fails, jobs.Discarded},
		"a panic":                       {live, 1, panics, jobs.Failed},
		"a panic in the last":           {live, 3, panics, jobs.Discarded},
		"sleep":                         {live, 3, fmt.Errorf("tired: %w", river.JobSnooze(time.Hour)), jobs.Snoozed},
		"no further attempt":            {live, 1, river.JobCancel(fails), jobs.Cancelled},
		"it was told to end":            {told, 1, fails, jobs.Cancelled},
		"it was told, and is done":      {told, 1, nil, jobs.Completed},
		"it was cut off in the last":    {stopping, 3, fails, jobs.CutOff},
		"it was cut off, and is done":   {stopping, 3, nil, jobs.Completed},
		"it was cut off, and sleeps":    {stopping, 3, river.JobSnooze(time.Hour), jobs.Snoozed},
		"done in the last of all there": {live, 3, nil, jobs.Completed},
	} {
		t.Run(name, func(t *testing.T) {
			var kind string
			var got []jobs.Outcome
			defer func() {
				if cause := recover(); (cause != nil) != (try.err == panics) { //nolint:errorlint // the very value
					t.Errorf("panic %v", cause)
				}
				if kind != "dig" || !slices.Equal(got, []jobs.Outcome{try.want}) {
					t.Errorf("%s came to %q, want %s", kind, got, try.want)
				}
			}()
			row := &rivertype.JobRow{Kind: "dig", Attempt: try.attempt, MaxAttempts: 3}
			err := jobs.Measure(try.ctx, row, func(k string, outcome jobs.Outcome, took time.Duration) {
				if kind, got = k, append(got, outcome); took < 0 {
					t.Errorf("it took %s", took)
				}
			}, func(context.Context) error {
				if try.err == panics { //nolint:errorlint // the very value
					panic(panics)
				}
				return try.err
			})
			if !errors.Is(err, try.err) {
				t.Errorf("its error is %v, want %v", err, try.err)
			}
		})
	}
}

// A client tells of the attempts of the jobs that it works.
func TestAttemptsAreTold(t *testing.T) {
	t.Parallel()
	w := settle(t, "")
	sender := webhook.New(webhook.Config{Loopback: true, Schedule: []time.Duration{0}})
	r := receive(t, func(_ string, attempt int) int { return []int{http.StatusBadGateway, http.StatusOK}[attempt-1] })
	w.endpoint(sender, uuid.UUID{15: 1}, r)
	w.freeze(uuid.UUID{15: 1}, 1)
	var mutex sync.Mutex
	var told []string
	c := w.noFeed(jobs.Options{Webhooks: sender, Worked: func(kind string, outcome jobs.Outcome, _ time.Duration) {
		mutex.Lock()
		defer mutex.Unlock()
		told = append(told, kind+" "+string(outcome))
	}})
	w.check(c.Work(t.Context(), jobs.CollectEvents{}, 1))
	w.check(c.Start(context.Background()))
	t.Cleanup(func() { w.check(c.Stop(context.Background())) })
	w.until(`SELECT count(*) FROM river_job WHERE kind = 'deliver_message' AND state = 'completed'`, 1)
	mutex.Lock()
	defer mutex.Unlock()
	if want := []string{"deliver_message snoozed", "deliver_message completed"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}
