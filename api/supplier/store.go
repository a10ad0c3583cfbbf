package supplier

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
	"github.com/uptally/uptally/uptime"
)

// Every statement here runs as uptally_supplier: row-level security names the supplier.

// queueDevices reads devices by their last run, after the one with the key and id. By
// name means by its first 50 characters: names have no bound, cursors do.
func queueDevices(b *pgx.Batch, in *devicesIn, key, id string, found *[]deviceRow) {
	b.Queue(`
		SELECT supplier_id, device_id, registered_at, gpu_model, gpu_count, connectivity, device_name, status, from_slot, to_slot,
			kind, decided_at, effective_at, reason, key
		FROM (
			SELECT m.*, v.kind, v.decided_at, v.effective_at, v.reason,
				CASE $6 WHEN 'registered_at' THEN to_char(m.registered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
					WHEN '-registered_at' THEN to_char(m.registered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
					WHEN 'name' THEN left(coalesce(m.device_name, ''), 50) ELSE '' END COLLATE "C" AS key
			FROM (SELECT DISTINCT ON (device_id) * FROM (
				SELECT supplier_id, device, device_id, registered_at, gpu_model, gpu_count, connectivity, device_name, status, from_slot, to_slot
				FROM supplier_device) mine ORDER BY device_id, from_slot DESC) m
			LEFT JOIN LATERAL (
				SELECT kind, decided_at, effective_at, reason FROM verdict WHERE device = m.device
				ORDER BY decided_at DESC, by_hand DESC, seq DESC LIMIT 1) v ON true
			WHERE ($1 = 'all' OR ($1 = 'now') = (m.to_slot IS NULL))
				AND ($2 = '' OR m.gpu_model = $2) AND ($3 = '' OR m.status = $3) AND ($4 = '' OR m.connectivity = $4)
				AND ($5 = '' OR coalesce(v.kind, 'none') = $5) AND ($7 = '' OR starts_with(m.device_name, $7))) d
		WHERE $9 = '' OR CASE WHEN $6 = '-registered_at' THEN key < $8 COLLATE "C" OR key = $8 AND device_id > nullif($9, '')::uuid
			ELSE key > $8 COLLATE "C" OR key = $8 AND device_id > nullif($9, '')::uuid END
		ORDER BY CASE WHEN $6 = '-registered_at' THEN key END COLLATE "C" DESC, CASE WHEN $6 <> '-registered_at' THEN key END COLLATE "C", device_id
		LIMIT $10`, in.Owned, in.GPUModel, in.Status, in.Connectivity, in.Verdict, in.Sort, in.Name, key, id, in.Limit+1).
		Query(collect(found, func(row pgx.CollectableRow) (d deviceRow, err error) {
			err = row.Scan(append(d.columns(), &d.key)...)
			return d, err
		}))
}

// columns is what a device is read into.
func (d *deviceRow) columns() []any {
	v := &d.device
	return []any{&d.supplier, &v.DeviceID, &v.RegisteredAt, &v.GPUModel, &v.GPUCount, &v.Connectivity, &v.Name, &v.Status, &d.from, &d.to,
		&d.verdict.kind, &d.verdict.decidedAt, &d.verdict.effectiveAt, &d.verdict.reason}
}

// queueDevice reads the runs of one device, in order.
func queueDevice(b *pgx.Batch, id uuid.UUID, runs *[]deviceRow) {
	b.Queue(`
		SELECT m.supplier_id, m.device_id, m.registered_at, m.gpu_model, m.gpu_count, m.connectivity, m.device_name, m.status, m.from_slot, m.to_slot,
			v.kind, v.decided_at, v.effective_at, v.reason
		FROM supplier_device m
		LEFT JOIN LATERAL (
			SELECT kind, decided_at, effective_at, reason FROM verdict WHERE device = m.device
			ORDER BY decided_at DESC, by_hand DESC, seq DESC LIMIT 1) v ON true
		WHERE m.device_id = $1 ORDER BY m.from_slot`, id).
		Query(collect(runs, func(row pgx.CollectableRow) (d deviceRow, err error) {
			err = row.Scan(d.columns()...)
			return d, err
		}))
}

// timelineRow is a timeline as it is read.
type timelineRow struct {
	span         uptime.Span
	found        bool
	device       uptime.DeviceNumber
	supplier     uuid.UUID
	days         [][]byte // from that of the span's beginning on: what was up, then what was observed
	up, observed []int32  // of hours after them
	owned        []int32  // of all hours, without days; nil: all are
	registeredAt time.Time
	last         verdictRow
	seasons      []string // that meet its hours, if the last verdict is spoofed
	windows      []int64  // approved ones that meet it
}

// excludingSeason is a season that a verdict may take slots out of.
type excludingSeason struct {
	code              string
	firstDay, lastDay time.Time
	ruleset           []byte // its digest
}

func (s *excludingSeason) span() uptime.Span {
	return uptime.SpanOf(s.firstDay, s.lastDay.AddDate(0, 0, 1))
}

// queueTimeline reads all that most timelines need.
func queueTimeline(b *pgx.Batch, id uuid.UUID, into *timelineRow) {
	from, to := into.span.Hours()
	b.Queue(`
		SELECT device, supplier_id, registered_at, days, up, observed, owned, kind, decided_at, effective_at, reason, seasons, windows
		FROM supplier_timeline($1, $2, $3)`, pgtype.UUID{Bytes: id, Valid: true}, int64(from), int64(to)).
		Query(one(&into.found, func(row pgx.Rows) error {
			return row.Scan((*int32)(&into.device), (*[16]byte)(&into.supplier), &into.registeredAt, &into.days, (*pgtype.FlatArray[int32])(&into.up),
				(*pgtype.FlatArray[int32])(&into.observed), (*pgtype.FlatArray[int32])(&into.owned), &into.last.kind,
				&into.last.decidedAt, &into.last.effectiveAt, &into.last.reason, &into.seasons, &into.windows)
		}))
}

// queueExcluding reads what a season's exclusion goes by.
func queueExcluding(b *pgx.Batch, code string, s *excludingSeason) {
	b.Queue(`SELECT code, first_day, last_day, ruleset FROM season WHERE code = $1`, code).QueryRow(func(row pgx.Row) error {
		return row.Scan(&s.code, &s.firstDay, &s.lastDay, &s.ruleset)
	})
}

// queueRuleset reads a ruleset's file.
func queueRuleset(b *pgx.Batch, sha256 []byte, file *[]byte) {
	b.Queue(`SELECT toml FROM ruleset WHERE sha256 = $1`, sha256).QueryRow(func(row pgx.Row) error { return row.Scan(file) })
}

// scanTotals reads what queueSeasonTotals and queueTotals select.
func scanTotals(row pgx.CollectableRow) (t totalsRow, err error) {
	err = row.Scan(&t.season, &t.firstDay, &t.lastDay, &t.pool, &t.revision, &t.asOf, &t.sealedAt, &t.supplier, &t.devices, &t.lines,
		&t.observed, &t.up, &t.grace, &t.points, &t.amount, &t.outcomes)
	return t, err
}

// queueSeasonTotals reads the season once for its estimate, if there is one, and once
// for each sealed revision, in no order; once, if there is neither.
func queueSeasonTotals(b *pgx.Batch, season string, rows *[]totalsRow) {
	b.Queue(`
		SELECT q.code, q.first_day, q.last_day, q.pool, r.revision, r.as_of, r.sealed_at, r.supplier_id, r.devices, r.lines,
			r.observed, r.up, r.grace, r.points, r.amount, r.outcomes
		FROM season q LEFT JOIN LATERAL (
			SELECT s.revision, s.as_of, s.sealed_at, t.supplier_id, t.devices, t.lines, t.observed, t.up, t.grace, t.points::text, t.amount, t.outcomes
			FROM snapshot s LEFT JOIN snapshot_supplier t ON t.snapshot_id = s.id WHERE s.season = q.code AND s.state = 'sealed'
			UNION ALL
			SELECT 0, e.as_of, NULL, t.supplier_id, t.devices, t.lines, t.observed, t.up, t.grace, t.points::text, t.amount, t.outcomes
			FROM estimate e LEFT JOIN estimate_supplier t ON t.season = e.season WHERE e.season = q.code) r ON true
		WHERE q.code = $1`, season).Query(collect(rows, scanTotals))
}

// queueTotals reads seasons after one of them, the newest first, each for its estimate
// and for its newest two sealed revisions.
func queueTotals(b *pgx.Batch, day *time.Time, code string, limit int, rows *[]totalsRow) {
	b.Queue(`
		SELECT q.code, q.first_day, q.last_day, q.pool, r.revision, r.as_of, r.sealed_at, r.supplier_id, r.devices, r.lines,
			r.observed, r.up, r.grace, r.points, r.amount, r.outcomes
		FROM (
			SELECT code, first_day, last_day, pool FROM season
			WHERE $1::date IS NULL OR first_day < $1 OR first_day = $1 AND code COLLATE "C" > $2 COLLATE "C"
			ORDER BY first_day DESC, code COLLATE "C" LIMIT $3) q
		LEFT JOIN LATERAL (
			(SELECT s.revision, s.as_of, s.sealed_at, t.supplier_id, t.devices, t.lines, t.observed, t.up, t.grace, t.points::text, t.amount, t.outcomes
			FROM snapshot s LEFT JOIN snapshot_supplier t ON t.snapshot_id = s.id WHERE s.season = q.code AND s.state = 'sealed'
			ORDER BY s.revision DESC LIMIT 2)
			UNION ALL
			SELECT 0, e.as_of, NULL, t.supplier_id, t.devices, t.lines, t.observed, t.up, t.grace, t.points::text, t.amount, t.outcomes
			FROM estimate e LEFT JOIN estimate_supplier t ON t.season = e.season WHERE e.season = q.code) r ON true
		ORDER BY q.first_day DESC, q.code COLLATE "C", r.revision`, day, code, limit).Query(collect(rows, scanTotals))
}

// queueRevision reads which sealed revision is asked for: the newest, if it is 0.
func queueRevision(b *pgx.Batch, season string, revision int, read *linesRead, found *bool) {
	b.Queue(`
		SELECT revision, as_of, sealed_at FROM snapshot
		WHERE season = $1 AND state = 'sealed' AND ($2 = 0 OR revision = $2) ORDER BY revision DESC LIMIT 1`, season, int32(revision)).
		Query(one(found, func(row pgx.Rows) error {
			return row.Scan(&read.result.Revision, &read.result.AsOf, &read.sealedAt)
		}))
}

// queueEstimate reads when the season was estimated.
func queueEstimate(b *pgx.Batch, season string, read *linesRead, found *bool) {
	b.Queue(`SELECT as_of FROM estimate WHERE season = $1`, season).
		Query(one(found, func(row pgx.Rows) error { return row.Scan(&read.result.AsOf) }))
}

// queueLines reads lines of the sealed revision, each with the device's last verdict of
// those recorded by its moment.
func queueLines(b *pgx.Batch, asked linesAsked, read *linesRead) {
	b.Queue(`
		SELECT l.supplier_id, l.device,
			coalesce((SELECT d.device_id FROM supplier_device d WHERE d.device = l.device LIMIT 1), supplier_line_device(l.device)),
			l.first_slot, l.end_slot, l.observed, l.up, l.grace, l.longest_run,
			l.weight_millionths, l.job_minutes, l.points, l.amount, l.outcome, l.notes, v.kind, v.decided_at, v.effective_at, v.reason
		FROM (SELECT id, as_of FROM snapshot WHERE season = $1 AND state = 'sealed' AND ($2 = 0 OR revision = $2) ORDER BY revision DESC LIMIT 1) s
		JOIN snapshot_line l ON l.snapshot_id = s.id
		LEFT JOIN LATERAL (
			SELECT kind, decided_at, effective_at, reason FROM verdict WHERE device = l.device AND recorded_at <= s.as_of
			ORDER BY decided_at DESC, by_hand DESC, seq DESC LIMIT 1) v ON true
		WHERE (l.device, l.first_slot) > ($3::integer, $4::bigint) AND ($5 = 0 OR l.outcome = $5)
			AND (NOT $6 OR l.outcome <> $7 OR l.notes & $8 <> 0 OR v.kind = 'spoofed')
		ORDER BY l.device, l.first_slot LIMIT $9`,
		asked.season, int32(asked.which.Revision), int32(asked.afterDevice), asked.afterSlot, asked.outcome, asked.less,
		int16(snapshot.OutcomeEligible), int16(lessNotes), asked.limit+1).Query(read.scan)
}

// queueEstimateLines is queueLines of the estimate.
func queueEstimateLines(b *pgx.Batch, asked linesAsked, read *linesRead) {
	b.Queue(`
		SELECT l.supplier_id, l.device,
			coalesce((SELECT d.device_id FROM supplier_device d WHERE d.device = l.device LIMIT 1), supplier_line_device(l.device)),
			l.first_slot, l.end_slot, l.observed, l.up, l.grace, l.longest_run,
			l.weight_millionths, l.job_minutes, l.points, l.amount, l.outcome, l.notes, v.kind, v.decided_at, v.effective_at, v.reason
		FROM estimate s
		JOIN estimate_line l ON l.season = s.season
		LEFT JOIN LATERAL (
			SELECT kind, decided_at, effective_at, reason FROM verdict WHERE device = l.device AND recorded_at <= s.as_of
			ORDER BY decided_at DESC, by_hand DESC, seq DESC LIMIT 1) v ON true
		WHERE s.season = $1 AND (l.device, l.first_slot) > ($2::integer, $3::bigint) AND ($4 = 0 OR l.outcome = $4)
			AND (NOT $5 OR l.outcome <> $6 OR l.notes & $7 <> 0 OR v.kind = 'spoofed')
		ORDER BY l.device, l.first_slot LIMIT $8`,
		asked.season, int32(asked.afterDevice), asked.afterSlot, asked.outcome, asked.less,
		int16(snapshot.OutcomeEligible), int16(lessNotes), asked.limit+1).Query(read.scan)
}

// scan reads lines with their verdicts.
func (r *linesRead) scan(rows pgx.Rows) error {
	for rows.Next() {
		var (
			l         lineRow
			v         verdictRow
			device    int32
			from, end int64
		)
		err := rows.Scan(&l.SupplierID, &device, &l.DeviceID, &from, &end, &l.Observed, &l.Up, &l.Grace, &l.LongestRun, &l.WeightMillionths,
			&l.JobMinutes, &l.Points, &l.Amount, &l.Outcome, &l.Notes, &v.kind, &v.decidedAt, &v.effectiveAt, &v.reason)
		if err != nil {
			return err
		}
		l.Device, l.Span = uptime.DeviceNumber(device), slotSpan(from, end)
		r.lines, r.verdicts = append(r.lines, l), append(r.verdicts, v)
	}
	return rows.Err()
}

// queueOwnLines reads the caller's lines of the device in the revision.
func queueOwnLines(b *pgx.Batch, season string, which Which, device uuid.UUID, g *gate) {
	b.Queue(`
			SELECT s.revision, s.as_of, l.supplier_id, l.first_slot
			FROM (SELECT id, revision, as_of, sealed_at FROM snapshot
				WHERE season = $1 AND state = 'sealed' AND ($2 = 0 OR revision = $2) ORDER BY revision DESC LIMIT 1) s
			JOIN snapshot_line l ON l.snapshot_id = s.id
			WHERE l.device = supplier_line_number($3) AND l.shard = supplier_line_number($3) / 1024`, season, int32(which.Revision), device).
		Query(g.scan)
}

// queueOwnEstimate reads the caller's lines of the device in the estimate.
func queueOwnEstimate(b *pgx.Batch, season string, device uuid.UUID, g *gate) {
	b.Queue(`
		SELECT 0, s.as_of, l.supplier_id, l.first_slot FROM estimate s JOIN estimate_line l ON l.season = s.season
		WHERE s.season = $1 AND l.device = supplier_line_number($2)`, season, device).Query(g.scan)
}

// scan reads what the lines are of, and where each begins.
func (g *gate) scan(rows pgx.Rows) error {
	for rows.Next() {
		var (
			supplier uuid.UUID
			first    int64
		)
		if err := rows.Scan(&g.result.Revision, &g.result.AsOf, &supplier, &first); err != nil {
			return err
		}
		if wire.Mine(g.me, supplier) {
			g.starts = append(g.starts, uptime.Slot(first).Start())
		}
	}
	return rows.Err()
}

// queueAccounts reads the accounts.
func queueAccounts(b *pgx.Batch, accounts *[]accountRow) {
	b.Queue(`SELECT supplier_id, kind, balance FROM ledger_account`).
		Query(collect(accounts, func(row pgx.CollectableRow) (a accountRow, err error) {
			err = row.Scan(&a.supplier, &a.kind, &a.balance)
			return a, err
		}))
}

// queueMovements reads the movements in the span after one of them. What the accounts
// held after each follows from all that came before, whatever span is asked for.
func queueMovements(b *pgx.Batch, in *statementIn, journal, transfer int64, found *[]movementRow) {
	b.Queue(`
		WITH own AS MATERIALIZED (SELECT id, supplier_id, kind FROM ledger_account),
		moved AS (
			SELECT coalesce(c.supplier_id, d.supplier_id) AS supplier_id, t.journal, t.number, t.amount,
				coalesce(d.kind, 'season') AS debited, coalesce(c.kind, 'season') AS credited
			FROM ledger_transfer t LEFT JOIN own d ON d.id = t.debit LEFT JOIN own c ON c.id = t.credit),
		held AS (
			SELECT *,
				sum(CASE 'earned' WHEN credited THEN amount WHEN debited THEN -amount ELSE 0 END) OVER running AS earned,
				sum(CASE 'transit' WHEN credited THEN amount WHEN debited THEN -amount ELSE 0 END) OVER running AS transit,
				sum(CASE 'paid' WHEN credited THEN amount WHEN debited THEN -amount ELSE 0 END) OVER running AS paid,
				sum(CASE 'owing' WHEN credited THEN amount WHEN debited THEN -amount ELSE 0 END) OVER running AS owing
			FROM moved WINDOW running AS (ORDER BY journal, number ROWS UNBOUNDED PRECEDING))
		SELECT m.supplier_id, m.journal, m.number, j.posted_at, j.act, m.debited, m.credited, m.amount, j.season, j.revision,
			coalesce(ended.id, CASE WHEN m.credited = 'transit' THEN prepared.id END), e.signature,
			m.earned::bigint, m.transit::bigint, m.paid::bigint, m.owing::bigint
		FROM held m
		JOIN ledger_journal j ON j.number = m.journal
		LEFT JOIN distribution g ON g.journal = m.journal
		LEFT JOIN distribution_payout prepared ON prepared.distribution = g.number AND prepared.supplier_id = m.supplier_id
		LEFT JOIN distribution_payout_end e ON e.journal = m.journal
		LEFT JOIN distribution_payout ended ON ended.distribution = e.distribution AND ended.number = e.payout
		WHERE (m.journal, m.number) > ($1::bigint, $2::integer)
			AND ($3::timestamptz IS NULL OR j.posted_at >= $3) AND ($4::timestamptz IS NULL OR j.posted_at < $4)
		ORDER BY m.journal, m.number LIMIT $5`, journal, int32(transfer), bound(in.From), bound(in.To), in.Limit+1).
		Query(collect(found, func(row pgx.CollectableRow) (m movementRow, err error) {
			v := &m.movement
			err = row.Scan(&m.supplier, &v.Journal, &v.Transfer, &v.PostedAt, &v.Act, &v.From, &v.To, &m.amount, &v.Season, &v.Revision,
				&v.Payout, &v.Signature, &m.after.earned, &m.after.transit, &m.after.paid, &m.after.owing)
			return m, err
		}))
}

// bound is an instant as an argument: NULL, if it is left open.
func bound(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func scanPayout(row pgx.CollectableRow) (p payoutRow, err error) {
	v := &p.payout
	err = row.Scan(&p.supplier, &p.distribution, &p.number, &v.Payout, &v.Distribution, &v.Rail, &v.Wallet, &p.amount, &v.State,
		&v.AsideFor, &v.Signature, &v.Evidence, &v.PreparedAt, &v.ApprovedAt, &v.EndedAt)
	return p, err
}

// payouts reads payouts. How far each has come is told as package distribution does.
const payouts = `
	SELECT p.supplier_id, p.distribution, p.number, p.id, d.id, d.rail, p.wallet, p.amount,
		CASE WHEN e.outcome IS NOT NULL THEN e.outcome
			WHEN l.attempt IS NOT NULL AND ae.outcome IS NULL THEN 'live'
			WHEN ae.outcome = 'landed' THEN 'landed'
			WHEN s.payout IS NOT NULL THEN 'aside'
			ELSE 'waiting' END,
		s.reason, coalesce(e.signature, ae.signature, sg.signature), e.evidence, d.prepared_at, a.recorded_at, e.recorded_at
	FROM distribution_payout p
	JOIN distribution d ON d.number = p.distribution
	LEFT JOIN distribution_approval a ON a.distribution = p.distribution
	LEFT JOIN distribution_payout_end e ON e.distribution = p.distribution AND e.payout = p.number
	LEFT JOIN distribution_aside s ON s.distribution = p.distribution AND s.payout = p.number
	LEFT JOIN LATERAL (
		SELECT attempt FROM distribution_payout_attempt t WHERE t.distribution = p.distribution AND t.payout = p.number
		ORDER BY turn DESC LIMIT 1) l ON true
	LEFT JOIN distribution_attempt_signed sg ON sg.attempt = l.attempt
	LEFT JOIN distribution_attempt_end ae ON ae.attempt = l.attempt`

// queuePayouts reads payouts of distributions before one, the newest first.
func queuePayouts(b *pgx.Batch, before *int64, limit int, found *[]payoutRow) {
	b.Queue(payouts+`
		WHERE $1::bigint IS NULL OR p.distribution < $1
		ORDER BY p.distribution DESC LIMIT $2`, before, limit).Query(collect(found, scanPayout))
}

// queuePayout reads one payout.
func queuePayout(b *pgx.Batch, id string, found *[]payoutRow) {
	b.Queue(payouts+` WHERE p.id = $1`, id).Query(collect(found, scanPayout))
}

// queuePayoutLines reads what a payout pays for.
func queuePayoutLines(b *pgx.Batch, id string, lines *[]PayoutLine) {
	b.Queue(`
		SELECT l.season, l.revision, l.amount FROM distribution_payout p
		JOIN distribution_payout_line l ON l.distribution = p.distribution AND l.payout = p.number
		WHERE p.id = $1 ORDER BY l.season COLLATE "C", l.revision`, id).
		Query(collect(lines, func(row pgx.CollectableRow) (l PayoutLine, err error) {
			var amount ledger.Amount
			err = row.Scan(&l.Season, &l.Revision, &amount)
			l.Amount = wire.MoneyOf(amount)
			return l, err
		}))
}

// collect appends every row to a slice.
func collect[T any](into *[]T, scan func(pgx.CollectableRow) (T, error)) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.AppendRows(*into, rows, scan)
		return err
	}
}

// one scans at most one row, and tells whether there was one.
func one(found *bool, scan func(pgx.Rows) error) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		if *found = rows.Next(); *found {
			if err := scan(rows); err != nil {
				return err
			}
		}
		rows.Close()
		return rows.Err()
	}
}
