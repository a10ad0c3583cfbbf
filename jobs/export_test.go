package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// AttemptsMax is how often a job is tried.
const AttemptsMax = attemptsMax

// ID is the name under which the client works, and holds its lock.
func (c *Client) ID() string { return c.id }

// Rescue makes available what dead clients left running, as a running client does
// every few seconds.
func (c *Client) Rescue(ctx context.Context) error { return c.rescue(ctx) }

// Enqueue enqueues a job.
func (c *Client) Enqueue(ctx context.Context, args river.JobArgs) error {
	_, err := c.river.Insert(ctx, args, nil)
	return err
}

// Work works a job here and now, as its attempt of that number; the client need not
// be started.
func (c *Client) Work(ctx context.Context, args river.JobArgs, attempt int) error {
	row := &rivertype.JobRow{Kind: args.Kind(), Attempt: attempt, MaxAttempts: attemptsMax}
	switch args := args.(type) {
	case PullWindow:
		return (&pullWindow{c: c}).Work(ctx, &river.Job[PullWindow]{JobRow: row, Args: args})
	case RequestLatest:
		return (&requestLatest{c: c}).Work(ctx, &river.Job[RequestLatest]{JobRow: row, Args: args})
	case RequestAwaited:
		return (&requestAwaited{c: c}).Work(ctx, &river.Job[RequestAwaited]{JobRow: row, Args: args})
	case ScoreGroup:
		return (&scoreGroup{c: c}).Work(ctx, &river.Job[ScoreGroup]{JobRow: row, Args: args})
	case ScanIncidents:
		return (&scanIncidents{c: c}).Work(ctx, &river.Job[ScanIncidents]{JobRow: row, Args: args})
	case CloseHours:
		return (&closeHours{c: c}).Work(ctx, &river.Job[CloseHours]{JobRow: row, Args: args})
	case CutDays:
		return (&cutDays{c: c}).Work(ctx, &river.Job[CutDays]{JobRow: row, Args: args})
	case ReconcileIngest:
		return (&reconcileIngest{c: c}).Work(ctx, &river.Job[ReconcileIngest]{JobRow: row, Args: args})
	case EstimateSeasons:
		return (&estimateSeasons{c: c}).Work(ctx, &river.Job[EstimateSeasons]{JobRow: row, Args: args})
	case PollAttempts:
		return (&pollAttempts{c: c}).Work(ctx, &river.Job[PollAttempts]{JobRow: row, Args: args})
	case SettleLanded:
		return (&settleLanded{c: c}).Work(ctx, &river.Job[SettleLanded]{JobRow: row, Args: args})
	case ReconcileChain:
		return (&reconcileChain{c: c}).Work(ctx, &river.Job[ReconcileChain]{JobRow: row, Args: args})
	case ActivateWallets:
		return (&activateWallets{c: c}).Work(ctx, &river.Job[ActivateWallets]{JobRow: row, Args: args})
	case NotifyWallets:
		return (&notifyWallets{c: c}).Work(ctx, &river.Job[NotifyWallets]{JobRow: row, Args: args})
	case CollectEvents:
		return (&collectEvents{c: c}).Work(ctx, &river.Job[CollectEvents]{JobRow: row, Args: args})
	case DeliverMessage:
		return (&deliverMessage{c: c}).Work(ctx, &river.Job[DeliverMessage]{JobRow: row, Args: args})
	case WatchAudit:
		return (&watchAudit{c: c}).Work(ctx, &river.Job[WatchAudit]{JobRow: row, Args: args})
	case NotifyAlerts:
		return (&notifyAlerts{c: c}).Work(ctx, &river.Job[NotifyAlerts]{JobRow: row, Args: args})
	case VerifyLedger:
		return (&verifyLedger{c: c}).Work(ctx, &river.Job[VerifyLedger]{JobRow: row, Args: args})
	case RunTask:
		return (&runTask{c: c}).Work(ctx, &river.Job[RunTask]{JobRow: row, Args: args})
	case Allocate:
		return (&allocate{c: c}).Work(ctx, &river.Job[Allocate]{JobRow: row, Args: args})
	}
	return fmt.Errorf("no worker of %T here", args)
}

// Uncounted works f as an attempt of a job, and says of its error if it does not count.
func Uncounted(ctx context.Context, f func(context.Context) error) error {
	return uncounted(ctx, nil, f)
}

// Measure works f as an attempt of the job, and tells worked of it.
func Measure(ctx context.Context, job *rivertype.JobRow, worked func(kind string, outcome Outcome, took time.Duration), f func(context.Context) error) error {
	return measure(worked)(ctx, job, f)
}
