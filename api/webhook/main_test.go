package webhook_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/webhook"
	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var ann, bob = uuid.UUID{15: 0xa}, uuid.UUID{15: 0xb}

// exchange is a database with suppliers who want to be told.
type exchange struct {
	*pgtest.DB
	t      *testing.T
	person int64
	sender *webhook.Sender
}

func open(t *testing.T) *exchange {
	t.Helper()
	db := pgtest.New(t)
	x := &exchange{DB: db, t: t, person: pgtest.Person(t, db.Owner, "anne"), sender: webhook.New(webhook.Config{Key: key})}
	_, err := db.Owner.Exec(t.Context(), `INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
		VALUES (0, $1, 1, '2024-01-01Z', 'registration', $2, 'gpu', 1, 'good', now()), (1, $3, 2, '2024-01-01Z', 'registration', $4, 'gpu', 1, 'good', now())`,
		uuid.UUID{0: 1, 15: 0xa}, ann, uuid.UUID{0: 1, 15: 0xb}, bob)
	x.check(err)
	return x
}

func (x *exchange) check(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// try runs f in a transaction of the application.
func (x *exchange) try(f func(ctx context.Context, tx pgx.Tx) error) error {
	ctx := context.Background()
	return pgx.BeginFunc(ctx, x.App, func(tx pgx.Tx) error { return f(ctx, tx) })
}

// past runs a statement as the owner, past what triggers would refuse.
func (x *exchange) past(statement string, arguments ...any) {
	x.t.Helper()
	ctx := context.Background()
	x.check(pgx.BeginFunc(ctx, x.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, statement, arguments...)
		return err
	}))
}

// count returns the one number of a query.
func (x *exchange) count(query string, arguments ...any) (n int) {
	x.t.Helper()
	x.check(x.Owner.QueryRow(context.Background(), query, arguments...).Scan(&n))
	return n
}

// make records an endpoint that was made an hour ago.
func (x *exchange) make(supplier uuid.UUID, events ...webhook.Kind) webhook.Endpoint {
	x.t.Helper()
	e, err := x.tryMake(webhook.Order{Supplier: supplier, URL: "https://hooks.example.org/" + supplier.String(), Events: events})
	x.check(err)
	x.past(`UPDATE webhook SET recorded_at = recorded_at - interval '1 hour' WHERE id = $1`, e.ID)
	return e
}

func (x *exchange) tryMake(o webhook.Order) (e webhook.Endpoint, err error) {
	err = x.try(func(ctx context.Context, tx pgx.Tx) error {
		e, err = x.sender.Make(ctx, tx, o, x.person)
		return err
	})
	return e, err
}

// collect returns the messages that are new.
func (x *exchange) collect() (all []uuid.UUID) {
	x.t.Helper()
	for more := true; more; {
		x.check(x.try(func(ctx context.Context, tx pgx.Tx) (err error) {
			var some []uuid.UUID
			some, more, err = webhook.Collect(ctx, tx)
			all = append(all, some...)
			return err
		}))
	}
	return all
}

// happen lets one thing of each kind happen to each supplier so long ago.
func (x *exchange) happen(ago time.Duration) {
	x.t.Helper()
	at := time.Now().Add(-ago)
	x.past(`INSERT INTO snapshot (season, revision, state, as_of, estimate, reopenings, taken_by, points, allocated, residual, lines, suppliers,
			observed_slots, season_slots, digest, decided_by, decided_at, approved_digest, sealed_by, sealed_at)
		VALUES ('s1', 1, 'sealed', $1::timestamptz, false, 0, $2::bigint, 1, 1, 0, 4, 2, 288, 288, sha256('s'), $2::bigint + 1, $1, sha256('s'), $2::bigint, $1)`, at, x.person)
	for i, supplier := range []uuid.UUID{ann, bob} {
		x.past(`INSERT INTO distribution_payout (distribution, number, supplier_id, wallet, amount) VALUES (1, $1, $2, repeat('w', 40), 7)`, i+1, supplier)
		x.past(`INSERT INTO distribution_payout_end (distribution, payout, outcome, journal, signature, evidence, recorded_at)
			VALUES (1, $1, 'paid', 1, 'signed', 'chain', $2)`, i+1, at)
		x.past(`INSERT INTO verdict (device, by_hand, seq, kind, effective_at, decided_at, reason, evidence, recorded_at)
			VALUES ($1, false, 5, 'spoofed', '2024-04-20Z', $2, 'secret reason', 'run', $2), ($1, false, 6, 'genuine', '2024-04-20Z', $2, 'why', 'run', $2)`, i, at)
		x.past(`INSERT INTO wallet_event (supplier_id, kind, address, reason, recorded_at)
			VALUES ($1, 'frozen', NULL, 'secret reason', $2), ($1, 'proved', repeat('w', 40), NULL, $2)`, supplier, at)
		x.past(`INSERT INTO appeal_answer (appeal, supplier_id, opened_by, answered_by, outcome, reason, recorded_at)
			VALUES (gen_random_uuid(), $1, 1, 2, 'refused', 'secret reason', $2)`, supplier, at)
	}
}
