package finance

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/api/wire"
)

// Task is work that was asked for, and what came of it.
type Task struct {
	ID           uuid.UUID   `json:"id" doc:"Its id."`
	Kind         task.Kind   `json:"kind" enum:"preview,prepare,approve_cancel,settle_receipts,settle_funding,settle_chain,reconcile_chain,import_wallets" doc:"What it does."`
	State        task.State  `json:"state" enum:"queued,running,done,failed" doc:"How far it is. A task that failed did nothing."`
	Distribution string      `json:"distribution,omitempty" example:"d1" doc:"The distribution that it is asked about."`
	AskedBy      string      `json:"asked_by" doc:"Who asked: it is done in their name."`
	AskedAt      time.Time   `json:"asked_at" doc:"When."`
	StartedAt    *time.Time  `json:"started_at,omitempty" doc:"When a worker began it, last."`
	EndedAt      *time.Time  `json:"ended_at,omitempty" doc:"When it ended."`
	Result       *TaskResult `json:"result,omitempty" doc:"What came of it, if it is done."`
	Problem      string      `json:"problem,omitempty" example:"urn:uptally:problem:conflict" doc:"If it failed: the type of problem that a call would have been answered with."`
	Detail       string      `json:"detail,omitempty" doc:"If it failed: why, and what to do."`
}

type taskOutput struct {
	Location   string `header:"Location" doc:"Where the task is read."`
	RetryAfter string `header:"Retry-After" doc:"When to ask again, in seconds; absent once it has ended."`
	Body       Task
}

// askFor records a task and enqueues it, in the transaction of the call.
func askFor(ctx context.Context, s *wire.Service, a wire.Acting, kind task.Kind, arguments task.Arguments, input []byte) (*taskOutput, error) {
	t, err := task.Ask(ctx, a.Tx, kind, arguments, input, a.Person)
	if err != nil {
		return nil, err
	}
	if err := s.Jobs.RequestTask(ctx, a.Tx, t.ID); err != nil {
		return nil, err
	}
	return showTask(ctx, a.Tx, t)
}

func showTask(ctx context.Context, tx pgx.Tx, t task.Task) (*taskOutput, error) {
	views, err := viewTasks(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	out := &taskOutput{Location: "/v1/finance/tasks/" + t.ID.String(), Body: views[0]}
	if t.EndedAt.IsZero() {
		out.RetryAfter = "1"
	}
	return out, nil
}

func viewTasks(ctx context.Context, tx pgx.Tx, tasks ...task.Task) ([]Task, error) {
	ids := make([]int64, len(tasks))
	for i, t := range tasks {
		ids[i] = t.AskedBy
	}
	names, err := readNames(ctx, tx, ids...)
	views := make([]Task, len(tasks))
	for i, t := range tasks {
		views[i] = Task{
			ID: t.ID, Kind: t.Kind, State: t.State, Distribution: t.Arguments.Distribution, AskedBy: names.of(t.AskedBy), AskedAt: t.AskedAt,
			StartedAt: momentOrNone(t.StartedAt), EndedAt: momentOrNone(t.EndedAt), Result: viewResult(t.Result), Detail: wire.OverHTTP(t.Error),
		}
		if t.Refusal != "" {
			views[i].Problem = wire.ProblemPrefix + t.Refusal
		}
	}
	return views, err
}

func registerTasks(s *wire.Service) {
	type input struct {
		ID uuid.UUID `path:"id" format:"uuid" doc:"Id of the task."`
	}
	wire.Read(s, reading("get-task", "/tasks/{id}", "Read a task",
		"How far it is, and what came of it."), money,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *input) (*taskOutput, error) {
			t, err := task.Show(ctx, tx, in.ID)
			if err != nil {
				return nil, err
			}
			return showTask(ctx, tx, t)
		})
	type output struct{ Body wire.Page[Task] }
	wire.Read(s, reading("list-tasks", "/tasks", "List the tasks",
		"The newest first, without their results."), money,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *wire.Paging) (*output, error) {
			after, err := taskPlace(in.Cursor)
			if err != nil {
				return nil, err
			}
			tasks, err := task.List(ctx, tx, after, in.Limit+1)
			if err != nil {
				return nil, err
			}
			for i := range tasks {
				tasks[i].Result = nil
			}
			views, err := viewTasks(ctx, tx, tasks...)
			return &output{wire.PageOf(views, in.Limit, func(last Task) string {
				return wire.Cursor(strconv.FormatInt(last.AskedAt.UnixMicro(), 10), last.ID.String())
			})}, err
		})
}

// taskPlace reads the task after which a page begins.
func taskPlace(cursor string) (*task.Place, error) {
	parts, err := wire.ParseCursor(cursor, 2)
	if err != nil || parts == nil {
		return nil, err
	}
	micros, err := strconv.ParseInt(parts[0], 10, 64)
	id, bad := uuid.Parse(parts[1])
	if err != nil || bad != nil || micros < 0 || micros > maxMicros {
		return nil, wire.BadCursor
	}
	return &task.Place{AskedAt: time.UnixMicro(micros), ID: id}, nil
}

// maxMicros is the year 9999, which bounds what the database is asked.
const maxMicros = 253_402_300_799_000_000
