package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger"
)

const ledgerRounds = 3

// measureLedger seals two seasons after each other for as many suppliers as there
// are devices, in a new database each round, and after each seal copies as many
// rows as it had into the table of transfers.
func (b *bench) measureLedger(ctx context.Context) ([]Figure, error) {
	book := &book{bench: b, suppliers: randomSuppliers(b.devices)}
	times, err := interleave(ctx, ledgerRounds,
		book.sealFirst, book.copyAgain, book.sealNext, book.copyAgain)
	book.close()
	if err != nil {
		return nil, err
	}
	return []Figure{
		ratioOf("ledger.seal", times[0].Seconds(), times[1].Seconds(), "s", AtMost(10)),
		ratioOf("ledger.seal_next", times[2].Seconds(), times[3].Seconds(), "s", AtMost(10)),
	}, nil
}

// randomSuppliers returns so many ids in their order, the same ones every time.
func randomSuppliers(count int) []uuid.UUID {
	random := rand.NewChaCha8([32]byte{1})
	suppliers := make([]uuid.UUID, count)
	for i := range suppliers {
		suppliers[i] = uuid.Must(uuid.NewRandomFromReader(random))
	}
	slices.SortFunc(suppliers, func(a, b uuid.UUID) int { return cmp.Compare(a.String(), b.String()) })
	return suppliers
}

// book is a ledger that is sealed into.
type book struct {
	bench     *bench
	suppliers []uuid.UUID
	*dataset  // nil: none is open
	last      ledger.Journal
}

const ledgerDatabase = "ledger"

// sealFirst opens a new ledger and seals its first season.
func (b *book) sealFirst(ctx context.Context) (took time.Duration, err error) {
	b.close()
	if b.dataset, err = b.bench.freshDatabase(ctx, ledgerDatabase); err != nil {
		return 0, err
	}
	if err := b.begin(ctx, func(tx pgx.Tx) (err error) {
		b.taker, err = insertPerson(ctx, tx)
		return err
	}); err != nil {
		return 0, err
	}
	return b.seal(ctx, "first")
}

// sealNext seals another season, whose suppliers all have accounts that hold
// something.
func (b *book) sealNext(ctx context.Context) (time.Duration, error) { return b.seal(ctx, "next") }

// seal funds a season and seals it. What counts is the posting, to its commit.
func (b *book) seal(ctx context.Context, season string) (took time.Duration, err error) {
	entry := b.entry(season)
	if err := b.write(ctx, func(tx pgx.Tx) error {
		_, err := ledger.Fund(ctx, tx, ledger.SeasonPool(season), pool, b.taker, "to be sealed", "fund "+season)
		return err
	}); err != nil {
		return 0, err
	}
	took, err = timed(func(ctx context.Context) error {
		return b.write(ctx, func(tx pgx.Tx) (err error) {
			b.last, err = ledger.Post(ctx, tx, entry)
			return err
		})
	})(ctx)
	if err != nil {
		return 0, err
	}
	return took, b.rest(ctx)
}

// entry is a season's seal: something for every supplier, and what is left for the
// treasury.
func (b *book) entry(season string) ledger.Entry {
	entry := ledger.Entry{
		Act: ledger.ActSeal, Key: "seal " + season, Actor: b.taker, Reason: "season sealed",
		Season: season, Revision: 1, SubjectDigest: ledger.Digest{1}, PayoutMinimum: 1,
		Transfers: make([]ledger.Transfer, 0, len(b.suppliers)+1),
	}
	source, left := ledger.SeasonPool(season), ledger.Amount(pool)
	for i, supplier := range b.suppliers {
		amount := ledger.Amount(10_000_000 + i)
		entry.Transfers = append(entry.Transfers, ledger.Transfer{Debit: source, Credit: ledger.SupplierEarned(supplier), Amount: amount})
		left -= amount
	}
	entry.Transfers = append(entry.Transfers, ledger.Transfer{Debit: source, Credit: ledger.Treasury(), Amount: left})
	return entry
}

// copyAgain copies the rows of the last journal once more into the table of
// transfers, under numbers that follow, and rolls back. What counts is the COPY,
// with all that the table asks of it.
func (b *book) copyAgain(ctx context.Context) (took time.Duration, err error) {
	err = pgx.BeginFunc(ctx, b.owner, func(tx pgx.Tx) error { // COPY is not for whom row security holds
		rows, err := transfersOf(ctx, tx, b.last.Number)
		if err != nil {
			return err
		}
		if int64(len(rows)) != b.last.Count {
			return fmt.Errorf("%d transfers of the last journal, not %d", len(rows), b.last.Count)
		}
		took, err = timed(func(ctx context.Context) error {
			return copyTransfers(ctx, tx.Conn().PgConn(), rows)
		})(ctx)
		return cmp.Or(err, errRolledBack)
	})
	if !errors.Is(err, errRolledBack) {
		return 0, err
	}
	return took, b.rest(ctx)
}

// errRolledBack ends a transaction of which nothing is to stay.
var errRolledBack = errors.New("rolled back")

// write runs f in a transaction of the application.
func (b *book) write(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, b.app, f)
}

// rest brings the ledger into the state that it is in after a while.
func (b *book) rest(ctx context.Context) error {
	conn, err := b.owner.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return vacuumLedger(ctx, conn.Conn())
}

// close gives up the ledger, if one is open.
func (b *book) close() {
	if b.dataset != nil {
		b.dataset.close()
		b.dataset = nil
	}
}
