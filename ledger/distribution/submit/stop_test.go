package submit_test

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
)

// A payee who cannot be paid is set aside with the chain's words, and the rest of
// their batch goes on.
func TestWhoCannotBePaidIsSetAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(40, func(i int) bool { return i != 39 })
	w.Freeze(address(3))
	w.Freeze(address(4))
	w.SetAccount(w.Associated(address(20)), svm.Account{})                                 // closed since
	w.SetAccount(w.Associated(address(39)), svm.Account{Lamports: 1 << 30, Owner: w.Mint}) // somebody else's
	r := w.mustRun(id)
	w.wantStates(id, "landed 36, aside 4")
	w.wantPaid(40, 3, 4, 20, 39)
	if len(r.Refused) != 4 {
		t.Errorf("%+v", r.Refused)
	}
	if got := w.payouts(id)[3].Detail; !strings.HasPrefix(got, "refused_by_chain: instruction 0: Custom 17") && !strings.HasSuffix(got, "Custom 17") {
		t.Error(got)
	}
}

// A payee who is frozen between the simulation and the landing fails the batch on
// the chain. It moved nothing, and is divided.
func TestABatchThatFailsOnTheChainIsDivided(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(17, everybody)
	w.LateSends(1, 5)
	o := w.options()
	frozen := false
	o.Progress = func(submit.Progress) {
		if !frozen {
			frozen = true
			w.Freeze(address(9))
			w.AdvanceHeight(5)
		}
	}
	if _, err := submit.Run(t.Context(), w.App, w.client, id, o); err != nil {
		t.Fatal(err)
	}
	w.wantEnds("b1 failed, b2 landed")
	w.wantStates(id, "landed 16, aside 1")
	w.wantPaid(17, 9)
}

// What would fail everybody stops the run before anything is sent, and sets nobody
// aside.
func TestWhatFailsEverybodyStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(17, everybody)
	account := w.account(w.TreasuryAccount)
	for _, c := range []struct {
		name         string
		spoil, mend  func()
		want         error
		words        string
		distribution string
	}{
		{"short of tokens", func() { w.setTokens(account, 17_135) }, func() { w.SetAccount(w.TreasuryAccount, account) },
			submit.ErrFunds, "holds 17135 base units, and 17136 are to be paid: fund it", id},
		{"of another owner", func() { w.setOwner(account, address(3)) }, func() { w.SetAccount(w.TreasuryAccount, account) },
			submit.ErrFunds, "as approved", id},
		{"frozen", func() { w.Freeze(w.TreasuryKey()) }, func() { w.Thaw(w.TreasuryKey()) }, submit.ErrFunds, "is frozen", id},
		{"no account", func() { w.SetAccount(w.TreasuryAccount, svm.Account{}) }, func() { w.SetAccount(w.TreasuryAccount, account) },
			submit.ErrFunds, "does not exist", id},
		{"short of SOL", func() { w.setLamports(655_239) }, func() { w.setLamports(1 << 40) }, submit.ErrFunds, "needs 5000 for fees", id},
		{"no SOL", func() { w.setLamports(0) }, func() { w.setLamports(1 << 40) }, submit.ErrFunds, "has 0 lamports", id},
		{"wrong key", func() { w.signers = []ed25519.PrivateKey{walletKey(5)} }, func() { w.signers = []ed25519.PrivateKey{w.Treasury} },
			submit.ErrKey, "signs nothing here", id},
		{"no key", func() { w.signers = nil }, func() { w.signers = []ed25519.PrivateKey{w.Treasury} }, submit.ErrKey, "is missing", id},
		{"no such", func() {}, func() {}, distribution.ErrUnknown, "", "d9"},
		{"changed file", func() { w.tamper() }, func() { w.tamper() }, distribution.ErrCorrupt, "pay nothing from it", id},
		{"cancel asked", func() { w.askCancel(id) }, func() {}, distribution.ErrCancelled, "a mistake", id},
	} {
		c.spoil()
		_, err := w.run(c.distribution)
		c.mend()
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: got %v, want %v … %s", c.name, err, c.want, c.words)
		}
	}
	w.wantStates(id, "waiting 17")
	w.wantEnds("")
	if sends := w.Calls("sendTransaction"); sends > 0 {
		t.Errorf("sent %d", sends)
	}
}

// A treasury that is frozen after the first look is not taken for frozen payees.
func TestATreasuryFrozenMeanwhileSetsNobodyAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(40, everybody)
	o := w.options()
	o.InFlight = 1
	frozen := false
	o.Progress = func(p submit.Progress) {
		if p.Done > 0 && !frozen {
			frozen = true
			w.Freeze(w.TreasuryKey())
		}
	}
	_, err := submit.Run(t.Context(), w.App, w.client, id, o)
	w.wants(err, submit.ErrFunds, "is frozen")
	if states := w.states(id); strings.Contains(states, "aside") || !strings.Contains(states, "waiting") {
		t.Error(states)
	}
	w.Thaw(w.TreasuryKey())
	w.mustRun(id)
	w.wantPaid(40)
}

func TestCancellingStopsFurtherAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(40, everybody)
	o := w.options()
	o.InFlight = 1
	asked := false
	o.Progress = func(submit.Progress) {
		if !asked {
			asked = true
			w.askCancel(id)
		}
	}
	_, err := submit.Run(t.Context(), w.App, w.client, id, o)
	w.wants(err, distribution.ErrCancelled)
	// What was sent before is still looked at, by the jobs.
	if _, err := submit.Poll(t.Context(), w.App, w.client); err != nil {
		t.Fatal(err)
	}
	w.wantEnds("b1 landed")
	w.wantStates(id, "waiting 23, landed 17")
}

func TestWhoIsAsideIsLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(40, everybody)
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		frozen, err := distribution.FreezeWallet(ctx, tx, supplier(20), "stolen", w.bob)
		if err == nil && len(frozen.Aside) != 1 {
			t.Errorf("%+v", frozen)
		}
		return err
	})
	w.mustRun(id)
	w.wantPaid(40, 20)
	w.wantEnds("b1 landed, b3 landed, b4 landed")
	if got := w.rows(`SELECT part_of::text FROM distribution_batch WHERE number = 4`); got[0] != "2" {
		t.Errorf("part of %s", got)
	}
}

// A node that does not answer leaves what was sent unknown, and says so.
func TestAChainThatDoesNotAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(40, everybody)
	w.FailCalls("getSignatureStatuses", 1_000, 403)
	r, err := w.run(id)
	w.wants(err, submit.ErrUnanswered, "go on later with the same command")
	if len(r.Unknown) != 3 || r.Unknown[0].Batch != "d1-b1" || r.Unknown[0].Signature == "" {
		t.Errorf("%+v", r.Unknown)
	}
	w.wantEnds("b1 live, b2 live, b3 live")
	w.FailCalls("getSignatureStatuses", 0, 403)
}

func TestPollEndsAndSendsAgainButSignsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(17, everybody)
	w.SetFaults(1, svm.Rates{Drop: 100})
	w.runFor(id, 2)
	w.SetFaults(1, svm.Rates{})
	poll := func(want submit.Polled) {
		t.Helper()
		got, err := submit.Poll(t.Context(), w.App, w.client)
		if err != nil || len(got) != 1 || got[0].Landed != want.Landed || got[0].Live != want.Live || got[0].Expired != want.Expired {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	}
	poll(submit.Polled{Live: 1})
	poll(submit.Polled{Landed: 1})
	w.wantEnds("b1 landed")
	if none, err := submit.Poll(t.Context(), w.App, w.client); err != nil || len(none) > 0 {
		t.Errorf("%+v, %v", none, err)
	}
	w.wantPaid(17)
}

func TestADryRunWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(40, func(i int) bool { return i < 20 })
	w.Freeze(address(3))
	o := w.options()
	o.DryRun, o.Signer = true, nil
	o.Price = new(uint64(2_000))
	r, err := submit.Run(t.Context(), w.App, w.client, id, o)
	if err != nil {
		t.Fatal(err)
	}
	b := r.Budget
	if b.Payouts != 40 || b.Total != 40_780 || b.Creates != 20 || b.Rent != 20*1_488_440 || b.Batches != 5 || b.Fees <= 5*5_000 {
		t.Errorf("%+v", b)
	}
	if len(r.Refused) != 1 || r.Refused[0].Payout != 4 {
		t.Errorf("%+v", r.Refused)
	}
	w.wantStates(id, "waiting 40")
	w.wantEnds("")
	if got := len(w.rows(`SELECT id FROM distribution_batch`)); got != 5 || w.Calls("sendTransaction") > 0 {
		t.Errorf("%d batches, %d sends", got, w.Calls("sendTransaction"))
	}
}

func TestThePriceIsCapped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(17, everybody)
	o := w.options()
	o.Price, o.PriceCap = new(uint64(11)), 10
	_, err := submit.Run(t.Context(), w.App, w.client, id, o)
	w.wants(err, submit.ErrPrice, "price 11 is above the cap of 10")
	w.SetPrices(5, 5_000_000)
	o.Price = nil
	r, err := submit.Run(t.Context(), w.App, w.client, id, o)
	if err != nil || r.Budget.Price != 10 {
		t.Errorf("%+v, %v", r, err)
	}
	w.wantPaid(17)
}

func (w *world) askCancel(id string) {
	w.t.Helper()
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := distribution.AskCancel(ctx, tx, id, "a mistake", true, w.ann)
		return err
	})
}

// account reads an account, to write it back later.
func (w *world) account(key solana.Key) svm.Account {
	w.t.Helper()
	all, err := w.client.Accounts(context.Background(), []solana.Key{key})
	if err != nil {
		w.t.Fatal(err)
	}
	return svm.Account{Lamports: all[0].Lamports, Owner: all[0].Owner, Data: all[0].Data}
}

// setTokens has the treasury's account hold so many base units (see
// solana.ParseTokenAccount).
func (w *world) setTokens(account svm.Account, amount uint64) {
	account.Data = slices.Clone(account.Data)
	binary.LittleEndian.PutUint64(account.Data[64:], amount)
	w.SetAccount(w.TreasuryAccount, account)
}

func (w *world) setOwner(account svm.Account, owner solana.Key) {
	account.Data = slices.Clone(account.Data)
	copy(account.Data[32:], owner[:])
	w.SetAccount(w.TreasuryAccount, account)
}

func (w *world) setLamports(lamports uint64) {
	w.SetAccount(w.TreasuryKey(), svm.Account{Lamports: lamports, Owner: solana.Key{}})
}

// tamper flips one bit of the payable file and keeps its own digest right, as only a
// superuser can; or flips it back.
func (w *world) tamper() {
	w.t.Helper()
	if err := pgx.BeginFunc(context.Background(), w.Owner, func(tx pgx.Tx) error {
		for _, statement := range []string{`SET LOCAL session_replication_role = replica`,
			`UPDATE distribution_file SET contents = set_byte(contents, 500, get_byte(contents, 500) # 1),
				sha256 = sha256(set_byte(contents, 500, get_byte(contents, 500) # 1)) WHERE name = 'transactions.ndjson'`} {
			if _, err := tx.Exec(context.Background(), statement); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}
