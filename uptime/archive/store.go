package archive

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/uptime"
)

func insertArchive(ctx context.Context, tx pgx.Tx, r Record) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO uptime_archive (source, manifest_sha256, files, heartbeats, out_of_window, proposed_by, recorded_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
		r.Source, r.ManifestSHA256[:], r.Files, r.Heartbeats, r.OutOfWindow, r.ProposedBy, r.ProposedAt).Scan(&id)
	return id, err
}

func insertSpans(ctx context.Context, tx pgx.Tx, archive int64, spans []uptime.Span) error {
	from, to := make([]time.Time, len(spans)), make([]time.Time, len(spans))
	for i, s := range spans {
		from[i], to[i] = s.From.Start(), s.To.Start()
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO uptime_archive_span (archive, span_from, span_to)
		SELECT $1, s.span_from, s.span_to FROM unnest($2::timestamptz[], $3::timestamptz[]) AS s (span_from, span_to)`,
		archive, from, to)
	return err
}

// insertApproval approves an archive, repeating what it approves.
func insertApproval(ctx context.Context, tx pgx.Tx, archive, person int64, stamp time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO uptime_archive_approval (archive, manifest_sha256, proposed_by, approved_by, recorded_at)
		SELECT id, manifest_sha256, proposed_by, $2, $3 FROM uptime_archive WHERE id = $1`, archive, person, stamp)
	return err
}

// lockArchive makes approvals of one archive wait for each other.
func lockArchive(ctx context.Context, tx pgx.Tx, id int64) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('uptime archive'), hashtext($1::bigint::text))`, id)
	return err
}

// selectArchives returns the archive of the number, or all of them, in order, with
// what their passes came to.
func selectArchives(ctx context.Context, tx pgx.Tx, only *int64) ([]Record, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.id, a.source, a.manifest_sha256,
			ARRAY (SELECT span_from FROM uptime_archive_span s WHERE s.archive = a.id ORDER BY span_from),
			ARRAY (SELECT span_to FROM uptime_archive_span s WHERE s.archive = a.id ORDER BY span_from),
			a.files, a.heartbeats, a.out_of_window, a.proposed_by, a.recorded_at, approval.approved_by, approval.recorded_at,
			merged.accepted, merged.unknown, merged.late
		FROM uptime_archive a LEFT JOIN uptime_archive_approval approval ON approval.archive = a.id,
		LATERAL (
			SELECT coalesce(sum(p.accepted), 0)::bigint AS accepted, coalesce(sum(p.unknown), 0)::bigint AS unknown,
				coalesce(sum(p.late), 0)::bigint AS late
			FROM uptime_pull p WHERE p.archive = a.id
		) AS merged
		WHERE $1::bigint IS NULL OR a.id = $1
		ORDER BY a.id`, only)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Record, error) {
		var (
			r        Record
			digest   []byte
			from, to []time.Time
		)
		err := row.Scan(&r.ID, &r.Source, &digest, &from, &to, &r.Files, &r.Heartbeats, &r.OutOfWindow, &r.ProposedBy, &r.ProposedAt,
			&r.ApprovedBy, &r.ApprovedAt, &r.Accepted, &r.Unknown, &r.Late)
		copy(r.ManifestSHA256[:], digest)
		for i := range from {
			r.Spans = append(r.Spans, uptime.SpanOf(from[i], to[i]))
		}
		return r, err
	})
}
