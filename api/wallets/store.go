package wallets

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// queueStanding asks how the reader's wallets stand now: of those that no other took
// the place of, the last that counts and the last that waits; else the last that was
// recorded without a proof.
func queueStanding(b *pgx.Batch, to *[]standingRow) {
	b.Queue(`
		WITH counted AS (
			SELECT id, supplier_id, address, nonce, active_from, recorded_at, active_from > clock_timestamp() AS pending,
				coalesce(lead(recorded_at) OVER (PARTITION BY supplier_id ORDER BY id) >= active_from, true) AS stands
			FROM wallet
		), frozen AS (
			SELECT f.supplier_id FROM wallet_freeze f GROUP BY f.supplier_id
			HAVING max(f.id) > coalesce((
				SELECT max(r.lifts) FROM wallet_release r JOIN wallet_release_approval a ON a.release = r.id
				WHERE r.supplier_id = f.supplier_id), 0)
		), record AS (
			(SELECT DISTINCT ON (c.supplier_id, c.pending) c.supplier_id, c.address, c.pending, c.active_from, c.recorded_at,
				CASE WHEN c.nonce IS NULL THEN 'allowance' WHEN p.challenge IS NULL THEN 'text' ELSE 'challenge' END AS how
			FROM counted c LEFT JOIN wallet_proof p USING (nonce)
			WHERE c.stands ORDER BY c.supplier_id, c.pending, c.id DESC)
			UNION ALL
			(SELECT DISTINCT ON (s.supplier_id) s.supplier_id, s.address, false, NULL, s.recorded_at, 'nothing'
			FROM supplier_wallet s WHERE NOT EXISTS (SELECT FROM counted c WHERE c.supplier_id = s.supplier_id)
			ORDER BY s.supplier_id, s.id DESC)
		)
		SELECT coalesce(r.supplier_id, f.supplier_id), coalesce(r.address, ''), f.supplier_id IS NOT NULL, coalesce(r.pending, false),
			coalesce(r.how, 'nothing'), r.active_from, r.recorded_at
		FROM record r FULL JOIN frozen f USING (supplier_id)
		ORDER BY 1, 4`).Query(func(rows pgx.Rows) (err error) {
		*to, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s standingRow, err error) {
			err = row.Scan(&s.supplier, &s.address, &s.frozen, &s.pending, &s.how, &s.activeFrom, &s.recordedAt)
			return s, err
		})
		return err
	})
}

// queueEvents asks for the events before one, the newest first. What was recorded
// before there were events comes last, with ids below zero.
func queueEvents(b *pgx.Batch, before int64, limit int, to *[]Event) {
	b.Queue(`
		SELECT supplier_id, id, kind, coalesce(address, ''), active_from, recorded_at FROM (
			SELECT supplier_id, id, kind, address, active_from, recorded_at FROM wallet_event
			UNION ALL
			SELECT supplier_id, id - 9000000000000000000, 'recorded', address, NULL, recorded_at FROM supplier_wallet
		) AS happened
		WHERE id < $1 ORDER BY id DESC LIMIT $2`, before, limit).Query(func(rows pgx.Rows) (err error) {
		*to, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Event, err error) {
			var activeFrom *time.Time
			err = row.Scan(&e.supplier, &e.id, &e.Event, &e.Address, &activeFrom, &e.At)
			if activeFrom != nil {
				e.ActiveFrom = new(activeFrom.UTC())
			}
			e.At = e.At.UTC()
			return e, err
		})
		return err
	})
}

// challengeRow is a challenge as the database has it.
type challengeRow struct {
	supplier uuid.UUID
	Challenge
}

// queueChallenge asks for the challenge of the id: none, or one.
func queueChallenge(b *pgx.Batch, id string, to *[]challengeRow) {
	b.Queue(`
		SELECT c.supplier_id, c.id, c.text, c.address, c.domain, c.issued_at, c.expires_at, p.recorded_at
		FROM wallet_challenge c LEFT JOIN wallet_proof p USING (nonce)
		WHERE c.id = $1`, id).Query(func(rows pgx.Rows) (err error) {
		*to, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c challengeRow, err error) {
			err = row.Scan(&c.supplier, &c.ID, &c.Text, &c.Address, &c.Domain, &c.IssuedAt, &c.ExpiresAt, &c.ProvedAt)
			return c, err
		})
		return err
	})
}
