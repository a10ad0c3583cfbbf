package wallet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// lock lets one transaction at a time change wallets: so that a supplier's rows rise
// in time, and nothing is used or approved twice.
func lock(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('wallet'))`)
	return err
}

// lockFreezes lets one transaction at a time freeze the supplier, so that the freezes
// come to be seen in the order of their ids: a release lifts those up to one.
func lockFreezes(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('wallet freeze'), hashtext($1::text))`, supplier)
	return err
}

func clock(ctx context.Context, tx pgx.Tx) (now time.Time, err error) {
	err = tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	return now, err
}

// uniqueViolation is Postgres' code for a second row of one key.
const uniqueViolation = "23505"

func insertChallenge(ctx context.Context, tx pgx.Tx, t Text, actor int64) (Challenge, error) {
	c := Challenge{Text: t, IssuedBy: actor}
	err := tx.QueryRow(ctx, `
		INSERT INTO wallet_challenge (supplier_id, address, domain, nonce, issued_at, expires_at, text, issued_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING number, id`,
		t.Supplier, t.Wallet, t.Domain, t.Nonce.String(), t.Issued, t.Expires, t.String(), actor).Scan(&c.number, &c.ID)
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && refusal.Code == uniqueViolation {
		return c, fmt.Errorf("%w: nonce %s: give a new one", ErrUsed, t.Nonce)
	}
	return c, err
}

const challengeColumns = `number, id, text, issued_by`

func scanChallenge(row pgx.CollectableRow) (c Challenge, err error) {
	var text string
	if err = row.Scan(&c.number, &c.ID, &text, &c.IssuedBy); err != nil {
		return c, err
	}
	c.Text, err = ParseText(text)
	return c, err
}

func selectChallenge(ctx context.Context, tx pgx.Tx, id string) (Challenge, error) {
	rows, err := tx.Query(ctx, `SELECT `+challengeColumns+` FROM wallet_challenge WHERE id = $1`, id)
	if err != nil {
		return Challenge{}, err
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanChallenge)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, fmt.Errorf("%w: give the id that it was issued with, such as c1", ErrUnknownChallenge)
	}
	return c, err
}

func challengesByNonce(ctx context.Context, tx pgx.Tx, nonces []string) (map[Nonce]Challenge, error) {
	rows, err := tx.Query(ctx, `SELECT `+challengeColumns+` FROM wallet_challenge WHERE nonce = ANY ($1)`, nonces)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, scanChallenge)
	byNonce := make(map[Nonce]Challenge, len(all))
	for _, c := range all {
		byNonce[c.Nonce] = c
	}
	return byNonce, err
}

// usedNonces returns those that a proof was recorded with.
func usedNonces(ctx context.Context, tx pgx.Tx, nonces []string) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `SELECT nonce FROM wallet_proof WHERE nonce = ANY ($1)`, nonces)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	used := make(map[string]bool, len(all))
	for _, nonce := range all {
		used[nonce] = true
	}
	return used, err
}

func insertProofs(ctx context.Context, tx pgx.Tx, entries []Entry, o Proof) error {
	var nonces, texts, forms []string
	var suppliers []uuid.UUID
	var addresses []Wallet
	var challenges []int64
	var signatures [][]byte
	for i := range entries {
		e := &entries[i]
		nonces, suppliers, addresses = append(nonces, e.Nonce.String()), append(suppliers, e.Supplier), append(addresses, e.Wallet)
		challenges, texts = append(challenges, e.challenge), append(texts, e.String())
		forms, signatures = append(forms, string(e.Form)), append(signatures, e.Signature[:])
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO wallet_proof (nonce, supplier_id, address, challenge, text, form, signature, recorded_by, recorded_at)
		SELECT nonce, supplier_id, address, nullif(challenge, 0), text, form, signature, $8, $9
		FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bytea[])
			w (nonce, supplier_id, address, challenge, text, form, signature)`,
		nonces, suppliers, addresses, challenges, texts, forms, signatures, o.Actor, o.Now)
	return err
}

// insertProved records that the entries' wallets were proved.
func insertProved(ctx context.Context, tx pgx.Tx, entries []Entry, o Proof) error {
	var suppliers []uuid.UUID
	var addresses []Wallet
	for i := range entries {
		suppliers, addresses = append(suppliers, entries[i].Supplier), append(addresses, entries[i].Wallet)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO wallet_event (supplier_id, kind, address, person, recorded_at)
		SELECT supplier_id, $3, address, $4, $5
		FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY w (supplier_id, address, place) ORDER BY place`,
		suppliers, addresses, string(EventProved), o.Actor, o.Now)
	return err
}

// insertWallets records the wallets, and that each waits or counts.
func insertWallets(ctx context.Context, tx pgx.Tx, rows []row, o Proof) error {
	var suppliers []uuid.UUID
	var addresses []Wallet
	var nonces []string
	var allowances []int64
	var from []time.Time
	for _, r := range rows {
		suppliers, addresses, nonces = append(suppliers, r.supplier), append(addresses, r.wallet), append(nonces, r.nonce)
		allowances, from = append(allowances, r.allowance), append(from, r.activeFrom)
	}
	_, err := tx.Exec(ctx, `
		WITH added AS (
			INSERT INTO wallet (supplier_id, address, nonce, allowance, active_from, recorded_at)
			SELECT w.supplier_id, w.address, nullif(w.nonce, ''), nullif(w.allowance, 0), w.active_from, $6
			FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[]) WITH ORDINALITY
				w (supplier_id, address, nonce, allowance, active_from, place)
			ORDER BY w.place
			RETURNING id, supplier_id, address, active_from
		)
		INSERT INTO wallet_event (supplier_id, kind, address, wallet, active_from, person, recorded_at)
		SELECT supplier_id, CASE WHEN active_from <= $6 THEN 'activated' ELSE 'pending' END, address, id, active_from, $7, $6
		FROM added ORDER BY id`, suppliers, addresses, nonces, allowances, from, o.Now, o.Actor)
	return err
}

// countedWallets says of every wallet whether it stands: no other was recorded during
// its hold.
const countedWallets = `
	counted AS (
		SELECT *, coalesce(lead(recorded_at) OVER (PARTITION BY supplier_id ORDER BY id) >= active_from, true) AS stands
		FROM wallet WHERE $2::uuid[] IS NULL OR supplier_id = ANY ($2)
	)`

// frozenSuppliers are those whose last freeze is after the last that was released.
const frozenSuppliers = `
	frozen AS (
		SELECT f.supplier_id, max(f.id) AS last FROM wallet_freeze f
		WHERE $2::uuid[] IS NULL OR f.supplier_id = ANY ($2) GROUP BY f.supplier_id
		HAVING max(f.id) > coalesce((
			SELECT max(r.lifts) FROM wallet_release r JOIN wallet_release_approval a ON a.release = r.id
			WHERE r.supplier_id = f.supplier_id), 0)
	)`

// currents returns the wallets of the suppliers that count, or wait to.
func currents(ctx context.Context, tx pgx.Tx, at time.Time, suppliers []uuid.UUID) (map[uuid.UUID]current, error) {
	rows, err := tx.Query(ctx, `
		WITH `+countedWallets+`
		SELECT supplier_id,
			coalesce((array_agg(address ORDER BY id DESC) FILTER (WHERE active_from <= $1))[1], ''),
			coalesce((array_agg(address ORDER BY id DESC) FILTER (WHERE active_from > $1))[1], '')
		FROM counted WHERE stands GROUP BY supplier_id`, at, suppliers)
	if err != nil {
		return nil, err
	}
	all := map[uuid.UUID]current{}
	var supplier pgtype.UUID
	var c current
	_, err = pgx.ForEachRow(rows, []any{&supplier, &c.active, &c.pending}, func() error {
		all[supplier.Bytes] = c
		return nil
	})
	return all, err
}

func selectStandings(ctx context.Context, tx pgx.Tx, at time.Time) (map[uuid.UUID]Standing, error) {
	rows, err := tx.Query(ctx, `
		WITH `+countedWallets+`, `+frozenSuppliers+`, standing AS (
			SELECT supplier_id,
				coalesce((array_agg(address ORDER BY id DESC) FILTER (WHERE active_from <= $1))[1], '') AS active,
				bool_or(active_from > $1) AS pending
			FROM counted WHERE stands GROUP BY supplier_id
		), known AS (
			SELECT supplier_id FROM standing UNION SELECT supplier_id FROM supplier_wallet UNION SELECT supplier_id FROM frozen
		)
		SELECT k.supplier_id, coalesce(s.active, ''), coalesce(s.pending, false), f.supplier_id IS NOT NULL
		FROM known k LEFT JOIN standing s USING (supplier_id) LEFT JOIN frozen f USING (supplier_id)`, at, nil)
	if err != nil {
		return nil, err
	}
	all := map[uuid.UUID]Standing{}
	var supplier pgtype.UUID
	var active Wallet
	var pending, frozen bool
	_, err = pgx.ForEachRow(rows, []any{&supplier, &active, &pending, &frozen}, func() error {
		all[supplier.Bytes] = standingOf(active, frozen, pending)
		return nil
	})
	return all, err
}

// suppliersAfter returns at most so many suppliers who ever had a wallet or were
// frozen, by id, those after one.
func suppliersAfter(ctx context.Context, tx pgx.Tx, after uuid.UUID, limit int) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, `
		SELECT supplier_id FROM wallet WHERE supplier_id > $1
		UNION SELECT supplier_id FROM supplier_wallet WHERE supplier_id > $1
		UNION SELECT supplier_id FROM wallet_freeze WHERE supplier_id > $1
		ORDER BY supplier_id LIMIT $2`, after, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// selectRecords returns how the wallets of all suppliers stand, or of some.
func selectRecords(ctx context.Context, tx pgx.Tx, at time.Time, only []uuid.UUID) ([]Record, error) {
	rows, err := tx.Query(ctx, `
		WITH `+countedWallets+`, `+frozenSuppliers+`, record AS (
			(SELECT DISTINCT ON (c.supplier_id, c.active_from > $1) c.supplier_id, c.address, c.active_from > $1 AS pending, c.active_from,
				CASE WHEN c.nonce IS NULL THEN 'allowance' WHEN p.challenge IS NULL THEN 'text' ELSE 'challenge' END AS how,
				coalesce(p.recorded_by, a.approved_by) AS recorded_by, c.recorded_at
			FROM counted c LEFT JOIN wallet_proof p USING (nonce) LEFT JOIN wallet_allowance_approval a USING (allowance)
			WHERE c.stands ORDER BY c.supplier_id, c.active_from > $1, c.id DESC)
			UNION ALL
			(SELECT DISTINCT ON (s.supplier_id) s.supplier_id, s.address, false, NULL, 'nothing', s.recorded_by, s.recorded_at
			FROM supplier_wallet s
			WHERE ($2::uuid[] IS NULL OR s.supplier_id = ANY ($2)) AND NOT EXISTS (SELECT FROM wallet w WHERE w.supplier_id = s.supplier_id)
			ORDER BY s.supplier_id, s.id DESC)
		)
		SELECT coalesce(r.supplier_id, f.supplier_id), coalesce(r.address, ''), f.supplier_id IS NOT NULL, coalesce(r.pending, false),
			r.active_from, coalesce(r.how, 'nothing'), coalesce(r.recorded_by, z.frozen_by, 0), coalesce(r.recorded_at, z.recorded_at)
		FROM record r FULL JOIN frozen f USING (supplier_id) LEFT JOIN wallet_freeze z ON z.id = f.last
		ORDER BY 1, 4`, at, only)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRecord)
}

// selectOwnRecords is selectRecords for the supplier's database role, which sees its
// own alone and no persons.
func selectOwnRecords(ctx context.Context, tx pgx.Tx, at time.Time) ([]Record, error) {
	rows, err := tx.Query(ctx, `
		WITH `+countedWallets+`, `+frozenSuppliers+`, record AS (
			(SELECT DISTINCT ON (c.supplier_id, c.active_from > $1) c.supplier_id, c.address, c.active_from > $1 AS pending, c.active_from,
				CASE WHEN c.nonce IS NULL THEN 'allowance' WHEN p.challenge IS NULL THEN 'text' ELSE 'challenge' END AS how, c.recorded_at
			FROM counted c LEFT JOIN wallet_proof p USING (nonce)
			WHERE c.stands ORDER BY c.supplier_id, c.active_from > $1, c.id DESC)
			UNION ALL
			(SELECT DISTINCT ON (s.supplier_id) s.supplier_id, s.address, false, NULL, 'nothing', s.recorded_at
			FROM supplier_wallet s
			WHERE NOT EXISTS (SELECT FROM wallet w WHERE w.supplier_id = s.supplier_id)
			ORDER BY s.supplier_id, s.id DESC)
		)
		SELECT coalesce(r.supplier_id, f.supplier_id), coalesce(r.address, ''), f.supplier_id IS NOT NULL, coalesce(r.pending, false),
			r.active_from, coalesce(r.how, 'nothing'), 0::bigint, coalesce(r.recorded_at, z.recorded_at)
		FROM record r FULL JOIN frozen f USING (supplier_id) LEFT JOIN wallet_freeze z ON z.id = f.last
		ORDER BY 1, 4`, at, nil)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanRecord)
}

func scanRecord(row pgx.CollectableRow) (r Record, err error) {
	var frozen, pending bool
	var activeFrom *time.Time
	err = row.Scan(&r.Supplier, &r.Wallet, &frozen, &pending, &activeFrom, &r.How, &r.RecordedBy, &r.RecordedAt)
	switch {
	case frozen:
		r.State = Frozen
	case pending:
		r.State = Pending
	case r.How == ByNothing:
		r.State = Unproven
	default:
		r.State = Active
	}
	if activeFrom != nil {
		r.ActiveFrom = activeFrom.UTC()
	}
	r.RecordedAt = r.RecordedAt.UTC()
	return r, err
}

func insertFreeze(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, reason string, actor int64, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO wallet_freeze (supplier_id, reason, frozen_by, recorded_at) VALUES ($1, $2, nullif($3::bigint, 0), $4)`,
		supplier, reason, actor, now)
	return err
}

// lastFreeze returns what the supplier is frozen by, or ErrNotFrozen.
func lastFreeze(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) (freeze int64, err error) {
	err = tx.QueryRow(ctx, `
		SELECT max(f.id) FROM wallet_freeze f WHERE f.supplier_id = $1
		HAVING max(f.id) > coalesce((
			SELECT max(r.lifts) FROM wallet_release r JOIN wallet_release_approval a ON a.release = r.id
			WHERE r.supplier_id = $1), 0)`, supplier).Scan(&freeze)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("%w: there is nothing to release", ErrNotFrozen)
	}
	return freeze, err
}

func insertRelease(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, freeze int64, reason string, actor int64, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO wallet_release (supplier_id, lifts, reason, asked_by, recorded_at) VALUES ($1, $2, $3, $4, $5)`,
		supplier, freeze, reason, actor, now)
	return err
}

// lastRelease returns the last release that was asked for, unless it is approved.
func lastRelease(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) (a asked, err error) {
	var approved bool
	err = tx.QueryRow(ctx, `
		SELECT id, asked_by, reason, EXISTS (SELECT FROM wallet_release_approval WHERE release = r.id)
		FROM wallet_release r WHERE supplier_id = $1 ORDER BY id DESC LIMIT 1`, supplier).Scan(&a.id, &a.by, &a.reason, &approved)
	return a, notAsked(err, approved)
}

// notAsked is the error of what was not asked for, or is approved already.
func notAsked(err error, approved bool) error {
	if errors.Is(err, pgx.ErrNoRows) || err == nil && approved {
		return fmt.Errorf("%w, or it is approved already: ask for it first, with a reason", ErrNotAsked)
	}
	return err
}

func insertReleaseApproval(ctx context.Context, tx pgx.Tx, a asked, actor int64, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO wallet_release_approval (release, asked_by, approved_by, recorded_at) VALUES ($1, $2, $3, $4)`,
		a.id, a.by, actor, now)
	return err
}

func insertAllowance(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, w Wallet, reason string, actor int64, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO wallet_allowance (supplier_id, address, reason, asked_by, recorded_at) VALUES ($1, $2, $3, $4, $5)`,
		supplier, w, reason, actor, now)
	return err
}

// lastAllowance returns the last allowance of the vault that was asked for, unless it
// is approved.
func lastAllowance(ctx context.Context, tx pgx.Tx, supplier uuid.UUID, w Wallet) (a asked, err error) {
	var approved bool
	err = tx.QueryRow(ctx, `
		SELECT id, asked_by, reason, EXISTS (SELECT FROM wallet_allowance_approval WHERE allowance = w.id)
		FROM wallet_allowance w WHERE supplier_id = $1 AND address = $2 ORDER BY id DESC LIMIT 1`,
		supplier, w).Scan(&a.id, &a.by, &a.reason, &approved)
	return a, notAsked(err, approved)
}

func insertAllowanceApproval(ctx context.Context, tx pgx.Tx, a asked, o Proof) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO wallet_allowance_approval (allowance, asked_by, approved_by, recorded_at) VALUES ($1, $2, $3, $4)`,
		a.id, a.by, o.Actor, o.Now)
	return err
}

// insertEvent records an event of no wallet that waits or counts.
func insertEvent(ctx context.Context, tx pgx.Tx, e Event) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO wallet_event (supplier_id, kind, address, reason, person, recorded_at)
		VALUES ($1, $2, nullif($3, ''), nullif($4, ''), nullif($5::bigint, 0), $6)`,
		e.Supplier, e.Kind, e.Wallet, e.Reason, e.Person, e.At)
	return err
}

const eventColumns = `e.id, e.kind, e.supplier_id, coalesce(e.address, ''), e.active_from, coalesce(e.reason, ''),
	coalesce(e.person, 0), e.recorded_at`

func scanEvent(row pgx.CollectableRow) (e Event, err error) {
	var activeFrom, delivered *time.Time
	err = row.Scan(&e.ID, &e.Kind, &e.Supplier, &e.Wallet, &activeFrom, &e.Reason, &e.Person, &e.At, &delivered)
	if activeFrom != nil {
		e.ActiveFrom = activeFrom.UTC()
	}
	if delivered != nil {
		e.Delivered = delivered.UTC()
	}
	e.At = e.At.UTC()
	return e, err
}

func selectEvents(ctx context.Context, tx pgx.Tx, supplier uuid.UUID) ([]Event, error) {
	rows, err := tx.Query(ctx, `
		(SELECT 0, 'recorded', supplier_id, address, NULL, '', recorded_by, recorded_at, NULL
		FROM supplier_wallet WHERE supplier_id = $1 ORDER BY id)
		UNION ALL
		(SELECT `+eventColumns+`, d.delivered_at
		FROM wallet_event e LEFT JOIN wallet_delivery d ON d.event = e.id WHERE e.supplier_id = $1 ORDER BY e.id)`, supplier)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanEvent)
}

// selectOwnEvents is selectEvents for the supplier's database role, which sees its own
// alone, and neither persons nor what they wrote.
func selectOwnEvents(ctx context.Context, tx pgx.Tx) ([]Event, error) {
	rows, err := tx.Query(ctx, `
		(SELECT 0, 'recorded', supplier_id, address, NULL, '', 0::bigint, recorded_at, NULL FROM supplier_wallet ORDER BY id)
		UNION ALL
		(SELECT id, kind, supplier_id, coalesce(address, ''), active_from, '', 0::bigint, recorded_at, NULL FROM wallet_event ORDER BY id)`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanEvent)
}

// selectDues returns wallets that stand and whose hold is over, without the event
// that says so.
func selectDues(ctx context.Context, tx pgx.Tx, at time.Time) ([]Due, error) {
	rows, err := tx.Query(ctx, `
		SELECT w.id, w.supplier_id, w.address FROM wallet w
		WHERE w.active_from <= $1
		  AND NOT EXISTS (SELECT FROM wallet_event e WHERE e.wallet = w.id AND e.kind = 'activated')
		  AND NOT EXISTS (SELECT FROM wallet n WHERE n.supplier_id = w.supplier_id AND n.id > w.id AND n.recorded_at < w.active_from)
		ORDER BY w.active_from, w.id LIMIT $2`, at, DueMax)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (d Due, err error) {
		err = row.Scan(&d.id, &d.Supplier, &d.Wallet)
		return d, err
	})
}

// insertActivated records that the wallets' holds are over, and returns those of
// which it was not on record.
func insertActivated(ctx context.Context, tx pgx.Tx, dues []Due, now time.Time) (map[int64]bool, error) {
	ids := make([]int64, len(dues))
	for i, d := range dues {
		ids[i] = d.id
	}
	rows, err := tx.Query(ctx, `
		INSERT INTO wallet_event (supplier_id, kind, address, wallet, active_from, recorded_at)
		SELECT supplier_id, 'activated', address, id, active_from, $2 FROM wallet WHERE id = ANY ($1) ORDER BY active_from, id
		ON CONFLICT (wallet) WHERE kind = 'activated' DO NOTHING RETURNING wallet`, ids, now)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	fresh := make(map[int64]bool, len(all))
	for _, id := range all {
		fresh[id] = true
	}
	return fresh, err
}

// lockDelivery reports whether nobody else delivers, until the transaction ends.
func lockDelivery(ctx context.Context, tx pgx.Tx) (free bool, err error) {
	err = tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtext('wallet delivery'))`).Scan(&free)
	return free, err
}

func selectUndelivered(ctx context.Context, tx pgx.Tx, most int) ([]Event, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+eventColumns+`, NULL FROM wallet_event e
		WHERE NOT EXISTS (SELECT FROM wallet_delivery d WHERE d.event = e.id) ORDER BY e.id LIMIT $1`, most)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanEvent)
}

func insertDeliveries(ctx context.Context, tx pgx.Tx, events []Event) error {
	ids := make([]int64, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	_, err := tx.Exec(ctx, `INSERT INTO wallet_delivery (event) SELECT unnest($1::bigint[])`, ids)
	return err
}
