package wallet

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// start is when the tests' stories begin; time passes in them as they say.
var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// bundle is a database of a test's own, with two persons.
type bundle struct {
	*pgtest.DB
	t        testing.TB
	ann, bob int64
	nonces   byte
}

func setup(t testing.TB) *bundle {
	t.Helper()
	db := pgtest.New(t)
	return &bundle{DB: db, t: t, ann: pgtest.Person(t, db.Owner, "ann"), bob: pgtest.Person(t, db.Owner, "bob")}
}

// try runs f as the application in a transaction, committed unless f fails.
func (b *bundle) try(f func(ctx context.Context, tx pgx.Tx) error) error {
	ctx := context.Background()
	return pgx.BeginFunc(ctx, b.App, func(tx pgx.Tx) error { return f(ctx, tx) })
}

func (b *bundle) do(f func(ctx context.Context, tx pgx.Tx) error) {
	b.t.Helper()
	if err := b.try(f); err != nil {
		b.t.Fatal(err)
	}
}

// supplier returns the i-th supplier of the tests; their ids rise with i.
func supplier(i int) uuid.UUID {
	return uuid.UUID{0: 0xaa, 6: 0x40, 8: 0x80, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}
}

// keyOf returns the private key of the i-th wallet of the tests.
func keyOf(i int) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "wallet %d", i))
	return ed25519.NewKeyFromSeed(seed[:])
}

// address returns the i-th wallet of the tests.
func address(i int) string { return base58.Encode(keyOf(i).Public().(ed25519.PublicKey)) }

// issue has the i-th supplier challenged to prove the w-th wallet.
func (b *bundle) issue(i, w int, now time.Time) (c Challenge) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		b.nonces++
		c, err = Issue(ctx, tx, supplier(i), address(w), Terms{
			Domain: "test.example", Expires: time.Hour, Nonce: Nonce{0xbb, b.nonces}, Now: now, Actor: b.ann})
		return err
	})
	return c
}

func sign(w int, text string) string { return base58.Encode(ed25519.Sign(keyOf(w), []byte(text))) }

func (b *bundle) tryProve(challenge, signature string, now time.Time, hold time.Duration) (r Record, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		r, err = Prove(ctx, tx, challenge, signature, Proof{Hold: hold, Now: now, Actor: b.ann})
		return err
	})
	return r, err
}

// prove has the w-th wallet challenged and proved to be the i-th supplier's.
func (b *bundle) prove(i, w int, now time.Time, hold time.Duration) Record {
	b.t.Helper()
	c := b.issue(i, w, now)
	r, err := b.tryProve(c.ID, sign(w, c.String()), now, hold)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// standing returns how the i-th supplier stands at a moment; the zero Standing if
// nothing is known of them.
func (b *bundle) standing(i int, at time.Time) Standing {
	b.t.Helper()
	var all map[uuid.UUID]Standing
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		all, err = Payable(ctx, tx, at)
		return err
	})
	return all[supplier(i)]
}

// kinds returns what happened to the i-th supplier's wallets, in order.
func (b *bundle) kinds(i int) (kinds []EventKind) {
	b.t.Helper()
	for _, e := range b.history(i) {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (b *bundle) history(i int) (events []Event) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		events, err = History(ctx, tx, supplier(i))
		return err
	})
	return events
}

func (b *bundle) list(at time.Time) (records []Record) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		records, err = List(ctx, tx, at)
		return err
	})
	return records
}

// refused runs a statement as the application, and fails the test unless the database
// refuses it with the code.
func (b *bundle) refused(code, statement string, arguments ...any) {
	b.t.Helper()
	err := b.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, statement, arguments...)
		return err
	})
	if refusal, ok := errors.AsType[*pgconn.PgError](err); !ok || refusal.Code != code {
		b.t.Errorf("%s: got %v, want a refusal with code %s", statement, err, code)
	}
}
