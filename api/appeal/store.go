package appeal

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

func clock(ctx context.Context, tx pgx.Tx) (now time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	return now, err
}

// selectLine returns the supplier's line that the request names, or pgx.ErrNoRows.
func selectLine(ctx context.Context, tx pgx.Tx, r Request) (l Line, err error) {
	var from, to int64
	var sealed *time.Time
	err = tx.QueryRow(ctx, `
		SELECT l.device, l.first_slot, l.end_slot, l.outcome, l.notes, l.amount, l.up + l.grace, s.sealed_at
		FROM snapshot s
		JOIN device d ON d.id = $3
		JOIN snapshot_line l ON l.snapshot_id = s.id AND l.shard = d.number / 1024 AND l.device = d.number AND l.first_slot = $4
		WHERE s.season = $1 AND s.revision = $2 AND l.supplier_id = $5`, r.Season, r.Revision, r.DeviceID, int64(r.From), r.Supplier).
		Scan(&l.device, &from, &to, &l.Outcome, &l.Notes, &l.Amount, &l.credited, &sealed)
	l.Season, l.Revision, l.DeviceID, l.Span = r.Season, r.Revision, r.DeviceID, uptime.Span{From: uptime.Slot(from), To: uptime.Slot(to)}
	if sealed != nil {
		l.sealed, l.sealedAt = true, *sealed
	}
	return l, err
}

// insertAppeal records an appeal; what its line is the database reads for itself.
func insertAppeal(ctx context.Context, tx pgx.Tx, l Line, r Request, t Terms, person int64) (id uuid.UUID, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO appeal (supplier_id, season, revision, device, device_id, first_slot, reason, evidence, within_days, answer_days, opened_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
		r.Supplier, r.Season, r.Revision, int32(l.device), r.DeviceID, int64(r.From), r.Reason, append([]string{}, r.Evidence...),
		t.Within, t.Answer, person).Scan(&id)
	return id, err
}

// lockAppeal makes those who act on the appeal wait for each other.
func lockAppeal(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	return tx.QueryRow(ctx, `SELECT id FROM appeal WHERE id = $1 FOR UPDATE`, id).Scan(&id)
}

func updateReviewed(ctx context.Context, tx pgx.Tx, id uuid.UUID, person int64) error {
	_, err := tx.Exec(ctx, `UPDATE appeal SET state = 'in_review', reviewed_by = $2, reviewed_at = clock_timestamp() WHERE id = $1`, id, person)
	return err
}

func updateWithdrawn(ctx context.Context, tx pgx.Tx, id uuid.UUID, person int64) error {
	_, err := tx.Exec(ctx, `UPDATE appeal SET state = 'withdrawn', withdrawn_by = $2, ended_at = clock_timestamp() WHERE id = $1`, id, person)
	return err
}

// insertAnswer records an answer, which ends the appeal.
func insertAnswer(ctx context.Context, tx pgx.Tx, a Appeal, answer Answer) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO appeal_answer (appeal, supplier_id, opened_by, answered_by, outcome, reason,
			verdict, grace_window, released_hold, released_change, revision)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		a.ID, a.Supplier, a.OpenedBy, answer.AnsweredBy, answer.Outcome, answer.Reason,
		answer.Links.Verdict, answer.Links.Window, answer.Links.ReleasedHold, answer.Links.ReleasedChange, answer.Links.Revision)
	return err
}

func selectAppeal(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Appeal, error) {
	rows, err := tx.Query(ctx, staffAppeals+` WHERE a.id = $1`, id)
	if err != nil {
		return Appeal{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanAppeal)
}

// staffAppeals are appeals with their answers, persons included.
const staffAppeals = `
	SELECT a.id, a.supplier_id, a.season, a.revision, a.device_id, a.first_slot, a.end_slot, a.outcome, a.notes, a.amount,
		a.reason, a.evidence, a.opened_by, a.recorded_at, a.due_at, a.state, coalesce(a.reviewed_by, 0), a.reviewed_at, a.ended_at,
		w.outcome, coalesce(w.reason, ''), w.verdict, w.grace_window, w.released_hold, w.released_change, w.revision,
		coalesce(w.answered_by, 0), w.recorded_at
	FROM appeal a LEFT JOIN appeal_answer w ON w.appeal = a.id`

// selectAppeals returns those of the filter, in the order of their places.
func selectAppeals(ctx context.Context, tx pgx.Tx, f Filter) ([]Appeal, error) {
	var dueBefore *time.Time
	if !f.DueBefore.IsZero() {
		dueBefore = &f.DueBefore
	}
	var supplier *uuid.UUID
	if f.Supplier != uuid.Nil {
		supplier = &f.Supplier
	}
	after := Place{}
	if f.After != nil {
		after = *f.After
	}
	rows, err := tx.Query(ctx, staffAppeals+`
		WHERE (cardinality($1::text[]) = 0 OR a.state = ANY ($1))
		  AND ($2::timestamptz IS NULL OR a.ended_at IS NULL AND a.due_at < $2)
		  AND ($3 = '' OR a.season = $3)
		  AND ($4::uuid IS NULL OR a.supplier_id = $4)
		  AND (NOT $5 OR (a.ended_at IS NOT NULL, a.due_at, a.id) > ($6, $7, $8))
		ORDER BY a.ended_at IS NOT NULL, a.due_at, a.id
		LIMIT nullif($9, 0)`,
		append([]State{}, f.States...), dueBefore, f.Season, supplier, f.After != nil, after.Ended, after.DueAt, after.ID, f.Limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanAppeal)
}

// queueOwner asks whose line it is that the request names: none, or one, as far as the
// reader sees. A sealed line is its supplier's also where the device no longer is.
func queueOwner(b *pgx.Batch, r Request, to *[]uuid.UUID) {
	b.Queue(`
		SELECT l.supplier_id
		FROM snapshot s
		JOIN snapshot_line l ON l.snapshot_id = s.id AND l.first_slot = $4
			AND l.device = supplier_line_number($3) AND l.shard = supplier_line_number($3) / 1024
		WHERE s.season = $1 AND s.revision = $2 AND s.state = 'sealed'`, r.Season, r.Revision, r.DeviceID, int64(r.From)).
		Query(func(rows pgx.Rows) (err error) {
			*to, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			return err
		})
}

// ownAppeals are appeals with their answers, as far as the reader sees, no persons.
const ownAppeals = `
	SELECT a.id, a.supplier_id, a.season, a.revision, a.device_id, a.first_slot, a.end_slot, a.outcome, a.notes, a.amount,
		a.reason, a.evidence, 0, a.recorded_at, a.due_at, a.state, 0, a.reviewed_at, a.ended_at,
		w.outcome, coalesce(w.reason, ''), w.verdict, w.grace_window, w.released_hold, w.released_change, w.revision,
		0, w.recorded_at
	FROM appeal a LEFT JOIN appeal_answer w ON w.appeal = a.id`

// queueOwnAppeal asks for the appeal of the id: none, or one.
func queueOwnAppeal(b *pgx.Batch, id uuid.UUID, to *[]Appeal) {
	b.Queue(ownAppeals+` WHERE a.id = $1`, id).Query(collectInto(to))
}

// queueOwnAppeals asks for the newest appeals before a place; "" is any state.
func queueOwnAppeals(b *pgx.Batch, state State, before *ownPlace, limit int, to *[]Appeal) {
	at, id := time.Time{}, uuid.Nil
	if before != nil {
		at, id = before.recordedAt, before.id
	}
	b.Queue(ownAppeals+`
		WHERE ($1 = '' OR a.state = $1) AND (NOT $2 OR (a.recorded_at, a.id) < ($3, $4))
		ORDER BY a.recorded_at DESC, a.id DESC LIMIT $5`, state, before != nil, at, id, limit).Query(collectInto(to))
}

func collectInto(to *[]Appeal) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*to, err = pgx.CollectRows(rows, scanAppeal)
		return err
	}
}

func scanAppeal(row pgx.CollectableRow) (a Appeal, err error) {
	var from, to int64
	var reviewed, ended, answered *time.Time
	var outcome *State
	var w Answer
	err = row.Scan(&a.ID, &a.Supplier, &a.Line.Season, &a.Line.Revision, &a.Line.DeviceID, &from, &to, &a.Line.Outcome, &a.Line.Notes, &a.Line.Amount,
		&a.Reason, &a.Evidence, &a.OpenedBy, &a.RecordedAt, &a.DueAt, &a.State, &a.ReviewedBy, &reviewed, &ended,
		&outcome, &w.Reason, &w.Links.Verdict, &w.Links.Window, &w.Links.ReleasedHold, &w.Links.ReleasedChange, &w.Links.Revision,
		&w.AnsweredBy, &answered)
	a.Line.Span = uptime.Span{From: uptime.Slot(from), To: uptime.Slot(to)}
	a.RecordedAt, a.DueAt, a.ReviewedAt, a.EndedAt = a.RecordedAt.UTC(), a.DueAt.UTC(), utcOf(reviewed), utcOf(ended)
	if outcome != nil {
		w.Outcome, w.At = *outcome, utcOf(answered)
		a.Answer = &w
	}
	return a, err
}

// utcOf returns the moment, zero if it has not come.
func utcOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
