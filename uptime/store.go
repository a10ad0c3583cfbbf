package uptime

import (
	"context"
	"encoding/binary"
	"math/bits"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// makePartitions makes the monthly partitions of chunks that hold the span.
func makePartitions(ctx context.Context, tx pgx.Tx, span Span) error {
	_, err := tx.Exec(ctx, `SELECT uptime_make_partitions($1, $2)`, span.From.Start(), span.To.Start())
	return err
}

// insertCoverage makes the coverage rows of the hours [first, end) that are not
// there yet, in hour order.
func insertCoverage(ctx context.Context, tx pgx.Tx, first, end Hour) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO uptime_coverage (hour)
		SELECT h FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', interval '1 hour') h
		ORDER BY h
		ON CONFLICT DO NOTHING`, first.Start(), end.Start())
	return err
}

// lockCoverage locks the coverage rows of the hours [first, end), in hour order,
// and returns them.
func lockCoverage(ctx context.Context, tx pgx.Tx, first, end Hour) ([]Coverage, error) {
	rows, err := tx.Query(ctx, `
		SELECT hour, observed, final, closed_at, reopened FROM uptime_coverage
		WHERE hour >= $1 AND hour < $2
		ORDER BY hour FOR UPDATE`, first.Start(), end.Start())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanCoverage)
}

// selectCoverage returns the coverage of the hours [first, end) that have ever
// been requested, in hour order.
func selectCoverage(ctx context.Context, tx pgx.Tx, first, end Hour) ([]Coverage, error) {
	rows, err := tx.Query(ctx, `
		SELECT hour, observed, final, closed_at, reopened FROM uptime_coverage
		WHERE hour >= $1 AND hour < $2
		ORDER BY hour`, first.Start(), end.Start())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanCoverage)
}

func selectLastRequested(ctx context.Context, tx pgx.Tx, now time.Time) (*time.Time, error) {
	var hour *time.Time
	err := tx.QueryRow(ctx, `SELECT max(hour) FROM uptime_coverage WHERE hour <= $1`, now).Scan(&hour)
	return hour, err
}

// selectRequestedBounds returns the first and the last hour requested; nil, if none was.
func selectRequestedBounds(ctx context.Context, tx pgx.Tx) (first, last *time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT min(hour), max(hour) FROM uptime_coverage`).Scan(&first, &last)
	return first, last, err
}

// selectUnsettled returns the requested hours before end that are not closed and
// hold slots that are not final, in hour order.
func selectUnsettled(ctx context.Context, tx pgx.Tx, end Hour) ([]Coverage, error) {
	rows, err := tx.Query(ctx, `
		SELECT hour, observed, final, closed_at, reopened FROM uptime_coverage
		WHERE closed_at IS NULL AND hour < $1 AND final <> B'111111111111'
		ORDER BY hour`, end.Start())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanCoverage)
}

func scanCoverage(row pgx.CollectableRow) (Coverage, error) {
	var (
		c               Coverage
		hour            time.Time
		observed, final pgtype.Bits
	)
	err := row.Scan(&hour, &observed, &final, &c.ClosedAt, &c.Reopened)
	c.Hour, c.Observed, c.Final = HourOf(hour), slotsOfBits(observed), slotsOfBits(final)
	return c, err
}

// mergeChunks merges bits into chunks, in (hour, shard) order: without it, writers
// on one hour deadlock. A chunk that would not change is not written. The bits
// given begin at the chunk's bit from; all others are 0.
func mergeChunks(ctx context.Context, tx pgx.Tx, shards []int32, hours []time.Time, up []pgtype.Bits, from int) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO uptime_chunk AS chunk (shard, hour, up)
		SELECT shard, hour, up::bit(12288) >> $4
		FROM unnest($1::int[], $2::timestamptz[], $3::varbit[]) AS merged (shard, hour, up)
		ORDER BY hour, shard
		ON CONFLICT (shard, hour) DO UPDATE SET up = chunk.up | excluded.up
		WHERE chunk.up | excluded.up <> chunk.up`, shards, hours, up, from)
	return err
}

// mergeCoverage marks slots observed and final, hour by hour.
func mergeCoverage(ctx context.Context, tx pgx.Tx, hours []time.Time, observed, final []pgtype.Bits) error {
	_, err := tx.Exec(ctx, `
		UPDATE uptime_coverage c
		SET observed = c.observed | m.observed::bit(12), final = c.final | m.final::bit(12)
		FROM unnest($1::timestamptz[], $2::varbit[], $3::varbit[]) AS m (hour, observed, final)
		WHERE c.hour = m.hour`, hours, observed, final)
	return err
}

// unmarkFinal makes the slots that are marked final not so, hour by hour.
func unmarkFinal(ctx context.Context, tx pgx.Tx, marks []Coverage) error {
	hours, final := make([]time.Time, len(marks)), make([]pgtype.Bits, len(marks))
	for i, m := range marks {
		hours[i], final[i] = m.Hour.Start(), bitsOfSlots(m.Final)
	}
	_, err := tx.Exec(ctx, `
		UPDATE uptime_coverage c SET final = c.final & ~ m.final::bit(12)
		FROM unnest($1::timestamptz[], $2::varbit[]) AS m (hour, final)
		WHERE c.hour = m.hour AND c.closed_at IS NULL`, hours, final)
	return err
}

// selectClosable returns the hours that closeHours would close, in order.
func selectClosable(ctx context.Context, tx pgx.Tx, endedBy time.Time) ([]Hour, error) {
	rows, err := tx.Query(ctx, `
		SELECT hour FROM uptime_coverage
		WHERE closed_at IS NULL AND final = B'111111111111' AND hour + interval '1 hour' <= $1
		ORDER BY hour`, endedBy)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Hour, error) {
		var hour time.Time
		err := row.Scan(&hour)
		return HourOf(hour), err
	})
}

// closeHours closes the open hours that ended at endedBy or before and whose
// twelve slots are final, and returns them.
func closeHours(ctx context.Context, tx pgx.Tx, endedBy, now time.Time) ([]time.Time, error) {
	rows, err := tx.Query(ctx, `
		WITH ready AS (
			SELECT hour FROM uptime_coverage
			WHERE closed_at IS NULL AND final = B'111111111111' AND hour + interval '1 hour' <= $1
			ORDER BY hour FOR UPDATE
		)
		UPDATE uptime_coverage c SET closed_at = $2 FROM ready WHERE c.hour = ready.hour RETURNING c.hour`, endedBy, now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[time.Time])
}

// countPopulation counts the devices that were up in each slot of the hours, again if
// it was counted before. A chunk is 12 * 1024 bits, those of a slot side by side.
func countPopulation(ctx context.Context, tx pgx.Tx, hours []time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO uptime_population (hour, up)
		SELECT h.hour, ARRAY[
			coalesce(sum(bit_count(substring(c.up FROM 1 FOR 1024))), 0), coalesce(sum(bit_count(substring(c.up FROM 1025 FOR 1024))), 0),
			coalesce(sum(bit_count(substring(c.up FROM 2049 FOR 1024))), 0), coalesce(sum(bit_count(substring(c.up FROM 3073 FOR 1024))), 0),
			coalesce(sum(bit_count(substring(c.up FROM 4097 FOR 1024))), 0), coalesce(sum(bit_count(substring(c.up FROM 5121 FOR 1024))), 0),
			coalesce(sum(bit_count(substring(c.up FROM 6145 FOR 1024))), 0), coalesce(sum(bit_count(substring(c.up FROM 7169 FOR 1024))), 0),
			coalesce(sum(bit_count(substring(c.up FROM 8193 FOR 1024))), 0), coalesce(sum(bit_count(substring(c.up FROM 9217 FOR 1024))), 0),
			coalesce(sum(bit_count(substring(c.up FROM 10241 FOR 1024))), 0), coalesce(sum(bit_count(substring(c.up FROM 11265 FOR 1024))), 0)]
		FROM unnest($1::timestamptz[]) AS h (hour)
		CROSS JOIN generate_series(0, (SELECT coalesce(max(number), 0) / 1024 FROM device)) AS of (shard)
		LEFT JOIN uptime_chunk c ON c.shard = of.shard AND c.hour = h.hour
		GROUP BY h.hour
		ON CONFLICT (hour) DO UPDATE SET up = excluded.up`, hours)
	return err
}

func insertReopening(ctx context.Context, tx pgx.Tx, span Span, reason string, person int64, stamp time.Time) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO uptime_reopening (hour_from, hour_to, reason, proposed_by, recorded_at)
		VALUES ($1, $2, $3, $4, $5) RETURNING id`, span.From.Start(), span.To.Start(), reason, person, stamp).Scan(&id)
	return id, err
}

// insertReopeningApproval approves a reopening, repeating what it approves, which it
// returns; no row is returned if there is no such reopening.
func insertReopeningApproval(ctx context.Context, tx pgx.Tx, id, person int64, stamp time.Time) (Span, error) {
	var from, to time.Time
	err := tx.QueryRow(ctx, `
		INSERT INTO uptime_reopening_approval (reopening, hour_from, hour_to, proposed_by, approved_by, recorded_at)
		SELECT id, hour_from, hour_to, proposed_by, $2, $3 FROM uptime_reopening WHERE id = $1
		RETURNING hour_from, hour_to`, id, person, stamp).Scan(&from, &to)
	return SpanOf(from, to), err
}

// reopenCoverage opens the hours [first, end) again and awaits all of their slots.
func reopenCoverage(ctx context.Context, tx pgx.Tx, first, end Hour) error {
	_, err := tx.Exec(ctx, `
		UPDATE uptime_coverage SET closed_at = NULL, reopened = reopened + 1, final = B'000000000000'
		WHERE hour >= $1 AND hour < $2`, first.Start(), end.Start())
	return err
}

func selectReopenings(ctx context.Context, tx pgx.Tx, span Span) ([]Reopening, error) {
	rows, err := tx.Query(ctx, `
		SELECT r.id, r.hour_from, r.hour_to, r.reason, r.proposed_by, r.recorded_at, a.approved_by, a.recorded_at
		FROM uptime_reopening r LEFT JOIN uptime_reopening_approval a ON a.reopening = r.id
		WHERE r.hour_to > $1 AND r.hour_from < $2
		ORDER BY r.id`, span.From.Start(), span.To.Start())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Reopening, error) {
		var (
			r        Reopening
			from, to time.Time
		)
		err := row.Scan(&r.ID, &from, &to, &r.Reason, &r.ProposedBy, &r.ProposedAt, &r.ApprovedBy, &r.ApprovedAt)
		r.Span = SpanOf(from, to)
		return r, err
	})
}

func insertPull(ctx context.Context, tx pgx.Tx, p Pull) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO uptime_pull (window_from, window_to, pages, heartbeats, accepted, unknown, out_of_window,
			late, bodies_sha256, started_at, ended_at, outcome, cause, archive)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		p.Window.From.Start(), p.Window.To.Start(), p.Pages, p.Heartbeats, p.Accepted, p.Unknown, p.OutOfWindow,
		p.Late, p.BodiesSHA256[:], p.StartedAt, p.EndedAt, p.Outcome, p.Cause, p.Archive)
	return err
}

// selectPulls returns the last passes that touch the span, newest first; failed
// ones only, if so asked.
func selectPulls(ctx context.Context, tx pgx.Tx, span Span, failedOnly bool, limit int) ([]Pull, error) {
	rows, err := tx.Query(ctx, `
		SELECT window_from, window_to, pages, heartbeats, accepted, unknown, out_of_window, late, bodies_sha256,
			started_at, ended_at, outcome, cause, archive
		FROM uptime_pull
		WHERE window_to > $1 AND window_from < $2 AND (NOT $3 OR outcome <> 'merged')
		ORDER BY id DESC LIMIT $4`, span.From.Start(), span.To.Start(), failedOnly, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Pull, error) {
		var (
			p        Pull
			from, to time.Time
			digest   []byte
		)
		err := row.Scan(&from, &to, &p.Pages, &p.Heartbeats, &p.Accepted, &p.Unknown, &p.OutOfWindow, &p.Late,
			&digest, &p.StartedAt, &p.EndedAt, &p.Outcome, &p.Cause, &p.Archive)
		p.Window = SpanOf(from, to)
		copy(p.BodiesSHA256[:], digest)
		return p, err
	})
}

// sumPulls adds up the passes that touch the span, by outcome.
func sumPulls(ctx context.Context, tx pgx.Tx, span Span) ([]PullTotal, error) {
	rows, err := tx.Query(ctx, `
		SELECT outcome, count(*), sum(pages)::bigint, sum(heartbeats)::bigint, sum(accepted)::bigint,
			sum(unknown)::bigint, sum(out_of_window)::bigint, sum(late)::bigint
		FROM uptime_pull WHERE window_to > $1 AND window_from < $2
		GROUP BY outcome ORDER BY outcome`, span.From.Start(), span.To.Start())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[PullTotal])
}

func insertGivenUp(ctx context.Context, tx pgx.Tx, slots []time.Time, person *int64, reason string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO uptime_given_up (slot, person_id, reason)
		SELECT slot, $2, $3 FROM unnest($1::timestamptz[]) AS slot
		ON CONFLICT DO NOTHING`, slots, person, reason)
	return err
}

func selectGivenUp(ctx context.Context, tx pgx.Tx, span Span) ([]GivenUp, error) {
	rows, err := tx.Query(ctx, `
		SELECT slot, person_id, reason FROM uptime_given_up
		WHERE slot >= $1 AND slot < $2 ORDER BY slot`, span.From.Start(), span.To.Start())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (GivenUp, error) {
		var (
			g    GivenUp
			slot time.Time
		)
		err := row.Scan(&slot, &g.PersonID, &g.Reason)
		g.Slot = SlotOf(slot)
		return g, err
	})
}

// eachChunk calls visit with the bytes of every chunk of shards [first, end) and
// hours [from, to), in no promised order. The bytes are valid during the call.
func eachChunk(ctx context.Context, tx pgx.Tx, first, end int32, from, to Hour,
	visit func(shard int32, hour Hour, chunk []byte) error,
) error {
	rows, err := tx.Query(ctx, `
		SELECT shard, hour, up FROM uptime_chunk
		WHERE shard >= $1 AND shard < $2 AND hour >= $3 AND hour < $4`, first, end, from.Start(), to.Start())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		// The wire's own bytes: no copy of a season's 650 MB.
		raw := rows.RawValues()
		shard := int32(binary.BigEndian.Uint32(raw[0]))
		hour := HourOf(postgresEpoch.Add(time.Duration(binary.BigEndian.Uint64(raw[1])) * time.Microsecond))
		if err := visit(shard, hour, raw[2][4:]); err != nil { // a bit string begins with its length
			return err
		}
	}
	return rows.Err()
}

// eachHourOf calls visit with the slots of every hour [from, to) that one device was
// up in: bit i is slot i. Twelve bits are taken out of each chunk where it lies.
func eachHourOf(ctx context.Context, tx pgx.Tx, device DeviceNumber, from, to Hour, visit func(Hour, HourSlots)) error {
	rows, err := tx.Query(ctx, `
		SELECT hour,
			(get_bit(up, $2 + 0) << 0) | (get_bit(up, $2 + 1024) << 1) | (get_bit(up, $2 + 2048) << 2) | (get_bit(up, $2 + 3072) << 3) |
			(get_bit(up, $2 + 4096) << 4) | (get_bit(up, $2 + 5120) << 5) | (get_bit(up, $2 + 6144) << 6) | (get_bit(up, $2 + 7168) << 7) |
			(get_bit(up, $2 + 8192) << 8) | (get_bit(up, $2 + 9216) << 9) | (get_bit(up, $2 + 10240) << 10) | (get_bit(up, $2 + 11264) << 11)
		FROM uptime_chunk WHERE shard = $1 AND hour >= $3 AND hour < $4`,
		device.Shard(), device.Lane(), from.Start(), to.Start())
	if err != nil {
		return err
	}
	var (
		hour  time.Time
		slots int32
	)
	_, err = pgx.ForEachRow(rows, []any{&hour, &slots}, func() error {
		visit(HourOf(hour), HourSlots(slots))
		return nil
	})
	return err
}

// eachObservedHourOf calls observed with the slots of every requested hour of [from, to)
// that were observed, and up with those of every hour that one device was up in. It is
// one statement, so that the two are of one moment. They are not joined: a plan that
// serves any span takes it for short, and would compare each hour with each.
func eachObservedHourOf(ctx context.Context, tx pgx.Tx, device DeviceNumber, from, to Hour, observed, up func(Hour, HourSlots)) error {
	rows, err := tx.Query(ctx, `
		SELECT false, hour, observed::integer FROM uptime_coverage WHERE hour >= $3 AND hour < $4
		UNION ALL
		SELECT true, hour,
			(get_bit(up, $2 + 0) << 11) | (get_bit(up, $2 + 1024) << 10) | (get_bit(up, $2 + 2048) << 9) | (get_bit(up, $2 + 3072) << 8) |
			(get_bit(up, $2 + 4096) << 7) | (get_bit(up, $2 + 5120) << 6) | (get_bit(up, $2 + 6144) << 5) | (get_bit(up, $2 + 7168) << 4) |
			(get_bit(up, $2 + 8192) << 3) | (get_bit(up, $2 + 9216) << 2) | (get_bit(up, $2 + 10240) << 1) | get_bit(up, $2 + 11264)
		FROM uptime_chunk WHERE shard = $1 AND hour >= $3 AND hour < $4`, device.Shard(), device.Lane(), from.Start(), to.Start())
	if err != nil {
		return err
	}
	var (
		isUp  bool
		hour  time.Time
		slots int32
	)
	_, err = pgx.ForEachRow(rows, []any{&isUp, &hour, &slots}, func() error {
		visit := observed
		if isUp {
			visit = up
		}
		visit(HourOf(hour), firstHighest(slots))
		return nil
	})
	return err
}

// selectUncut returns the days of 24 closed hours that have no strips, in order. Every
// cut day has the first strip.
func selectUncut(ctx context.Context, tx pgx.Tx) ([]Slot, error) {
	rows, err := tx.Query(ctx, `
		SELECT closed.day::timestamp AT TIME ZONE 'UTC'
		FROM (SELECT (hour AT TIME ZONE 'UTC')::date AS day FROM uptime_coverage
			WHERE closed_at IS NOT NULL GROUP BY 1 HAVING count(*) = 24) closed
		WHERE NOT EXISTS (SELECT FROM uptime_strip s WHERE s.strip = 0 AND s.day = closed.day)
			AND EXISTS (SELECT FROM device)
		ORDER BY closed.day`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Slot, error) {
		var day time.Time
		err := row.Scan(&day)
		return SlotOf(day), err
	})
}

func hasStrips(ctx context.Context, tx pgx.Tx, day time.Time) (has bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM uptime_strip WHERE strip = 0 AND day = $1::date)`, day).Scan(&has)
	return has, err
}

// copyStrips writes the strips first, first+1, … of a day.
func copyStrips(ctx context.Context, tx pgx.Tx, day time.Time, observed []byte, first int32, up [][]byte) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"uptime_strip"}, []string{"strip", "day", "observed", "up"},
		pgx.CopyFromSlice(len(up), func(i int) ([]any, error) { return []any{first + int32(i), day, observed, up[i]}, nil }))
	return err
}

// eachDayOf calls visit with the days of [from, to] that one device has strips of, in
// order: 36 bytes each of the slots that were observed, and that it was up in, valid
// during the call.
func eachDayOf(ctx context.Context, tx pgx.Tx, device DeviceNumber, from, to time.Time, visit func(first Slot, observed, up []byte)) error {
	rows, err := tx.Query(ctx, `
		SELECT day, observed, substring(up FROM $4 FOR 36) FROM uptime_strip
		WHERE strip = $1 AND day >= $2::date AND day <= $3::date ORDER BY day`,
		device.Strip(), from, to, int32(device)%DevicesPerStrip*dayBytes+1)
	if err != nil {
		return err
	}
	var (
		day          time.Time
		observed, up pgtype.DriverBytes
	)
	_, err = pgx.ForEachRow(rows, []any{&day, &observed, &up}, func() error {
		visit(SlotOf(day), observed, up)
		return nil
	})
	return err
}

// firstHighest reads a number of 12 bits whose highest is the hour's first slot.
func firstHighest(number int32) HourSlots {
	return HourSlots(bits.Reverse16(uint16(number)) >> (16 - SlotsPerHour))
}

// postgresEpoch is what the wire's timestamps count microseconds from.
var postgresEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// countShards returns how many shards the registered devices fill.
func countShards(ctx context.Context, tx pgx.Tx, asOf time.Time) (int32, error) {
	var shards int32
	err := tx.QueryRow(ctx, `
		SELECT coalesce(max(number) / $1 + 1, 0) FROM device WHERE recorded_at <= $2`, LanesPerShard, asOf).Scan(&shards)
	return shards, err
}

// selectSpoofed returns the devices whose last verdict recorded by asOf is spoofed.
func selectSpoofed(ctx context.Context, tx pgx.Tx, asOf time.Time) ([]DeviceNumber, error) {
	rows, err := tx.Query(ctx, `
		SELECT device FROM (
			SELECT DISTINCT ON (device) device, kind FROM verdict WHERE recorded_at <= $1
			ORDER BY device, decided_at DESC, by_hand DESC, seq DESC
		) AS last WHERE kind = 'spoofed' ORDER BY device`, asOf)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[DeviceNumber])
}

// selectVerdicts returns the last verdicts, of one device if it is named, in the
// order that counts.
func selectVerdicts(ctx context.Context, tx pgx.Tx, device *uuid.UUID, limit int) ([]VerdictRecord, error) {
	rows, err := tx.Query(ctx, `
		SELECT seq, id, kind, effective_at, decided_at, by_hand, reason, evidence, person_id FROM (
			SELECT v.seq, d.id, v.kind, v.effective_at, v.decided_at, v.by_hand, v.reason, v.evidence, v.person_id
			FROM verdict v JOIN device d ON d.number = v.device
			WHERE $1::uuid IS NULL OR d.id = $1
			ORDER BY v.decided_at DESC, v.by_hand DESC, v.seq DESC LIMIT $2
		) AS last ORDER BY decided_at, by_hand, seq`, device, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[VerdictRecord])
}

// selectVerdictsBefore returns the verdicts in front of the place, if an instant is
// given, the last first, of one device if it is named.
func selectVerdictsBefore(ctx context.Context, tx pgx.Tx, device *uuid.UUID, at *time.Time, place VerdictPlace, limit int) ([]VerdictRecord, error) {
	rows, err := tx.Query(ctx, `
		SELECT v.seq, d.id, v.kind, v.effective_at, v.decided_at, v.by_hand, v.reason, v.evidence, v.person_id
		FROM verdict v JOIN device d ON d.number = v.device
		WHERE ($1::uuid IS NULL OR d.id = $1)
			AND ($2::timestamptz IS NULL OR (v.decided_at, v.by_hand, v.seq) < ($2, $3, $4))
		ORDER BY v.decided_at DESC, v.by_hand DESC, v.seq DESC LIMIT $5`, device, at, place.ByHand, place.Seq, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[VerdictRecord])
}

// selectLastVerdicts returns the verdict that counts on each of the devices that
// has one.
func selectLastVerdicts(ctx context.Context, tx pgx.Tx, ids []uuid.UUID) (map[uuid.UUID]Verdict, error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT ON (v.device) v.seq, d.id, v.kind, v.effective_at, v.decided_at, v.by_hand, v.reason, v.evidence
		FROM verdict v JOIN device d ON d.number = v.device
		WHERE d.id = ANY ($1)
		ORDER BY v.device, v.decided_at DESC, v.by_hand DESC, v.seq DESC`, ids)
	if err != nil {
		return nil, err
	}
	last := make(map[uuid.UUID]Verdict)
	verdicts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Verdict])
	for _, v := range verdicts {
		last[v.DeviceID] = v
	}
	return last, err
}

// lockVerdictImports makes imports of verdicts wait for each other: what one leaves
// out is then what another has recorded.
func lockVerdictImports(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('verdict import'))`)
	return err
}

// insertVerdicts records verdicts by hand in their order and returns their numbers.
func insertVerdicts(ctx context.Context, tx pgx.Tx, entries []VerdictEntry, numbers map[uuid.UUID]DeviceNumber,
	person int64, stamp time.Time,
) ([]int64, error) {
	devices, kinds := make([]int32, len(entries)), make([]string, len(entries))
	from, reasons, evidence := make([]time.Time, len(entries)), make([]string, len(entries)), make([]string, len(entries))
	for i, e := range entries {
		devices[i], kinds[i], from[i], reasons[i], evidence[i] = int32(numbers[e.DeviceID]), string(e.Kind), e.EffectiveAt, e.Reason, e.Evidence
	}
	rows, err := tx.Query(ctx, `
		INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, person_id, recorded_at)
		SELECT device, true, nextval('verdict_by_hand'), kind, effective_at, $6, reason, evidence, $7, $6 FROM (
			SELECT * FROM unnest($1::int[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])
				WITH ORDINALITY AS e (device, kind, effective_at, reason, evidence, place)
			ORDER BY place
		) AS entered
		RETURNING seq`, devices, kinds, from, reasons, evidence, stamp, person)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// stampFacts takes the shared lock of facts and returns the stamp of what the
// transaction records. Whoever fixes a moment takes the lock exclusively, so
// every stamp at or below that moment is committed by then.
func stampFacts(ctx context.Context, tx pgx.Tx) (time.Time, error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared(hashtext('facts'))`); err != nil {
		return time.Time{}, err
	}
	var stamp time.Time
	err := tx.QueryRow(ctx, `SELECT fact_stamp()`).Scan(&stamp)
	return stamp, err
}

// lockLog waits until this session alone reads the log. Undone by unlockLog, or
// by the end of the session.
func lockLog(ctx context.Context, conn *pgx.Conn, log string) error {
	_, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtext('uptime log'), hashtext($1))`, log)
	return err
}

func unlockLog(ctx context.Context, conn *pgx.Conn, log string) error {
	_, err := conn.Exec(ctx, `SELECT pg_advisory_unlock(hashtext('uptime log'), hashtext($1))`, log)
	return err
}

func selectCursor(ctx context.Context, q pgx.Tx, log string) (string, error) {
	var cursor string
	err := q.QueryRow(ctx, `SELECT cursor FROM uptime_log WHERE name = $1`, log).Scan(&cursor)
	return cursor, err
}

// advanceLog stores the cursor that the next page is read with.
func advanceLog(ctx context.Context, tx pgx.Tx, log, cursor string, rows int, stamp time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE uptime_log SET cursor = $2, rows = rows + $3, recorded_at = greatest(recorded_at, $4)
		WHERE name = $1`, log, cursor, rows, stamp)
	return err
}

// endLog notes that the log was seen to have no more at the moment.
func endLog(ctx context.Context, tx pgx.Tx, log string, at time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE uptime_log SET read_to_end = greatest(read_to_end, $2) WHERE name = $1`, log, at)
	return err
}

func selectLogs(ctx context.Context, tx pgx.Tx) ([]LogState, error) {
	rows, err := tx.Query(ctx, `SELECT name, rows, read_to_end FROM uptime_log ORDER BY name`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (LogState, error) {
		var (
			l   LogState
			end pgtype.Timestamptz
		)
		err := row.Scan(&l.Name, &l.Rows, &end)
		if end.InfinityModifier == pgtype.Finite {
			l.ReadToEnd = &end.Time
		}
		return l, err
	})
}

// selectNumbers returns the numbers of those of the ids that are registered.
func selectNumbers(ctx context.Context, tx pgx.Tx, ids []uuid.UUID) (map[uuid.UUID]DeviceNumber, error) {
	rows, err := tx.Query(ctx, `SELECT id, number FROM device WHERE id = ANY ($1)`, ids)
	if err != nil {
		return nil, err
	}
	numbers := make(map[uuid.UUID]DeviceNumber, len(ids))
	var (
		id     uuid.UUID
		number DeviceNumber
	)
	_, err = pgx.ForEachRow(rows, []any{&id, &number}, func() error {
		numbers[id] = number
		return nil
	})
	return numbers, err
}

// eachDeviceFrom calls visit for every registered device from the number on, in
// order.
func eachDeviceFrom(ctx context.Context, tx pgx.Tx, from DeviceNumber, visit func(DeviceNumber, uuid.UUID)) error {
	rows, err := tx.Query(ctx, `SELECT number, id FROM device WHERE number >= $1 ORDER BY number`, from)
	if err != nil {
		return err
	}
	var (
		number DeviceNumber
		id     uuid.UUID
	)
	_, err = pgx.ForEachRow(rows, []any{&number, &id}, func() error {
		visit(number, id)
		return nil
	})
	return err
}

func countDevices(ctx context.Context, tx pgx.Tx) (DeviceNumber, error) {
	var n DeviceNumber
	err := tx.QueryRow(ctx, `SELECT coalesce(max(number) + 1, 0) FROM device`).Scan(&n)
	return n, err
}

func copyDevices(ctx context.Context, tx pgx.Tx, numbers []DeviceNumber, registrations []Change, stamp time.Time) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"device"},
		[]string{
			"number", "id", "seq", "registered_at", "channel", "supplier_id", "gpu_model", "gpu_count", "connectivity",
			"device_name", "status", "recorded_at",
		},
		pgx.CopyFromSlice(len(registrations), func(i int) ([]any, error) {
			r := registrations[i]
			return []any{
				int32(numbers[i]), r.DeviceID, r.Seq, r.ChangedAt, string(r.Channel), r.SupplierID, r.GPUModel, r.GPUCount,
				r.Connectivity, r.DeviceName, r.Status, stamp,
			}, nil
		}))
	return err
}

func copyChanges(ctx context.Context, tx pgx.Tx, devices []DeviceNumber, changes []Change, stamp time.Time) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"device_change"},
		[]string{
			"device", "seq", "changed_at", "channel", "supplier_id", "gpu_model", "gpu_count", "connectivity",
			"device_name", "status", "recorded_at",
		},
		pgx.CopyFromSlice(len(changes), func(i int) ([]any, error) {
			c := changes[i]
			return []any{
				int32(devices[i]), c.Seq, c.ChangedAt, string(c.Channel), c.SupplierID, c.GPUModel, c.GPUCount,
				c.Connectivity, c.DeviceName, c.Status, stamp,
			}, nil
		}))
	return err
}

// insertFedVerdicts records verdicts of the feed.
func insertFedVerdicts(ctx context.Context, tx pgx.Tx, devices []DeviceNumber, verdicts []Verdict, stamp time.Time) error {
	numbers, byHand, seqs := make([]int32, len(verdicts)), make([]bool, len(verdicts)), make([]int64, len(verdicts))
	kinds, reasons, evidence := make([]string, len(verdicts)), make([]string, len(verdicts)), make([]string, len(verdicts))
	effective, decided := make([]time.Time, len(verdicts)), make([]time.Time, len(verdicts))
	for i, v := range verdicts {
		numbers[i], byHand[i], seqs[i], kinds[i] = int32(devices[i]), v.ByHand, v.Seq, string(v.Kind)
		effective[i], decided[i], reasons[i], evidence[i] = v.EffectiveAt, v.DecidedAt, v.Reason, v.Evidence
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, recorded_at)
		SELECT w.*, $9
		FROM unnest($1::integer[], $2::boolean[], $3::bigint[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[]) w`,
		numbers, byHand, seqs, kinds, effective, decided, reasons, evidence, stamp)
	return err
}

// insertJobMinutes records the minutes that differ from what was last recorded of
// the device and day, and returns how many did.
func insertJobMinutes(ctx context.Context, tx pgx.Tx, day time.Time, devices []DeviceNumber, minutes []int32, stamp time.Time) (int64, error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO job_minutes (device, day, minutes, recorded_at)
		SELECT n.device, $1::date, n.minutes, $4
		FROM unnest($2::int[], $3::int[]) AS n (device, minutes)
		LEFT JOIN LATERAL (
			SELECT minutes FROM job_minutes old WHERE old.device = n.device AND old.day = $1::date
			ORDER BY recorded_at DESC LIMIT 1
		) last ON true
		WHERE last.minutes IS DISTINCT FROM n.minutes
		ORDER BY n.device`, day, devices, minutes, stamp)
	return tag.RowsAffected(), err
}

func insertJobMinutesRead(ctx context.Context, tx pgx.Tx, day time.Time, rows int, stamp time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO job_minutes_read (day, rows, recorded_at) VALUES ($1::date, $2, $3)`, day, rows, stamp)
	return err
}

func insertOrphans(ctx context.Context, tx pgx.Tx, log string, ids []uuid.UUID, keys []string, bodies [][]byte, stamp time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO device_orphan (log, device_id, key, body, recorded_at)
		SELECT $1, o.device_id, o.key, convert_from(o.body, 'UTF8')::jsonb, $5
		FROM unnest($2::uuid[], $3::text[], $4::bytea[]) AS o (device_id, key, body)
		ON CONFLICT DO NOTHING`, log, ids, keys, bodies, stamp)
	return err
}

// selectOrphans returns what was kept aside of the devices, in the order it came.
func selectOrphans(ctx context.Context, tx pgx.Tx, ids []uuid.UUID) ([]orphan, error) {
	rows, err := tx.Query(ctx, `
		SELECT log, device_id, key, body FROM device_orphan WHERE device_id = ANY ($1)
		ORDER BY recorded_at, log, device_id, key`, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (orphan, error) {
		var o orphan
		err := row.Scan(&o.log, &o.deviceID, &o.key, &o.body)
		return o, err
	})
}

// selectTime reads the database's clock.
func selectTime(ctx context.Context, tx pgx.Tx) (time.Time, error) {
	var now time.Time
	err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	return now, err
}

// bitsOf returns the bytes of a bit string as a query's argument.
func bitsOf(bytes []byte, length int32) pgtype.Bits {
	return pgtype.Bits{Bytes: bytes, Len: length, Valid: true}
}

// slotsOfBits turns bit(12) into a set of slots of the hour: bit i is slot i.
func slotsOfBits(b pgtype.Bits) HourSlots {
	var s HourSlots
	for i := range SlotsPerHour {
		if b.Bytes[i/8]>>(7-i%8)&1 == 1 {
			s |= 1 << i
		}
	}
	return s
}

// bitsOfSlots is the inverse of slotsOfBits.
func bitsOfSlots(s HourSlots) pgtype.Bits {
	bytes := make([]byte, 2)
	for i := range SlotsPerHour {
		if s&(1<<i) != 0 {
			bytes[i/8] |= 1 << (7 - i%8)
		}
	}
	return bitsOf(bytes, SlotsPerHour)
}
