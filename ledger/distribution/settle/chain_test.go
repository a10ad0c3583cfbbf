package settle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// market is a bundle beside a chain whose treasury pays.
type market struct {
	*bundle
	*svm.Runtime
	client *solana.Client
	source solana.Source
}

func open(t *testing.T) *market {
	t.Helper()
	t.Parallel()
	m := &market{bundle: setup(t), Runtime: svm.Start(t)}
	m.source = solana.Source{Mint: m.Mint, Decimals: svm.Decimals, Account: m.TreasuryAccount, Owner: m.TreasuryKey(), FeePayer: m.TreasuryKey()}
	var err error
	if m.client, err = solana.Dial(m.URL, solana.Options{PerSecond: 10_000}); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *market) payer() Payer { return Payer{m.Mint, m.TreasuryAccount} }

// send makes a message ready, signs it as the treasury and sends it.
func (m *market) send(message []byte) (s sent) {
	m.t.Helper()
	ctx := context.Background()
	var err error
	s.blockhash, s.lastValid, err = m.client.Blockhash(ctx)
	m.check(err)
	s.ready, err = solana.Ready(message, s.blockhash, 0)
	m.check(err)
	transaction, first, err := solana.Sign(s.ready, m.Treasury)
	m.check(err)
	m.check(m.client.Send(ctx, transaction))
	s.transaction, s.signature = transaction, first.String()
	return s
}

// sent is what was sent of a message.
type sent struct {
	ready, transaction []byte
	blockhash          solana.Hash
	lastValid          uint64
	signature          string
}

func (m *market) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// pay moves amounts from the treasury to wallets, "wallet amount" each, in one
// transaction with a memo that is no batch's.
func (m *market) pay(id string, rows ...string) (signature string) {
	m.t.Helper()
	var transfers []solana.Transfer
	for i, row := range rows {
		var w int
		var amount uint64
		if _, err := fmt.Sscan(row, &w, &amount); err != nil {
			m.t.Fatal(err)
		}
		transfers = append(transfers, solana.Transfer{Payout: fmt.Sprintf("%s-%d", id, i+1), Wallet: walletAt(w), Amount: amount, Create: true})
	}
	batch, err := solana.NewBatch(m.source, id, solana.Key{}, transfers)
	m.check(err)
	return m.send(batch.Message).signature
}

// transactions prepares a distribution on the rail transactions.
func (m *market) transactions(key string) distribution.Distribution {
	m.t.Helper()
	return m.prepared(distribution.Request{Key: key, Rail: distribution.RailTransactions, Source: &m.source})
}

// submit sends every batch of the distribution, and records how that ended.
func (m *market) submit(id string) (signatures []string) {
	m.t.Helper()
	for _, b := range m.instructions(id) {
		s := m.send(b.Message)
		m.record(b, s, "landed")
		signatures = append(signatures, s.signature)
	}
	return signatures
}

func (m *market) instructions(id string) []solana.Batch {
	m.t.Helper()
	var i distribution.Instructions
	m.do(func(ctx context.Context, tx pgx.Tx) (err error) {
		_, i, err = distribution.ReadInstructions(ctx, tx, id)
		return err
	})
	return i.Batches
}

// record writes an attempt of a batch and its end; "": it is live.
func (m *market) record(b solana.Batch, s sent, outcome string) {
	m.t.Helper()
	m.owner(`
		WITH a AS (
			INSERT INTO distribution_attempt (distribution, batch, message, blockhash, last_valid, attempted_by)
			SELECT b.distribution, b.number, $2, $3, $4, $5 FROM distribution_batch b WHERE b.id = $1 RETURNING id, distribution, batch),
		s AS (INSERT INTO distribution_attempt_signed (attempt, signature, transaction) SELECT id, $6, $7 FROM a)
		INSERT INTO distribution_payout_attempt (distribution, payout, turn, attempt)
		SELECT a.distribution, p.payout, 1, a.id FROM a JOIN distribution_batch_payout p ON (p.distribution, p.batch) = (a.distribution, a.batch)`,
		b.ID, s.ready, s.blockhash.String(), s.lastValid, m.ann, s.signature, s.transaction)
	if outcome != "" {
		m.owner(`
			INSERT INTO distribution_attempt_end (attempt, outcome, signature, slot, detail)
			SELECT attempt, $2, CASE WHEN $2 <> 'expired' THEN $1 END, CASE WHEN $2 <> 'expired' THEN 7 END, 'the test says so'
			FROM distribution_attempt_signed WHERE signature = $1`, s.signature, outcome)
	}
}

func (m *market) fromChain(id string) Result {
	m.t.Helper()
	return m.must(FromChain(context.Background(), m.App, m.client, m.bundle.request(id)))
}

// fits fails unless the statement fits with the chain.
func (m *market) fits() Statement {
	m.t.Helper()
	s := m.reconcile(m.client, Asked{Payer: m.payer()})
	if err := s.Err(); err != nil {
		m.t.Error(err)
	}
	return s
}

// misfit fails unless the statement has one misfit, with these words.
func (m *market) misfit(words ...string) {
	m.t.Helper()
	s := m.reconcile(m.client, Asked{Payer: m.payer()})
	text := ""
	if err := s.Err(); err != nil {
		text = err.Error()
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			m.t.Errorf("%q is not in: %s", w, text)
		}
	}
}

func someAmounts(n int) (amounts []ledger.Amount, wallets []int) {
	for i := range n {
		amounts, wallets = append(amounts, ledger.Amount(1000+i)), append(wallets, i)
	}
	return amounts, wallets
}

func TestWhatLandedIsSettled(t *testing.T) {
	m := open(t)
	amounts, wallets := someAmounts(20)
	m.wallets(wallets...)
	m.seal("s1", amounts...)
	m.transactions("k")
	signatures := m.submit("d1")
	if len(signatures) < 3 {
		t.Fatalf("%d batches", len(signatures))
	}
	dry := m.bundle.request("d1")
	dry.DryRun = true
	r := m.must(FromChain(t.Context(), m.App, m.client, dry))
	if r.Settled.Payouts != 20 || len(r.Journals) != 0 || r.Unknown != (Tally{}) {
		t.Errorf("dry: %+v", r)
	}
	r = m.fromChain("d1")
	if r.Settled != (Tally{20, 20190}) || len(r.Misfits) != 0 || r.Unknown.Payouts != 0 || len(r.Journals) != 1 {
		t.Errorf("first: %+v", r)
	}
	if r = m.fromChain("d1"); r.Settled.Payouts != 0 || r.Already != (Tally{20, 20190}) {
		t.Errorf("again: %+v", r)
	}
	s := m.fits()
	if s.Chain.PaidByChain != 20190 || s.Chain.Transactions != len(signatures) || s.Runs[0].Paid != 20190 || s.Owed != 0 {
		t.Errorf("%+v", s)
	}
	m.checkLedger()
	// A payment that nobody here ordered is named.
	stray := m.pay("other", "3 77")
	m.misfit("1 misfits", stray+": not ours: it took 77 base units out of the treasury")
}

// An attempt that is not what its record says is left, and the others go on.
func TestAnAttemptThatDoesNotFitIsLeft(t *testing.T) {
	m := open(t)
	amounts, wallets := someAmounts(25)
	m.wallets(wallets...)
	m.seal("s1", amounts...)
	m.transactions("k")
	batches := m.instructions("d1")
	if len(batches) != 4 {
		t.Fatalf("%d batches", len(batches))
	}
	// instead pays the batch otherwise, and puts that on record as its attempt.
	instead := func(b solana.Batch, id string, change func([]solana.Transfer) []solana.Transfer) {
		t.Helper()
		other, err := solana.NewBatch(m.source, id, solana.Key{}, change(slices.Clone(b.Transfers)))
		m.check(err)
		s := m.send(other.Message)
		m.record(b, s, "landed")
	}
	instead(batches[0], "d1-b1", func(all []solana.Transfer) []solana.Transfer {
		all[0].Amount--
		return all
	})
	instead(batches[1], "d9-b2", func(all []solana.Transfer) []solana.Transfer { return all })
	s := m.send(batches[2].Message)
	m.record(batches[2], s, "landed")
	instead(batches[3], "d1-b4", func(all []solana.Transfer) []solana.Transfer {
		return append(all, solana.Transfer{Payout: "d1-99", Wallet: walletAt(99), Amount: 5, Create: true})
	})
	r := m.fromChain("d1")
	if good := len(batches[2].Transfers); len(r.Misfits) != 3 || r.Settled.Payouts != good || r.Unknown.Payouts != 25-good {
		t.Fatalf("%+v", r)
	}
	for i, want := range []string{"d1-b1 it does not pay payout", "d1-b2 its memo is", "d1-b4 it also moves 5 base units to " + m.Associated(walletAt(99)).String()} {
		where, why, _ := strings.Cut(want, " ")
		if got := r.Misfits[i]; got.Where != where || !strings.Contains(got.Why, why) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	m.checkLedger()
}

// Whoever settles at once, or was killed between, settles each payout once.
func TestWhatLandedIsSettledOnceByMany(t *testing.T) {
	m := open(t)
	amounts, wallets := someAmounts(9)
	m.wallets(wallets...)
	m.seal("s1", amounts...)
	m.transactions("k")
	m.submit("d1")
	results, errs := make([]Result, 6), make([]error, 6)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i], errs[i] = FromChain(context.Background(), m.App, m.client, m.bundle.request("d1")) })
	}
	all.Wait()
	settled := 0
	for i, r := range results {
		m.check(errs[i])
		settled += r.Settled.Payouts
		if r.Settled.Payouts+r.Already.Payouts != 9 {
			t.Errorf("%+v", r)
		}
	}
	if settled != 9 {
		t.Errorf("%d settled", settled)
	}
	m.fits()
}

// What is set aside comes back, unless files are out or its batch was paid by hand.
func TestWhatIsAsideIsReturned(t *testing.T) {
	m := open(t)
	m.wallets(0, 1, 2)
	m.seal("s1", 10, 20, 30)
	m.transactions("k")
	aside := func(id string, payout int) {
		m.do(func(ctx context.Context, tx pgx.Tx) error {
			return distribution.SetAside(ctx, tx, id, []int{payout}, distribution.AsideRefused, "frozen on chain", m.ann)
		})
	}
	aside("d1", 2)
	r := m.fromChain("d1")
	if r.Returned != (Tally{1, 20}) || r.Unknown != (Tally{2, 40}) || len(r.States) != 1 {
		t.Errorf("%+v", r)
	}
	m.wantStates("d1", "waiting returned waiting")
	m.checkLedger()

	m.transactions("k2") // the 20 again
	m.send(m.instructions("d2")[0].Message)
	aside("d2", 1)
	r = m.fromChain("d2")
	if len(r.Misfits) != 1 || !strings.Contains(r.Misfits[0].Why, "paid by hand") || r.Returned.Payouts != 0 {
		t.Errorf("%+v", r)
	}
	m.misfit("not ours: it took 20 base units", `with the memo "d2-b1`)

	m.seal("s2", 0, 0, 0, 5)
	m.wallets(0, 1, 2, 3)
	m.transactions("k3")
	m.export("d3")
	aside("d3", 1)
	r = m.fromChain("d3")
	if len(r.Misfits) != 0 || r.Returned.Payouts != 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "two persons cancel") {
		t.Errorf("%+v", r)
	}
	m.wantStates("d3", "aside")
}

// What a statement must not miss: an attempt that was proven dead and landed.
func TestAnExpiredAttemptThatLandedIsNamed(t *testing.T) {
	m := open(t)
	m.wallets(0)
	m.seal("s1", 10)
	m.transactions("k")
	b := m.instructions("d1")[0]
	late := m.send(b.Message)
	m.record(b, late, "expired")
	m.misfit("d1-b1: attempt " + late.signature + " is on record as expired (the test says so), but it landed")
	s := m.reconcile(m.client, Asked{Payer: m.payer()})
	if len(s.Open) != 1 || s.Open[0].State != "expired" || s.Open[0].Tally != (Tally{1, 10}) {
		t.Errorf("%+v", s.Open)
	}
}

func TestReceiptsAreHeldAgainstTheChain(t *testing.T) {
	m := open(t)
	m.wallets(0, 1, 1, 3)
	m.seal("s1", 100, 200, 300, 400)
	m.prepared(distribution.Request{Key: "k"})
	m.export("d1")
	log := func(rows ...string) string {
		return "recipient,amount,finalized_date,signature\n" + strings.Join(rows, "\n") + "\n"
	}
	row := func(w int, amount, signature string) string {
		return fmt.Sprintf("%s,%s,2024-07-30T12:00:00Z,%s", address(w), amount, signature)
	}
	settle := func(file string, format Format) (Result, error) {
		return FromReceipts(t.Context(), m.App, m.client, m.payer(), format, strings.NewReader(file), m.bundle.request("d1"))
	}
	good, both := m.pay("a", "0 100"), m.pay("b", "1 500")
	short, stray := m.pay("c", "3 399"), m.pay("e", "7 100")
	for name, c := range map[string]struct{ file, want string }{
		"unknown":         {log(row(0, "100", signatureAt(1))), "line 2: signature " + signatureAt(1) + ": the chain knows no such transaction"},
		"too little":      {log(row(3, "400", short)), "line 2: signature " + short + " moves no 400 base units"},
		"another's":       {log(row(0, "100", good), row(3, "400", both)), "line 3: signature " + both + " moves no 400"},
		"one for two":     {log(row(0, "100", good), row(3, "400", good)), "line 3: signature " + good + " moves no 400"},
		"to another":      {log(row(0, "100", stray)), "line 2: signature " + stray + " moves no 100"},
		"treasury's own":  {log(row(0, "100", short)), "line 2: signature " + short + " moves no 100"},
		"failed, but not": {"payout_id,wallet,amount,outcome,signature\nd1-1," + address(0) + ",100,failed," + good + "\n", "line 2: failed: the chain does not say so"},
	} {
		t.Run(name, func(t *testing.T) {
			format := FormatSolanaTokens
			if strings.HasPrefix(c.file, "payout_id") {
				format = FormatUptally
			}
			if _, err := settle(c.file, format); !errors.Is(err, ErrMisfit) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	m.HoldFinality("confirmed")
	young := m.pay("d", "3 400")
	if _, err := settle(log(row(3, "400", young)), FormatSolanaTokens); err == nil || !strings.Contains(err.Error(), "it is not final yet") {
		t.Errorf("not final: %v", err)
	}
	m.ReleaseFinality()
	r, err := settle(log(row(0, "100", good), row(1, "500", both), row(3, "400", young)), FormatSolanaTokens)
	if m.must(r, err).Settled != (Tally{4, 1000}) {
		t.Errorf("%+v", r)
	}
	if p := m.payouts("d1"); p[1].Signature != both || p[2].Signature != both {
		t.Errorf("%+v", p)
	}
	m.misfit("2 misfits", short+": not ours: it took 399", stray+": not ours: it took 100")
}

// A failed payment comes back only if the chain proves that it failed, and that no
// other transaction paid it.
func TestAFailedPaymentComesBackByTheChain(t *testing.T) {
	m := open(t)
	m.wallets(0, 1)
	m.seal("s1", 100, 200)
	m.transactions("k")
	m.CreateTokenAccounts(walletAt(0), walletAt(1))
	m.Freeze(walletAt(0))
	failed := m.pay("x", "0 100", "1 200") // a transaction fails whole
	file := "payout_id,wallet,amount,outcome,signature\nd1-1," + address(0) + ",100,failed," + failed + "\n"
	settle := func(id, file string) (Result, error) {
		return FromReceipts(t.Context(), m.App, m.client, m.payer(), FormatUptally, strings.NewReader(file), m.bundle.request(id))
	}
	m.Thaw(walletAt(0))
	paid := m.pay("y", "0 60")
	if _, err := settle("d1", file); !errors.Is(err, ErrMisfit) || !strings.Contains(err.Error(), "transaction "+paid+" moved 60 base units") {
		t.Errorf("paid otherwise: %v", err)
	}
	m.Freeze(walletAt(1))
	other := m.pay("z", "1 199")
	m.Thaw(walletAt(1))
	file = "payout_id,wallet,amount,outcome,signature\nd1-2," + address(1) + ",200,failed," + other + "\n"
	if _, err := settle("d1", file); !errors.Is(err, ErrMisfit) || !strings.Contains(err.Error(), "another payment that failed") {
		t.Errorf("another failed: %v", err)
	}
	file = strings.Replace(file, other, failed, 1)
	r, err := settle("d1", file)
	if m.must(r, err).Returned != (Tally{1, 200}) {
		t.Errorf("%+v", r)
	}
	m.wantStates("d1", "waiting returned")
	m.prepared(distribution.Request{Key: "k2"}) // the 200 again, by a file
	m.export("d2")
	r, err = settle("d2", "payout_id,wallet,amount,outcome,signature\nd2-1,"+address(1)+",200,failed,"+failed+"\n")
	if m.must(r, err).Failed != (Tally{1, 200}) || r.Returned.Payouts != 0 || r.Unknown != (Tally{1, 200}) || len(r.Notes) != 1 {
		t.Errorf("its file is out: %+v", r)
	}
	m.wantStates("d2", "waiting")
	m.checkLedger()
}
