package appeal_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/api/appeal"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/uptime"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The people of the tests, and what they have.
var (
	ann, bob = uuid.UUID{15: 0xa}, uuid.UUID{15: 0xb} // suppliers
	rig      = uuid.UUID{0: 1, 15: 1}                 // ann's: below the minimum of uptime
	whole    = uuid.UUID{0: 1, 15: 2}                 // ann's: credited for every slot
	noted    = uuid.UUID{0: 1, 15: 3}                 // ann's: credited for every slot, with a note
	other    = uuid.UUID{0: 1, 15: 4}                 // bob's: below the minimum of uptime
)

// first is the first slot of every line; each is one day long.
var first = uptime.SlotOf(time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC))

// court is a database with a season whose first revision is sealed, and its people.
type court struct {
	*pgtest.DB
	t                *testing.T
	ada, grace, anne int64 // of the team, of the team, and ann's own person
}

// sit returns a court whose season s1 was sealed so long ago; r2 is a draft of it.
func sit(t *testing.T, sealedAgo time.Duration) *court {
	t.Helper()
	db := pgtest.New(t)
	c := &court{DB: db, t: t, ada: pgtest.Person(t, db.Owner, "ada"), grace: pgtest.Person(t, db.Owner, "grace"), anne: pgtest.Person(t, db.Owner, "anne")}
	_, err := c.Owner.Exec(t.Context(), `INSERT INTO device (number, id, seq, registered_at, channel, supplier_id, gpu_model, gpu_count, connectivity, recorded_at)
		SELECT place - 1, id, place, '2024-01-01Z', 'registration', owner, 'gpu', 1, 'good', '2024-01-01Z'
		FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS d (id, owner, place)`,
		[]uuid.UUID{rig, whole, noted, other}, []uuid.UUID{ann, ann, ann, bob})
	c.check(err)
	c.season("s1", sealedAgo)
	c.season("s2", sealedAgo)
	return c
}

// season records a season with a sealed r1 and a draft r2, both with every device.
func (c *court) season(code string, sealedAgo time.Duration) {
	c.t.Helper()
	c.past(`INSERT INTO ruleset (sha256, name, version, toml) VALUES (sha256('rules'), 'rules', 1, 'rules') ON CONFLICT DO NOTHING`)
	c.past(`INSERT INTO season (code, first_day, last_day, pool, ruleset, created_by) VALUES ($1, '2024-05-01', '2024-05-01', 1000, sha256('rules'), $2)`, code, c.ada)
	c.past(`
		INSERT INTO snapshot (season, revision, state, as_of, estimate, reopenings, taken_by, points, allocated, residual, lines, suppliers,
			observed_slots, season_slots, digest, decided_by, decided_at, approved_digest, sealed_by, sealed_at)
		SELECT $1, r, CASE r WHEN 1 THEN 'sealed' ELSE 'draft' END, '2024-05-02Z', false, 0, $2, 1, 1, 0, 4, 2, 288, 288, sha256('s'),
			CASE r WHEN 1 THEN $3::bigint END, CASE r WHEN 1 THEN '2024-05-03Z'::timestamptz END, CASE r WHEN 1 THEN sha256('s') END,
			CASE r WHEN 1 THEN $3::bigint END, CASE r WHEN 1 THEN clock_timestamp() - $4::interval END
		FROM generate_series(1, 2) AS r`, code, c.ada, c.grace, sealedAgo)
	c.past(`
		INSERT INTO snapshot_line (snapshot_id, shard, device, first_slot, end_slot, supplier_id, observed, up, grace, longest_run,
			weight_millionths, job_minutes, points, amount, outcome, notes)
		SELECT s.id, 0, d.number, $2::bigint, $2::bigint + 288, d.supplier_id, 288, CASE WHEN d.number IN (1, 2) THEN 288 ELSE 7 END, 0, 7, 1000000, 0, 0, 0,
			CASE WHEN d.number IN (1, 2) THEN 7 ELSE 6 END, CASE d.number WHEN 2 THEN 32 ELSE 0 END
		FROM snapshot s, device d WHERE s.season = $1`, code, int64(first))
}

// past runs a statement as the owner, past what triggers would refuse.
func (c *court) past(statement string, arguments ...any) {
	c.t.Helper()
	ctx := context.Background()
	c.check(pgx.BeginFunc(ctx, c.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, statement, arguments...)
		return err
	}))
}

func (c *court) check(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// try runs f in a transaction of the application.
func (c *court) try(f func(ctx context.Context, tx pgx.Tx) error) error {
	ctx := context.Background()
	return pgx.BeginFunc(ctx, c.App, func(tx pgx.Tx) error { return f(ctx, tx) })
}

// against is an appeal of ann's against r1 of s1 that is in order.
func against(device uuid.UUID) appeal.Request {
	return appeal.Request{Supplier: ann, Season: "s1", Revision: 1, DeviceID: device, From: first, Reason: "it ran all day",
		Evidence: []string{"https://example.org/log"}}
}

func (c *court) tryRaise(r appeal.Request) (a appeal.Appeal, err error) {
	err = c.try(func(ctx context.Context, tx pgx.Tx) error {
		a, err = appeal.Raise(ctx, tx, r, appeal.DefaultTerms, c.anne)
		return err
	})
	return a, err
}

func (c *court) raise(r appeal.Request) appeal.Appeal {
	c.t.Helper()
	a, err := c.tryRaise(r)
	c.check(err)
	return a
}

func (c *court) tryReply(id uuid.UUID, answer appeal.Answer) (a appeal.Appeal, err error) {
	err = c.try(func(ctx context.Context, tx pgx.Tx) error {
		a, err = appeal.Reply(ctx, tx, id, answer)
		return err
	})
	return a, err
}

// refusal is an answer that is in order.
func (c *court) refusal() appeal.Answer {
	return appeal.Answer{Outcome: appeal.Refused, Reason: "the log is of another device", AnsweredBy: c.ada}
}

func (c *court) tryWithdraw(id uuid.UUID) error {
	return c.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := appeal.Withdraw(ctx, tx, id, c.anne)
		return err
	})
}

func (c *court) tryReview(id uuid.UUID, person int64) (a appeal.Appeal, err error) {
	err = c.try(func(ctx context.Context, tx pgx.Tx) error {
		a, err = appeal.Review(ctx, tx, id, person)
		return err
	})
	return a, err
}

func (c *court) list(f appeal.Filter) (all []appeal.Appeal) {
	c.t.Helper()
	c.check(c.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		all, err = appeal.List(ctx, tx, f)
		return err
	}))
	return all
}

// refused fails the test unless the database itself refuses the statement, by the
// constraint, or by a message that begins so.
func refused(t *testing.T, pool *pgxpool.Pool, constraint, statement string, arguments ...any) {
	t.Helper()
	_, err := pool.Exec(t.Context(), statement, arguments...)
	var why *pgconn.PgError
	if !errors.As(err, &why) || why.ConstraintName != constraint {
		t.Errorf("%s: got %v, want a refusal by %q", statement, err, constraint)
	}
}
