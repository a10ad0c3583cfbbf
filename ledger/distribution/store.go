package distribution

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/uptally/uptally/ledger"
)

// takenBefore returns what the payouts of all distributions took of each source.
func takenBefore(ctx context.Context, tx pgx.Tx) (map[source]ledger.Amount, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.supplier_id, l.season, l.revision, sum(l.amount)::bigint
		FROM distribution_payout_line l
		JOIN distribution_payout p ON p.distribution = l.distribution AND p.number = l.payout
		GROUP BY p.supplier_id, l.season, l.revision`)
	if err != nil {
		return nil, err
	}
	taken := map[source]ledger.Amount{}
	var from source
	var amount ledger.Amount
	_, err = pgx.ForEachRow(rows, []any{&from.supplier, &from.season, &from.revision, &amount}, func() error {
		taken[from] = amount
		return nil
	})
	return taken, err
}

// nextNumber returns the number of the distribution that comes next. The caller
// holds the ledger's lock, so it is nobody else's.
func nextNumber(ctx context.Context, tx pgx.Tx) (number int64, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce(max(number), 0) + 1 FROM distribution`).Scan(&number)
	return number, err
}

func insertDistribution(ctx context.Context, tx pgx.Tx, r *run, manifest ledger.Digest) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution (number, key, reason, minimum_asked, minimum, journal, payees, total, manifest_sha256, prepared_by, prepared_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		r.number, r.Key, r.Reason, r.Minimum, r.minimum, r.journal.Number, len(r.payouts), r.total, manifest[:], r.Actor, r.journal.PostedAt)
	return err
}

func insertPayouts(ctx context.Context, tx pgx.Tx, distribution int64, payouts []Payout) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"distribution_payout"},
		[]string{"distribution", "number", "supplier_id", "wallet", "amount"},
		pgx.CopyFromSlice(len(payouts), func(i int) ([]any, error) {
			p := payouts[i]
			return []any{distribution, int32(p.Number), pgtype.UUID{Bytes: p.Supplier, Valid: true}, string(p.Wallet), int64(p.Amount)}, nil
		}))
	return err
}

func insertPayoutLines(ctx context.Context, tx pgx.Tx, distribution int64, payouts []Payout) error {
	var rows [][]any
	for _, p := range payouts {
		for _, l := range p.Lines {
			rows = append(rows, []any{distribution, int32(p.Number), l.Season, int32(l.Revision), int64(l.Amount)})
		}
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"distribution_payout_line"},
		[]string{"distribution", "payout", "season", "revision", "amount"}, pgx.CopyFromRows(rows))
	return err
}

func insertCarried(ctx context.Context, tx pgx.Tx, distribution int64, carried []Carried) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"distribution_carried"},
		[]string{"distribution", "supplier_id", "amount", "reason"},
		pgx.CopyFromSlice(len(carried), func(i int) ([]any, error) {
			c := carried[i]
			return []any{distribution, pgtype.UUID{Bytes: c.Supplier, Valid: true}, int64(c.Amount), string(c.Reason)}, nil
		}))
	return err
}

func insertFile(ctx context.Context, tx pgx.Tx, distribution int64, f contents) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_file (distribution, name, rows, bytes, sha256, contents) VALUES ($1, $2, $3, $4, $5, $6)`,
		distribution, f.Name, f.Rows, f.Bytes, f.SHA256[:], f.data)
	return err
}

// insertApproval approves the distribution unless it is approved already.
func insertApproval(ctx context.Context, tx pgx.Tx, d Distribution, actor int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_approval (distribution, prepared_by, manifest_sha256, approved_by)
		VALUES ($1, $2, $3, $4) ON CONFLICT (distribution) DO NOTHING`,
		d.number, d.PreparedBy, d.Manifest[:], actor)
	return err
}

func approvedManifest(ctx context.Context, tx pgx.Tx, distribution int64) (ledger.Digest, error) {
	var digest []byte
	err := tx.QueryRow(ctx, `SELECT manifest_sha256 FROM distribution_approval WHERE distribution = $1`, distribution).Scan(&digest)
	if err != nil {
		return ledger.Digest{}, err
	}
	return ledger.Digest(digest), nil
}

// fileContents returns the stored bytes, none if the file is gone.
func fileContents(ctx context.Context, tx pgx.Tx, distribution int64, name string) (data []byte, err error) {
	err = tx.QueryRow(ctx, `SELECT contents FROM distribution_file WHERE distribution = $1 AND name = $2`, distribution, name).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return data, err
}

// distributionColumns are what scanDistribution reads of distribution d and its
// approval a.
const distributionColumns = `d.number, d.id, d.key, d.reason, d.minimum_asked, d.minimum, d.payees, d.total, d.journal,
	d.manifest_sha256, d.prepared_by, d.prepared_at, coalesce(a.approved_by, 0), a.recorded_at`

func scanDistribution(row pgx.CollectableRow) (d Distribution, err error) {
	var manifest []byte
	var approvedAt *time.Time
	err = row.Scan(&d.number, &d.ID, &d.Key, &d.Reason, &d.minimumAsked, &d.Minimum, &d.Payees, &d.Total, &d.Journal,
		&manifest, &d.PreparedBy, &d.PreparedAt, &d.ApprovedBy, &approvedAt)
	copy(d.Manifest[:], manifest)
	d.State, d.PreparedAt = Prepared, d.PreparedAt.UTC()
	if approvedAt != nil {
		d.State, d.ApprovedAt = Approved, approvedAt.UTC()
	}
	return d, err
}

func distributionByKey(ctx context.Context, tx pgx.Tx, key string) (Distribution, error) {
	rows, err := tx.Query(ctx, `SELECT `+distributionColumns+`
		FROM distribution d LEFT JOIN distribution_approval a ON a.distribution = d.number WHERE d.key = $1`, key)
	return theDistribution(ctx, tx, rows, err)
}

func distributionByID(ctx context.Context, tx pgx.Tx, id string) (Distribution, error) {
	rows, err := tx.Query(ctx, `SELECT `+distributionColumns+`
		FROM distribution d LEFT JOIN distribution_approval a ON a.distribution = d.number WHERE d.id = $1`, id)
	return theDistribution(ctx, tx, rows, err)
}

// theDistribution returns the one of the rows, complete, or ErrUnknown.
func theDistribution(ctx context.Context, tx pgx.Tx, rows pgx.Rows, err error) (Distribution, error) {
	if err != nil {
		return Distribution{}, err
	}
	d, err := pgx.CollectExactlyOneRow(rows, scanDistribution)
	if errors.Is(err, pgx.ErrNoRows) {
		return Distribution{}, fmt.Errorf("%w: list the distributions to see which there are", ErrUnknown)
	}
	if err != nil {
		return Distribution{}, err
	}
	return complete(ctx, tx, d)
}

func allDistributions(ctx context.Context, tx pgx.Tx) ([]Distribution, error) {
	rows, err := tx.Query(ctx, `SELECT `+distributionColumns+`
		FROM distribution d LEFT JOIN distribution_approval a ON a.distribution = d.number ORDER BY d.number`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, scanDistribution)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i], err = complete(ctx, tx, all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// complete fills in what a distribution has several of.
func complete(ctx context.Context, tx pgx.Tx, d Distribution) (Distribution, error) {
	carried, err := carriedOf(ctx, tx, d.number)
	if err != nil {
		return Distribution{}, err
	}
	files, err := filesOf(ctx, tx, d.number)
	if err != nil {
		return Distribution{}, err
	}
	d.Carried, d.Files = carried, files
	return d, nil
}

func carriedOf(ctx context.Context, tx pgx.Tx, distribution int64) ([]CarriedTotal, error) {
	rows, err := tx.Query(ctx, `
		SELECT r.reason, count(c.supplier_id), coalesce(sum(c.amount), 0)::bigint
		FROM unnest($2::text[]) WITH ORDINALITY r (reason, place)
		LEFT JOIN distribution_carried c ON c.distribution = $1 AND c.reason = r.reason
		GROUP BY r.reason, r.place ORDER BY r.place`, distribution, []CarryReason{BelowMinimum, NoWallet})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c CarriedTotal, err error) {
		err = row.Scan(&c.Reason, &c.Suppliers, &c.Amount)
		return c, err
	})
}

func filesOf(ctx context.Context, tx pgx.Tx, distribution int64) ([]File, error) {
	rows, err := tx.Query(ctx, `
		SELECT name, sha256, rows, bytes FROM distribution_file WHERE distribution = $1 ORDER BY name COLLATE "C"`, distribution)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f File, err error) {
		var digest []byte
		err = row.Scan(&f.Name, &digest, &f.Rows, &f.Bytes)
		copy(f.SHA256[:], digest)
		return f, err
	})
}
