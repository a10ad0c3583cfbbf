package task

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func insertTask(ctx context.Context, tx pgx.Tx, id uuid.UUID, kind Kind, arguments, input []byte, person int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO task (id, kind, arguments, input, asked_by) VALUES ($1, $2, $3, $4, $5)`,
		id, string(kind), arguments, input, person)
	return err
}

// taskColumns are what scanTask reads of task t, the last of its starts and its end e.
const taskColumns = `t.id, t.kind, t.arguments, t.asked_by, t.asked_at,
	(SELECT max(s.started_at) FROM task_start s WHERE s.task = t.id), e.ended_at, e.result, coalesce(e.refusal, ''), coalesce(e.error, '')
	FROM task t LEFT JOIN task_end e ON e.task = t.id`

func scanTask(row pgx.CollectableRow) (t Task, err error) {
	var arguments, result []byte
	var started, ended *time.Time
	if err := row.Scan(&t.ID, &t.Kind, &arguments, &t.AskedBy, &t.AskedAt, &started, &ended, &result, &t.Refusal, &t.Error); err != nil {
		return t, err
	}
	t.AskedAt = t.AskedAt.UTC()
	t.stand(started, ended)
	err = json.Unmarshal(arguments, &t.Arguments)
	if result != nil {
		t.Result = &Result{}
		err = errors.Join(err, json.Unmarshal(result, t.Result))
	}
	return t, err
}

// stand derives the state from what is on record.
func (t *Task) stand(started, ended *time.Time) {
	t.State = Queued
	if started != nil {
		t.State, t.StartedAt = Running, started.UTC()
	}
	if ended == nil {
		return
	}
	t.State, t.EndedAt = Done, ended.UTC()
	if t.Refusal != "" {
		t.State = Failed
	}
}

func selectTask(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Task, bool, error) {
	rows, err := tx.Query(ctx, `SELECT `+taskColumns+` WHERE t.id = $1`, id)
	if err != nil {
		return Task{}, false, err
	}
	t, err := pgx.CollectExactlyOneRow(rows, scanTask)
	if errors.Is(err, pgx.ErrNoRows) {
		return Task{}, false, nil
	}
	return t, err == nil, err
}

func selectTasks(ctx context.Context, tx pgx.Tx, after *Place, limit int) ([]Task, error) {
	var at *time.Time
	var id *uuid.UUID
	if after != nil {
		at, id = &after.AskedAt, &after.ID
	}
	rows, err := tx.Query(ctx, `SELECT `+taskColumns+`
		WHERE $1::timestamptz IS NULL OR (t.asked_at, t.id) < ($1, $2::uuid)
		ORDER BY t.asked_at DESC, t.id DESC LIMIT $3`, at, id, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanTask)
}

func selectInput(ctx context.Context, tx pgx.Tx, id uuid.UUID) (input []byte, err error) {
	err = tx.QueryRow(ctx, `SELECT input FROM task WHERE id = $1`, id).Scan(&input)
	return input, err
}

// lockTask waits until nobody else works the task. The lock ends with the session.
func lockTask(ctx context.Context, conn *pgxpool.Conn, id uuid.UUID) error {
	_, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtext('task'), hashtext($1))`, id.String())
	return err
}

func unlockTask(ctx context.Context, conn *pgxpool.Conn, id uuid.UUID) error {
	_, err := conn.Exec(ctx, `SELECT pg_advisory_unlock(hashtext('task'), hashtext($1))`, id.String())
	return err
}

func insertStart(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	_, err := tx.Exec(ctx, `INSERT INTO task_start (task) VALUES ($1)`, id)
	return err
}

func insertDone(ctx context.Context, tx pgx.Tx, id uuid.UUID, result []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO task_end (task, outcome, result) VALUES ($1, 'done', $2)`, id, result)
	return err
}

func insertFailed(ctx context.Context, tx pgx.Tx, id uuid.UUID, refusal, why string) error {
	_, err := tx.Exec(ctx, `INSERT INTO task_end (task, outcome, refusal, error) VALUES ($1, 'failed', $2, $3)`, id, refusal, why)
	return err
}
