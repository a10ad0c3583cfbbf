package webhook

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

func clock(ctx context.Context, tx pgx.Tx) (now time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	return now.UTC(), err
}

// lockSupplier makes those who make endpoints of one supplier wait for each other.
func lockSupplier(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('webhooks of a supplier'), hashtext($1))`, supplier.String())
	return err
}

// lockWebhook makes those who change an endpoint wait for each other.
func lockWebhook(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('webhook'), hashtext($1))`, id.String())
	return err
}

// lockCollecting reports whether nobody else collects, until the transaction ends.
func lockCollecting(ctx context.Context, tx pgx.Tx) (free bool, err error) {
	err = tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtext('webhook collection'))`).Scan(&free)
	return free, err
}

func countActive(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) (n int, err error) {
	err = tx.QueryRow(ctx, `
		SELECT count(*) FROM webhook w
		WHERE w.supplier_id = $1 AND NOT EXISTS (SELECT FROM webhook_end e WHERE e.webhook = w.id)`, supplier).Scan(&n)
	return n, err
}

func insertWebhook(ctx context.Context, tx pgx.Tx, o Order, events []Kind, person int64) (id uuid.UUID, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO webhook (supplier_id, url, events, description, made_by) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		o.Supplier, o.URL, events, o.Description, person).Scan(&id)
	return id, err
}

func insertSecret(ctx context.Context, tx pgx.Tx, webhook, supplier uuid.UUID, number int, person int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO webhook_secret (webhook, supplier_id, number, made_by) VALUES ($1, $2, $3, $4)`,
		webhook, supplier, number, person)
	return err
}

// insertEnd ends an endpoint, and reports whether it had not ended. Person 0 is the
// program.
func insertEnd(ctx context.Context, tx pgx.Tx, webhook, supplier uuid.UUID, cause State, person int64) (fresh bool, err error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO webhook_end (webhook, supplier_id, cause, ended_by) VALUES ($1, $2, $3, nullif($4::bigint, 0))
		ON CONFLICT (webhook) DO NOTHING`, webhook, supplier, cause, person)
	return tag.RowsAffected() == 1, err
}

// endpoints are endpoints with how they stand.
const endpoints = `
	SELECT w.id, w.supplier_id, w.url, w.events, w.description, w.recorded_at, coalesce(e.cause, 'active'), e.recorded_at, s.number, s.recorded_at
	FROM webhook w
	JOIN LATERAL (SELECT number, recorded_at FROM webhook_secret WHERE webhook = w.id ORDER BY number DESC LIMIT 1) s ON true
	LEFT JOIN webhook_end e ON e.webhook = w.id`

func selectWebhook(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Endpoint, error) {
	rows, err := tx.Query(ctx, endpoints+` WHERE w.id = $1`, id)
	if err != nil {
		return Endpoint{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanEndpoint)
}

// QueueEndpoint asks for the endpoint of the id, as far as the reader sees: none, or
// one.
func QueueEndpoint(b *pgx.Batch, id uuid.UUID, to *[]Endpoint) {
	b.Queue(endpoints+` WHERE w.id = $1`, id).Query(func(rows pgx.Rows) (err error) {
		*to, err = pgx.CollectRows(rows, scanEndpoint)
		return err
	})
}

// QueueEndpoints asks for the newest endpoints before one, as far as the reader sees.
func QueueEndpoints(b *pgx.Batch, before time.Time, beforeID uuid.UUID, limit int, to *[]Endpoint) {
	b.Queue(endpoints+` WHERE (w.recorded_at, w.id) < ($1, $2) ORDER BY w.recorded_at DESC, w.id DESC LIMIT $3`, before, beforeID, limit).
		Query(func(rows pgx.Rows) (err error) {
			*to, err = pgx.CollectRows(rows, scanEndpoint)
			return err
		})
}

func scanEndpoint(row pgx.CollectableRow) (e Endpoint, err error) {
	var ended *time.Time
	err = row.Scan(&e.ID, &e.Supplier, &e.URL, &e.Events, &e.Description, &e.RecordedAt, &e.State, &ended, &e.Secret, &e.SecretAt)
	e.RecordedAt, e.SecretAt = e.RecordedAt.UTC(), e.SecretAt.UTC()
	if ended != nil {
		e.EndedAt = ended.UTC()
	}
	return e, err
}

// selectEvents returns what endpoints were not told yet, in the order of its stamps.
func selectEvents(ctx context.Context, tx pgx.Tx, back time.Duration, limit int) ([]found, error) {
	rows, err := tx.Query(ctx, `
		SELECT w.id, w.supplier_id, e.kind, e.source, e.occurred_at, e.data::text
		FROM webhook w
		JOIN webhook_event e ON e.kind = ANY (w.events) AND (e.supplier_id IS NULL OR e.supplier_id = w.supplier_id)
			AND e.recorded_at >= w.recorded_at
		WHERE e.recorded_at > (SELECT collected_to - $1::interval FROM webhook_collected)
		  AND NOT EXISTS (SELECT FROM webhook_end x WHERE x.webhook = w.id)
		  AND NOT EXISTS (SELECT FROM webhook_message m WHERE m.webhook = w.id AND m.kind = e.kind AND m.source = e.source)
		ORDER BY e.recorded_at, e.kind, e.source, w.id LIMIT $2`, back, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f found, err error) {
		var data string
		err = row.Scan(&f.webhook, &f.supplier, &f.kind, &f.source, &f.at, &data)
		f.data = []byte(data)
		return f, err
	})
}

func updateCollected(ctx context.Context, tx pgx.Tx, to time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_collected SET collected_to = greatest(collected_to, $1)`, to)
	return err
}

// insertMessages records messages in their order and returns their ids.
func insertMessages(ctx context.Context, tx pgx.Tx, events []found, bodies [][]byte) ([]uuid.UUID, error) {
	var webhooks, suppliers []uuid.UUID
	var kinds []Kind
	var sources []string
	var at []time.Time
	for _, e := range events {
		webhooks, suppliers, kinds = append(webhooks, e.webhook), append(suppliers, e.supplier), append(kinds, e.kind)
		sources, at = append(sources, e.source), append(at, e.at)
	}
	rows, err := tx.Query(ctx, `
		INSERT INTO webhook_message (webhook, supplier_id, kind, source, occurred_at, body)
		SELECT webhook, supplier_id, kind, source, occurred_at, body
		FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::bytea[]) WITH ORDINALITY
			AS m (webhook, supplier_id, kind, source, occurred_at, body, place)
		ORDER BY place
		ON CONFLICT (webhook, kind, source) DO NOTHING RETURNING id`, webhooks, suppliers, kinds, sources, at, bodies)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// selectStranded returns messages of endpoints that have not ended whose next try was
// due for so long.
func selectStranded(ctx context.Context, tx pgx.Tx, late time.Duration, limit int) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, `
		SELECT m.id FROM webhook_message m
		LEFT JOIN LATERAL (SELECT number, next_at FROM webhook_attempt WHERE message = m.id ORDER BY number DESC LIMIT 1) a ON true
		WHERE m.recorded_at > clock_timestamp() - interval '7 days'
		  AND (a.number IS NULL OR a.next_at IS NOT NULL)
		  AND coalesce(a.next_at, m.recorded_at) < clock_timestamp() - $1::interval
		  AND NOT EXISTS (SELECT FROM webhook_end e WHERE e.webhook = m.webhook)
		ORDER BY m.number LIMIT $2`, late, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// selectDelivery returns the next try of a message, or pgx.ErrNoRows if there is none.
func selectDelivery(ctx context.Context, tx pgx.Tx, message uuid.UUID, overlap time.Duration) (d Delivery, err error) {
	err = tx.QueryRow(ctx, `
		SELECT m.id, m.webhook, m.supplier_id, w.url, m.body, coalesce(a.number, 0) + 1, coalesce(a.next_at, m.recorded_at), clock_timestamp(),
			ARRAY(SELECT s.number FROM webhook_secret s
				WHERE s.webhook = w.id AND NOT EXISTS (
					SELECT FROM webhook_secret n WHERE n.webhook = s.webhook AND n.number > s.number AND n.recorded_at < clock_timestamp() - $2::interval)
				ORDER BY s.number DESC)
		FROM webhook_message m
		JOIN webhook w ON w.id = m.webhook
		LEFT JOIN LATERAL (SELECT number, next_at FROM webhook_attempt WHERE message = m.id ORDER BY number DESC LIMIT 1) a ON true
		WHERE m.id = $1 AND (a.number IS NULL OR a.next_at IS NOT NULL)
		  AND NOT EXISTS (SELECT FROM webhook_end e WHERE e.webhook = w.id)`, message, overlap).
		Scan(&d.Message, &d.Webhook, &d.Supplier, &d.URL, &d.Body, &d.Number, &d.DueAt, &d.Now, &d.Secrets)
	return d, err
}

// updateTurn gives the turn with an endpoint to a message, and reports whether it did.
// It does not while another has it, or its supplier has as many turns as one may.
func updateTurn(ctx context.Context, tx pgx.Tx, d Delivery, held time.Duration, turnsMax int) (taken bool, err error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO webhook_turn AS t (webhook, supplier_id, holder, held_until, line_until)
		SELECT $1, $2, $3, clock_timestamp() + $4::interval, '-infinity'
		WHERE (SELECT count(*) FROM webhook_turn o
			WHERE o.supplier_id = $2 AND o.webhook <> $1 AND o.held_until > clock_timestamp()) < $5::integer
		ON CONFLICT (webhook) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
		WHERE t.holder = excluded.holder OR t.held_until <= clock_timestamp()`, d.Webhook, d.Supplier, d.Message, held, turnsMax)
	return tag.RowsAffected() == 1, err
}

// updateLine puts a message at the end of an endpoint's line, and returns how long it
// is until it comes again.
func updateLine(ctx context.Context, tx pgx.Tx, d Delivery, apart time.Duration) (wait time.Duration, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO webhook_turn AS t (webhook, supplier_id, holder, held_until, line_until)
		VALUES ($1, $2, $3, '-infinity', clock_timestamp() + $4::interval)
		ON CONFLICT (webhook) DO UPDATE SET line_until = greatest(t.line_until, clock_timestamp()) + $4::interval
		RETURNING line_until - clock_timestamp()`, d.Webhook, d.Supplier, d.Message, apart).Scan(&wait)
	return wait, err
}

// updateTurnBack frees an endpoint, if the message has the turn with it.
func updateTurnBack(ctx context.Context, tx pgx.Tx, webhook, holder uuid.UUID) error {
	_, err := tx.Exec(ctx, `UPDATE webhook_turn SET held_until = '-infinity' WHERE webhook = $1 AND holder = $2`, webhook, holder)
	return err
}

// selectNext returns the first message after one that an endpoint is to be told now, of
// so many that are looked at; uuid.Nil if there is none.
func selectNext(ctx context.Context, tx pgx.Tx, webhook, after uuid.UUID, look int) (next uuid.UUID, err error) {
	err = tx.QueryRow(ctx, `
		SELECT m.id
		FROM (SELECT id, number, recorded_at FROM webhook_message
			WHERE webhook = $1 AND number > (SELECT number FROM webhook_message WHERE id = $2) ORDER BY number LIMIT $3) m
		LEFT JOIN LATERAL (SELECT number, next_at FROM webhook_attempt WHERE message = m.id ORDER BY number DESC LIMIT 1) a ON true
		WHERE (a.number IS NULL OR a.next_at IS NOT NULL) AND coalesce(a.next_at, m.recorded_at) <= clock_timestamp()
		ORDER BY m.number LIMIT 1`, webhook, after, look).Scan(&next)
	if errors.Is(err, pgx.ErrNoRows) {
		return uuid.Nil, nil
	}
	return next, err
}

// insertAttempt records a try, and reports whether there was none of its number.
func insertAttempt(ctx context.Context, tx pgx.Tx, d Delivery, r Result, next time.Time) (fresh bool, err error) {
	var due *time.Time
	if !next.IsZero() {
		due = &next
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO webhook_attempt (message, number, supplier_id, outcome, status, cause, next_at, attempted_at)
		VALUES ($1, $2, $3, $4, nullif($5::integer, 0), nullif($6, ''), $7, $8)
		ON CONFLICT (message, number) DO NOTHING`, d.Message, d.Number, d.Supplier, r.Outcome, r.Status, r.Cause, due, d.Now)
	return tag.RowsAffected() == 1, err
}

// failingSince returns the first try since the endpoint last took a message; nil if it
// took one since, by the hand of another process.
func failingSince(ctx context.Context, tx pgx.Tx, webhook uuid.UUID) (since *time.Time, err error) {
	err = tx.QueryRow(ctx, `
		WITH tried AS (
			SELECT a.attempted_at, a.outcome FROM webhook_message m JOIN webhook_attempt a ON a.message = m.id WHERE m.webhook = $1
		)
		SELECT min(attempted_at) FROM tried
		WHERE attempted_at > coalesce((SELECT max(attempted_at) FROM tried WHERE outcome = 'delivered'), '-infinity')`, webhook).Scan(&since)
	return since, err
}

// Told is a message in an endpoint's log, with how far it has come.
type Told struct {
	ID         uuid.UUID
	Number     int64
	Supplier   uuid.UUID
	Kind       Kind
	OccurredAt time.Time
	Attempts   int
	Outcome    Outcome    // of the last try; "": none
	Status     int        // of its answer; 0: none
	LastAt     *time.Time // of the last try; nil: none
	NextAt     *time.Time // of the next; nil: there is none, or it is the first
}

// QueueTold asks for the newest messages of an endpoint before one, as far as the
// reader sees.
func QueueTold(b *pgx.Batch, webhook uuid.UUID, before int64, limit int, to *[]Told) {
	b.Queue(`
		SELECT m.id, m.number, m.supplier_id, m.kind, m.occurred_at, coalesce(a.number, 0), coalesce(a.outcome, ''), coalesce(a.status, 0),
			a.attempted_at, a.next_at
		FROM webhook_message m
		LEFT JOIN LATERAL (SELECT number, outcome, status, attempted_at, next_at FROM webhook_attempt WHERE message = m.id ORDER BY number DESC LIMIT 1) a ON true
		WHERE m.webhook = $1 AND m.number < $2 ORDER BY m.number DESC LIMIT $3`, webhook, before, limit).
		Query(func(rows pgx.Rows) (err error) {
			*to, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Told, err error) {
				err = row.Scan(&t.ID, &t.Number, &t.Supplier, &t.Kind, &t.OccurredAt, &t.Attempts, &t.Outcome, &t.Status, &t.LastAt, &t.NextAt)
				return t, err
			})
			return err
		})
}
