package replay

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// claim takes the call's lock until the transaction ends, if nobody has it.
func claim(ctx context.Context, tx pgx.Tx, call Call) (claimed bool, err error) {
	err = tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtextextended($1, hashtextextended($2, 20)))`,
		call.Actor, call.Key).Scan(&claimed)
	return claimed, err
}

func selectAnswer(ctx context.Context, tx pgx.Tx, call Call) (request []byte, answer *Answer, err error) {
	answer = &Answer{}
	err = tx.QueryRow(ctx, `SELECT request, status, header, body FROM api_replay WHERE actor = $1 AND key = $2`,
		call.Actor, call.Key).Scan(&request, &answer.Status, &answer.Header, &answer.Body)
	return request, answer, err
}

func insertAnswer(ctx context.Context, tx pgx.Tx, call Call, answer Answer) error {
	_, err := tx.Exec(ctx, `INSERT INTO api_replay (actor, key, request, status, header, body) VALUES ($1, $2, $3, $4, $5, $6)`,
		call.Actor, call.Key, call.Request[:], answer.Status, answer.Header, answer.Body)
	return err
}

func deleteAnswers(ctx context.Context, tx pgx.Tx, lifetime time.Duration) (int64, error) {
	tag, err := tx.Exec(ctx, `DELETE FROM api_replay WHERE recorded_at < clock_timestamp() - $1::interval`, lifetime)
	return tag.RowsAffected(), err
}
