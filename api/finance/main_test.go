package finance_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/finance"
	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution/wallet"
	"github.com/uptally/uptally/snapshot"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// office is an API with two people of finance.
type office struct {
	*apitest.Server
	t        *testing.T
	ann, bob *apitest.Client

	annID, bobID int64
}

func open(t *testing.T) *office {
	t.Helper()
	s := apitest.New(t)
	o := &office{
		Server: s, t: t, ann: s.As("ann", auth.Finance), bob: s.As("bob", auth.Finance),
		annID: pgtest.Person(t, s.DB.Owner, "ann"), bobID: pgtest.Person(t, s.DB.Owner, "bob"),
	}
	o.do(func(ctx context.Context, tx pgx.Tx) error {
		day := func(d int) time.Time { return time.Date(2024, 4, d, 0, 0, 0, 0, time.UTC) }
		return snapshot.CreateSeason(ctx, tx, snapshot.Season{Code: "s1", FirstDay: day(1), LastDay: day(2), Pool: 1000}, snapshot.Embedded()[0].TOML, o.annID)
	})
	return o
}

// do runs f as the application.
func (o *office) do(f func(ctx context.Context, tx pgx.Tx) error) {
	o.t.Helper()
	if err := pgx.BeginFunc(context.Background(), o.DB.App, func(tx pgx.Tx) error { return f(context.Background(), tx) }); err != nil {
		o.t.Fatal(err)
	}
}

// fund funds the season's pool.
func (o *office) fund(amount string) {
	o.t.Helper()
	o.ann.Post("/v1/finance/ledger/fundings", map[string]any{"season": "s1", "account": "pool", "amount": amount}).Want(o.t, http.StatusCreated)
}

// seal posts the season's first revision: supplier i earns the i-th amount.
func (o *office) seal(amounts ...ledger.Amount) {
	o.t.Helper()
	entry := ledger.Entry{Act: ledger.ActSeal, Key: "s1/r1", Actor: o.annID, Reason: "sealed", Season: "s1", Revision: 1,
		SubjectDigest: sha256.Sum256([]byte("s1")), PayoutMinimum: 1}
	for i, amount := range amounts {
		entry.Transfers = append(entry.Transfers, ledger.Transfer{
			Debit: ledger.SeasonPool("s1"), Credit: ledger.SupplierEarned(supplier(i)), Amount: amount})
	}
	o.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := ledger.Post(ctx, tx, entry)
		return err
	})
}

// prove makes the i-th wallet the i-th supplier's, at once.
func (o *office) prove(suppliers ...int) {
	o.t.Helper()
	o.do(func(ctx context.Context, tx pgx.Tx) error {
		for _, i := range suppliers {
			text, signature := o.signed(i)
			table := strings.NewReader("supplier_id,wallet,text,signature\n" + fmt.Sprintf("%s,%s,%s,%s\n", supplier(i), address(i), text, signature))
			now, err := wallet.Now(ctx, tx)
			if err != nil {
				return err
			}
			if _, err := wallet.Import(ctx, tx, table, "uptally", wallet.Proof{Now: now, Actor: o.annID}); err != nil {
				return err
			}
		}
		return nil
	})
}

// signed is a text by which the i-th supplier proves the i-th wallet.
func (o *office) signed(i int) (text, signature string) {
	issued := time.Now().UTC().Truncate(time.Second)
	challenge := wallet.Text{Domain: "uptally", Supplier: supplier(i), Wallet: wallet.Wallet(address(i)), Issued: issued, Expires: issued.Add(time.Hour)}
	_, _ = rand.Read(challenge.Nonce[:])
	return challenge.String(), base58.Encode(ed25519.Sign(walletKey(i), []byte(challenge.String())))
}

// tools are what a worker of the tests has: no node.
func (o *office) tools() task.Tools {
	return task.Tools{
		Pool: o.DB.App, Domain: "uptally", Log: slog.New(slog.DiscardHandler), Notify: func(context.Context, pgx.Tx) error { return nil },
	}
}

// finish works the task that was asked for, and returns how it ended.
func (o *office) finish(asked apitest.Answer) finance.Task {
	o.t.Helper()
	asked.Want(o.t, http.StatusAccepted)
	location := asked.Header.Get("Location")
	id, err := uuid.Parse(strings.TrimPrefix(location, "/v1/finance/tasks/"))
	if err != nil {
		o.t.Fatalf("location %q: %v", location, err)
	}
	if before := get[finance.Task](o, o.ann, location); before.State != task.Queued {
		o.t.Fatalf("before it was worked it is %s", before.State)
	}
	if err := o.tools().Run(context.Background(), id, true); err != nil {
		o.t.Fatal(err)
	}
	return get[finance.Task](o, o.ann, location)
}

// done is finish of a task that must succeed.
func (o *office) done(asked apitest.Answer) finance.TaskResult {
	o.t.Helper()
	ended := o.finish(asked)
	if ended.State != task.Done || ended.Result == nil {
		o.t.Fatalf("it ended %s: %s %s", ended.State, ended.Problem, ended.Detail)
	}
	return *ended.Result
}

// failed is finish of a task that must fail by a kind of refusal.
func (o *office) failed(asked apitest.Answer, kind, words string) {
	o.t.Helper()
	ended := o.finish(asked)
	if ended.State != task.Failed || ended.Problem != "urn:uptally:problem:"+kind || !strings.Contains(ended.Detail, words) {
		o.t.Fatalf("it ended %s: %s %s, want %s with %q", ended.State, ended.Problem, ended.Detail, kind, words)
	}
}

// prepared has ann prepare what is earned, and returns it.
func (o *office) prepared(rail string) finance.Distribution {
	o.t.Helper()
	result := o.done(o.ann.Post("/v1/finance/distributions", map[string]any{"rail": rail, "reason": "pay"}))
	return get[finance.Distribution](o, o.bob, "/v1/finance/distributions/"+result.Distribution)
}

// approved has bob approve what ann prepared.
func (o *office) approved(d finance.Distribution) {
	o.t.Helper()
	o.bob.Post("/v1/finance/distributions/"+d.ID+"/approval", map[string]any{"manifest_sha256": d.ManifestSHA256}).Want(o.t, http.StatusOK)
}

// receipts is a log of solana-tokens by which suppliers were paid.
func receipts(amounts map[int]ledger.Amount) string {
	text := "recipient,amount,finalized_date,signature\n"
	for i, amount := range amounts {
		text += fmt.Sprintf("%s,%s,2024-07-30T12:00:00Z,%s\n", address(i), amount, signature(i))
	}
	return text
}

// post sends a file.
func post(c *apitest.Client, path, file string, key string) apitest.Answer {
	return c.Do(http.MethodPost, path, file, http.Header{"Content-Type": {"text/csv"}, "Idempotency-Key": {key}})
}

// get reads a path into a type.
func get[T any](o *office, c *apitest.Client, path string) (v T) {
	o.t.Helper()
	c.Get(path).Want(o.t, http.StatusOK).Into(o.t, &v)
	return v
}

func supplier(i int) uuid.UUID {
	return uuid.UUID{0: 0xaa, 6: 0x40, 8: 0x80, 15: byte(i)}
}

func walletKey(i int) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "wallet %d", i))
	return ed25519.NewKeyFromSeed(seed[:])
}

func address(i int) string { return base58.Encode(walletKey(i).Public().(ed25519.PublicKey)) }

func signature(i int) string {
	bytes := make([]byte, 64)
	binary.BigEndian.PutUint64(bytes, uint64(i)+1)
	bytes[63] = 1
	return base58.Encode(bytes)
}
