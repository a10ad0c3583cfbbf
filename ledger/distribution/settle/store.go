package settle

import (
	"context"

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

// batchMemos returns the ids of the distribution's batches by their memos.
func batchMemos(ctx context.Context, tx pgx.Tx, id string) (map[string]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT b.memo, b.id FROM distribution_batch b JOIN distribution d ON d.number = b.distribution WHERE d.id = $1`, id)
	if err != nil {
		return nil, err
	}
	return collectPairs(rows)
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
