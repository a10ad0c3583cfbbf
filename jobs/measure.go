package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Outcome is what a job's attempt came to.
type Outcome string

// The outcomes.
const (
	Completed Outcome = "completed"
	Failed    Outcome = "failed"    // it is tried again
	Snoozed   Outcome = "snoozed"   // it asked to sleep, which is no attempt
	Cancelled Outcome = "cancelled" // it is not tried again, as it asked or as it was told
	Discarded Outcome = "discarded" // its last attempt failed
	CutOff    Outcome = "cut_off"   // the process stops, which is no attempt
)

// measure tells of each attempt of a job, once it is over: its kind, which is one of
// this program's, what it came to, and how long it took. A panic is a failure.
func measure(worked func(kind string, outcome Outcome, took time.Duration)) river.WorkerMiddlewareFunc {
	return func(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) (err error) {
		begun, panicked := time.Now(), true
		defer func() {
			worked(job.Kind, outcomeOf(ctx, job, err, panicked), time.Since(begun))
		}()
		err = work(ctx)
		panicked = false
		return err
	}
}

// outcomeOf is what River makes of how an attempt ended.
func outcomeOf(ctx context.Context, job *rivertype.JobRow, err error, panicked bool) Outcome {
	_, snoozed := errors.AsType[*rivertype.JobSnoozeError](err)
	_, cancelled := errors.AsType[*rivertype.JobCancelError](err)
	told := errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely)
	switch {
	case err == nil && !panicked:
		return Completed
	case cancelled, told && !panicked:
		return Cancelled
	case snoozed:
		return Snoozed
	case cutOff(ctx) && !panicked:
		return CutOff
	case job.Attempt >= job.MaxAttempts:
		return Discarded
	}
	return Failed
}
