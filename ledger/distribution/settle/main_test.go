package settle

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	solanago "github.com/gagliardetto/solana-go"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
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

// owner runs a statement as whoever owns the database.
func (b *bundle) owner(statement string, arguments ...any) {
	b.t.Helper()
	if _, err := b.Owner.Exec(context.Background(), statement, arguments...); err != nil {
		b.t.Fatal(err)
	}
}

// seal funds a season's pool and seals its first revision: supplier i earns the
// i-th amount, 0 for nothing.
func (b *bundle) seal(season string, amounts ...ledger.Amount) {
	b.t.Helper()
	entry := ledger.Entry{Act: ledger.ActSeal, Key: season + "/r1", Actor: b.ann, Reason: "sealed", Season: season, Revision: 1,
		SubjectDigest: sha256.Sum256([]byte(season)), PayoutMinimum: 1}
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

// wallets proves that supplier i holds wallet w[i].
func (b *bundle) wallets(w ...int) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		now, err := wallet.Now(ctx, tx)
		if err != nil {
			return err
		}
		for i, number := range w {
			terms := wallet.Terms{Domain: "test", Expires: time.Minute, Now: now, Actor: b.ann}
			rand.Read(terms.Nonce[:])
			challenge, err := wallet.Issue(ctx, tx, supplier(i), address(number), terms)
			if err != nil {
				return err
			}
			signature := base58.Encode(ed25519.Sign(walletKey(number), []byte(challenge.String())))
			if _, err = wallet.Prove(ctx, tx, challenge.ID, signature, wallet.Proof{Now: now, Actor: b.ann}); err != nil {
				return err
			}
		}
		return nil
	})
}

// prepared prepares a distribution by ann and has bob approve it.
func (b *bundle) prepared(request distribution.Request) (d distribution.Distribution) {
	b.t.Helper()
	request.Actor, request.Reason = b.ann, "pay"
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		if d, err = distribution.Prepare(ctx, tx, request); err == nil {
			d, err = distribution.Approve(ctx, tx, d.ID, b.bob)
		}
		return err
	})
	return d
}

// export records that ann was given the files.
func (b *bundle) export(id string) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := distribution.RecordExport(ctx, tx, id, b.ann)
		return err
	})
}

func (b *bundle) request(id string) Request {
	return Request{Distribution: id, Actor: b.ann, Reason: "settle " + id}
}

func (b *bundle) payouts(id string) (payouts []distribution.PayoutStatus) {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		payouts, err = distribution.ReadPayouts(ctx, tx, id)
		return err
	})
	return payouts
}

// states are the states of a distribution's payouts, in their order.
func (b *bundle) states(id string) (states string) {
	b.t.Helper()
	for i, p := range b.payouts(id) {
		if i > 0 {
			states += " "
		}
		states += string(p.State)
	}
	return states
}

func (b *bundle) wantStates(id, want string) {
	b.t.Helper()
	if got := b.states(id); got != want {
		b.t.Errorf("payouts of %s are %s, want %s", id, got, want)
	}
}

func (b *bundle) reconcile(client *solana.Client, asked Asked) Statement {
	b.t.Helper()
	s, err := Reconcile(context.Background(), b.App, client, asked)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// checkLedger verifies the ledger, and that the statement without the chain fits.
func (b *bundle) checkLedger() {
	b.t.Helper()
	b.do(func(ctx context.Context, tx pgx.Tx) error {
		report, err := ledger.Verify(ctx, tx)
		if err == nil && !report.OK() {
			err = fmt.Errorf("ledger: %v", report.Faults)
		}
		return err
	})
	if s := b.reconcile(nil, Asked{}); s.Err() != nil {
		b.t.Error(s.Err())
	}
}

// supplier returns the i-th supplier of the tests; their ids rise with i.
func supplier(i int) uuid.UUID {
	return uuid.UUID{0: 0xaa, 6: 0x40, 8: 0x80, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}
}

// walletKey is the key of the i-th wallet of the tests.
func walletKey(i int) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "wallet %d", i))
	return ed25519.NewKeyFromSeed(seed[:])
}

func walletAt(i int) solanago.PublicKey {
	return solanago.PublicKeyFromBytes(walletKey(i).Public().(ed25519.PublicKey))
}

func address(i int) string { return walletAt(i).String() }

// signatureAt is the i-th signature of the tests.
func signatureAt(i int) string {
	return solanago.SignatureFromBytes(ed25519.Sign(walletKey(i), []byte("payment"))).String()
}
