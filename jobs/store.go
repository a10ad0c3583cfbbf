package jobs

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// lockClient marks the client alive for as long as the session lasts.
func lockClient(ctx context.Context, conn *pgx.Conn, id string) error {
	_, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtext('river client'), hashtext($1))`, id)
	return err
}

// rescueJobs makes the running jobs of dead clients available again, without
// counting the attempt that was cut off. A client is dead if its lock is free:
// taking it, until the transaction ends, proves that nobody holds it. Whoever asks is
// not dead.
func rescueJobs(ctx context.Context, tx pgx.Tx, self string) (int64, error) {
	tag, err := tx.Exec(ctx, `
		WITH client AS MATERIALIZED (
			SELECT DISTINCT attempted_by[array_upper(attempted_by, 1)] AS id FROM river_job WHERE state = 'running'
		), dead AS MATERIALIZED (
			SELECT id FROM client WHERE id <> $1 AND pg_try_advisory_xact_lock(hashtext('river client'), hashtext(id))
		)
		UPDATE river_job j SET state = 'available', scheduled_at = now(), attempt = greatest(j.attempt - 1, 0)
		FROM dead WHERE j.state = 'running' AND j.attempted_by[array_upper(j.attempted_by, 1)] = dead.id`, self)
	return tag.RowsAffected(), err
}

// countUnfinished returns how many of the jobs are not finished, and the last
// error of the first of them that ended without success.
func countUnfinished(ctx context.Context, q *pgxpool.Pool, ids []int64) (unfinished int, failed string, err error) {
	err = q.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE finalized_at IS NULL),
			coalesce((array_agg(errors[array_upper(errors, 1)] ->> 'error' ORDER BY id)
				FILTER (WHERE state IN ('discarded', 'cancelled')))[1], '')
		FROM river_job WHERE id = ANY ($1)`, ids).Scan(&unfinished, &failed)
	return unfinished, failed, err
}

// selectQueuedWindows returns the windows that are about to be read, or tried again.
func selectQueuedWindows(ctx context.Context, tx pgx.Tx) ([]PullWindow, error) {
	rows, err := tx.Query(ctx, `
		SELECT args FROM river_job WHERE kind = 'pull_window' AND state IN ('available', 'running', 'retryable')`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[PullWindow])
}
