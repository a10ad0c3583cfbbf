package ledger

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// bundle is a ledger of a test's own, with a person to act.
type bundle struct {
	*pgtest.DB
	t     testing.TB
	actor int64
}

func setup(t testing.TB) *bundle {
	t.Helper()
	db := pgtest.New(t)
	return &bundle{DB: db, t: t, actor: pgtest.Person(t, db.Owner, "ann")}
}

// within runs f in a transaction of the pool, committed unless f fails.
func within(ctx context.Context, pool *pgxpool.Pool, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, pool, f)
}

// tryPost posts the entry as the application, in a transaction of its own.
func (b *bundle) tryPost(entry Entry) (journal Journal, err error) {
	err = within(context.Background(), b.App, func(tx pgx.Tx) (err error) {
		journal, err = Post(context.Background(), tx, entry)
		return err
	})
	return journal, err
}

func (b *bundle) post(entry Entry) Journal {
	b.t.Helper()
	journal, err := b.tryPost(entry)
	if err != nil {
		b.t.Fatal(err)
	}
	return journal
}

// fund is an entry that puts the amount into the season's pool.
func (b *bundle) fund(key, season string, amount Amount) Entry {
	return Entry{Act: ActFund, Key: key, Actor: b.actor, Reason: "the pool of " + season, Season: season,
		Transfers: []Transfer{{Treasury(), SeasonPool(season), amount}}}
}

// seal is an entry that gives each supplier its amount, the season's first
// revision.
func (b *bundle) seal(season string, amounts ...Amount) Entry {
	entry := Entry{Act: ActSeal, Key: season + "/r1", Actor: b.actor, Reason: "sealed", Season: season, Revision: 1,
		SubjectDigest: Digest{1, 2, 3}, PayoutMinimum: 10}
	for i, amount := range amounts {
		entry.Transfers = append(entry.Transfers, Transfer{SeasonPool(season), SupplierEarned(supplier(i)), amount})
	}
	return entry
}

// supplier returns the i-th supplier of the tests; their ids rise with i.
func supplier(i int) uuid.UUID {
	return uuid.UUID{0: 0xaa, 6: 0x40, 8: 0x80, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}
}

func (b *bundle) balance(account Account) (balance Amount) {
	b.t.Helper()
	b.read(func(tx pgx.Tx) (err error) {
		balance, err = Balance(context.Background(), tx, account)
		return err
	})
	return balance
}

func (b *bundle) balances() (balances []AccountBalance) {
	b.t.Helper()
	b.read(func(tx pgx.Tx) (err error) {
		balances, err = Balances(context.Background(), tx, "")
		return err
	})
	return balances
}

func (b *bundle) verify(known ...Head) (report Report) {
	b.t.Helper()
	b.read(func(tx pgx.Tx) (err error) {
		report, err = Verify(context.Background(), tx, known...)
		return err
	})
	return report
}

func (b *bundle) read(f func(pgx.Tx) error) {
	b.t.Helper()
	if err := within(context.Background(), b.App, f); err != nil {
		b.t.Fatal(err)
	}
}

// sum returns the sum of all balances, which is always 0.
func sum(balances []AccountBalance) (total Amount) {
	for _, b := range balances {
		total += b.Balance
	}
	return total
}
