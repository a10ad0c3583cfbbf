package settle

import (
	"context"
	"errors"
	"time"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution"
)

// paidElsewhere returns those of the signatures that paid payouts of other
// distributions, and one payout of each.
func paidElsewhere(ctx context.Context, tx pgx.Tx, id string, signatures []string) (map[string]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT e.signature, min('d' || e.distribution || '-' || e.payout)
		FROM distribution_payout_end e JOIN distribution d ON d.number = e.distribution
		WHERE e.signature = ANY ($2) AND d.id <> $1
		GROUP BY e.signature`, id, signatures)
	if err != nil {
		return nil, err
	}
	return collectPairs(rows)
}

// knownSignatures returns those of the signatures that paid payouts, or were signed
// to.
func knownSignatures(ctx context.Context, tx pgx.Tx, signatures []string) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `
		SELECT signature FROM distribution_payout_end WHERE signature = ANY ($1)
		UNION SELECT signature FROM distribution_attempt_signed WHERE signature = ANY ($1)`, signatures)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	var signature string
	_, err = pgx.ForEachRow(rows, []any{&signature}, func() error {
		known[signature] = true
		return nil
	})
	return known, err
}

// landedAttempts returns the attempts of the distribution that landed and of which
// a payout is not settled, with the numbers of all their payouts.
func landedAttempts(ctx context.Context, tx pgx.Tx, id string) ([]attempt, error) {
	rows, err := tx.Query(ctx, `
		SELECT e.attempt, b.id, b.memo, e.signature, array_agg(t.payout ORDER BY t.payout)
		FROM distribution d
		JOIN distribution_attempt a ON a.distribution = d.number
		JOIN distribution_attempt_end e ON e.attempt = a.id AND e.outcome = 'landed'
		JOIN distribution_batch b ON (b.distribution, b.number) = (a.distribution, a.batch)
		JOIN distribution_payout_attempt t ON t.attempt = a.id
		LEFT JOIN distribution_payout_end p ON (p.distribution, p.payout) = (t.distribution, t.payout)
		WHERE d.id = $1
		GROUP BY e.attempt, b.id, b.memo, e.signature
		HAVING count(p.payout) < count(t.payout)
		ORDER BY e.attempt`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a attempt, err error) {
		var numbers []int
		err = row.Scan(&a.id, &a.batch, &a.memo, &a.signature, &numbers)
		for _, number := range numbers {
			a.payouts = append(a.payouts, distribution.PayoutStatus{Payout: distribution.Payout{Number: number}})
		}
		return a, err
	})
}

// settleable returns the distributions with a landed attempt, or with something aside
// while no files are out, that is not settled.
func settleable(ctx context.Context, tx pgx.Tx) ([]Due, error) {
	rows, err := tx.Query(ctx, `
		SELECT d.id, a.approved_by
		FROM distribution d JOIN distribution_approval a ON a.distribution = d.number
		WHERE d.rail = 'transactions' AND (
			EXISTS (
				SELECT FROM distribution_attempt t
				JOIN distribution_attempt_end te ON te.attempt = t.id AND te.outcome = 'landed'
				JOIN distribution_payout_attempt p ON p.attempt = t.id
				LEFT JOIN distribution_payout_end e ON (e.distribution, e.payout) = (p.distribution, p.payout)
				WHERE t.distribution = d.number AND e.payout IS NULL)
			OR NOT EXISTS (SELECT FROM distribution_export x WHERE x.distribution = d.number) AND EXISTS (
				SELECT FROM distribution_aside s
				LEFT JOIN distribution_payout_end e ON (e.distribution, e.payout) = (s.distribution, s.payout)
				WHERE s.distribution = d.number AND e.payout IS NULL))
		ORDER BY d.number`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Due])
}

// batchMemos returns the ids of the distribution's batches by their memos.
func batchMemos(ctx context.Context, tx pgx.Tx, id string) (map[string]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT b.memo, b.id FROM distribution_batch b JOIN distribution d ON d.number = b.distribution WHERE d.id = $1`, id)
	if err != nil {
		return nil, err
	}
	return collectPairs(rows)
}

// insertFunding records a tree's funding unless it, or its vault, is on record.
func insertFunding(ctx context.Context, tx pgx.Tx, f Funding, evidence distribution.Evidence, actor int64) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO distribution_tree_funding (distribution, tree, vault, signature, evidence, recorded_by)
		SELECT distribution, number, $2, $3, $4, $5 FROM distribution_tree WHERE id = $1
		ON CONFLICT DO NOTHING`, f.Tree, f.Vault, f.Signature, string(evidence), actor)
	return err
}

// fundingOf returns the funding of a tree, if there is one.
func fundingOf(ctx context.Context, tx pgx.Tx, tree string) (f Funding, found bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT t.id, f.vault, f.signature FROM distribution_tree_funding f
		JOIN distribution_tree t ON (t.distribution, t.number) = (f.distribution, f.tree) WHERE t.id = $1`, tree).Scan(&f.Tree, &f.Vault, &f.Signature)
	if errors.Is(err, pgx.ErrNoRows) {
		return Funding{}, false, nil
	}
	return f, err == nil, err
}

// treePlaces returns where in trees those stand whose proofs are asked for.
func treePlaces(ctx context.Context, tx pgx.Tx, whose Whose) ([]place, error) {
	rows, err := tx.Query(ctx, `
		SELECT d.id, t.id, p.wallet
		FROM distribution_payout p
		JOIN distribution d ON d.number = p.distribution
		JOIN distribution_tree_payout tp ON (tp.distribution, tp.payout) = (p.distribution, p.number)
		JOIN distribution_tree t ON (t.distribution, t.number) = (tp.distribution, tp.tree)
		WHERE ($1 <> '' AND p.id = $1) OR ($2 <> '' AND p.wallet = $2)
			OR ($3::uuid <> '00000000-0000-0000-0000-000000000000' AND p.supplier_id = $3)
		GROUP BY d.number, d.id, t.number, t.id, p.wallet ORDER BY d.number, t.number, p.wallet`, whose.Payout, whose.Wallet, whose.Supplier)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (at place, err error) {
		err = row.Scan(&at.distribution, &at.tree, &at.wallet)
		return at, err
	})
}

func clock(ctx context.Context, tx pgx.Tx) (now time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	return now.UTC(), err
}

// readParts returns all payouts, or those of one supplier, in the order of the
// distributions and of their numbers.
func readParts(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) ([]Part, error) {
	rows, err := tx.Query(ctx, `
		SELECT p.id, p.supplier_id, p.wallet, p.amount, coalesce(e.outcome, 'waiting'), coalesce(e.signature, ''), coalesce(e.evidence, '')
		FROM distribution_payout p
		LEFT JOIN distribution_payout_end e ON (e.distribution, e.payout) = (p.distribution, p.number)
		WHERE $1::uuid = '00000000-0000-0000-0000-000000000000' OR p.supplier_id = $1
		ORDER BY p.distribution, p.number`, supplier)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Part, err error) {
		err = row.Scan(&p.Payout, &p.Supplier, &p.Wallet, &p.Amount, &p.State, &p.Signature, &p.Evidence)
		return p, err
	})
}

// openAttempts returns the attempts that are live, that landed and are not settled,
// or that expired, of all or for one supplier, in their order.
func openAttempts(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) ([]Open, error) {
	rows, err := tx.Query(ctx, `
		SELECT b.id, coalesce(e.outcome, 'live'), coalesce(s.signature, ''), coalesce(e.recorded_at, a.recorded_at), coalesce(e.detail, ''),
			count(*), sum(p.amount)::bigint
		FROM distribution_attempt a
		JOIN distribution_batch b ON (b.distribution, b.number) = (a.distribution, a.batch)
		JOIN distribution_payout_attempt t ON t.attempt = a.id
		JOIN distribution_payout p ON (p.distribution, p.number) = (t.distribution, t.payout)
		LEFT JOIN distribution_attempt_signed s ON s.attempt = a.id
		LEFT JOIN distribution_attempt_end e ON e.attempt = a.id
		LEFT JOIN distribution_payout_end pe ON (pe.distribution, pe.payout) = (t.distribution, t.payout)
		WHERE ($1::uuid = '00000000-0000-0000-0000-000000000000' OR p.supplier_id = $1)
			AND (e.outcome IS NULL OR e.outcome = 'expired' OR e.outcome = 'landed' AND pe.payout IS NULL)
		GROUP BY a.id, b.id, e.outcome, s.signature, e.recorded_at, a.recorded_at, e.detail
		ORDER BY a.id`, supplier)
	if err != nil {
		return nil, err
	}
	open, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o Open, err error) {
		err = row.Scan(&o.Batch, &o.State, &o.Signature, &o.Since, &o.Detail, &o.Payouts, &o.Total)
		o.Since = o.Since.UTC()
		return o, err
	})
	return append([]Open{}, open...), err
}

// signedAttempts returns every attempt whose signature is known, by it.
func signedAttempts(ctx context.Context, tx pgx.Tx) (map[string]signedAttempt, error) {
	rows, err := tx.Query(ctx, `
		SELECT coalesce(e.signature, s.signature), b.id, coalesce(e.outcome, ''), coalesce(e.detail, '')
		FROM distribution_attempt a
		JOIN distribution_batch b ON (b.distribution, b.number) = (a.distribution, a.batch)
		LEFT JOIN distribution_attempt_signed s ON s.attempt = a.id
		LEFT JOIN distribution_attempt_end e ON e.attempt = a.id
		WHERE coalesce(e.signature, s.signature) IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	attempts := map[string]signedAttempt{}
	var signature string
	var a signedAttempt
	_, err = pgx.ForEachRow(rows, []any{&signature, &a.batch, &a.outcome, &a.detail}, func() error {
		attempts[signature] = a
		return nil
	})
	return attempts, err
}

func allFundings(ctx context.Context, tx pgx.Tx) ([]treeFunding, error) {
	rows, err := tx.Query(ctx, `
		SELECT t.id, f.vault, f.signature, t.total FROM distribution_tree_funding f
		JOIN distribution_tree t ON (t.distribution, t.number) = (f.distribution, f.tree) ORDER BY f.distribution, f.tree`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f treeFunding, err error) {
		if err := row.Scan(&f.Tree, &f.Vault, &f.Signature, &f.total); err != nil {
			return f, err
		}
		f.vault, err = solanago.PublicKeyFromBase58(f.Vault)
		return f, err
	})
}

// collectPairs returns rows of two texts as a map.
func collectPairs(rows pgx.Rows) (map[string]string, error) {
	pairs := map[string]string{}
	var key, value string
	_, err := pgx.ForEachRow(rows, []any{&key, &value}, func() error {
		pairs[key] = value
		return nil
	})
	return pairs, err
}
