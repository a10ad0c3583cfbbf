package task_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/task"
	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/settle"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// workerEnv, set, makes the test binary a worker of one task, which a test may kill.
const workerEnv = "UPTALLY_TEST_TASK"

type job struct {
	DatabaseURL string
	Task        uuid.UUID
}

func TestMain(m *testing.M) {
	if text := os.Getenv(workerEnv); text != "" {
		if err := work(text); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	pgtest.Main(m)
}

func work(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(j.DatabaseURL)
	if err != nil {
		return err
	}
	config.ConnConfig.Tracer = teller{}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return err
	}
	defer pool.Close()
	return tools(pool).Run(context.Background(), j.Task, false)
}

// teller writes a line to standard output as each statement begins, for kill to count.
type teller struct{}

func (teller) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	_, _ = os.Stdout.WriteString("\n")
	return ctx
}

func (teller) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func tools(pool *pgxpool.Pool) task.Tools {
	return task.Tools{
		Pool: pool, Domain: "uptally", Log: slog.New(slog.DiscardHandler), Notify: func(context.Context, pgx.Tx) error { return nil },
	}
}

// desk is a ledger of a test's own, with two people.
type desk struct {
	*pgtest.DB
	t        *testing.T
	ann, bob int64
}

// seat opens a desk at which so many suppliers earned 1 and have a wallet.
func seat(t *testing.T, suppliers int) *desk {
	t.Helper()
	db := pgtest.New(t)
	d := &desk{DB: db, t: t, ann: pgtest.Person(t, db.Owner, "ann"), bob: pgtest.Person(t, db.Owner, "bob")}
	entry := ledger.Entry{Act: ledger.ActSeal, Key: "s1/r1", Actor: d.ann, Reason: "sealed", Season: "s1", Revision: 1,
		SubjectDigest: sha256.Sum256([]byte("s1")), PayoutMinimum: 1}
	for i := range suppliers {
		entry.Transfers = append(entry.Transfers, ledger.Transfer{Debit: ledger.SeasonPool("s1"), Credit: ledger.SupplierEarned(supplier(i)), Amount: 1})
	}
	d.do(func(ctx context.Context, tx pgx.Tx) error {
		if _, err := ledger.Fund(ctx, tx, ledger.SeasonPool("s1"), ledger.Amount(suppliers), d.ann, "the pool", "fund"); err != nil {
			return err
		}
		_, err := ledger.Post(ctx, tx, entry)
		return err
	})
	d.prove(suppliers)
	return d
}

// prove makes the wallets of the first suppliers theirs, at once.
func (d *desk) prove(suppliers int) {
	d.t.Helper()
	table := "supplier_id,wallet,text,signature\n"
	issued := time.Now().UTC().Truncate(time.Second)
	for i := range suppliers {
		text := wallet.Text{Domain: "uptally", Supplier: supplier(i), Wallet: wallet.Wallet(address(i)), Issued: issued, Expires: issued.Add(time.Hour)}
		_, _ = rand.Read(text.Nonce[:])
		table += fmt.Sprintf("%s,%s,%s,%s\n", supplier(i), address(i), text, base58.Encode(ed25519.Sign(walletKey(i), []byte(text.String()))))
	}
	d.do(func(ctx context.Context, tx pgx.Tx) error {
		now, err := wallet.Now(ctx, tx)
		if err != nil {
			return err
		}
		_, err = wallet.Import(ctx, tx, strings.NewReader(table), "uptally", wallet.Proof{Now: now, Actor: d.ann})
		return err
	})
}

func (d *desk) do(f func(ctx context.Context, tx pgx.Tx) error) {
	d.t.Helper()
	if err := pgx.BeginFunc(context.Background(), d.App, func(tx pgx.Tx) error { return f(context.Background(), tx) }); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) ask(kind task.Kind, arguments task.Arguments, input string) (asked task.Task) {
	d.t.Helper()
	d.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		asked, err = task.Ask(ctx, tx, kind, arguments, []byte(input), d.ann)
		return err
	})
	return asked
}

func (d *desk) show(id uuid.UUID) (found task.Task) {
	d.t.Helper()
	d.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		found, err = task.Show(ctx, tx, id)
		return err
	})
	return found
}

// done works a task that must succeed, and returns what came of it.
func (d *desk) done(asked task.Task) task.Result {
	d.t.Helper()
	if err := tools(d.App).Run(context.Background(), asked.ID, false); err != nil {
		d.t.Fatal(err)
	}
	found := d.show(asked.ID)
	if found.State != task.Done {
		d.t.Fatalf("%s ended %s: %s", asked.Kind, found.State, found.Error)
	}
	return *found.Result
}

func (d *desk) count(query string) (n int) {
	d.t.Helper()
	if err := d.Owner.QueryRow(context.Background(), query).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// approvedFor prepares what is due and has bob approve it; it returns receipts of all.
func (d *desk) approvedFor(suppliers int) (receipts string) {
	d.t.Helper()
	id := d.done(d.ask(task.Prepare, task.Arguments{Reason: "pay"}, "")).Distribution
	d.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := distribution.Approve(ctx, tx, id, d.bob)
		return err
	})
	receipts = "recipient,amount,finalized_date,signature\n"
	for i := range suppliers {
		receipts += fmt.Sprintf("%s,1,2024-07-30T12:00:00Z,%s\n", address(i), signature(i))
	}
	return receipts
}

// Two workers at once do a task once.
func TestTwoWorkersAtOnce(t *testing.T) {
	t.Parallel()
	d := seat(t, 3)
	asked := d.ask(task.Prepare, task.Arguments{Reason: "pay"}, "")
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			if err := tools(d.App).Run(context.Background(), asked.ID, false); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if found := d.show(asked.ID); found.State != task.Done || found.Result.Distribution != "d1" {
		t.Errorf("it is %s: %+v", found.State, found.Result)
	}
	if started, prepared := d.count(`SELECT count(*) FROM task_start`), d.count(`SELECT count(*) FROM distribution`); started != 1 || prepared != 1 {
		t.Errorf("begun %d times, %d distributions", started, prepared)
	}
}

// A worker that is killed at any point, and another that goes on, leave what one leaves.
func TestKilledAtAnyPoint(t *testing.T) {
	t.Parallel()
	const suppliers = 400
	d := seat(t, suppliers)
	random := mathrand.New(mathrand.NewPCG(1, 2))
	prepare := d.ask(task.Prepare, task.Arguments{Reason: "pay"}, "")
	d.kill(prepare.ID, random)
	if id := d.done(prepare).Distribution; id != "d1" || d.count(`SELECT count(*) FROM distribution`) != 1 {
		t.Fatalf("prepared %s", id)
	}
	d.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := distribution.Approve(ctx, tx, "d1", d.bob)
		return err
	})
	receipts := "recipient,amount,finalized_date,signature\n"
	for i := range suppliers {
		receipts += fmt.Sprintf("%s,1,2024-07-30T12:00:00Z,%s\n", address(i), signature(i))
	}
	settle := d.ask(task.SettleReceipts, task.Arguments{Distribution: "d1", Format: "solana-tokens"}, receipts)
	d.kill(settle.ID, random)
	if s := d.done(settle).Settlement; s.Settled.Payouts != suppliers || s.Settled.Total != suppliers || s.Already.Payouts != 0 || len(s.Journals) != 1 {
		t.Errorf("settled: %+v", s)
	}
	d.do(func(ctx context.Context, tx pgx.Tx) error {
		report, err := ledger.Verify(ctx, tx)
		if err == nil && !report.OK() {
			t.Errorf("ledger: %v", report.Faults)
		}
		return err
	})
}

// statements is about how many a worker begins in each of these tasks.
const statements = 45

// kill starts workers of the task and kills each as a random statement of its begins.
func (d *desk) kill(id uuid.UUID, random *mathrand.Rand) {
	d.t.Helper()
	text, err := json.Marshal(job{d.AppURL, id})
	if err != nil {
		d.t.Fatal(err)
	}
	for range 3 {
		worker := exec.Command(os.Args[0])
		worker.Env = append(os.Environ(), workerEnv+"="+string(text))
		output, err := worker.StdoutPipe()
		if err != nil {
			d.t.Fatal(err)
		}
		if err := worker.Start(); err != nil {
			d.t.Fatal(err)
		}
		_, _ = io.ReadFull(output, make([]byte, random.IntN(statements))) // it may end before
		_ = worker.Process.Kill()
		_ = worker.Wait()
	}
}

// What an earlier run posted before it was killed is told as the task's own.
func TestAKilledSettlementTellsAllItPosted(t *testing.T) {
	t.Parallel()
	d := seat(t, 3)
	receipts := d.approvedFor(3)
	asked := d.ask(task.SettleReceipts, task.Arguments{Distribution: "d1", Format: "solana-tokens"}, receipts)
	two := strings.Join(strings.SplitAfter(receipts, "\n")[:3], "")
	if _, err := settle.FromReceipts(context.Background(), d.App, nil, settle.Payer{}, settle.FormatSolanaTokens, strings.NewReader(two), settle.Request{
		Distribution: "d1", Actor: d.ann, Reason: "settled from receipts by task " + asked.ID.String(),
	}); err != nil {
		t.Fatal(err)
	}
	if s := d.done(asked).Settlement; s.Settled.Payouts != 3 || s.Settled.Total != 3 || s.Already.Payouts != 0 || len(s.Journals) != 2 {
		t.Errorf("settled: %+v", s)
	}
}

// A refusal ends a task at once; another error only at the last try, and untold.
func TestHowTasksFail(t *testing.T) {
	t.Parallel()
	d := seat(t, 1)
	refused := d.ask(task.SettleReceipts, task.Arguments{Distribution: "d9", Format: "solana-tokens"}, "recipient,amount,finalized_date,signature\n")
	if err := tools(d.App).Run(context.Background(), refused.ID, false); err != nil {
		t.Fatal(err)
	}
	if found := d.show(refused.ID); found.State != task.Failed || found.Refusal != "not-found" || found.Result != nil {
		t.Errorf("refused: %+v", found)
	}

	broken := d.ask(task.Kind("preview"), task.Arguments{Reason: "pay"}, "")
	if _, err := d.Owner.Exec(context.Background(), `ALTER TABLE wallet RENAME TO wallet_gone`); err != nil {
		t.Fatal(err)
	}
	if err := tools(d.App).Run(context.Background(), broken.ID, false); err == nil || d.show(broken.ID).State != task.Running {
		t.Errorf("a first try: error %v, it is %s", err, d.show(broken.ID).State)
	}
	if err := tools(d.App).Run(context.Background(), broken.ID, true); err != nil {
		t.Error(err)
	}
	if found := d.show(broken.ID); found.State != task.Failed || found.Refusal != "internal" || strings.Contains(found.Error, "wallet") {
		t.Errorf("broken: %+v", found)
	}

	stopped, stop := context.WithCancel(context.Background())
	stop()
	waiting := d.ask(task.Prepare, task.Arguments{Reason: "pay"}, "")
	if err := tools(d.App).Run(stopped, waiting.ID, true); !errors.Is(err, context.Canceled) || d.show(waiting.ID).State != task.Queued {
		t.Errorf("stopped: error %v, it is %s", err, d.show(waiting.ID).State)
	}
	if err := tools(d.App).Run(context.Background(), uuid.New(), false); !errors.Is(err, task.ErrUnknown) {
		t.Errorf("a task of nobody's: %v", err)
	}
}

// While writes are halted what writes waits, even at its last try; what reads goes on.
func TestTasksHeedAHalt(t *testing.T) {
	t.Parallel()
	d := seat(t, 1)
	preparing, previewing := d.ask(task.Prepare, task.Arguments{Reason: "pay"}, ""), d.ask(task.Preview, task.Arguments{Reason: "pay"}, "")
	d.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := audit.Halt(ctx, tx, d.ann, "an attack")
		return err
	})
	if err := tools(d.App).Run(context.Background(), preparing.ID, true); !errors.Is(err, task.ErrHalted) || d.show(preparing.ID).State != task.Queued {
		t.Errorf("halted: error %v, it is %s", err, d.show(preparing.ID).State)
	}
	if p := d.done(previewing).Preview; p.Payees != 1 {
		t.Errorf("the preview pays %d", p.Payees)
	}
	d.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := audit.Resume(ctx, tx, d.bob, "over")
		return err
	})
	if id := d.done(preparing).Distribution; id != "d1" {
		t.Errorf("prepared %q", id)
	}
}

func TestAFileThatIsTooLargeIsNoTask(t *testing.T) {
	t.Parallel()
	d := seat(t, 1)
	d.do(func(ctx context.Context, tx pgx.Tx) error {
		if _, err := task.Ask(ctx, tx, task.SettleReceipts, task.Arguments{}, make([]byte, task.InputMax+1), d.ann); !errors.Is(err, task.ErrTooLarge) {
			t.Errorf("got %v", err)
		}
		return nil
	})
}

func supplier(i int) uuid.UUID {
	return uuid.UUID{0: 0xaa, 6: 0x40, 8: 0x80, 14: byte(i >> 8), 15: byte(i)}
}

func walletKey(i int) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "wallet %d", i))
	return ed25519.NewKeyFromSeed(seed[:])
}

func address(i int) string { return base58.Encode(walletKey(i).Public().(ed25519.PublicKey)) }

func signature(i int) string {
	bytes := [64]byte{0: byte(i >> 8), 1: byte(i), 63: math.MaxUint8}
	return base58.Encode(bytes[:])
}
