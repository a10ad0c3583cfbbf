package submit_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/mr-tron/base58"

	"github.com/uptally/uptally/internal/pgtest"
	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// world is a ledger and a chain of a test's own, with two persons.
type world struct {
	*pgtest.DB
	*svm.Runtime
	t        testing.TB
	ann, bob int64
	source   solana.Source
	signers  []ed25519.PrivateKey
	client   *solana.Client
}

func newWorld(t testing.TB) *world {
	t.Helper()
	db := pgtest.New(t)
	w := &world{DB: db, Runtime: svm.Start(t), t: t, ann: pgtest.Person(t, db.Owner, "ann"), bob: pgtest.Person(t, db.Owner, "bob")}
	w.source = solana.Source{Mint: w.Mint, Decimals: svm.Decimals, Account: w.TreasuryAccount, Owner: w.TreasuryKey(), FeePayer: w.TreasuryKey()}
	w.signers = []ed25519.PrivateKey{w.Treasury}
	w.client = dial(t, w.URL)
	return w
}

// dial calls as often as it likes, and waits for no answer for long.
func dial(t testing.TB, url string) *solana.Client {
	t.Helper()
	client, err := solana.Dial(url, clientOptions)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

var clientOptions = solana.Options{PerSecond: 100_000, Timeout: 150 * time.Millisecond}

func (w *world) do(f func(ctx context.Context, tx pgx.Tx) error) {
	w.t.Helper()
	ctx := context.Background()
	if err := pgx.BeginFunc(ctx, w.App, func(tx pgx.Tx) error { return f(ctx, tx) }); err != nil {
		w.t.Fatal(err)
	}
}

// earn gives supplier i 1,000 + i base units, and a proven wallet, for the first n.
func (w *world) earn(n int) {
	w.t.Helper()
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		entry := ledger.Entry{Act: ledger.ActSeal, Key: "s1/r1", Actor: w.ann, Reason: "sealed", Season: "s1", Revision: 1,
			SubjectDigest: sha256.Sum256([]byte("s1"))}
		pool := ledger.Amount(0)
		for i := range n {
			entry.Transfers = append(entry.Transfers, ledger.Transfer{
				Debit: ledger.SeasonPool("s1"), Credit: ledger.SupplierEarned(supplier(i)), Amount: amount(i)})
			pool += amount(i)
		}
		if _, err := ledger.Fund(ctx, tx, ledger.SeasonPool("s1"), pool, w.ann, "the pool", "fund s1"); err != nil {
			return err
		}
		if _, err := ledger.Post(ctx, tx, entry); err != nil {
			return err
		}
		for i := range n {
			if err := w.prove(ctx, tx, i); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *world) prove(ctx context.Context, tx pgx.Tx, i int) error {
	now, err := wallet.Now(ctx, tx)
	if err != nil {
		return err
	}
	terms := wallet.Terms{Domain: "test", Expires: time.Minute, Now: now, Actor: w.ann, Nonce: [16]byte{byte(i), byte(i >> 8), 1}}
	challenge, err := wallet.Issue(ctx, tx, supplier(i), address(i).String(), terms)
	if err != nil {
		return err
	}
	signature := base58.Encode(ed25519.Sign(walletKey(i), []byte(challenge.String())))
	_, err = wallet.Prove(ctx, tx, challenge.ID, signature, wallet.Proof{Hold: 0, Now: now, Actor: w.ann})
	return err
}

// approved prepares and approves a distribution to n suppliers, of whom those that
// present says have a token account.
func (w *world) approved(n int, present func(i int) bool, nonces ...solana.Key) string {
	w.t.Helper()
	w.earn(n)
	chain := distribution.Chain{Asked: true, Present: map[wallet.Wallet]bool{}, Rent: 1_488_440}
	var wallets []solana.Key
	for i := range n {
		if present(i) {
			wallets = append(wallets, address(i))
			chain.Present[wallet.Wallet(address(i).String())] = true
		}
	}
	w.CreateTokenAccounts(wallets...)
	var d distribution.Distribution
	w.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		d, err = distribution.Prepare(ctx, tx, distribution.Request{
			Key: "k", Actor: w.ann, Reason: "pay", Rail: distribution.RailTransactions, Source: &w.source, Nonces: nonces, Chain: chain})
		return err
	})
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := distribution.Approve(ctx, tx, d.ID, w.bob)
		return err
	})
	return d.ID
}

func everybody(int) bool { return true }

// options are those of a run that does not wait.
func (w *world) options() submit.Options {
	return submit.Options{Signer: w.signers, Actor: w.ann, Pause: time.Millisecond}
}

func (w *world) run(id string) (submit.Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return submit.Run(ctx, w.App, w.client, id, w.options())
}

func (w *world) mustRun(id string) submit.Result {
	w.t.Helper()
	r, err := w.run(id)
	if err != nil {
		w.t.Fatalf("%v\n%+v", err, r)
	}
	return r
}

// wants ends the test unless the run failed for the reason, with the words.
func (w *world) wants(err, reason error, words ...string) {
	w.t.Helper()
	if !errors.Is(err, reason) {
		w.t.Fatalf("got %v, want %v", err, reason)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			w.t.Fatalf("%q does not say %q", err, word)
		}
	}
}

// states counts the payouts by state, as "landed 3, waiting 1".
func (w *world) states(id string) string {
	w.t.Helper()
	counts := map[distribution.PayoutState]int{}
	for _, p := range w.payouts(id) {
		counts[p.State]++
	}
	var all []string
	for _, state := range []distribution.PayoutState{distribution.Waiting, distribution.Live, distribution.Landed, distribution.Aside, distribution.Paid, distribution.Returned} {
		if counts[state] > 0 {
			all = append(all, fmt.Sprintf("%s %d", state, counts[state]))
		}
	}
	return strings.Join(all, ", ")
}

func (w *world) wantStates(id, want string) {
	w.t.Helper()
	if got := w.states(id); got != want {
		w.t.Fatalf("payouts: %s, want %s", got, want)
	}
}

func (w *world) payouts(id string) (all []distribution.PayoutStatus) {
	w.t.Helper()
	w.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		all, err = distribution.ReadPayouts(ctx, tx, id)
		return err
	})
	return all
}

// rows returns what a query of one text column gives.
func (w *world) rows(query string, arguments ...any) []string {
	w.t.Helper()
	rows, err := w.Owner.Query(context.Background(), query, arguments...)
	if err != nil {
		w.t.Fatal(err)
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	return texts
}

// ends returns how the attempts ended, in order, a live one as "live".
func (w *world) ends() string {
	w.t.Helper()
	return strings.Join(w.rows(`SELECT 'b' || a.batch || ' ' || coalesce(e.outcome, 'live')
		FROM distribution_attempt a LEFT JOIN distribution_attempt_end e ON e.attempt = a.id ORDER BY a.id`), ", ")
}

func (w *world) wantEnds(want string) {
	w.t.Helper()
	if got := w.ends(); got != want {
		w.t.Fatalf("attempts: %s, want %s", got, want)
	}
}

// received returns what each wallet got of the treasury, by every transaction of its
// account that did not fail, decoded one by one.
func (w *world) received() map[solana.Key][]uint64 {
	w.t.Helper()
	ctx := context.Background()
	w.SetFaults(0, svm.Rates{})
	w.ReleaseFinality()
	history, err := w.client.History(ctx, w.TreasuryAccount, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[solana.Key][]uint64{}
	for _, seen := range history {
		if seen.Failed != "" {
			continue
		}
		landed, err := w.client.Transaction(ctx, seen.Signature)
		if err != nil || landed == nil {
			w.t.Fatalf("transaction %s: %v, %v", seen.Signature, landed, err)
		}
		for _, m := range landed.Transfers {
			if m.From == w.TreasuryAccount {
				all[m.To] = append(all[m.To], m.Amount)
			}
		}
	}
	return all
}

// wantPaid ends the test unless the first n suppliers were paid exactly once, by the
// chain and by the balances of their accounts, but those left out, who got nothing.
func (w *world) wantPaid(n int, leftOut ...int) {
	w.t.Helper()
	received := w.received()
	out := map[int]bool{}
	for _, i := range leftOut {
		out[i] = true
	}
	transfers := 0
	for i := range n {
		got := received[w.Associated(address(i))]
		transfers += len(got)
		switch {
		case out[i] && len(got) > 0:
			w.t.Errorf("supplier %d was left out, and got %v", i, got)
		case !out[i] && (len(got) != 1 || got[0] != uint64(amount(i))):
			w.t.Errorf("supplier %d got %v, want once %d", i, got, amount(i))
		}
	}
	total := 0
	for _, got := range received {
		total += len(got)
	}
	if total != transfers {
		w.t.Errorf("%d transfers, of which %d to suppliers", total, transfers)
	}
	if w.t.Failed() {
		w.t.FailNow()
	}
}

func amount(i int) ledger.Amount { return ledger.Amount(1000 + i) }

// supplier returns the i-th supplier of the tests; their ids rise with i, so supplier
// i is paid by payout i+1.
func supplier(i int) uuid.UUID {
	return uuid.UUID{0: 0xaa, 6: 0x40, 8: 0x80, 13: byte(i >> 16), 14: byte(i >> 8), 15: byte(i)}
}

func walletKey(i int) ed25519.PrivateKey {
	seed := sha256.Sum256(fmt.Appendf(nil, "wallet %d", i))
	return ed25519.NewKeyFromSeed(seed[:])
}

func address(i int) solana.Key { return solana.PublicKey(walletKey(i)) }
