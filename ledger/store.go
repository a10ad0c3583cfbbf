package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// accountRow is what a posting needs to know of an account; id 0 is none.
type accountRow struct {
	id      int64
	balance Amount
}

func lockJournals(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('ledger_journal'))`)
	return err
}

func lockJournalsShared(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared(hashtext('ledger_journal'))`)
	return err
}

func clock(ctx context.Context, tx pgx.Tx) (now time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	return now.UTC(), err
}

// insertAccounts opens accounts that do not exist yet, and returns their ids in
// their order. Whoever calls it holds the lock of journals, so nobody else opens them
// meanwhile. That rows are returned in the order in which they were inserted is
// Postgres's habit and not its promise: were it to break it, the paths of the
// transfers would be others, and so would their digest, which the posting checks.
func insertAccounts(ctx context.Context, tx pgx.Tx, accounts []Account) ([]int64, error) {
	kinds := make([]string, len(accounts))
	seasons := make([]pgtype.Text, len(accounts))
	suppliers := make([]pgtype.UUID, len(accounts))
	for i, a := range accounts {
		kinds[i] = string(a.kind)
		switch a.kind {
		case KindTreasury:
		case KindPool, KindReserve:
			seasons[i] = pgtype.Text{String: a.season, Valid: true}
		default:
			suppliers[i] = pgtype.UUID{Bytes: a.supplier, Valid: true}
		}
	}
	rows, err := tx.Query(ctx, `
		INSERT INTO ledger_account (kind, season, supplier_id)
		SELECT kind, season, supplier_id
		FROM unnest($1::text[], $2::text[], $3::uuid[]) WITH ORDINALITY w (kind, season, supplier_id, place)
		ORDER BY place
		RETURNING id`,
		kinds, seasons, suppliers)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows(make([]int64, 0, len(accounts)), rows, pgx.RowTo[int64])
}

// accountsByPath returns a row for each path, in their order.
func accountsByPath(ctx context.Context, tx pgx.Tx, paths []string) ([]accountRow, error) {
	rows, err := tx.Query(ctx, `
		SELECT coalesce(a.id, 0), coalesce(a.balance, 0)
		FROM unnest($1::text[]) WITH ORDINALITY w (path, place)
		LEFT JOIN ledger_account a ON a.path = w.path
		ORDER BY w.place`, paths)
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows(make([]accountRow, 0, len(paths)), rows, func(row pgx.CollectableRow) (a accountRow, err error) {
		err = row.Scan(&a.id, &a.balance)
		return a, err
	})
}

func countAccounts(ctx context.Context, tx pgx.Tx) (count int64, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM ledger_account`).Scan(&count)
	return count, err
}

func insertJournal(ctx context.Context, tx pgx.Tx, j Journal) error {
	var payoutMinimum *Amount
	if j.Revision != 0 {
		payoutMinimum = &j.PayoutMinimum
	}
	var subject []byte
	if !j.SubjectDigest.IsZero() {
		subject = j.SubjectDigest[:]
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO ledger_journal (number, act, key, actor, reason, season, revision, subject_digest, payout_minimum,
			count, total, posted_at, transfers_digest, previous_digest, digest)
		VALUES ($1, $2, $3, $4, $5, nullif($6, ''), nullif($7, 0), $8, $9, $10, $11, $12, $13, $14, $15)`,
		j.Number, string(j.Act), j.Key, j.Actor, j.Reason, j.Season, j.Revision, subject, payoutMinimum,
		j.Count, j.Total, j.PostedAt, j.TransfersDigest[:], j.PreviousDigest[:], j.Digest[:])
	return err
}

// journalColumns are what scanJournal reads.
const journalColumns = `number, act, key, actor, reason, coalesce(season, ''), coalesce(revision, 0), subject_digest,
	coalesce(payout_minimum, 0), count, total, posted_at, transfers_digest, previous_digest, digest`

func scanJournal(row pgx.CollectableRow) (j Journal, err error) {
	var subject, transfers, previous, digest []byte
	err = row.Scan(&j.Number, &j.Act, &j.Key, &j.Actor, &j.Reason, &j.Season, &j.Revision, &subject,
		&j.PayoutMinimum, &j.Count, &j.Total, &j.PostedAt, &transfers, &previous, &digest)
	j.PostedAt = j.PostedAt.UTC()
	copy(j.SubjectDigest[:], subject)
	copy(j.TransfersDigest[:], transfers)
	copy(j.PreviousDigest[:], previous)
	copy(j.Digest[:], digest)
	return j, err
}

// journalIfAny returns the one journal of the rows, and whether there is one.
func journalIfAny(rows pgx.Rows, err error) (Journal, bool, error) {
	if err != nil {
		return Journal{}, false, err
	}
	journal, err := pgx.CollectExactlyOneRow(rows, scanJournal)
	if errors.Is(err, pgx.ErrNoRows) {
		return Journal{}, false, nil
	}
	return journal, err == nil, err
}

func journalByKey(ctx context.Context, tx pgx.Tx, key string) (Journal, bool, error) {
	return journalIfAny(tx.Query(ctx, `SELECT `+journalColumns+` FROM ledger_journal WHERE key = $1`, key))
}

func newestJournal(ctx context.Context, tx pgx.Tx) (Journal, bool, error) {
	return journalIfAny(tx.Query(ctx, `SELECT `+journalColumns+` FROM ledger_journal ORDER BY number DESC LIMIT 1`))
}

// wellFormed is what the table's own constraints say of a journal, as far as its digest
// rests on it: whoever takes them away can write what the digest does not tell apart,
// such as a reason that is none, or a time that is no moment.
const wellFormed = `number >= 1 AND act IS NOT NULL AND key IS NOT NULL AND actor IS NOT NULL AND reason IS NOT NULL
	AND season IS DISTINCT FROM '' AND (revision IS NULL OR revision >= 1)
	AND (subject_digest IS NULL OR length(subject_digest) = 32 AND subject_digest <> decode(repeat('00', 32), 'hex'))
	AND (payout_minimum IS NULL) = (revision IS NULL) AND count IS NOT NULL AND total IS NOT NULL AND isfinite(posted_at)
	AND length(transfers_digest) = 32 AND length(previous_digest) = 32 AND length(digest) = 32
	AND previous_number IS NOT DISTINCT FROM nullif(number - 1, 0)`

func wellFormedJournals(ctx context.Context, tx pgx.Tx) ([]Journal, error) {
	rows, err := tx.Query(ctx, `SELECT `+journalColumns+` FROM ledger_journal WHERE `+wellFormed+` ORDER BY number`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanJournal)
}

// malformedJournals returns a fault for each of the others.
func malformedJournals(ctx context.Context, tx pgx.Tx) ([]Fault, error) {
	rows, err := tx.Query(ctx, `
		SELECT coalesce(number, 0) FROM ledger_journal WHERE (`+wellFormed+`) IS NOT TRUE ORDER BY number`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Fault, error) {
		f := Fault{What: "it is malformed: a column is empty, or holds what no journal can"}
		return f, row.Scan(&f.Journal)
	})
}

func revisionJournals(ctx context.Context, tx pgx.Tx) ([]Journal, error) {
	rows, err := tx.Query(ctx, `SELECT `+journalColumns+` FROM ledger_journal WHERE revision IS NOT NULL ORDER BY number`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanJournal)
}

// insertTransfers stores the transfers of a journal, numbered from 1 in their order,
// and returns how many it stored. The amounts are in base units.
func insertTransfers(ctx context.Context, tx pgx.Tx, journal int64, debits, credits, amounts []int64) (int64, error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO ledger_transfer (journal, number, debit, credit, amount)
		SELECT $1, place::integer, debit, credit, amount
		FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY w (debit, credit, amount, place)`,
		journal, debits, credits, amounts)
	return tag.RowsAffected(), err
}

// addToBalances adds to each account's balance its change, and returns how many it
// found. All writers of balances hold the lock of journals, so the order in which
// rows are locked cannot make a deadlock.
func addToBalances(ctx context.Context, tx pgx.Tx, ids []int64, changes []Amount) (int64, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE ledger_account a SET balance = a.balance + w.change
		FROM unnest($1::bigint[], $2::bigint[]) w (id, change) WHERE a.id = w.id`, ids, changes)
	return tag.RowsAffected(), err
}

// transferSums adds up and digests the transfers of the journals first to last, by
// journal. How the digest is made stands at transfersDigest; what is none, which no
// constraint lets in, stands in it as "?".
func transferSums(ctx context.Context, tx pgx.Tx, first, last int64) (map[int64]transferSum, error) {
	rows, err := tx.Query(ctx, `
		WITH block AS (
			SELECT t.journal, (t.number::bigint - 1) / $3 AS place, count(*) AS count, max(t.number) AS last, sum(t.amount) AS total,
				min(t.number) FILTER (WHERE d.id IS NULL OR c.id IS NULL) AS adrift,
				sha256(convert_to(string_agg(coalesce(t.number::text, '?') || ' ' || coalesce(d.path, '?') || ' ' || coalesce(c.path, '?') || ' '
					|| coalesce(t.amount::text, '?') || chr(10), '' ORDER BY t.number), 'UTF8')) AS digest
			FROM ledger_transfer t
			LEFT JOIN ledger_account d ON d.id = t.debit
			LEFT JOIN ledger_account c ON c.id = t.credit
			WHERE t.journal BETWEEN $1 AND $2
			GROUP BY t.journal, place)
		SELECT journal, sum(count)::bigint, coalesce(max(last), 0), coalesce(sum(total), 0)::text, coalesce(min(adrift), 0),
			sha256(string_agg(digest, '' ORDER BY place))
		FROM block GROUP BY journal`, first, last, int64(transfersPerBlock))
	if err != nil {
		return nil, err
	}
	sums := map[int64]transferSum{}
	var s transferSum
	var digest []byte
	_, err = pgx.ForEachRow(rows, []any{&s.journal, &s.count, &s.last, &s.total, &s.adrift, &digest}, func() error {
		s.digest = Digest(digest)
		sums[s.journal] = s
		return nil
	})
	return sums, err
}

// storedTransfers returns the rows of one journal as they stand, in the order of their
// numbers.
func storedTransfers(ctx context.Context, tx pgx.Tx, journal int64) ([]storedTransfer, error) {
	rows, err := tx.Query(ctx, `
		SELECT coalesce(t.number, 0), coalesce(d.path, '?'), coalesce(c.path, '?'), coalesce(t.amount, 0)
		FROM ledger_transfer t
		LEFT JOIN ledger_account d ON d.id = t.debit
		LEFT JOIN ledger_account c ON c.id = t.credit
		WHERE t.journal = $1 ORDER BY t.number`, journal)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s storedTransfer, err error) {
		err = row.Scan(&s.number, &s.debit, &s.credit, &s.amount)
		return s, err
	})
}

// misfitAccounts returns a fault for each account whose balance is not the sum of
// its transfers, that goes by a path which its columns do not make, or that no
// transfer names. The sums are taken as numeric: a changed amount may be past what a
// bigint holds.
func misfitAccounts(ctx context.Context, tx pgx.Tx) ([]Fault, error) {
	rows, err := tx.Query(ctx, `
		SELECT coalesce(a.path, '?'), CASE
			WHEN a.balance IS DISTINCT FROM coalesce(m.sum, 0) THEN format('its balance is %s, but its transfers%s sum to %s base units',
				coalesce(a.balance::text, 'none'), ', the last in journal ' || m.last || ',', coalesce(m.sum, 0))
			WHEN a.path IS DISTINCT FROM made.path THEN format('its columns are those of %s', coalesce(made.path, 'no account'))
			ELSE 'no transfer names it, so no posting opened it' END
		FROM ledger_account a
		CROSS JOIN LATERAL (SELECT CASE
			WHEN a.kind = 'treasury' AND num_nulls(a.season, a.supplier_id) = 2 THEN a.kind
			WHEN a.kind IN ('pool', 'reserve') AND a.supplier_id IS NULL THEN 'season/' || a.season || '/' || a.kind
			WHEN a.kind <> 'treasury' AND a.season IS NULL THEN 'supplier/' || a.supplier_id || '/' || a.kind END AS path) made
		LEFT JOIN (
			SELECT account, sum(change) AS sum, max(journal) AS last
			FROM (SELECT credit AS account, amount AS change, journal FROM ledger_transfer
				UNION ALL SELECT debit, -amount::numeric, journal FROM ledger_transfer) moved
			GROUP BY account) m ON m.account = a.id
		WHERE a.balance IS DISTINCT FROM coalesce(m.sum, 0) OR a.path IS DISTINCT FROM made.path OR m.account IS NULL
		ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f Fault, err error) {
		err = row.Scan(&f.Account, &f.What)
		return f, err
	})
}

// insertVerification puts on record what was found; only the first faults are kept in
// words.
func insertVerification(ctx context.Context, tx pgx.Tx, r Report, first []string) error {
	var number *int64
	var digest []byte
	if r.Head != (Head{}) {
		number, digest = &r.Head.Number, r.Head.Digest[:]
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO ledger_verification (journals, transfers, accounts, head_number, head_digest, faults, first_faults)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.Journals, r.Transfers, r.Accounts, number, digest, len(r.Faults), first)
	return err
}

func lastVerification(ctx context.Context, tx pgx.Tx) (v Verification, found bool, err error) {
	var digest []byte
	err = tx.QueryRow(ctx, `
		SELECT recorded_at, journals, transfers, accounts, coalesce(head_number, 0), head_digest, faults, first_faults
		FROM ledger_verification ORDER BY id DESC LIMIT 1`).
		Scan(&v.At, &v.Journals, &v.Transfers, &v.Accounts, &v.Head.Number, &digest, &v.Faults, &v.First)
	v.At = v.At.UTC()
	copy(v.Head.Digest[:], digest)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, false, nil
	}
	return v, err == nil, err
}

// verifiedHeads returns the heads that were found without a fault, in their order.
func verifiedHeads(ctx context.Context, tx pgx.Tx) ([]Head, error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT head_number, head_digest FROM ledger_verification
		WHERE faults = 0 AND head_number IS NOT NULL ORDER BY head_number`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h Head, err error) {
		var digest []byte
		err = row.Scan(&h.Number, &digest)
		copy(h.Digest[:], digest)
		return h, err
	})
}

// scanAccount makes an account of its columns.
func scanAccount(kind, season string, supplier pgtype.UUID) Account {
	return Account{kind: Kind(kind), season: season, supplier: supplier.Bytes}
}

// balancesByPrefix returns at most so many balances, all if the limit is 0.
func balancesByPrefix(ctx context.Context, tx pgx.Tx, prefix, after string, limit int) ([]AccountBalance, error) {
	rows, err := tx.Query(ctx, `
		SELECT kind, coalesce(season, ''), supplier_id, balance FROM ledger_account
		WHERE path ^@ $1 AND path >= $1 AND path > $2 ORDER BY path LIMIT nullif($3, 0)`, prefix, after, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (b AccountBalance, err error) {
		var kind, season string
		var supplier pgtype.UUID
		err = row.Scan(&kind, &season, &supplier, &b.Balance)
		b.Account = scanAccount(kind, season, supplier)
		return b, err
	})
}

// holdings returns the balances above 0 of the suppliers' accounts of one kind.
func holdings(ctx context.Context, tx pgx.Tx, kind Kind, suppliers []uuid.UUID) (map[uuid.UUID]Amount, error) {
	rows, err := tx.Query(ctx, `
		SELECT supplier_id, balance FROM ledger_account
		WHERE kind = $1 AND supplier_id = ANY ($2) AND balance > 0`, string(kind), suppliers)
	if err != nil {
		return nil, err
	}
	return collectAmounts(rows)
}

// postedBy returns the change of earned - owing of each supplier by one journal.
func postedBy(ctx context.Context, tx pgx.Tx, season string, revision int) (map[uuid.UUID]Amount, error) {
	rows, err := tx.Query(ctx, `
		WITH moved AS (SELECT t.debit, t.credit, t.amount FROM ledger_journal j JOIN ledger_transfer t ON t.journal = j.number
			WHERE j.season = $1 AND j.revision = $2),
		change AS (SELECT credit AS account, amount FROM moved UNION ALL SELECT debit, -amount FROM moved)
		SELECT a.supplier_id, sum(CASE a.kind WHEN 'owing' THEN -c.amount ELSE c.amount END)::bigint
		FROM change c JOIN ledger_account a ON a.id = c.account
		WHERE a.kind IN ('earned', 'owing')
		GROUP BY a.supplier_id HAVING sum(CASE a.kind WHEN 'owing' THEN -c.amount ELSE c.amount END) <> 0`, season, revision)
	if err != nil {
		return nil, err
	}
	return collectAmounts(rows)
}

// givenInAll returns earned + transit + paid - owing of each supplier.
func givenInAll(ctx context.Context, tx pgx.Tx) (map[uuid.UUID]Amount, error) {
	rows, err := tx.Query(ctx, `
		SELECT supplier_id, sum(CASE kind WHEN 'owing' THEN -balance ELSE balance END)::bigint FROM ledger_account
		WHERE supplier_id IS NOT NULL
		GROUP BY supplier_id HAVING sum(CASE kind WHEN 'owing' THEN -balance ELSE balance END) <> 0`)
	if err != nil {
		return nil, err
	}
	return collectAmounts(rows)
}

// collectAmounts returns rows of a supplier and an amount.
func collectAmounts(rows pgx.Rows) (map[uuid.UUID]Amount, error) {
	var (
		amounts  = map[uuid.UUID]Amount{}
		supplier uuid.UUID
		amount   Amount
	)
	_, err := pgx.ForEachRow(rows, []any{&supplier, &amount}, func() error {
		amounts[supplier] = amount
		return nil
	})
	return amounts, err
}

// balanceBefore returns the sum of what moved before from; 0 if from is OpenEnd.
func balanceBefore(ctx context.Context, tx pgx.Tx, account int64, from time.Time) (balance Amount, err error) {
	err = tx.QueryRow(ctx, `
		SELECT coalesce(sum(CASE WHEN t.credit = $1 THEN t.amount ELSE -t.amount END), 0)::bigint
		FROM ledger_transfer t JOIN ledger_journal j ON j.number = t.journal
		WHERE (t.debit = $1 OR t.credit = $1) AND j.posted_at < $2`, account, orInfinity(from, pgtype.NegativeInfinity)).Scan(&balance)
	return balance, err
}

func statementLines(ctx context.Context, tx pgx.Tx, account int64, from, to time.Time) ([]StatementLine, error) {
	rows, err := tx.Query(ctx, `
		SELECT t.journal, t.number, j.act, j.posted_at, j.reason, coalesce(j.season, ''), coalesce(j.revision, 0),
			o.kind, coalesce(o.season, ''), o.supplier_id, CASE WHEN t.credit = $1 THEN t.amount ELSE -t.amount END
		FROM ledger_transfer t
		JOIN ledger_journal j ON j.number = t.journal
		JOIN ledger_account o ON o.id = CASE WHEN t.credit = $1 THEN t.debit ELSE t.credit END
		WHERE (t.debit = $1 OR t.credit = $1) AND j.posted_at >= $2 AND j.posted_at < $3
		ORDER BY t.journal, t.number`,
		account, orInfinity(from, pgtype.NegativeInfinity), orInfinity(to, pgtype.Infinity))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanStatementLine)
}

func scanStatementLine(row pgx.CollectableRow) (l StatementLine, err error) {
	var kind, season string
	var supplier pgtype.UUID
	err = row.Scan(&l.Journal, &l.Transfer, &l.Act, &l.PostedAt, &l.Reason, &l.Season, &l.Revision, &kind, &season, &supplier, &l.Change)
	l.PostedAt, l.Other = l.PostedAt.UTC(), scanAccount(kind, season, supplier)
	return l, err
}

// supplierStatementLines is statementLines for the supplier's database role: it reads
// no reasons, and of accounts that are no supplier's only their names.
func supplierStatementLines(ctx context.Context, tx pgx.Tx, account int64, from, to time.Time) ([]StatementLine, error) {
	rows, err := tx.Query(ctx, `
		SELECT t.journal, t.number, j.act, j.posted_at, '', coalesce(j.season, ''), coalesce(j.revision, 0),
			coalesce(o.kind, named.kind, ''), coalesce(named.season, ''), o.supplier_id, CASE WHEN t.credit = $1 THEN t.amount ELSE -t.amount END
		FROM ledger_transfer t
		JOIN ledger_journal j ON j.number = t.journal
		LEFT JOIN ledger_account o ON o.id = CASE WHEN t.credit = $1 THEN t.debit ELSE t.credit END
		LEFT JOIN LATERAL ledger_counterpart(CASE WHEN t.credit = $1 THEN t.debit ELSE t.credit END) named ON o.id IS NULL
		WHERE (t.debit = $1 OR t.credit = $1) AND j.posted_at >= $2 AND j.posted_at < $3
		ORDER BY t.journal, t.number`,
		account, orInfinity(from, pgtype.NegativeInfinity), orInfinity(to, pgtype.Infinity))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanStatementLine)
}

// orInfinity stands the infinity for OpenEnd.
func orInfinity(t time.Time, infinity pgtype.InfinityModifier) pgtype.Timestamptz {
	if t.IsZero() {
		return pgtype.Timestamptz{InfinityModifier: infinity, Valid: true}
	}
	return pgtype.Timestamptz{Time: t, Valid: true}
}

// earningsOfAll joins the rows of each supplier, which come together, into one. A
// balance that no revision credited has one row without a season.
func earningsOfAll(ctx context.Context, tx pgx.Tx) ([]Earning, error) {
	rows, err := tx.Query(ctx, `
		SELECT a.supplier_id, a.balance, coalesce(m.season, ''), coalesce(m.revision, 0), coalesce(sum(m.change), 0)::bigint
		FROM ledger_account a
		LEFT JOIN (
			SELECT t.account, j.number, j.season, j.revision, t.change
			FROM (SELECT journal, credit AS account, amount AS change FROM ledger_transfer
				UNION ALL SELECT journal, debit, -amount FROM ledger_transfer) t
			JOIN ledger_journal j ON j.number = t.journal AND j.revision IS NOT NULL) m ON m.account = a.id
		WHERE a.kind = 'earned' AND a.balance > 0
		GROUP BY a.supplier_id, a.balance, m.number, m.season, m.revision
		ORDER BY a.supplier_id, m.number`)
	if err != nil {
		return nil, err
	}
	var earnings []Earning
	var e Earning
	var c Credit
	_, err = pgx.ForEachRow(rows, []any{&e.Supplier, &e.Balance, &c.Season, &c.Revision, &c.Amount}, func() error {
		if n := len(earnings); n == 0 || earnings[n-1].Supplier != e.Supplier {
			earnings = append(earnings, e)
		}
		if last := &earnings[len(earnings)-1]; c.Season != "" {
			last.Credits = append(last.Credits, c)
		}
		return nil
	})
	return earnings, err
}

// movements calls f with what seals and corrections changed of earned + transit -
// owing, by supplier and span. width_bucket counts the ends before a journal.
func movements(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, ends []int64, f func(Movement)) error {
	rows, err := tx.Query(ctx, `
		WITH moved AS (
			SELECT t.journal, t.debit, t.credit, t.amount FROM ledger_transfer t
			JOIN ledger_journal j ON j.number = t.journal AND j.act IN ('seal', 'correct')),
		net AS (
			SELECT c.journal, a.supplier_id, sum(CASE a.kind WHEN 'owing' THEN -c.change ELSE c.change END)::bigint AS change
			FROM (SELECT journal, credit AS account, amount AS change FROM moved
				UNION ALL SELECT journal, debit, -amount FROM moved) c
			JOIN ledger_account a ON a.id = c.account AND a.kind IN ('earned', 'transit', 'owing')
			WHERE $1::uuid = '00000000-0000-0000-0000-000000000000' OR a.supplier_id = $1
			GROUP BY c.journal, a.supplier_id)
		SELECT supplier_id, CASE WHEN cardinality($2::bigint[]) = 0 THEN 0 ELSE width_bucket(journal - 1, $2::bigint[]) END AS span,
			sum(greatest(change, 0))::bigint, sum(greatest(-change, 0))::bigint
		FROM net WHERE change <> 0
		GROUP BY supplier_id, span ORDER BY supplier_id, span`, supplier, ends)
	if err != nil {
		return err
	}
	var m Movement
	_, err = pgx.ForEachRow(rows, []any{&m.Supplier, &m.Span, &m.Earned, &m.Reversed}, func() error {
		f(m)
		return nil
	})
	return err
}

// owedNow returns earned + transit - owing of each supplier, or of one.
func owedNow(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) (map[uuid.UUID]Amount, error) {
	rows, err := tx.Query(ctx, `
		SELECT supplier_id, sum(CASE kind WHEN 'owing' THEN -balance ELSE balance END)::bigint FROM ledger_account
		WHERE kind IN ('earned', 'transit', 'owing')
			AND ($1::uuid = '00000000-0000-0000-0000-000000000000' OR supplier_id = $1)
		GROUP BY supplier_id HAVING sum(CASE kind WHEN 'owing' THEN -balance ELSE balance END) <> 0`, supplier)
	if err != nil {
		return nil, err
	}
	return collectAmounts(rows)
}

func journalsBelow(ctx context.Context, tx pgx.Tx, number int64, limit int) ([]Journal, error) {
	rows, err := tx.Query(ctx, `SELECT `+journalColumns+` FROM ledger_journal
		WHERE $1::bigint = 0 OR number < $1 ORDER BY number DESC LIMIT $2`, number, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanJournal)
}

func journalsByReason(ctx context.Context, tx pgx.Tx, reason string) ([]Journal, error) {
	rows, err := tx.Query(ctx, `SELECT `+journalColumns+` FROM ledger_journal WHERE reason = $1 ORDER BY number`, reason)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanJournal)
}

// journalsBefore returns the numbers of the last journals that were posted before each
// of two moments, 0 for none; OpenEnd is before the first, and after the last.
func journalsBefore(ctx context.Context, tx pgx.Tx, from, to time.Time) (before, last int64, err error) {
	err = tx.QueryRow(ctx, `
		SELECT coalesce(max(number) FILTER (WHERE posted_at < $1), 0), coalesce(max(number) FILTER (WHERE posted_at < $2), 0)
		FROM ledger_journal`, orInfinity(from, pgtype.NegativeInfinity), orInfinity(to, pgtype.Infinity)).Scan(&before, &last)
	return before, last, err
}

// balanceAt returns the sum of what moved up to a position, inclusive.
func balanceAt(ctx context.Context, tx pgx.Tx, account int64, at Position) (balance Amount, err error) {
	err = tx.QueryRow(ctx, `
		SELECT coalesce(sum(CASE WHEN credit = $1 THEN amount ELSE -amount END), 0)::bigint FROM ledger_transfer
		WHERE (debit = $1 OR credit = $1) AND journal <= $2 AND (journal, number) <= ($2, $3)`, account, at.Journal, at.Transfer).Scan(&balance)
	return balance, err
}

// statementLinesAfter returns at most so many lines after a position, of journals up
// to the last, inclusive.
func statementLinesAfter(ctx context.Context, tx pgx.Tx, account int64, after Position, last int64, limit int) ([]StatementLine, error) {
	rows, err := tx.Query(ctx, `
		WITH moved AS (
			(SELECT journal, number, debit AS other, amount AS change FROM ledger_transfer
			WHERE credit = $1 AND journal >= $2 AND (journal, number) > ($2, $3) AND journal <= $4
			ORDER BY journal, number LIMIT $5)
			UNION ALL
			(SELECT journal, number, credit, -amount FROM ledger_transfer
			WHERE debit = $1 AND journal >= $2 AND (journal, number) > ($2, $3) AND journal <= $4
			ORDER BY journal, number LIMIT $5))
		SELECT t.journal, t.number, j.act, j.posted_at, j.reason, coalesce(j.season, ''), coalesce(j.revision, 0),
			o.kind, coalesce(o.season, ''), o.supplier_id, t.change
		FROM moved t JOIN ledger_journal j ON j.number = t.journal JOIN ledger_account o ON o.id = t.other
		ORDER BY t.journal, t.number LIMIT $5`, account, after.Journal, after.Transfer, last, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanStatementLine)
}
