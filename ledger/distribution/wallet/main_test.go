package wallet

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
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
