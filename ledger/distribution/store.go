package distribution

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

func clock(ctx context.Context, tx pgx.Tx) (now time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	return now.UTC(), err
}

// lockPaying serialises what happens to the payouts of one distribution.
func lockPaying(ctx context.Context, tx pgx.Tx, id string) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('distribution paying'), hashtext($1))`, id)
	return err
}

// takenBefore returns what all distributions took of each source: by payouts that were
// not returned, and by setting off.
func takenBefore(ctx context.Context, tx pgx.Tx) (map[source]ledger.Amount, error) {
	rows, err := tx.Query(ctx, `
		SELECT supplier_id, season, revision, sum(amount)::bigint
		FROM (
			SELECT p.supplier_id, l.season, l.revision, l.amount
			FROM distribution_payout_line l
			JOIN distribution_payout p ON p.distribution = l.distribution AND p.number = l.payout
			LEFT JOIN distribution_payout_end e ON e.distribution = p.distribution AND e.payout = p.number
			WHERE e.outcome IS DISTINCT FROM 'returned'
			UNION ALL
			SELECT supplier_id, season, revision, amount FROM distribution_set_off) taken
		GROUP BY supplier_id, season, revision`)
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
		INSERT INTO distribution (number, key, reason, rail, source, minimum_asked, minimum, journal, payees, total, manifest_sha256, prepared_by, prepared_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		r.number, r.Key, r.Reason, string(r.Rail), r.Source, r.Minimum, r.minimum, r.journal.Number, len(r.payouts), r.total, manifest[:], r.Actor, r.journal.PostedAt)
	return err
}

// copyRows stores the rows in the table, which must be one without row security.
func copyRows(ctx context.Context, tx pgx.Tx, table string, columns []string, rows [][]any) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
	return err
}

func insertPayouts(ctx context.Context, tx pgx.Tx, r *run) error {
	var numbers []int32
	var suppliers []uuid.UUID
	var wallets []string
	var amounts []int64
	for _, p := range r.payouts {
		numbers, suppliers = append(numbers, int32(p.Number)), append(suppliers, p.Supplier)
		wallets, amounts = append(wallets, string(p.Wallet)), append(amounts, int64(p.Amount))
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_payout (distribution, number, supplier_id, wallet, amount)
		SELECT $1, w.* FROM unnest($2::integer[], $3::uuid[], $4::text[], $5::bigint[]) w`,
		r.number, numbers, suppliers, wallets, amounts)
	return err
}

func insertPayoutLines(ctx context.Context, tx pgx.Tx, r *run) error {
	var payouts, revisions []int32
	var seasons []string
	var amounts []int64
	for _, p := range r.payouts {
		for _, l := range p.Lines {
			payouts, seasons = append(payouts, int32(p.Number)), append(seasons, l.Season)
			revisions, amounts = append(revisions, int32(l.Revision)), append(amounts, int64(l.Amount))
		}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_payout_line (distribution, payout, season, revision, amount)
		SELECT $1, w.* FROM unnest($2::integer[], $3::text[], $4::integer[], $5::bigint[]) w`,
		r.number, payouts, seasons, revisions, amounts)
	return err
}

func insertCarried(ctx context.Context, tx pgx.Tx, r *run) error {
	var suppliers []uuid.UUID
	var amounts []int64
	var reasons []string
	for _, c := range r.carried {
		suppliers, amounts, reasons = append(suppliers, c.Supplier), append(amounts, int64(c.Amount)), append(reasons, string(c.Reason))
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_carried (distribution, supplier_id, amount, reason)
		SELECT $1, w.* FROM unnest($2::uuid[], $3::bigint[], $4::text[]) w`, r.number, suppliers, amounts, reasons)
	return err
}

func insertSetOffs(ctx context.Context, tx pgx.Tx, r *run) error {
	var suppliers []uuid.UUID
	var seasons []string
	var revisions []int32
	var amounts []int64
	for _, d := range r.dues {
		for _, l := range d.setOff {
			suppliers, seasons = append(suppliers, d.supplier), append(seasons, l.Season)
			revisions, amounts = append(revisions, int32(l.Revision)), append(amounts, int64(l.Amount))
		}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_set_off (distribution, supplier_id, season, revision, amount)
		SELECT $1, w.* FROM unnest($2::uuid[], $3::text[], $4::integer[], $5::bigint[]) w`,
		r.number, suppliers, seasons, revisions, amounts)
	return err
}

func insertBatches(ctx context.Context, tx pgx.Tx, r *run) error {
	rows := make([][]any, len(r.batches))
	for i, b := range r.batches {
		rows[i] = []any{r.number, int32(i + 1), b.Memo}
	}
	return copyRows(ctx, tx, "distribution_batch", []string{"distribution", "number", "memo"}, rows)
}

func insertBatchPayouts(ctx context.Context, tx pgx.Tx, r *run) error {
	var rows [][]any
	for i, b := range r.batches {
		for _, t := range b.Transfers {
			number, err := payoutNumber(r.id, t.Payout)
			if err != nil {
				return err
			}
			rows = append(rows, []any{r.number, int32(i + 1), int32(number)})
		}
	}
	return copyRows(ctx, tx, "distribution_batch_payout", []string{"distribution", "batch", "payout"}, rows)
}

func insertTrees(ctx context.Context, tx pgx.Tx, r *run) error {
	var numbers, nodes []int32
	var roots [][]byte
	var totals []int64
	for _, t := range r.grown {
		root := t.tree.Root()
		numbers, roots = append(numbers, int32(t.number)), append(roots, root[:])
		nodes, totals = append(nodes, int32(len(t.tree.Leaves()))), append(totals, int64(t.total))
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_tree (distribution, number, root, nodes, total)
		SELECT $1, w.* FROM unnest($2::integer[], $3::bytea[], $4::integer[], $5::bigint[]) w`,
		r.number, numbers, roots, nodes, totals)
	return err
}

func insertTreePayouts(ctx context.Context, tx pgx.Tx, r *run) error {
	var payouts, trees []int32
	for _, t := range r.grown {
		for _, payout := range t.payouts {
			payouts, trees = append(payouts, int32(payout)), append(trees, int32(t.number))
		}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_tree_payout (distribution, payout, tree)
		SELECT $1, w.* FROM unnest($2::integer[], $3::integer[]) w`, r.number, payouts, trees)
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

// distributionColumns are what scanDistribution reads of distribution d, its
// approval a, the request to cancel it c and the approval of that k.
const distributionColumns = `d.number, d.id, d.key, d.reason, coalesce(d.rail, ''), d.source, d.minimum_asked, d.minimum, d.payees, d.total,
	d.journal, d.manifest_sha256, d.prepared_by, d.prepared_at, coalesce(a.approved_by, 0), a.recorded_at,
	(SELECT count(*) FROM distribution_export e WHERE e.distribution = d.number), coalesce(x.exported_by, 0), x.recorded_at,
	(SELECT count(*) FROM distribution_payout_end e WHERE e.distribution = d.number),
	coalesce(c.asked_by, 0), coalesce(c.reason, ''), coalesce(c.unpaid, false), k.approved_by IS NOT NULL
	FROM distribution d
	LEFT JOIN distribution_approval a ON a.distribution = d.number
	LEFT JOIN distribution_cancel c ON c.distribution = d.number
	LEFT JOIN distribution_cancel_approval k ON k.distribution = d.number
	LEFT JOIN LATERAL (SELECT exported_by, recorded_at FROM distribution_export e WHERE e.distribution = d.number ORDER BY e.id DESC LIMIT 1) x ON true`

func scanDistribution(row pgx.CollectableRow) (d Distribution, err error) {
	var manifest []byte
	var approvedAt, exportedAt *time.Time
	var cancelled bool
	err = row.Scan(&d.number, &d.ID, &d.Key, &d.Reason, &d.Rail, &d.Source, &d.minimumAsked, &d.Minimum, &d.Payees, &d.Total,
		&d.Journal, &manifest, &d.PreparedBy, &d.PreparedAt, &d.ApprovedBy, &approvedAt, &d.Exports, &d.ExportedBy, &exportedAt, &d.Ended,
		&d.CancelAsked.By, &d.CancelAsked.Reason, &d.CancelAsked.Unpaid, &cancelled)
	copy(d.Manifest[:], manifest)
	d.PreparedAt = d.PreparedAt.UTC()
	if approvedAt != nil {
		d.ApprovedAt = approvedAt.UTC()
	}
	if exportedAt != nil {
		d.ExportedAt = exportedAt.UTC()
	}
	d.State = d.stateOf(cancelled)
	return d, err
}

func distributionByKey(ctx context.Context, tx pgx.Tx, key string) (Distribution, error) {
	rows, err := tx.Query(ctx, `SELECT `+distributionColumns+` WHERE d.key = $1`, key)
	return theDistribution(ctx, tx, rows, err)
}

func distributionByID(ctx context.Context, tx pgx.Tx, id string) (Distribution, error) {
	rows, err := tx.Query(ctx, `SELECT `+distributionColumns+` WHERE d.id = $1`, id)
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
	rows, err := tx.Query(ctx, `SELECT `+distributionColumns+` ORDER BY d.number`)
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
		SELECT r.reason, count(DISTINCT c.supplier_id), coalesce(sum(c.amount), 0)::bigint
		FROM unnest($2::text[]) WITH ORDINALITY r (reason, place)
		LEFT JOIN (
			SELECT supplier_id, amount, reason FROM distribution_carried WHERE distribution = $1
			UNION ALL
			SELECT supplier_id, amount, $3 FROM distribution_set_off WHERE distribution = $1) c ON c.reason = r.reason
		GROUP BY r.reason, r.place ORDER BY r.place`, distribution, carryReasons, SetOff)
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

// payoutStandings says of the payouts of distribution $1 with the numbers $2, or of all
// if they are null, how far each has come. Of a payout's attempts the latest counts:
// those before it ended without paying.
const payoutStandings = `
	latest AS (
		SELECT DISTINCT ON (payout) payout, attempt FROM distribution_payout_attempt
		WHERE distribution = $1 AND ($2::integer[] IS NULL OR payout = ANY ($2)) ORDER BY payout, turn DESC),
	standing AS (
		SELECT p.number, p.supplier_id, p.wallet, p.amount,
			CASE WHEN e.outcome IS NOT NULL THEN e.outcome
				WHEN l.attempt IS NOT NULL AND ae.outcome IS NULL THEN 'live'
				WHEN ae.outcome = 'landed' THEN 'landed'
				WHEN s.payout IS NOT NULL THEN 'aside'
				ELSE 'waiting' END AS state,
			coalesce(e.signature, ae.signature, sg.signature, '') AS signature,
			coalesce(s.reason || ': ' || s.detail, ae.detail, '') AS detail
		FROM distribution_payout p
		LEFT JOIN distribution_payout_end e ON (e.distribution, e.payout) = (p.distribution, p.number)
		LEFT JOIN distribution_aside s ON (s.distribution, s.payout) = (p.distribution, p.number)
		LEFT JOIN latest l ON l.payout = p.number
		LEFT JOIN distribution_attempt_signed sg ON sg.attempt = l.attempt
		LEFT JOIN distribution_attempt_end ae ON ae.attempt = l.attempt
		WHERE p.distribution = $1 AND ($2::integer[] IS NULL OR p.number = ANY ($2)))`

// payoutStatuses returns how far the payouts of these numbers have come, or all if
// they are nil, in the order of their numbers.
func payoutStatuses(ctx context.Context, tx pgx.Tx, distribution int64, numbers []int) ([]PayoutStatus, error) {
	rows, err := tx.Query(ctx, `
		WITH `+payoutStandings+`
		SELECT number, supplier_id, wallet, amount, state, signature, detail FROM standing ORDER BY number`, distribution, numbers)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p PayoutStatus, err error) {
		err = row.Scan(&p.Number, &p.Supplier, &p.Wallet, &p.Amount, &p.State, &p.Signature, &p.Detail)
		return p, err
	})
}

// payoutTotals counts the distribution's payouts by their states.
func payoutTotals(ctx context.Context, tx pgx.Tx, distribution int64) ([]Progress, error) {
	rows, err := tx.Query(ctx, `
		WITH `+payoutStandings+`
		SELECT state, count(*), sum(amount)::bigint FROM standing GROUP BY state`, distribution, nil)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Progress, err error) {
		err = row.Scan(&p.State, &p.Payouts, &p.Amount)
		return p, err
	})
}

// openPayouts returns the supplier's payouts that have not ended.
func openPayouts(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) ([]openPayout, error) {
	rows, err := tx.Query(ctx, `
		SELECT d.id, p.number FROM distribution_payout p JOIN distribution d ON d.number = p.distribution
		LEFT JOIN distribution_payout_end e ON (e.distribution, e.payout) = (p.distribution, p.number)
		WHERE p.supplier_id = $1 AND e.payout IS NULL ORDER BY p.distribution`, supplier)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o openPayout, err error) {
		err = row.Scan(&o.distribution, &o.number)
		return o, err
	})
}

func countAside(ctx context.Context, tx pgx.Tx, distribution int64) (count int64, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM distribution_aside WHERE distribution = $1`, distribution).Scan(&count)
	return count, err
}

// insertAside sets the payouts aside that are not.
func insertAside(ctx context.Context, tx pgx.Tx, distribution int64, payouts []int, reason AsideReason, detail string, actor int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_aside (distribution, payout, reason, detail, set_by)
		SELECT $1, payout, $3, $4, nullif($5, 0) FROM unnest($2::integer[]) payout
		ON CONFLICT (distribution, payout) DO NOTHING`, distribution, payouts, string(reason), detail, actor)
	return err
}

func insertEnds(ctx context.Context, tx pgx.Tx, distribution, journal int64, all []ended) error {
	var payouts []int32
	var signatures, evidence []string
	for _, p := range all {
		payouts = append(payouts, int32(p.Number))
		signatures, evidence = append(signatures, p.by.Signature), append(evidence, string(p.by.Evidence))
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_payout_end (distribution, payout, outcome, journal, signature, evidence)
		SELECT $1, payout, CASE signature WHEN '' THEN 'returned' ELSE 'paid' END, $2, nullif(signature, ''),
			CASE WHEN signature <> '' THEN evidence END
		FROM unnest($3::integer[], $4::text[], $5::text[]) w (payout, signature, evidence)`,
		distribution, journal, payouts, signatures, evidence)
	return err
}

func insertExport(ctx context.Context, tx pgx.Tx, distribution, actor int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO distribution_export (distribution, exported_by) VALUES ($1, $2)`, distribution, actor)
	return err
}

func insertCancel(ctx context.Context, tx pgx.Tx, distribution int64, asked Cancel) error {
	_, err := tx.Exec(ctx, `INSERT INTO distribution_cancel (distribution, asked_by, reason, unpaid) VALUES ($1, $2, $3, $4)`,
		distribution, asked.By, asked.Reason, asked.Unpaid)
	return err
}

func insertCancelApproval(ctx context.Context, tx pgx.Tx, d Distribution, actor int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO distribution_cancel_approval (distribution, asked_by, approved_by) VALUES ($1, $2, $3)`,
		d.number, d.CancelAsked.By, actor)
	return err
}

func cancelApprovedBy(ctx context.Context, tx pgx.Tx, distribution int64) (person int64, err error) {
	err = tx.QueryRow(ctx, `SELECT approved_by FROM distribution_cancel_approval WHERE distribution = $1`, distribution).Scan(&person)
	return person, err
}

// payoutsBefore returns what the newest distribution that was not cancelled pays, by
// supplier, and its id, "" if there is none.
func payoutsBefore(ctx context.Context, tx pgx.Tx) (payouts map[uuid.UUID]Payee, id string, err error) {
	rows, err := tx.Query(ctx, `
		SELECT 'd' || p.distribution, p.supplier_id, p.wallet, p.amount FROM distribution_payout p
		WHERE p.distribution = (
			SELECT max(d.number) FROM distribution d
			WHERE NOT EXISTS (SELECT FROM distribution_cancel c WHERE c.distribution = d.number))`)
	if err != nil {
		return nil, "", err
	}
	payouts = map[uuid.UUID]Payee{}
	var p Payee
	_, err = pgx.ForEachRow(rows, []any{&id, &p.Supplier, &p.Wallet, &p.Amount}, func() error {
		payouts[p.Supplier] = p
		return nil
	})
	return payouts, id, err
}

func treesOf(ctx context.Context, tx pgx.Tx, id string) ([]Tree, error) {
	rows, err := tx.Query(ctx, `
		SELECT t.number, t.id, t.root, t.nodes, t.total, array_agg(p.payout ORDER BY p.payout)
		FROM distribution d
		JOIN distribution_tree t ON t.distribution = d.number
		JOIN distribution_tree_payout p ON (p.distribution, p.tree) = (t.distribution, t.number)
		WHERE d.id = $1
		GROUP BY t.distribution, t.number ORDER BY t.number`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Tree, err error) {
		var root []byte
		err = row.Scan(&t.Number, &t.ID, &root, &t.Nodes, &t.Total, &t.Payouts)
		copy(t.Root[:], root)
		return t, err
	})
}

func exportedTo(ctx context.Context, tx pgx.Tx, id string, person int64) (given bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM distribution_export e JOIN distribution d ON d.number = e.distribution
			WHERE d.id = $1 AND e.exported_by = $2)`, id, person).Scan(&given)
	return given, err
}
