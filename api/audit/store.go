package audit

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// insertEntries puts them on record in their order; number, digest and time of
// recording are made by the table's triggers, which take the lock of the log first.
func insertEntries(ctx context.Context, tx pgx.Tx, entries []Entry) error {
	var (
		at                                                       = make([]time.Time, len(entries))
		request, address, actor, operation, method, target, kind = texts(entries)
		person                                                   = make([]int64, len(entries))
		supplier                                                 = make([]pgtype.UUID, len(entries))
		status                                                   = make([]int, len(entries))
		body                                                     = make([][]byte, len(entries))
		calls                                                    = make([]int64, len(entries))
	)
	for i, e := range entries {
		at[i], person[i], status[i], body[i], calls[i] = e.At, e.Person, e.Status, e.BodySHA256, e.Calls
		supplier[i] = pgtype.UUID{Bytes: e.Supplier, Valid: e.Supplier != uuid.Nil}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO audit_entry (at, request_id, address, actor, person, supplier_id, operation, method, target, status, kind, body_sha256, calls)
		SELECT at, request_id, nullif(address, '')::inet, actor, nullif(person, 0), supplier_id, operation, method, target, status, kind, body_sha256, calls
		FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::uuid[], $7::text[], $8::text[], $9::text[],
			$10::integer[], $11::text[], $12::bytea[], $13::bigint[]) WITH ORDINALITY
			w (at, request_id, address, actor, person, supplier_id, operation, method, target, status, kind, body_sha256, calls, place)
		ORDER BY place`,
		at, request, address, actor, person, supplier, operation, method, target, status, kind, body, calls)
	return err
}

// texts returns the entries' texts by column.
func texts(entries []Entry) (request, address, actor, operation, method, target, kind []string) {
	for _, e := range entries {
		request, address, actor = append(request, e.RequestID), append(address, e.Address), append(actor, e.Actor)
		operation, method = append(operation, e.Operation), append(method, e.Method)
		target, kind = append(target, e.Target), append(kind, e.Kind)
	}
	return request, address, actor, operation, method, target, kind
}

func lockSwitch(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('write_switch'))`)
	return err
}

const openHalt = `
	SELECT number, halted_by, reason, recorded_at FROM write_halt h
	WHERE NOT EXISTS (SELECT FROM write_resumption r WHERE r.halt = h.number)
	ORDER BY number DESC LIMIT 1`

func selectHalt(ctx context.Context, tx pgx.Tx) (stop Stop, halted bool, err error) {
	return scanHalt(tx.QueryRow(ctx, openHalt))
}

// haltShared is selectHalt under the shared lock, which nobody takes for themselves
// alone. Whoever is halted does not take it, so that a flood of refusals is not counted
// as under way. The two go in one round trip; the second statement begins once the lock
// is held, and sees what was committed before: a halt that it does not see finds the
// lock held. If somebody resumes between the two, they are asked again.
func haltShared(ctx context.Context, tx pgx.Tx) (stop Stop, halted bool, err error) {
	for locked := false; !locked && !halted && err == nil; {
		batch := &pgx.Batch{}
		batch.Queue(`SELECT pg_advisory_xact_lock_shared(hashtext('write_halt')) WHERE NOT EXISTS (` + openHalt + `)`).
			Exec(func(tag pgconn.CommandTag) error {
				locked = tag.RowsAffected() == 1
				return nil
			})
		batch.Queue(openHalt).QueryRow(func(row pgx.Row) (err error) {
			stop, halted, err = scanHalt(row)
			return err
		})
		err = tx.SendBatch(ctx, batch).Close()
	}
	return stop, halted, err
}

// countShared counts who holds the shared lock. Locks are seen as they are, whatever
// state of the rows the transaction reads; one of this kind shows the halves of its
// number, and 1 after them.
func countShared(ctx context.Context, tx pgx.Tx) (n int64, err error) {
	err = tx.QueryRow(ctx, `
		SELECT count(*) FROM pg_locks
		WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND classid::bigint << 32 | objid::bigint = hashtext('write_halt') AND objsubid = 1`).Scan(&n)
	return n, err
}

func scanHalt(row pgx.Row) (stop Stop, halted bool, err error) {
	err = row.Scan(&stop.Number, &stop.By, &stop.Reason, &stop.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return Stop{}, false, nil
	}
	stop.At = stop.At.UTC()
	return stop, err == nil, err
}

func insertHalt(ctx context.Context, tx pgx.Tx, person int64, reason string) (Stop, error) {
	stop, _, err := scanHalt(tx.QueryRow(ctx, `
		INSERT INTO write_halt (number, halted_by, reason)
		SELECT coalesce(max(number), 0) + 1, $1, $2 FROM write_halt
		RETURNING number, halted_by, reason, recorded_at`, person, reason))
	return stop, err
}

func insertResumption(ctx context.Context, tx pgx.Tx, halt Stop, person int64, reason string) error {
	_, err := tx.Exec(ctx, `INSERT INTO write_resumption (halt, halted_by, resumed_by, reason) VALUES ($1, $2, $3, $4)`,
		halt.Number, halt.By, person, reason)
	return err
}

// alreadyWritten reports whether an entry is on record. It waits for whoever writes.
func alreadyWritten(ctx context.Context, tx pgx.Tx, e Entry) (written bool, err error) {
	if err := lockEntries(ctx, tx); err != nil {
		return false, err
	}
	err = tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM audit_entry
			WHERE request_id = $1 AND at = $2 AND actor = $3 AND method = $4 AND target = $5 AND status = $6)`,
		e.RequestID, e.At, e.Actor, e.Method, e.Target, e.Status).Scan(&written)
	return written, err
}

// lockEntries takes the lock that the table's trigger takes.
func lockEntries(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('audit_entry'))`)
	return err
}

// eachLink hands on every row in the order of the numbers, until f says that it is
// enough. The columns are written as audit_digest writes them.
func eachLink(ctx context.Context, tx pgx.Tx, f func(link) (goOn bool)) error {
	rows, err := tx.Query(ctx, `
		SELECT coalesce(number, 0), previous_digest, digest, ARRAY[number::text, extract(epoch FROM at)::text, extract(epoch FROM recorded_at)::text,
			request_id, host(address), actor, person::text, supplier_id::text, operation, method, target,
			status::text, kind, encode(body_sha256, 'hex')] || CASE WHEN calls = 1 THEN '{}' ELSE ARRAY[calls::text] END
		FROM audit_entry ORDER BY number NULLS FIRST`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var l link
		if err := rows.Scan(&l.number, &l.previous, &l.digest, &l.fields); err != nil {
			return err
		}
		if !f(l) {
			return nil
		}
	}
	return rows.Err()
}

func selectHeads(ctx context.Context, tx pgx.Tx) ([]Head, error) {
	rows, err := tx.Query(ctx, `SELECT number, digest FROM audit_head ORDER BY number`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanHead)
}

func scanHead(row pgx.CollectableRow) (h Head, err error) {
	var digest []byte
	err = row.Scan(&h.Number, &digest)
	copy(h.Digest[:], digest)
	return h, err
}

func insertHead(ctx context.Context, tx pgx.Tx, every time.Duration) (head Head, marked bool, err error) {
	rows, err := tx.Query(ctx, `
		INSERT INTO audit_head (number, digest)
		SELECT number, digest FROM audit_entry
		WHERE NOT EXISTS (SELECT FROM audit_head WHERE recorded_at > statement_timestamp() - $1::interval)
		ORDER BY number DESC LIMIT 1
		ON CONFLICT (number) DO NOTHING RETURNING number, digest`, every)
	if err != nil {
		return Head{}, false, err
	}
	head, err = pgx.CollectExactlyOneRow(rows, scanHead)
	if errors.Is(err, pgx.ErrNoRows) {
		return Head{}, false, nil
	}
	return head, err == nil, err
}

func lockAlerts(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('audit_alert'))`)
	return err
}

// insertAlerts counts the calls recorded within the span by every kind and subject, and
// puts on record what reaches its threshold and is not on record within the cool-down.
// What failed on our side is no refusal here. Of a target, those of its entries that
// tell of no body ask for nothing that others of it do not: a read, which has none, an
// act that was refused before it was begun, an answer from memory.
func insertAlerts(ctx context.Context, tx pgx.Tx, t Thresholds) ([]Alert, error) {
	rows, err := tx.Query(ctx, `
		WITH recent AS MATERIALIZED (
			SELECT number, actor, host(address) AS address, text(audit_network(address)) AS network, target, body_sha256, status, method, calls,
				status BETWEEN 400 AND 499 OR kind = $9 AS refused
			FROM audit_entry WHERE recorded_at > statement_timestamp() - $1::interval
		), counted (kind, subject, number, target, body, calls) AS (
			SELECT 'refusals', '', number, NULL, NULL::bytea, calls FROM recent WHERE refused
			UNION ALL SELECT 'refusals_of_address', address, number, NULL, NULL, calls FROM recent WHERE refused AND address IS NOT NULL
			UNION ALL SELECT 'refusals_of_network', network, number, NULL, NULL, calls FROM recent WHERE refused AND address IS NOT NULL
			UNION ALL SELECT 'writes_of_actor', actor, number, NULL, NULL, calls FROM recent
				WHERE status < 400 AND method NOT IN ('GET', 'HEAD', 'OPTIONS') AND actor <> ''
			UNION ALL SELECT 'probing_of_actor', actor, number, target, body_sha256, calls FROM recent WHERE status = 404 AND actor <> ''
			UNION ALL SELECT 'probing_of_address', address, number, target, body_sha256, calls FROM recent WHERE status = 404 AND address IS NOT NULL
			UNION ALL SELECT 'probing_of_network', network, number, target, body_sha256, calls FROM recent WHERE status = 404 AND address IS NOT NULL
		), threshold (kind, threshold) AS (
			VALUES ('refusals', $3::bigint), ('refusals_of_address', $4), ('refusals_of_network', $5), ('writes_of_actor', $6),
				('probing_of_actor', $7), ('probing_of_address', $7), ('probing_of_network', $7)
		), asked AS (
			SELECT kind, subject, target, sum(calls) AS calls, greatest(count(DISTINCT body), 1) AS bodies, min(number) AS first, max(number) AS last
			FROM counted GROUP BY kind, subject, target
		), summed AS (
			SELECT kind, subject, (CASE WHEN count(target) = 0 THEN sum(calls) ELSE sum(bodies) END)::bigint AS count,
				min(first) AS first, max(last) AS last
			FROM asked GROUP BY kind, subject
		), surge AS (
			SELECT s.*, threshold, row_number() OVER (PARTITION BY kind ORDER BY count DESC, subject) AS place
			FROM summed s JOIN threshold USING (kind)
			WHERE threshold > 0 AND count >= threshold AND NOT EXISTS (
				SELECT FROM audit_alert a
				WHERE a.kind = s.kind AND a.subject = s.subject AND a.recorded_at > statement_timestamp() - $2::interval)
		)
		INSERT INTO audit_alert (kind, subject, count, threshold, span, first_number, last_number)
		SELECT kind, subject, count, threshold, $1, first, last FROM surge WHERE place <= $8 ORDER BY kind, place
		RETURNING `+alertColumns+`, NULL::timestamptz`,
		t.Span, t.CoolDown, t.Refusals, t.RefusalsOfAddress, t.RefusalsOfNetwork, t.WritesOfActor, t.Probes, alertsMax, KindHalted)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanAlert)
}

// alertsMax bounds the alerts of a kind that are put on record at a time.
const alertsMax = 50

// alertColumns are, with the time of delivery, what scanAlert reads.
const alertColumns = `id, kind, subject, count, threshold, span, first_number, last_number, recorded_at`

func scanAlert(row pgx.CollectableRow) (a Alert, err error) {
	var delivered pgtype.Timestamptz
	err = row.Scan(&a.ID, &a.Kind, &a.Subject, &a.Count, &a.Threshold, &a.Span, &a.First, &a.Last, &a.At, &delivered)
	a.At = a.At.UTC()
	if delivered.Valid {
		a.Delivered = delivered.Time.UTC()
	}
	return a, err
}

func selectAlerts(ctx context.Context, tx pgx.Tx, before int64, limit int) ([]Alert, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+alertColumns+`, delivered_at
		FROM audit_alert LEFT JOIN audit_alert_delivery ON alert = id
		WHERE $1 = 0::bigint OR id < $1 ORDER BY id DESC LIMIT $2`, before, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanAlert)
}

// lockDelivery reports whether nobody else delivers; until the transaction ends we do.
func lockDelivery(ctx context.Context, tx pgx.Tx) (free bool, err error) {
	err = tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtext('audit_alert_delivery'))`).Scan(&free)
	return free, err
}

func selectUndelivered(ctx context.Context, tx pgx.Tx, limit int) ([]Alert, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+alertColumns+`, NULL::timestamptz FROM audit_alert
		WHERE NOT EXISTS (SELECT FROM audit_alert_delivery WHERE alert = id) ORDER BY id LIMIT $1`, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanAlert)
}

func insertDeliveries(ctx context.Context, tx pgx.Tx, alerts []Alert) error {
	ids := make([]int64, len(alerts))
	for i, a := range alerts {
		ids[i] = a.ID
	}
	_, err := tx.Exec(ctx, `INSERT INTO audit_alert_delivery (alert) SELECT unnest($1::bigint[])`, ids)
	return err
}

func selectEntries(ctx context.Context, tx pgx.Tx, f Filter, before int64, limit int) ([]Record, error) {
	var address *string
	if f.Address.IsValid() {
		text := f.Address.String()
		address = &text
	}
	rows, err := tx.Query(ctx, `
		SELECT number, at, recorded_at, request_id, coalesce(host(address), ''), actor, coalesce(person, 0), supplier_id,
			operation, method, target, status, kind, body_sha256, calls, digest
		FROM audit_entry
		WHERE ($1 = '' OR actor = $1) AND ($2::text IS NULL OR address <<= $2::text::inet) AND ($3 = '' OR operation = $3)
			AND ($4 = 0 OR status / 100 = $4) AND ($5::timestamptz IS NULL OR recorded_at >= $5)
			AND ($6::timestamptz IS NULL OR recorded_at < $6) AND ($7 = 0::bigint OR number < $7)
		ORDER BY number DESC LIMIT $8`,
		f.Actor, address, f.Operation, f.Class, momentOf(f.Since), momentOf(f.Until), before, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRecord)
}

// momentOf returns the moment as a parameter, null if it is none.
func momentOf(t time.Time) pgtype.Timestamptz { return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()} }

func scanRecord(row pgx.CollectableRow) (r Record, err error) {
	var supplier pgtype.UUID
	var digest []byte
	err = row.Scan(&r.Number, &r.At, &r.RecordedAt, &r.RequestID, &r.Address, &r.Actor, &r.Person, &supplier,
		&r.Operation, &r.Method, &r.Target, &r.Status, &r.Kind, &r.BodySHA256, &r.Calls, &digest)
	r.At, r.RecordedAt, r.Supplier = r.At.UTC(), r.RecordedAt.UTC(), supplier.Bytes
	copy(r.Digest[:], digest)
	return r, err
}
