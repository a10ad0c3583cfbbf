package snapshot

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

func insertRuleset(ctx context.Context, tx pgx.Tx, r *Ruleset, toml []byte) error {
	digest := r.SHA256()
	_, err := tx.Exec(ctx, `
		INSERT INTO ruleset (sha256, name, version, toml) VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`, digest[:], r.Name, r.Version, toml)
	return err
}

func selectRuleset(ctx context.Context, tx pgx.Tx, digest []byte) ([]byte, error) {
	var toml []byte
	err := tx.QueryRow(ctx, `SELECT toml FROM ruleset WHERE sha256 = $1`, digest).Scan(&toml)
	return toml, err
}

func selectRulesets(ctx context.Context, tx pgx.Tx) ([][]byte, error) {
	rows, err := tx.Query(ctx, `SELECT toml FROM ruleset ORDER BY name, version, recorded_at`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[[]byte])
}

func insertSeason(ctx context.Context, tx pgx.Tx, s Season, ruleset []byte, person int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO season (code, first_day, last_day, pool, ruleset, created_by) VALUES ($1, $2, $3, $4, $5, $6)`,
		s.Code, s.FirstDay, s.LastDay, s.Pool, ruleset, person)
	return err
}

// selectSeasons returns the season of the code, or all of them if it is empty, by
// first day.
func selectSeasons(ctx context.Context, tx pgx.Tx, code string) ([]PinnedSeason, error) {
	rows, err := tx.Query(ctx, `
		SELECT s.code, s.first_day, s.last_day, s.pool, s.ruleset, r.name, r.version
		FROM season s JOIN ruleset r ON r.sha256 = s.ruleset
		WHERE $1 = '' OR s.code = $1
		ORDER BY s.first_day, s.code`, code)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (PinnedSeason, error) {
		var s PinnedSeason
		err := row.Scan(&s.Code, &s.FirstDay, &s.LastDay, &s.Pool, &s.RulesetSHA256, &s.RulesetName, &s.RulesetVersion)
		return s, err
	})
}

func insertHold(ctx context.Context, tx pgx.Tx, h Hold, reason string, person int64, stamp time.Time) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO metadata_hold (held_from, held_to, reason, person_id, recorded_at)
		VALUES ($1, $2, $3, $4, $5) RETURNING id`, h.From, h.To, reason, person, stamp).Scan(&id)
	return id, err
}

// insertRelease releases a whole hold or one change: one of the two is nil.
func insertRelease(ctx context.Context, tx pgx.Tx, hold, changeSeq *int64, reason string, person int64, stamp time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO metadata_release (hold_id, change_seq, reason, person_id, recorded_at)
		VALUES ($1, $2, $3, $4, $5)`, hold, changeSeq, reason, person, stamp)
	return err
}

// selectHolds returns every hold recorded by asOf, with its release if that was.
func selectHolds(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]HoldRecord, error) {
	rows, err := tx.Query(ctx, `
		SELECT h.id, h.held_from, h.held_to, h.reason, h.person_id, h.recorded_at, r.recorded_at, coalesce(r.reason, ''),
			(SELECT count(*) FROM device_change c WHERE c.channel = 'worker-api' AND c.recorded_at <= $1
				AND c.changed_at >= h.held_from AND c.changed_at < h.held_to)
		FROM metadata_hold h LEFT JOIN metadata_release r ON r.hold_id = h.id AND r.recorded_at <= $1
		WHERE h.recorded_at <= $1
		ORDER BY h.held_from, h.id`, asOf)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (HoldRecord, error) {
		var h HoldRecord
		err := row.Scan(&h.ID, &h.From, &h.To, &h.Reason, &h.PersonID, &h.RecordedAt, &h.ReleasedAt, &h.ReleaseReason, &h.Changes)
		return h, err
	})
}

func selectReleasedChanges(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]int64, error) {
	rows, err := tx.Query(ctx, `
		SELECT change_seq FROM metadata_release WHERE change_seq IS NOT NULL AND recorded_at <= $1
		ORDER BY change_seq`, asOf)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// insertReleases releases changes one by one, by seq.
func insertReleases(ctx context.Context, tx pgx.Tx, seqs []int64, reason string, person int64, stamp time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO metadata_release (change_seq, reason, person_id, recorded_at)
		SELECT seq, $2, $3, $4 FROM unnest($1::bigint[]) AS seq`, seqs, reason, person, stamp)
	return err
}

// insertRefusals refuses changes one by one, by seq.
func insertRefusals(ctx context.Context, tx pgx.Tx, seqs []int64, reason string, person int64, stamp time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO metadata_refusal (change_seq, reason, person_id, recorded_at)
		SELECT seq, $2, $3, $4 FROM unnest($1::bigint[]) AS seq`, seqs, reason, person, stamp)
	return err
}

// lockReview makes releases and refusals wait for each other; the triggers on both
// tables take the same lock.
func lockReview(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('review of held changes'))`)
	return err
}

// eachDecision calls visit for every release and refusal recorded by asOf, each of a
// whole hold or of one change.
func eachDecision(ctx context.Context, tx pgx.Tx, asOf time.Time, visit func(hold, change *int64, state HeldState, d Decision)) error {
	rows, err := tx.Query(ctx, `
		SELECT hold_id, change_seq, 'released', reason, person_id, recorded_at FROM metadata_release WHERE recorded_at <= $1
		UNION ALL
		SELECT NULL, change_seq, 'refused', reason, person_id, recorded_at FROM metadata_refusal WHERE recorded_at <= $1`, asOf)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			hold, change *int64
			state        HeldState
			d            Decision
		)
		if err := rows.Scan(&hold, &change, &state, &d.Reason, &d.PersonID, &d.At); err != nil {
			return err
		}
		d.At = d.At.UTC()
		visit(hold, change, state, d)
	}
	return rows.Err()
}

// eachLogOfHeld calls visit for all that was logged by asOf of every device with a
// change through the untrusted channel that lies in a hold and is one that the
// filter names: device by device, in the order of (changed_at, seq).
func eachLogOfHeld(ctx context.Context, tx pgx.Tx, f HeldFilter, asOf time.Time, visit func(uptime.DeviceNumber, uptime.Change)) error {
	rows, err := tx.Query(ctx, `
		WITH held AS (
			SELECT DISTINCT d.number
			FROM device_change c
			JOIN device d ON d.number = c.device
			JOIN metadata_hold h ON c.changed_at >= h.held_from AND c.changed_at < h.held_to
			WHERE c.channel = 'worker-api' AND c.recorded_at <= $1 AND h.recorded_at <= $1
				AND ($2::bigint IS NULL OR h.id = $2) AND ($3::uuid IS NULL OR d.id = $3)
				AND (cardinality($4::bigint[]) = 0 OR c.seq = ANY ($4))
		)
		SELECT `+loggedColumns+` FROM (`+logged+`) l JOIN held USING (number) WHERE recorded_at <= $1
		ORDER BY number, changed_at, seq`, asOf, f.Hold, f.Device, append([]int64{}, f.Changes...))
	if err != nil {
		return err
	}
	return collectLogged(rows, visit)
}

// eachLogOf calls visit for all that was logged by asOf of one device, in the order
// of (changed_at, seq).
func eachLogOf(ctx context.Context, tx pgx.Tx, number uptime.DeviceNumber, asOf time.Time, visit func(uptime.DeviceNumber, uptime.Change)) error {
	rows, err := tx.Query(ctx, `
		SELECT `+loggedColumns+` FROM (`+logged+`) l WHERE number = $1 AND recorded_at <= $2
		ORDER BY changed_at, seq`, int32(number), asOf)
	if err != nil {
		return err
	}
	return collectLogged(rows, visit)
}

// logged is the log as it came: registrations and later changes.
const (
	loggedColumns = `number, id, seq, changed_at, channel, supplier_id, gpu_model, gpu_count, connectivity, device_name, status`
	logged        = `
		SELECT number, id, seq, registered_at AS changed_at, channel, supplier_id, gpu_model, gpu_count, connectivity,
			device_name, status, recorded_at
		FROM device
		UNION ALL
		SELECT c.device, d.id, c.seq, c.changed_at, c.channel, c.supplier_id, c.gpu_model, c.gpu_count, c.connectivity,
			c.device_name, c.status, c.recorded_at
		FROM device_change c JOIN device d ON d.number = c.device`
)

func collectLogged(rows pgx.Rows, visit func(uptime.DeviceNumber, uptime.Change)) error {
	defer rows.Close()
	for rows.Next() {
		var (
			number uptime.DeviceNumber
			c      uptime.Change
		)
		if err := rows.Scan(&number, &c.DeviceID, &c.Seq, &c.ChangedAt, &c.Channel, &c.SupplierID, &c.GPUModel, &c.GPUCount,
			&c.Connectivity, &c.DeviceName, &c.Status); err != nil {
			return err
		}
		visit(number, c)
	}
	return rows.Err()
}

// selectNumber returns the number of a device recorded by asOf; pgx.ErrNoRows, if
// there is none.
func selectNumber(ctx context.Context, tx pgx.Tx, id uuid.UUID, asOf time.Time) (number uptime.DeviceNumber, err error) {
	err = tx.QueryRow(ctx, `SELECT number FROM device WHERE id = $1 AND recorded_at <= $2`, id, asOf).Scan(&number)
	return number, err
}

// selectVerdicts returns the verdicts on a device recorded by asOf, in no promised
// order, with what their makers wrote.
func selectVerdicts(ctx context.Context, tx pgx.Tx, number uptime.DeviceNumber, asOf time.Time) ([]uptime.Verdict, error) {
	rows, err := tx.Query(ctx, `
		SELECT v.seq, d.id, v.kind, v.effective_at, v.decided_at, v.by_hand, v.reason, v.evidence
		FROM verdict v JOIN device d ON d.number = v.device WHERE v.device = $1 AND v.recorded_at <= $2`, int32(number), asOf)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[uptime.Verdict])
}

// selectStamp returns the stamp that a fact would get now: as of it, everything that is
// recorded counts.
func selectStamp(ctx context.Context, tx pgx.Tx) (now time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT fact_stamp()`).Scan(&now)
	return now, err
}

func insertWindow(ctx context.Context, tx pgx.Tx, season string, w Window, person int64, stamp time.Time) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO grace_window (season, window_from, window_to, cause, lookback, min_before, sustain, reconnect_by,
			credit, cap, require_genuine, proposed_by, recorded_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id`,
		season, w.From, w.To, w.Cause, w.Lookback, w.MinBefore.String(), w.Sustain, w.ReconnectBy,
		string(w.Credit), w.Cap, w.RequireGenuine, person, stamp).Scan(&id)
	return id, err
}

// insertApproval approves a window, repeating what it approves; no row is
// returned if there is no such window.
func insertApproval(ctx context.Context, tx pgx.Tx, window, person int64, stamp time.Time) error {
	var id int64
	return tx.QueryRow(ctx, `
		INSERT INTO grace_approval (window_id, season, window_from, window_to, proposed_by, approved_by, recorded_at)
		SELECT id, season, window_from, window_to, proposed_by, $2, $3 FROM grace_window WHERE id = $1
		RETURNING window_id`, window, person, stamp).Scan(&id)
}

// selectWindows returns the windows of the season recorded by asOf, by beginning,
// with their approval if that was.
func selectWindows(ctx context.Context, tx pgx.Tx, season string, asOf time.Time) ([]WindowRecord, error) {
	rows, err := tx.Query(ctx, `
		SELECT w.id, w.season, w.window_from, w.window_to, w.cause, w.lookback, w.min_before, w.sustain, w.reconnect_by,
			w.credit, w.cap, w.require_genuine, w.proposed_by, a.approved_by, a.recorded_at
		FROM grace_window w LEFT JOIN grace_approval a ON a.window_id = w.id AND a.recorded_at <= $2
		WHERE ($1 = '' OR w.season = $1) AND w.recorded_at <= $2
		ORDER BY w.season, w.window_from, w.id`, season, asOf)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (WindowRecord, error) {
		var (
			w         WindowRecord
			minBefore string
		)
		err := row.Scan(&w.ID, &w.Season, &w.From, &w.To, &w.Cause, &w.Lookback, &minBefore, &w.Sustain, &w.ReconnectBy,
			&w.Credit, &w.Cap, &w.RequireGenuine, &w.ProposedBy, &w.ApprovedBy, &w.ApprovedAt)
		if err == nil {
			w.MinBefore, err = ParseFraction(minBefore)
		}
		return w, err
	})
}

// fixAsOf takes the lock of facts exclusively and moves the horizon: it returns a
// moment above every stamp given before, and no later stamp is at or below it,
// whatever the clock does.
func fixAsOf(ctx context.Context, tx pgx.Tx) (time.Time, error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('facts'))`); err != nil {
		return time.Time{}, err
	}
	var asOf time.Time
	err := tx.QueryRow(ctx, `UPDATE fact_horizon SET as_of = greatest(clock_timestamp(), as_of, `+latestStamps+`) RETURNING as_of`).Scan(&asOf)
	return asOf, err
}

// latestStamps is the last stamp of each kind of fact that a snapshot reads.
const latestStamps = `
	(SELECT max(recorded_at) FROM uptime_log), (SELECT max(recorded_at) FROM job_minutes_read),
	(SELECT max(recorded_at) FROM verdict WHERE by_hand),
	(SELECT max(recorded_at) FROM metadata_hold), (SELECT max(recorded_at) FROM metadata_release),
	(SELECT max(recorded_at) FROM metadata_refusal),
	(SELECT max(recorded_at) FROM grace_window), (SELECT max(recorded_at) FROM grace_approval)`

// selectNow returns a moment that no fact that the transaction sees was stamped after,
// nor anything before it was taken as of: what a take would fix, but nothing is fixed.
func selectNow(ctx context.Context, tx pgx.Tx) (time.Time, error) {
	var now time.Time
	err := tx.QueryRow(ctx, `SELECT greatest(clock_timestamp(), as_of, `+latestStamps+`) FROM fact_horizon`).Scan(&now)
	return now, err
}

// exportView lets other transactions see what this one sees, as long as it lasts.
func exportView(ctx context.Context, tx pgx.Tx) (view string, err error) {
	err = tx.QueryRow(ctx, `SELECT pg_export_snapshot()`).Scan(&view)
	return view, err
}

// importView is the first statement of a transaction that sees what the exporting one
// does. The command takes no parameters; the name is Postgres's own.
func importView(ctx context.Context, tx pgx.Tx, view string) error {
	_, err := tx.Exec(ctx, `SET TRANSACTION SNAPSHOT '`+strings.ReplaceAll(view, `'`, `''`)+`'`)
	return err
}

// lockSeason makes takes of one season wait for each other.
func lockSeason(ctx context.Context, tx pgx.Tx, season string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('snapshot of season'), hashtext($1))`, season)
	return err
}

// supersede ends the revision of the season that is under way, if one is.
func supersede(ctx context.Context, tx pgx.Tx, season string) error {
	_, err := tx.Exec(ctx, `
		UPDATE snapshot SET state = 'superseded'
		WHERE season = $1 AND state IN ('taking', 'draft', 'approved')`, season)
	return err
}

func insertSnapshot(ctx context.Context, tx pgx.Tx, s Snapshot) (id int64, revision int, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO snapshot (season, revision, state, as_of, estimate, reopenings, taken_by, logs_read)
		SELECT $1, coalesce(max(revision), 0) + 1, 'taking', $2, $3, $4, $5,
			(SELECT nullif(min(read_to_end), '-infinity') FROM uptime_log)
		FROM snapshot WHERE season = $1
		RETURNING id, revision`, s.Season, s.AsOf, s.Estimate, s.Reopenings, s.TakenBy).Scan(&id, &revision)
	return id, revision, err
}

func insertGroups(ctx context.Context, tx pgx.Tx, snapshot int64, groups int) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO snapshot_group (snapshot_id, number) SELECT $1, generate_series(0, $2 - 1)`, snapshot, groups)
	return err
}

const snapshotColumns = `id, season, revision, state, as_of, estimate, reopenings, taken_by, failure,
	coalesce(points::text, '0'), coalesce(allocated, 0), coalesce(residual, 0), coalesce(lines, 0), coalesce(suppliers, 0),
	coalesce(observed_slots, 0), coalesce(season_slots, 0), digest, drawn, corrects, logs_read, decided_by, decided_at, decision,
	sealed_by, sealed_at`

func scanSnapshot(row pgx.CollectableRow) (Snapshot, error) {
	var s Snapshot
	err := row.Scan(&s.ID, &s.Season, &s.Revision, &s.State, &s.AsOf, &s.Estimate, &s.Reopenings, &s.TakenBy, &s.Failure,
		&s.Points, &s.Allocated, &s.Residual, &s.Lines, &s.Suppliers, &s.ObservedSlots, &s.SeasonSlots, &s.Digest,
		&s.Drawn, &s.Corrects, &s.LogsRead, &s.DecidedBy, &s.DecidedAt, &s.Decision, &s.SealedBy, &s.SealedAt)
	return s, err
}

// collectSnapshot returns the one snapshot of the rows, or ErrNotFound.
func collectSnapshot(rows pgx.Rows, id int64) (Snapshot, error) {
	s, err := pgx.CollectExactlyOneRow(rows, scanSnapshot)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, fmt.Errorf("snapshot %d: %w", id, ErrNotFound)
	}
	return s, err
}

func selectSnapshot(ctx context.Context, tx pgx.Tx, id int64) (Snapshot, error) {
	rows, err := tx.Query(ctx, `SELECT `+snapshotColumns+` FROM snapshot WHERE id = $1`, id)
	if err != nil {
		return Snapshot{}, err
	}
	return collectSnapshot(rows, id)
}

func lockSnapshot(ctx context.Context, tx pgx.Tx, id int64) (Snapshot, error) {
	rows, err := tx.Query(ctx, `SELECT `+snapshotColumns+` FROM snapshot WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return Snapshot{}, err
	}
	return collectSnapshot(rows, id)
}

// selectSnapshots returns the snapshots of the season, or of all if it is empty.
func selectSnapshots(ctx context.Context, tx pgx.Tx, season string) ([]Snapshot, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+snapshotColumns+` FROM snapshot WHERE $1 = '' OR season = $1
		ORDER BY season, revision`, season)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanSnapshot)
}

func updateFailed(ctx context.Context, tx pgx.Tx, id int64, cause string) error {
	_, err := tx.Exec(ctx, `UPDATE snapshot SET state = 'failed', failure = $2 WHERE id = $1 AND state = 'taking'`, id, cause)
	return err
}

func updateDraft(ctx context.Context, tx pgx.Tx, s Snapshot) error {
	_, err := tx.Exec(ctx, `
		UPDATE snapshot SET state = 'draft', points = $2::numeric, allocated = $3, residual = $4, lines = $5, suppliers = $6,
			observed_slots = $7, season_slots = $8, digest = $9, drawn = $10, corrects = $11
		WHERE id = $1`, s.ID, s.Points, s.Allocated, s.Residual, s.Lines, s.Suppliers, s.ObservedSlots, s.SeasonSlots, s.Digest,
		s.Drawn, s.Corrects)
	return err
}

func updateDecided(ctx context.Context, tx pgx.Tx, id int64, state State, person int64, decision string) error {
	_, err := tx.Exec(ctx, `
		UPDATE snapshot SET state = $2, decided_by = $3, decided_at = clock_timestamp(), decision = $4,
			approved_digest = CASE WHEN $2 = 'approved' THEN digest END
		WHERE id = $1`, id, string(state), person, decision)
	return err
}

func updateSealed(ctx context.Context, tx pgx.Tx, id, person int64) error {
	_, err := tx.Exec(ctx, `
		UPDATE snapshot SET state = 'sealed', sealed_by = $2, sealed_at = clock_timestamp() WHERE id = $1`, id, person)
	return err
}

// updateScored replaces the scored lines of a group.
func updateScored(ctx context.Context, tx pgx.Tx, snapshot int64, g *Scored) error {
	_, err := tx.Exec(ctx, `
		UPDATE snapshot_group SET scored_at = clock_timestamp(), points = $3::numeric, lines = $4, inputs = $5, staged = $6
		WHERE snapshot_id = $1 AND number = $2`,
		snapshot, g.Number, g.Points.Dec(), g.Lines, g.Inputs, g.Staged)
	return err
}

func countOpenGroups(ctx context.Context, tx pgx.Tx, snapshot int64) (int, error) {
	var open int
	err := tx.QueryRow(ctx, `
		SELECT count(*) FROM snapshot_group WHERE snapshot_id = $1 AND scored_at IS NULL`, snapshot).Scan(&open)
	return open, err
}

// selectProgress returns how many groups of the snapshot are scored, and how many there
// are.
func selectProgress(ctx context.Context, tx pgx.Tx, snapshot int64) (scored, groups int, err error) {
	err = tx.QueryRow(ctx, `
		SELECT count(scored_at), count(*) FROM snapshot_group WHERE snapshot_id = $1`, snapshot).Scan(&scored, &groups)
	return scored, groups, err
}

func selectGroupScored(ctx context.Context, tx pgx.Tx, snapshot int64, number int) (bool, error) {
	var scored bool
	err := tx.QueryRow(ctx, `
		SELECT scored_at IS NOT NULL FROM snapshot_group WHERE snapshot_id = $1 AND number = $2`, snapshot, number).Scan(&scored)
	return scored, err
}

// sumPoints returns the points of all groups, exactly, as decimal digits.
func sumPoints(ctx context.Context, tx pgx.Tx, snapshot int64) (points string, groups int, err error) {
	err = tx.QueryRow(ctx, `
		SELECT coalesce(sum(points), 0)::text, count(*) FROM snapshot_group WHERE snapshot_id = $1`, snapshot).Scan(&points, &groups)
	return points, groups, err
}

func selectStaged(ctx context.Context, tx pgx.Tx, snapshot int64, number int) (inputs, staged []byte, err error) {
	err = tx.QueryRow(ctx, `
		SELECT inputs, staged FROM snapshot_group WHERE snapshot_id = $1 AND number = $2`, snapshot, number).Scan(&inputs, &staged)
	return inputs, staged, err
}

func updateAllocated(ctx context.Context, tx pgx.Tx, snapshot int64, number int, digest []byte) error {
	_, err := tx.Exec(ctx, `
		UPDATE snapshot_group SET staged = NULL, digest = $3 WHERE snapshot_id = $1 AND number = $2`, snapshot, number, digest)
	return err
}

// selectAllocatedDigests returns the digests of all of the snapshot's groups, in order.
func selectAllocatedDigests(ctx context.Context, tx pgx.Tx, snapshot int64) ([][]byte, error) {
	rows, err := tx.Query(ctx, `SELECT digest FROM snapshot_group WHERE snapshot_id = $1 ORDER BY number`, snapshot)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[[]byte])
}

// copyLines inserts lines from a stream in Postgres's binary COPY format, in their
// order. They are copied to a table of the transaction's own first: COPY does not
// write to a table with row security.
func copyLines(ctx context.Context, tx pgx.Tx, stream io.Reader) error {
	if _, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE copied_line (LIKE snapshot_line) ON COMMIT DROP`); err != nil {
		return err
	}
	_, err := tx.Conn().PgConn().CopyFrom(ctx, stream, `
		COPY pg_temp.copied_line (snapshot_id, shard, device, first_slot, end_slot, supplier_id, observed, up, grace, longest_run,
			weight_millionths, job_minutes, points, amount, outcome, notes) FROM STDIN (FORMAT binary)`)
	if err != nil {
		return err
	}
	return insertCopiedLines(ctx, tx)
}

func insertCopiedLines(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `INSERT INTO snapshot_line SELECT * FROM pg_temp.copied_line`); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DROP TABLE pg_temp.copied_line`)
	return err
}

func countSuppliers(ctx context.Context, tx pgx.Tx, snapshot int64) (int64, error) {
	var n int64
	err := tx.QueryRow(ctx, `SELECT count(DISTINCT supplier_id) FROM snapshot_line WHERE snapshot_id = $1`, snapshot).Scan(&n)
	return n, err
}

func selectOutcomes(ctx context.Context, tx pgx.Tx, snapshot int64) ([]OutcomeTotal, error) {
	rows, err := tx.Query(ctx, `
		SELECT outcome, count(*), sum(amount)::bigint FROM snapshot_line WHERE snapshot_id = $1
		GROUP BY outcome ORDER BY outcome`, snapshot)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[OutcomeTotal])
}

// selectSupplierAmounts returns what each supplier with an amount gets, by id.
func selectSupplierAmounts(ctx context.Context, tx pgx.Tx, snapshot int64) ([]SupplierAmount, error) {
	rows, err := tx.Query(ctx, `
		SELECT supplier_id, sum(amount)::bigint FROM snapshot_line WHERE snapshot_id = $1
		GROUP BY supplier_id HAVING sum(amount) > 0 ORDER BY supplier_id`, snapshot)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SupplierAmount])
}

// selectDifferences returns what each supplier gets by one snapshot more, or less,
// than by another, by id; those who get the same are left out.
func selectDifferences(ctx context.Context, tx pgx.Tx, before, after int64) ([]SupplierAmount, error) {
	rows, err := tx.Query(ctx, `
		SELECT supplier_id, sum(CASE snapshot_id WHEN $2 THEN amount ELSE -amount END)::bigint FROM snapshot_line
		WHERE snapshot_id IN ($1, $2)
		GROUP BY supplier_id HAVING sum(CASE snapshot_id WHEN $2 THEN amount ELSE -amount END) <> 0
		ORDER BY supplier_id`, before, after)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SupplierAmount])
}

// selectSupplierSums returns what each supplier with an amount gets by all of the
// snapshots, by id.
func selectSupplierSums(ctx context.Context, tx pgx.Tx, snapshots []int64) ([]SupplierAmount, error) {
	rows, err := tx.Query(ctx, `
		SELECT supplier_id, sum(amount)::bigint FROM snapshot_line WHERE snapshot_id = ANY ($1)
		GROUP BY supplier_id HAVING sum(amount) > 0 ORDER BY supplier_id`, snapshots)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SupplierAmount])
}

func sumAmounts(ctx context.Context, tx pgx.Tx, snapshot int64) (sum int64, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce(sum(amount), 0)::bigint FROM snapshot_line WHERE snapshot_id = $1`, snapshot).Scan(&sum)
	return sum, err
}

// countNoted counts the lines with the note.
func countNoted(ctx context.Context, tx pgx.Tx, snapshot int64, note Notes) (lines int64, err error) {
	err = tx.QueryRow(ctx, `
		SELECT count(*) FROM snapshot_line WHERE snapshot_id = $1 AND notes & $2 <> 0`, snapshot, int16(note)).Scan(&lines)
	return lines, err
}

// countBroken counts the devices registered as of the snapshot whose lines are not a
// partition of their slots of the season: none missing, none twice, none too many.
func countBroken(ctx context.Context, tx pgx.Tx, s Snapshot, season uptime.Span) (devices int64, err error) {
	err = tx.QueryRow(ctx, `
		WITH line AS (
			SELECT device, first_slot, end_slot, lag(end_slot) OVER (PARTITION BY device ORDER BY first_slot) AS previous_end
			FROM snapshot_line WHERE snapshot_id = $1
		), covered AS (
			SELECT device, min(first_slot) AS first, max(end_slot) AS finish, bool_and(previous_end IS NULL OR previous_end = first_slot) AS joined
			FROM line GROUP BY device
		), wanted AS (
			SELECT number, greatest($2, ceil(extract(epoch FROM registered_at) / $5)::bigint) AS first
			FROM device WHERE recorded_at <= $4
		)
		SELECT count(*) FROM (SELECT * FROM wanted WHERE first < $3) w FULL JOIN covered c ON c.device = w.number
		WHERE (w.first, $3, true) IS DISTINCT FROM (c.first, c.finish, c.joined)`,
		s.ID, int64(season.From), int64(season.To), s.AsOf, uptime.SlotSeconds).Scan(&devices)
	return devices, err
}

// countWindowsSince counts the season's windows approved after the moment.
func countWindowsSince(ctx context.Context, tx pgx.Tx, season string, asOf time.Time) (windows int64, err error) {
	err = tx.QueryRow(ctx, `
		SELECT count(*) FROM grace_approval WHERE season = $1 AND recorded_at > $2`, season, asOf).Scan(&windows)
	return windows, err
}

// selectUnreadDays counts the days of the season whose job minutes were not read, by
// the moment, after the day ended.
func selectUnreadDays(ctx context.Context, tx pgx.Tx, s Season, asOf time.Time) (days int64, err error) {
	err = tx.QueryRow(ctx, `
		SELECT count(*) FROM generate_series($1::date, $2::date, interval '1 day') AS season (day)
		WHERE NOT EXISTS (SELECT FROM job_minutes_read r WHERE r.day = season.day::date AND r.recorded_at <= $3
			AND r.recorded_at >= (season.day::date + 1)::timestamp AT TIME ZONE 'UTC')`, s.FirstDay, s.LastDay, asOf).Scan(&days)
	return days, err
}

func insertOverride(ctx context.Context, tx pgx.Tx, s Snapshot, o Override) (id int64, at time.Time, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO snapshot_override (snapshot_id, guards, reason, asked_by) VALUES ($1, $2, $3, $4)
		RETURNING id, recorded_at`, s.ID, o.Guards, o.Reason, o.AskedBy).Scan(&id, &at)
	return id, at, err
}

// insertOverrideApproval approves an override, repeating who asked for it.
func insertOverrideApproval(ctx context.Context, tx pgx.Tx, id, person int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO snapshot_override_approval (override_id, asked_by, approved_by)
		SELECT id, asked_by, $2 FROM snapshot_override WHERE id = $1`, id, person)
	return err
}

func selectOverrides(ctx context.Context, tx pgx.Tx, snapshot int64) ([]Override, error) {
	rows, err := tx.Query(ctx, `
		SELECT o.id, o.guards, o.reason, o.asked_by, o.recorded_at, a.approved_by, a.recorded_at
		FROM snapshot_override o LEFT JOIN snapshot_override_approval a ON a.override_id = o.id
		WHERE o.snapshot_id = $1 ORDER BY o.id`, snapshot)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Override])
}

// voidApprovals ends the season's revision that was approved, if one is: it was taken
// before what has just been decided.
func voidApprovals(ctx context.Context, tx pgx.Tx, season string) error {
	_, err := tx.Exec(ctx, `UPDATE snapshot SET state = 'superseded' WHERE season = $1 AND state = 'approved'`, season)
	return err
}

// eachLine calls visit for every line of the snapshot, sorted by device id, then
// first slot. The line is valid during the call.
func eachLine(ctx context.Context, tx pgx.Tx, snapshot int64, visit func(*Line) error) error {
	rows, err := tx.Query(ctx, `
		SELECT l.device, d.id, l.supplier_id, l.first_slot, l.end_slot, l.observed, l.up, l.grace, l.longest_run,
			l.weight_millionths, l.job_minutes, l.points, l.amount, l.outcome, l.notes
		FROM snapshot_line l JOIN device d ON d.number = l.device
		WHERE l.snapshot_id = $1
		ORDER BY d.id, l.first_slot`, snapshot)
	if err != nil {
		return err
	}
	return visitLines(rows, visit)
}

// visitLines calls visit for each row of a line with its device's id.
func visitLines(rows pgx.Rows, visit func(*Line) error) error {
	var l Line
	_, err := pgx.ForEachRow(rows, []any{
		&l.Device, &l.DeviceID, &l.SupplierID, &l.Span.From, &l.Span.To, &l.Observed, &l.Up, &l.Grace, &l.LongestRun,
		&l.WeightMillionths, &l.JobMinutes, &l.Points, &l.Amount, &l.Outcome, &l.Notes,
	}, func() error { return visit(&l) })
	return err
}

// selectLinesAfter returns the snapshot's lines behind the key, in the order of
// eachLine, of one outcome unless it is 0. It walks the devices by id and looks each
// one's lines up: OFFSET 0 keeps the planner from reading and sorting all of them.
func selectLinesAfter(ctx context.Context, tx pgx.Tx, snapshot int64, outcome Outcome, after LineKey, limit int) ([]Line, error) {
	rows, err := tx.Query(ctx, `
		SELECT l.device, d.id, l.supplier_id, l.first_slot, l.end_slot, l.observed, l.up, l.grace, l.longest_run,
			l.weight_millionths, l.job_minutes, l.points, l.amount, l.outcome, l.notes
		FROM device d CROSS JOIN LATERAL (
			SELECT * FROM snapshot_line WHERE snapshot_id = $1 AND shard = d.number / $6 AND device = d.number OFFSET 0
		) AS l
		WHERE d.id >= $2 AND (d.id, l.first_slot) > ($2, $3) AND ($4 = 0 OR l.outcome = $4)
		ORDER BY d.id, l.first_slot LIMIT $5`,
		snapshot, after.DeviceID, int64(after.First), int16(outcome), limit, int32(uptime.LanesPerShard))
	if err != nil {
		return nil, err
	}
	return collectLines(rows)
}

// selectSupplierLinesAfter is selectLinesAfter for the lines of one supplier.
func selectSupplierLinesAfter(ctx context.Context, tx pgx.Tx, snapshot int64, supplier uuid.UUID, outcome Outcome, after LineKey, limit int) ([]Line, error) {
	rows, err := tx.Query(ctx, `
		SELECT l.device, d.id, l.supplier_id, l.first_slot, l.end_slot, l.observed, l.up, l.grace, l.longest_run,
			l.weight_millionths, l.job_minutes, l.points, l.amount, l.outcome, l.notes
		FROM snapshot_line l JOIN device d ON d.number = l.device
		WHERE l.snapshot_id = $1 AND l.supplier_id = $2 AND (d.id, l.first_slot) > ($3, $4) AND ($5 = 0 OR l.outcome = $5)
		ORDER BY d.id, l.first_slot LIMIT $6`,
		snapshot, supplier, after.DeviceID, int64(after.First), int16(outcome), limit)
	if err != nil {
		return nil, err
	}
	return collectLines(rows)
}

func collectLines(rows pgx.Rows) ([]Line, error) {
	lines := []Line{}
	err := visitLines(rows, func(l *Line) error {
		lines = append(lines, *l)
		return nil
	})
	return lines, err
}

// selectSupplierTotals adds up the snapshot's lines of each supplier behind the id.
func selectSupplierTotals(ctx context.Context, tx pgx.Tx, snapshot int64, after uuid.UUID, limit int) ([]SupplierTotal, error) {
	rows, err := tx.Query(ctx, `
		SELECT supplier_id, count(*), count(*) FILTER (WHERE outcome = $4), sum(amount)::bigint FROM snapshot_line
		WHERE snapshot_id = $1 AND supplier_id > $2
		GROUP BY supplier_id ORDER BY supplier_id LIMIT $3`, snapshot, after, limit, int16(OutcomeEligible))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SupplierTotal])
}

// selectGroupDigests returns the digests of what a group was scored from, and of that
// and its lines.
func selectGroupDigests(ctx context.Context, tx pgx.Tx, snapshot int64, number int) (inputs, digest []byte, err error) {
	err = tx.QueryRow(ctx, `
		SELECT inputs, digest FROM snapshot_group WHERE snapshot_id = $1 AND number = $2`, snapshot, number).Scan(&inputs, &digest)
	return inputs, digest, err
}

// selectShardLines returns the snapshot's lines of the shards [first, end), by device
// and first slot, without the devices' ids.
func selectShardLines(ctx context.Context, tx pgx.Tx, snapshot int64, first, end int32) ([]Line, error) {
	rows, err := tx.Query(ctx, `
		SELECT device, first_slot, end_slot, supplier_id, observed, up, grace, longest_run,
			weight_millionths, job_minutes, points, amount, outcome, notes
		FROM snapshot_line WHERE snapshot_id = $1 AND shard >= $2 AND shard < $3
		ORDER BY shard, device, first_slot`, snapshot, first, end)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	lines := make([]Line, 0, DevicesPerGroup)
	for rows.Next() {
		// The wire's own bytes: a revision has every device.
		raw, be := rows.RawValues(), binary.BigEndian
		i4 := func(i int) int32 { return int32(be.Uint32(raw[i])) }
		i8 := func(i int) int64 { return int64(be.Uint64(raw[i])) }
		lines = append(lines, Line{
			Device: uptime.DeviceNumber(i4(0)), Span: uptime.Span{From: uptime.Slot(i8(1)), To: uptime.Slot(i8(2))},
			SupplierID: uuid.UUID(raw[3]), Observed: i4(4), Up: i4(5), Grace: i4(6), LongestRun: i4(7),
			WeightMillionths: i8(8), JobMinutes: i8(9), Points: i8(10), Amount: i8(11),
			Outcome: Outcome(be.Uint16(raw[12])), Notes: Notes(be.Uint16(raw[13])),
		})
	}
	return lines, rows.Err()
}

// amountRow is what a preview compares of a line.
type amountRow struct {
	Device     uptime.DeviceNumber
	FirstSlot  uptime.Slot
	SupplierID uuid.UUID
	Amount     int64
	Outcome    Outcome
}

// eachAmount calls visit for every line of the snapshot in shards [first, end), by
// device, then first slot. The row is valid during the call.
func eachAmount(ctx context.Context, tx pgx.Tx, snapshot int64, first, end int32, visit func(*amountRow)) error {
	rows, err := tx.Query(ctx, `
		SELECT device, first_slot, supplier_id, amount, outcome FROM snapshot_line
		WHERE snapshot_id = $1 AND shard >= $2 AND shard < $3 ORDER BY shard, device, first_slot`, snapshot, first, end)
	if err != nil {
		return err
	}
	defer rows.Close()
	be, row := binary.BigEndian, amountRow{}
	for rows.Next() {
		raw := rows.RawValues() // the wire's own bytes, as of eachDevice
		row = amountRow{
			uptime.DeviceNumber(be.Uint32(raw[0])), uptime.Slot(be.Uint64(raw[1])), uuid.UUID(raw[2]),
			int64(be.Uint64(raw[3])), Outcome(be.Uint16(raw[4])),
		}
		visit(&row)
	}
	return rows.Err()
}

// selectDeviceLines returns the snapshot's lines of one device, by first slot.
func selectDeviceLines(ctx context.Context, tx pgx.Tx, snapshot int64, number uptime.DeviceNumber) ([]Line, error) {
	rows, err := tx.Query(ctx, `
		SELECT l.device, d.id, l.supplier_id, l.first_slot, l.end_slot, l.observed, l.up, l.grace, l.longest_run,
			l.weight_millionths, l.job_minutes, l.points, l.amount, l.outcome, l.notes
		FROM snapshot_line l JOIN device d ON d.number = l.device
		WHERE l.snapshot_id = $1 AND l.shard = $2 AND l.device = $3
		ORDER BY l.first_slot`, snapshot, number.Shard(), int32(number))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Line, err error) {
		err = row.Scan(&l.Device, &l.DeviceID, &l.SupplierID, &l.Span.From, &l.Span.To, &l.Observed, &l.Up, &l.Grace, &l.LongestRun,
			&l.WeightMillionths, &l.JobMinutes, &l.Points, &l.Amount, &l.Outcome, &l.Notes)
		return l, err
	})
}

// recorded are the moments of recording that are asked for: After < t <= By. The
// zero After is before every stamp.
type recorded struct{ After, By time.Time }

// eachDevice calls visit for the devices [first, end) so recorded, in order, with
// the registration as a change.
func eachDevice(ctx context.Context, tx pgx.Tx, first, end uptime.DeviceNumber, at recorded, texts interner,
	visit func(number uptime.DeviceNumber, seq int64, id uuid.UUID, registered time.Time, facts uptime.Facts),
) error {
	rows, err := tx.Query(ctx, `
		SELECT number, seq, id, registered_at, supplier_id, gpu_model, gpu_count, connectivity FROM device
		WHERE number >= $1 AND number < $2 AND recorded_at > $3 AND recorded_at <= $4 ORDER BY number`, first, end, at.After, at.By)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		// The wire's own bytes: a season has every device.
		raw := rows.RawValues()
		be := binary.BigEndian
		registered := time.UnixMicro(postgresEpoch.UnixMicro() + int64(be.Uint64(raw[3]))).UTC()
		visit(uptime.DeviceNumber(be.Uint32(raw[0])), int64(be.Uint64(raw[1])), uuid.UUID(raw[2]), registered, uptime.Facts{
			SupplierID: uuid.UUID(raw[4]), GPUModel: texts.one(raw[5]), GPUCount: int32(be.Uint32(raw[6])), Connectivity: texts.one(raw[7]),
		})
	}
	return rows.Err()
}

// postgresEpoch is what the wire's timestamps count microseconds from.
var postgresEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func eachChange(ctx context.Context, tx pgx.Tx, first, end uptime.DeviceNumber, at recorded,
	visit func(uptime.DeviceNumber, uptime.Change),
) error {
	rows, err := tx.Query(ctx, `
		SELECT device, seq, changed_at, channel, supplier_id, gpu_model, gpu_count, connectivity FROM device_change
		WHERE device >= $1 AND device < $2 AND recorded_at > $3 AND recorded_at <= $4 ORDER BY device, seq`, first, end, at.After, at.By)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			number uptime.DeviceNumber
			c      uptime.Change
		)
		if err := rows.Scan(&number, &c.Seq, &c.ChangedAt, &c.Channel, &c.SupplierID, &c.GPUModel, &c.GPUCount, &c.Connectivity); err != nil {
			return err
		}
		visit(number, c)
	}
	return rows.Err()
}

func eachVerdict(ctx context.Context, tx pgx.Tx, first, end uptime.DeviceNumber, at recorded,
	visit func(uptime.DeviceNumber, uptime.Verdict),
) error {
	rows, err := tx.Query(ctx, `
		SELECT device, by_hand, seq, kind, effective_at, decided_at FROM verdict
		WHERE device >= $1 AND device < $2 AND recorded_at > $3 AND recorded_at <= $4
		ORDER BY device, by_hand, seq`, first, end, at.After, at.By)
	if err != nil {
		return err
	}
	var (
		number uptime.DeviceNumber
		v      uptime.Verdict
	)
	_, err = pgx.ForEachRow(rows, []any{(*int32)(&number), &v.ByHand, &v.Seq, (*string)(&v.Kind), &v.EffectiveAt, &v.DecidedAt}, func() error {
		visit(number, v)
		return nil
	})
	return err
}

// eachJobMinutes visits what was so recorded of each device and day, the value that
// counts, the last one, after those that it replaces.
func eachJobMinutes(ctx context.Context, tx pgx.Tx, first, end uptime.DeviceNumber, s Season, at recorded,
	visit func(uptime.DeviceNumber, uptime.JobMinutes),
) error {
	rows, err := tx.Query(ctx, `
		SELECT device, day, minutes FROM job_minutes
		WHERE device >= $1 AND device < $2 AND day BETWEEN $3::date AND $4::date AND recorded_at > $5 AND recorded_at <= $6
		ORDER BY device, day, recorded_at`, first, end, s.FirstDay, s.LastDay, at.After, at.By)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		raw, be := rows.RawValues(), binary.BigEndian
		day := postgresEpoch.AddDate(0, 0, int(int32(be.Uint32(raw[1]))))
		visit(uptime.DeviceNumber(be.Uint32(raw[0])), uptime.JobMinutes{Day: day, Minutes: int32(be.Uint32(raw[2]))})
	}
	return rows.Err()
}

// appendCopyLine appends a line of a snapshot as a tuple of the binary COPY format: the
// number of fields, then each field's length and bytes.
func appendCopyLine(dst []byte, snapshot int64, l *Line) []byte {
	dst = append(dst, 0, 16)
	dst = appendCopy8(dst, snapshot)
	dst = appendCopy4(dst, l.Device.Shard())
	return appendCopyFigures(dst, l)
}

// appendCopyEstimate does the same for a line of an estimate.
func appendCopyEstimate(dst []byte, season string, l *Line) []byte {
	dst = append(dst, 0, 15)
	dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(season))), season...)
	return appendCopyFigures(dst, l)
}

// appendCopyFigures appends the fourteen fields from the device on.
func appendCopyFigures(dst []byte, l *Line) []byte {
	dst = appendCopy4(dst, int32(l.Device))
	dst = appendCopy8(dst, int64(l.Span.From))
	dst = appendCopy8(dst, int64(l.Span.To))
	dst = append(append(dst, 0, 0, 0, 16), l.SupplierID[:]...)
	for _, v := range [...]int32{l.Observed, l.Up, l.Grace, l.LongestRun} {
		dst = appendCopy4(dst, v)
	}
	for _, v := range [...]int64{l.WeightMillionths, l.JobMinutes, l.Points, l.Amount} {
		dst = appendCopy8(dst, v)
	}
	dst = binary.BigEndian.AppendUint16(append(dst, 0, 0, 0, 2), uint16(l.Outcome))
	return binary.BigEndian.AppendUint16(append(dst, 0, 0, 0, 2), uint16(l.Notes))
}

func appendCopy4(dst []byte, v int32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0, 0, 0, 4), uint32(v))
}

func appendCopy8(dst []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, 0, 0, 0, 8), uint64(v))
}

// What the binary COPY format begins and ends with.
var (
	copyHeader  = append([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8)...)
	copyTrailer = []byte{0xff, 0xff}
)

func clearEstimate(ctx context.Context, tx pgx.Tx, season string) error {
	_, err := tx.Exec(ctx, `SELECT estimate_clear($1)`, season)
	return err
}

func insertEstimate(ctx context.Context, tx pgx.Tx, e Estimate) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO estimate (season, as_of, points, allocated, residual, lines, suppliers, observed_slots, season_slots)
		VALUES ($1, $2, $3::numeric, $4, $5, $6, $7, $8, $9)`,
		e.Season, e.AsOf, e.Points, e.Allocated, e.Residual, e.Lines, e.Suppliers, e.ObservedSlots, e.SeasonSlots)
	return err
}

func selectEstimate(ctx context.Context, tx pgx.Tx, season string) (Estimate, error) {
	rows, err := tx.Query(ctx, `
		SELECT season, as_of, points::text, allocated, residual, lines, suppliers, observed_slots, season_slots
		FROM estimate WHERE season = $1`, season)
	if err != nil {
		return Estimate{}, err
	}
	e, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Estimate])
	if errors.Is(err, pgx.ErrNoRows) {
		return e, fmt.Errorf("estimate of season %s: %w; a nightly job keeps it, or compute it with: `uptally season estimate %s --now`",
			season, ErrNotFound, season)
	}
	return e, err
}

// copyEstimate is copyLines of an estimate.
func copyEstimate(ctx context.Context, tx pgx.Tx, stream io.Reader) error {
	if _, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE copied_estimate (LIKE estimate_line) ON COMMIT DROP`); err != nil {
		return err
	}
	_, err := tx.Conn().PgConn().CopyFrom(ctx, stream, `
		COPY pg_temp.copied_estimate (season, device, first_slot, end_slot, supplier_id, observed, up, grace, longest_run,
			weight_millionths, job_minutes, points, amount, outcome, notes) FROM STDIN (FORMAT binary)`)
	if err != nil {
		return err
	}
	return insertCopiedEstimate(ctx, tx)
}

func insertCopiedEstimate(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `INSERT INTO estimate_line SELECT * FROM pg_temp.copied_estimate`); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DROP TABLE pg_temp.copied_estimate`)
	return err
}

// eachEstimated visits the estimate's lines, of one supplier or one device if they
// are named.
func eachEstimated(ctx context.Context, tx pgx.Tx, season string, supplier, device *uuid.UUID, visit func(*Line) error) error {
	rows, err := tx.Query(ctx, `
		SELECT l.device, d.id, l.supplier_id, l.first_slot, l.end_slot, l.observed, l.up, l.grace, l.longest_run,
			l.weight_millionths, l.job_minutes, l.points, l.amount, l.outcome, l.notes
		FROM estimate_line l JOIN device d ON d.number = l.device
		WHERE l.season = $1 AND ($2::uuid IS NULL OR l.supplier_id = $2) AND ($3::uuid IS NULL OR d.id = $3)
		ORDER BY d.id, l.first_slot`, season, supplier, device)
	if err != nil {
		return err
	}
	return visitLines(rows, visit)
}

// selectEstimatedLines returns one device's lines of the estimate, in order.
func selectEstimatedLines(ctx context.Context, tx pgx.Tx, season string, number uptime.DeviceNumber) (lines []Line, err error) {
	rows, err := tx.Query(ctx, `
		SELECT l.device, d.id, l.supplier_id, l.first_slot, l.end_slot, l.observed, l.up, l.grace, l.longest_run,
			l.weight_millionths, l.job_minutes, l.points, l.amount, l.outcome, l.notes
		FROM estimate_line l JOIN device d ON d.number = l.device
		WHERE l.season = $1 AND l.device = $2 ORDER BY l.first_slot`, season, int32(number))
	if err != nil {
		return nil, err
	}
	err = visitLines(rows, func(l *Line) error {
		lines = append(lines, *l)
		return nil
	})
	return lines, err
}

func selectEstimatedSuppliers(ctx context.Context, tx pgx.Tx, season string) ([]SupplierAmount, error) {
	rows, err := tx.Query(ctx, `
		SELECT supplier_id, sum(amount)::bigint FROM estimate_line WHERE season = $1
		GROUP BY supplier_id HAVING sum(amount) > 0 ORDER BY supplier_id`, season)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SupplierAmount])
}

// selectEstimatedAfter is selectLinesAfter for the estimate.
func selectEstimatedAfter(ctx context.Context, tx pgx.Tx, season string, outcome Outcome, after LineKey, limit int) ([]Line, error) {
	rows, err := tx.Query(ctx, `
		SELECT l.device, d.id, l.supplier_id, l.first_slot, l.end_slot, l.observed, l.up, l.grace, l.longest_run,
			l.weight_millionths, l.job_minutes, l.points, l.amount, l.outcome, l.notes
		FROM device d CROSS JOIN LATERAL (
			SELECT * FROM estimate_line WHERE season = $1 AND device = d.number OFFSET 0
		) AS l
		WHERE d.id >= $2 AND (d.id, l.first_slot) > ($2, $3) AND ($4 = 0 OR l.outcome = $4)
		ORDER BY d.id, l.first_slot LIMIT $5`,
		season, after.DeviceID, int64(after.First), int16(outcome), limit)
	if err != nil {
		return nil, err
	}
	return collectLines(rows)
}

// selectEstimatedTotals adds up the estimate's lines of each supplier behind the id.
func selectEstimatedTotals(ctx context.Context, tx pgx.Tx, season string, after uuid.UUID, limit int) ([]SupplierTotal, error) {
	rows, err := tx.Query(ctx, `
		SELECT supplier_id, count(*), count(*) FILTER (WHERE outcome = $4), sum(amount)::bigint FROM estimate_line
		WHERE season = $1 AND supplier_id > $2
		GROUP BY supplier_id ORDER BY supplier_id LIMIT $3`, season, after, limit, int16(OutcomeEligible))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SupplierTotal])
}
