package submit_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
)

// processEnv, set, makes the test binary a process that submits, and can be killed.
const processEnv = "UPTALLY_TEST_SUBMIT"

// task is what a submitting process does.
type task struct {
	DatabaseURL, ChainURL, Distribution string

	Actor    int64
	InFlight int
	DieAt    int64 // the step at which it kills itself; 0: none
}

// process submits, and writes a line at each step.
func process(text string) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, t.DatabaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	client, err := solana.Dial(t.ChainURL, clientOptions)
	if err != nil {
		return err
	}
	var steps atomic.Int64
	o := submit.Options{
		Actor: t.Actor, InFlight: t.InFlight, Pause: time.Millisecond,
		Signer: []ed25519.PrivateKey{svm.Attach(t.ChainURL).Treasury},
	}.At(func(name string) {
		if steps.Add(1) == t.DieAt {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		fmt.Println(name)
	})
	_, err = submit.Run(ctx, pool, client, t.Distribution, o)
	return err
}

// spawn starts a process and returns what it writes.
func (w *world) spawn(t task) (*exec.Cmd, *bufio.Scanner) {
	w.t.Helper()
	t.DatabaseURL, t.ChainURL, t.Actor = w.AppURL, w.URL, w.ann
	text, err := json.Marshal(t)
	if err != nil {
		w.t.Fatal(err)
	}
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), processEnv+"="+string(text))
	command.Stderr = w.t.Output()
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return command, bufio.NewScanner(out)
}

// killed runs a process that is killed at its n-th step, by itself or from outside
// while it goes on, and reports whether it was: else it had ended before.
func (w *world) killed(t task, n int, itself bool) bool {
	w.t.Helper()
	if itself {
		t.DieAt = int64(n)
	}
	command, lines := w.spawn(t)
	for seen := 0; lines.Scan(); {
		if seen++; seen == n && !itself {
			_ = command.Process.Kill()
		}
	}
	err := command.Wait()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		status, _ := ended.Sys().(syscall.WaitStatus)
		return status.Signal() == syscall.SIGKILL
	}
	return false
}

// finish starts processes until one has paid all it can.
func (w *world) finish(t task) {
	w.t.Helper()
	for range 20 {
		command, lines := w.spawn(t)
		for lines.Scan() {
		}
		if command.Wait() == nil {
			return
		}
	}
	w.t.Fatalf("twenty processes could not finish: %s; %s", w.states(t.Distribution), w.ends())
}

// mixed prepares a distribution to n payees of every kind, and a chain that drops,
// hangs, cuts, refuses and lets blockhashes expire. It returns who cannot be paid.
func (w *world) mixed(n int, seed uint32) (id string, unpayable []int) {
	w.t.Helper()
	id = w.approved(n, func(i int) bool { return i%3 > 0 })
	w.Freeze(address(n/5*2/3*3 + 1))
	w.SetAccount(w.Associated(address(n/2/3*3+2)), svm.Account{})                                 // closed since
	w.SetAccount(w.Associated(address(n/4*3/3*3)), svm.Account{Lamports: 1 << 30, Owner: w.Mint}) // somebody else's
	w.SetFaults(seed, svm.Rates{Drop: 15, Hang: 2, Lose: 2, Cut: 5, Error: 1})
	w.SetPace(12)
	return id, []int{n/5*2/3*3 + 1, n/2/3*3 + 2, n / 4 * 3 / 3 * 3}
}

// A process that is killed at any point, again and again, on a chain that does all
// that a chain can do to it, pays each payee exactly once.
func TestKilledAtAnyPoint(t *testing.T) {
	t.Parallel()
	payees, kills, worlds := 200, 5, 3
	if text := os.Getenv("UPTALLY_SUBMIT_KILLS"); text != "" {
		total, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("UPTALLY_SUBMIT_KILLS %q: give a whole number", text)
		}
		payees, kills = 1_000, 20
		worlds = (total + kills - 1) / kills
	}
	for seed := range worlds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t)
			id, unpayable := w.mixed(payees, uint32(seed))
			random := rand.New(rand.NewPCG(4, uint64(seed)))
			struck := 0
			for struck < kills && w.killed(task{Distribution: id, InFlight: 1 + random.IntN(3)}, 1+random.IntN(12), random.IntN(2) == 0) {
				struck++
				if random.IntN(3) == 0 {
					w.AdvanceHeight(200)
				}
			}
			w.finish(task{Distribution: id, InFlight: 8})
			w.wantSettled(id, payees, unpayable)
			t.Logf("%d kills before the end; %s", struck, w.summary())
			if struck < kills {
				t.Errorf("%d kills, want %d", struck, kills)
			}
		})
	}
}

// Killed at its first step, then at its second, and so on, a process pays each payee
// exactly once: every step of a run is the last one once.
func TestKilledBetweenAnyTwoSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, unpayable := w.mixed(100, 7)
	w.SetFaults(7, svm.Rates{Drop: 30})
	n := 1
	for w.killed(task{Distribution: id, InFlight: 1}, n, true) {
		n++
	}
	w.finish(task{Distribution: id, InFlight: 1})
	w.wantSettled(id, 100, unpayable)
	t.Logf("%d kills; %s", n-1, w.summary())
	if n < 10 {
		t.Errorf("%d kills", n-1)
	}
}

func (w *world) summary() string {
	w.t.Helper()
	return w.rows(`SELECT count(*) || ' attempts: ' || count(*) FILTER (WHERE outcome = 'landed') || ' landed, ' ||
		count(*) FILTER (WHERE outcome = 'expired') || ' expired, ' || count(*) FILTER (WHERE outcome = 'failed') || ' failed'
		FROM distribution_attempt a LEFT JOIN distribution_attempt_end e ON e.attempt = a.id`)[0]
}

// wantSettled settles what landed and what is aside, and ends the test unless chain,
// records and ledger agree to the last unit: everybody but the unpayable was paid
// once, and no attempt is unknown.
func (w *world) wantSettled(id string, n int, unpayable []int) {
	w.t.Helper()
	w.wantPaid(n, unpayable...)
	if live := w.rows(`SELECT a.id::text FROM distribution_attempt a LEFT JOIN distribution_attempt_end e ON e.attempt = a.id WHERE e.attempt IS NULL`); len(live) > 0 {
		w.t.Fatalf("attempts without an end: %s", live)
	}
	settlement := distribution.Settlement{Distribution: id, Actor: w.bob, Reason: "landed"}
	for _, p := range w.payouts(id) {
		switch p.State {
		case distribution.Landed:
			settlement.Paid = append(settlement.Paid, distribution.PaidBy{Payout: p.Number, Signature: p.Signature, Evidence: distribution.EvidenceChain})
		case distribution.Aside:
			settlement.Returned = append(settlement.Returned, p.Number)
		default:
			w.t.Fatalf("payout %d is %s", p.Number, p.State)
		}
	}
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := distribution.Settle(ctx, tx, settlement)
		return err
	})
	w.do(func(ctx context.Context, tx pgx.Tx) error { return w.ledgerEqualsChain(ctx, tx, n, unpayable) })
}

func (w *world) ledgerEqualsChain(ctx context.Context, tx pgx.Tx, n int, unpayable []int) error {
	returned := map[int]bool{}
	for _, i := range unpayable {
		returned[i] = true
	}
	received := w.received()
	for i := range n {
		want := [3]ledger.Amount{0, 0, amount(i)} // earned, in transit, paid
		if returned[i] {
			want = [3]ledger.Amount{amount(i), 0, 0}
		}
		var got [3]ledger.Amount
		for j, account := range []ledger.Account{ledger.SupplierEarned(supplier(i)), ledger.SupplierTransit(supplier(i)), ledger.SupplierPaid(supplier(i))} {
			var err error
			if got[j], err = ledger.Balance(ctx, tx, account); err != nil && !errors.Is(err, ledger.ErrUnknownAccount) {
				return err
			}
		}
		chain := ledger.Amount(0)
		for _, part := range received[w.Associated(address(i))] {
			chain += ledger.Amount(part)
		}
		if got != want || got[2] != chain {
			return fmt.Errorf("supplier %d: earned, in transit and paid %v, want %v; the chain paid %d", i, got, want, chain)
		}
	}
	report, err := ledger.Verify(ctx, tx)
	if err == nil && !report.OK() {
		err = fmt.Errorf("the ledger: %v", report.Faults)
	}
	return err
}
