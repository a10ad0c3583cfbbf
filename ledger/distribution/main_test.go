package distribution

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// bundle is a ledger and its distributions of a test's own, with two persons.
type bundle struct {
	*pgtest.DB
	t        testing.TB
	ann, bob int64
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

// seal funds a season's pool and seals its first revision: supplier i earns the
// i-th amount, 0 for nothing.
func (b *bundle) seal(season string, minimum ledger.Amount, amounts ...ledger.Amount) {
	b.t.Helper()
	entry := ledger.Entry{Act: ledger.ActSeal, Key: season + "/r1", Actor: b.ann, Reason: "sealed", Season: season, Revision: 1,
		SubjectDigest: sha256.Sum256([]byte(season)), PayoutMinimum: minimum}
	pool := ledger.Amount(0)
	for i, amount := range amounts {
		if amount > 0 {
			entry.Transfers = append(entry.Transfers, ledger.Transfer{
				Debit: ledger.SeasonPool(season), Credit: ledger.SupplierEarned(supplier(i)), Amount: amount})
			pool += amount
		}
	}
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		if _, err := ledger.Fund(ctx, tx, ledger.SeasonPool(season), pool, b.ann, "the pool", "fund "+season); err != nil {
			return err
		}
		_, err := ledger.Post(ctx, tx, entry)
		return err
	})
}

// addWallets proves a wallet for the suppliers 0 to n-1.
func (b *bundle) addWallets(n int) {
	b.t.Helper()
	for i := range n {
		b.prove(i, i)
	}
}

// prove makes the w-th wallet the i-th supplier's at once: it is challenged, signs,
// and has no hold.
func (b *bundle) prove(i, w int) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		now, err := wallet.Now(ctx, tx)
		if err != nil {
			return err
		}
		terms := wallet.Terms{Domain: "test", Expires: time.Minute, Now: now, Actor: b.ann}
		rand.Read(terms.Nonce[:])
		challenge, err := wallet.Issue(ctx, tx, supplier(i), address(w), terms)
		if err != nil {
			return err
		}
		signature := base58.Encode(ed25519.Sign(walletKey(w), []byte(challenge.String())))
		_, err = wallet.Prove(ctx, tx, challenge.ID, signature, wallet.Proof{Hold: 0, Now: now, Actor: b.ann})
		return err
	})
}

func (b *bundle) tryPrepare(request Request) (d Distribution, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		d, err = Prepare(ctx, tx, request)
		return err
	})
	return d, err
}

func (b *bundle) prepare(key string) Distribution {
	b.t.Helper()
	d, err := b.tryPrepare(Request{Key: key, Actor: b.ann, Reason: "pay"})
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

func (b *bundle) tryApprove(id string, actor int64) (d Distribution, err error) {
	err = b.try(func(ctx context.Context, tx pgx.Tx) (err error) {
		d, err = Approve(ctx, tx, id, actor)
		return err
	})
	return d, err
}

func (b *bundle) approve(id string) Distribution {
	b.t.Helper()
	d, err := b.tryApprove(id, b.bob)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

func (b *bundle) tryExport(id, dir string) error {
	if err := b.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := RecordExport(ctx, tx, id, b.bob)
		return err
	}); err != nil {
		return err
	}
	return b.try(func(ctx context.Context, tx pgx.Tx) error {
		_, err := Export(ctx, tx, id, dir)
		return err
	})
}

func (b *bundle) balance(account ledger.Account) (balance ledger.Amount) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		balance, err = ledger.Balance(ctx, tx, account)
		return err
	})
	return balance
}

// file returns the stored bytes of a file.
func (b *bundle) file(id, name string) string {
	b.t.Helper()
	var data []byte
	err := b.Owner.QueryRow(context.Background(), `
		SELECT contents FROM distribution_file JOIN distribution d ON d.number = distribution WHERE d.id = $1 AND name = $2`, id, name).Scan(&data)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(data)
}

// checkLedger verifies the ledger, and that no unit appeared or vanished.
func (b *bundle) checkLedger() {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		report, err := ledger.Verify(ctx, tx)
		if err != nil {
			return err
		}
		if !report.OK() {
			return fmt.Errorf("ledger: %v", report.Faults)
		}
		balances, err := ledger.Balances(ctx, tx, "")
		sum := ledger.Amount(0)
		for _, balance := range balances {
			sum += balance.Balance
		}
		if sum != 0 {
			return fmt.Errorf("the balances of all accounts sum to %s", sum)
		}
		return err
	})
}

// supplier returns the i-th supplier of the tests; their ids rise with i.
func supplier(i int) uuid.UUID {
	return uuid.UUID{0: 0xaa, 6: 0x40, 8: 0x80, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}
}

// walletKey returns the private key of the i-th wallet of the tests.
func walletKey(i int) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "wallet %d", i))
	return ed25519.NewKeyFromSeed(seed[:])
}

// address returns the i-th wallet of the tests.
func address(i int) string {
	return base58.Encode(walletKey(i).Public().(ed25519.PublicKey))
}
