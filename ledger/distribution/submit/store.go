package submit

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger/distribution/solana"
)

// lockSubmitting takes the session's lock of submitting a distribution, if nobody
// else has it.
func lockSubmitting(ctx context.Context, conn *pgxpool.Conn, id string) (locked bool, err error) {
	err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtext('distribution submit'), hashtext($1))`, id).Scan(&locked)
	return locked, err
}

func unlockSubmitting(ctx context.Context, session *pgx.Conn, id string) error {
	_, err := session.Exec(ctx, `SELECT pg_advisory_unlock(hashtext('distribution submit'), hashtext($1))`, id)
	return err
}

// liveAttempts returns the attempts without an end, oldest first.
func liveAttempts(ctx context.Context, tx pgx.Tx, id string) ([]attempt, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.id, d.id, a.batch, b.memo, a.message, a.blockhash, coalesce(a.nonce_account, ''), coalesce(a.last_valid, 0),
			coalesce(a.replaces, 0), coalesce(s.signature, ''), s.transaction
		FROM distribution d
		JOIN distribution_attempt a ON a.distribution = d.number
		JOIN distribution_batch b ON (b.distribution, b.number) = (a.distribution, a.batch)
		LEFT JOIN distribution_attempt_signed s ON s.attempt = a.id
		WHERE d.id = $1 AND NOT EXISTS (SELECT FROM distribution_attempt_end e WHERE e.attempt = a.id)
		ORDER BY a.id`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanAttempt)
}

func scanAttempt(row pgx.CollectableRow) (a attempt, err error) {
	var nonce, signature string
	if err = row.Scan(&a.id, &a.distribution, &a.batch, &a.memo, &a.message, &a.blockhash, &nonce, &a.lastValid,
		&a.replaces, &signature, &a.transaction); err != nil {
		return a, err
	}
	if nonce != "" {
		a.nonce, err = parseKey(nonce)
	}
	if err == nil && signature != "" {
		a.signature, err = parseSignature(signature)
	}
	return a, err
}

// distributionsWithLive returns the ids of the distributions that have live
// attempts, in the order in which they were prepared.
func distributionsWithLive(ctx context.Context, tx pgx.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT d.id FROM distribution d WHERE EXISTS (
			SELECT FROM distribution_attempt a WHERE a.distribution = d.number
			AND NOT EXISTS (SELECT FROM distribution_attempt_end e WHERE e.attempt = a.id))
		ORDER BY d.number`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// noncesInUse returns the nonce accounts of all live attempts, of every distribution.
func noncesInUse(ctx context.Context, tx pgx.Tx) (map[solana.Key]bool, error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT nonce_account FROM distribution_attempt a
		WHERE nonce_account IS NOT NULL AND NOT EXISTS (SELECT FROM distribution_attempt_end e WHERE e.attempt = a.id)`)
	if err != nil {
		return nil, err
	}
	all := map[solana.Key]bool{}
	var text string
	_, err = pgx.ForEachRow(rows, []any{&text}, func() error {
		key, err := parseKey(text)
		all[key] = true
		return err
	})
	return all, err
}

// openBatches returns the batches that were not divided and have a payout that can
// be paid, with all their payouts, in the order of their numbers.
func openBatches(ctx context.Context, tx pgx.Tx, id string) ([]open, error) {
	rows, err := tx.Query(ctx, `
		WITH latest AS MATERIALIZED (
			SELECT DISTINCT ON (t.payout) t.payout, t.attempt, e.outcome, e.detail, a.batch
			FROM distribution d
			JOIN distribution_payout_attempt t ON t.distribution = d.number
			JOIN distribution_attempt a ON a.id = t.attempt
			LEFT JOIN distribution_attempt_end e ON e.attempt = t.attempt
			WHERE d.id = $1 ORDER BY t.payout, t.turn DESC)
		SELECT b.number, b.memo, p.payout,
			CASE WHEN s.payout IS NOT NULL OR pe.payout IS NOT NULL OR l.outcome = 'landed' THEN 'gone'
				WHEN l.attempt IS NULL OR l.outcome IS NOT NULL THEN 'free' ELSE 'live' END,
			coalesce(CASE WHEN l.outcome = 'failed' AND l.batch = b.number THEN l.detail END, '')
		FROM distribution d
		JOIN distribution_batch b ON b.distribution = d.number
		JOIN distribution_batch_payout p ON (p.distribution, p.batch) = (b.distribution, b.number)
		LEFT JOIN latest l ON l.payout = p.payout
		LEFT JOIN distribution_aside s ON (s.distribution, s.payout) = (p.distribution, p.payout)
		LEFT JOIN distribution_payout_end pe ON (pe.distribution, pe.payout) = (p.distribution, p.payout)
		WHERE d.id = $1 AND NOT EXISTS (
			SELECT FROM distribution_batch c WHERE (c.distribution, c.part_of) = (b.distribution, b.number))
		ORDER BY b.number, p.payout`, id)
	if err != nil {
		return nil, err
	}
	var all []open
	var number, payout int
	var memo, state, failure string
	_, err = pgx.ForEachRow(rows, []any{&number, &memo, &payout, &state, &failure}, func() error {
		if len(all) == 0 || all[len(all)-1].number != number {
			all = append(all, open{number: number, memo: memo})
		}
		last := &all[len(all)-1]
		last.add(payout, state)
		if failure != "" {
			last.failure = failure
		}
		return nil
	})
	return withFree(all), err
}

// payeesOf returns whom a batch pays.
func payeesOf(ctx context.Context, tx pgx.Tx, id string, batch int) ([]payee, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.number, p.wallet, p.amount
		FROM distribution d
		JOIN distribution_batch_payout b ON b.distribution = d.number
		JOIN distribution_payout p ON (p.distribution, p.number) = (b.distribution, b.payout)
		WHERE d.id = $1 AND b.batch = $2 ORDER BY p.number`, id, batch)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p payee, err error) {
		var wallet string
		var amount int64
		if err = row.Scan(&p.payout, &wallet, &amount); err != nil {
			return p, err
		}
		p.amount = uint64(amount) // above 0, see its CHECK
		p.wallet, err = parseKey(wallet)
		return p, err
	})
}

// batchesOfMemos returns which of the memos are those of batches, and how the batch
// stands: whether an attempt of it is live, and by which signature it landed.
func batchesOfMemos(ctx context.Context, tx pgx.Tx, id string, memos []string) ([]named, error) {
	rows, err := tx.Query(ctx, `
		SELECT b.number, b.memo,
			coalesce(bool_or(e.attempt IS NULL) FILTER (WHERE a.id IS NOT NULL), false),
			coalesce(max(e.signature) FILTER (WHERE e.outcome = 'landed'), '')
		FROM distribution d
		JOIN distribution_batch b ON b.distribution = d.number
		LEFT JOIN distribution_attempt a ON (a.distribution, a.batch) = (b.distribution, b.number)
		LEFT JOIN distribution_attempt_end e ON e.attempt = a.id
		WHERE d.id = $1 AND b.memo = ANY ($2) GROUP BY b.number, b.memo ORDER BY b.number`, id, memos)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (n named, err error) {
		err = row.Scan(&n.batch, &n.memo, &n.live, &n.signature)
		return n, err
	})
}

// insertAttempt records a message that is about to be signed, or was found.
func insertAttempt(ctx context.Context, tx pgx.Tx, a attempt, actor int64) (id int64, err error) {
	var nonce *string
	var lastValid *uint64
	if a.onNonce() {
		nonce = new(a.nonce.String())
	} else {
		lastValid = &a.lastValid
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO distribution_attempt (distribution, batch, message, blockhash, nonce_account, last_valid, replaces, attempted_by)
		SELECT number, $2, $3, $4, $5, $6, nullif($7, 0), $8 FROM distribution WHERE id = $1 RETURNING id`,
		a.distribution, a.batch, a.message, a.blockhash, nonce, lastValid, a.replaces, actor).Scan(&id)
	return id, err
}

// insertSigned records what is sent of an attempt, unless it is on record. Signatures
// are deterministic, so a second signer has the same.
func insertSigned(ctx context.Context, tx pgx.Tx, attempt int64, signature solana.Signature, transaction []byte) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_attempt_signed (attempt, signature, transaction) VALUES ($1, $2, $3)
		ON CONFLICT (attempt) DO NOTHING`, attempt, signature.String(), transaction)
	return err
}

// insertTurns gives the payouts their next turn, which is the attempt's. A payout
// whose last turn did not end without paying refuses.
func insertTurns(ctx context.Context, tx pgx.Tx, id string, attempt int64, payouts []int) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_payout_attempt (distribution, payout, turn, attempt, previous, previous_outcome)
		SELECT d.number, p.payout, coalesce(l.turn, 0) + 1, $2, l.attempt, e.outcome
		FROM distribution d CROSS JOIN unnest($3::int[]) p (payout)
		LEFT JOIN LATERAL (
			SELECT t.turn, t.attempt FROM distribution_payout_attempt t
			WHERE (t.distribution, t.payout) = (d.number, p.payout) ORDER BY t.turn DESC LIMIT 1) l ON true
		LEFT JOIN distribution_attempt_end e ON e.attempt = l.attempt
		WHERE d.id = $1 ORDER BY p.payout`, id, attempt, payouts)
	return err
}

// insertEnds records how attempts ended. What has an end keeps it: both were proven.
func insertEnds(ctx context.Context, tx pgx.Tx, ends []end) error {
	for _, e := range ends {
		var signature *string
		var slot *uint64
		if e.outcome != outcomeExpired {
			signature, slot = &e.signature, &e.slot
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO distribution_attempt_end (attempt, outcome, signature, slot, detail) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (attempt) DO NOTHING`, e.attempt, e.outcome, signature, slot, e.detail); err != nil {
			return err
		}
	}
	return nil
}

// partsBegin returns the number of the first part that a batch may be divided into,
// or 0 if it was divided already.
func partsBegin(ctx context.Context, tx pgx.Tx, id string, batch int) (first int, err error) {
	err = tx.QueryRow(ctx, `
		SELECT CASE WHEN bool_or(b.part_of = $2) THEN 0 ELSE max(b.number) + 1 END
		FROM distribution d JOIN distribution_batch b ON b.distribution = d.number WHERE d.id = $1`, id, batch).Scan(&first)
	return first, err
}

func insertPart(ctx context.Context, tx pgx.Tx, id string, number, partOf int, memo string, payouts []int) error {
	_, err := tx.Exec(ctx, `
		WITH batch AS (
			INSERT INTO distribution_batch (distribution, number, part_of, memo)
			SELECT d.number, $2, $3, $4 FROM distribution d WHERE d.id = $1 RETURNING distribution, number)
		INSERT INTO distribution_batch_payout (distribution, batch, payout)
		SELECT batch.distribution, batch.number, p FROM batch CROSS JOIN unnest($5::int[]) p`, id, number, partOf, memo, payouts)
	return err
}

// messageIsKnown reports whether an attempt has this very message.
func messageIsKnown(ctx context.Context, tx pgx.Tx, message []byte) (known bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM distribution_attempt WHERE message = $1)`, message).Scan(&known)
	return known, err
}

// isRefusal reports whether the database refused what somebody else did first: a
// turn, a nonce's value or a message that was taken, a payout that was set aside.
func isRefusal(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && len(refused.Code) == 5 && refused.Code[:2] == "23"
}
