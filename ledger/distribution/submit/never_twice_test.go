package submit_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/svm"
	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/submit"
)

func TestADroppedTransactionIsSentAgainByteForByte(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(40, everybody)
	w.DropSends(5)
	r := w.mustRun(id)
	if r.Signed != 3 || r.Resent < 2 {
		t.Errorf("signed %d, resent %d; want 3, and at least 2", r.Signed, r.Resent)
	}
	w.wantEnds("b1 landed, b2 landed, b3 landed")
	w.wantPaid(40)
}

func TestAnExpiredTransactionIsSignedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(17, everybody)
	w.DropSends(1)
	w.SetPace(160)
	r := w.mustRun(id)
	w.wantEnds("b1 expired, b1 landed")
	if r.Expired != 1 || r.Signed != 2 {
		t.Errorf("%+v", r)
	}
	w.wantPaid(17)
	if got := w.rows(`SELECT detail FROM distribution_attempt_end WHERE outcome = 'expired'`)[0]; got != "the finalized block height is past "+
		w.rows(`SELECT last_valid::text FROM distribution_attempt ORDER BY id`)[0]+", no node knows its signature, and nothing that was paid carries its memo" {
		t.Error(got)
	}
}

// While one of the three proofs is missing, nothing is signed anew, however often it
// is asked.
func TestNothingIsSignedAnewOnLessThanAllProofs(t *testing.T) {
	t.Parallel()
	t.Run("the height is not past", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.approved(17, everybody)
		w.SetFaults(1, svm.Rates{Drop: 100})
		w.runFor(id, 30)
		w.AdvanceHeight(150 - 2)
		w.runFor(id, 30)
		w.wantEnds("b1 live")
	})
	t.Run("the height is past, but not finalized", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.approved(17, everybody)
		w.SetFaults(1, svm.Rates{Drop: 100})
		w.runFor(id, 10)
		w.HoldFinality("confirmed")
		w.AdvanceHeight(200)
		w.runFor(id, 30)
		w.wantEnds("b1 live")
		w.ReleaseFinality()
		w.SetFaults(0, svm.Rates{})
		w.mustRun(id)
		w.wantEnds("b1 expired, b1 landed")
		w.wantPaid(17)
	})
	t.Run("the signature is known, but not final", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.approved(17, everybody)
		w.HoldFinality("confirmed")
		w.runFor(id, 30)
		w.AdvanceHeight(500)
		w.runFor(id, 30)
		w.wantEnds("b1 live")
		w.ReleaseFinality()
		w.mustRun(id)
		w.wantEnds("b1 landed")
		w.wantPaid(17)
	})
	t.Run("a fork took it back, and its height is not past", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.approved(17, everybody)
		w.HoldFinality("processed")
		w.runFor(id, 30)
		if dropped := w.Fork(); dropped != 1 {
			t.Fatal(dropped)
		}
		w.mustRun(id)
		w.wantEnds("b1 landed") // the same bytes
		w.wantPaid(17)
	})
	t.Run("its memo was paid by another signature", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.approved(17, everybody)
		w.SetFaults(1, svm.Rates{Drop: 100})
		w.runFor(id, 10)
		w.SetFaults(0, svm.Rates{})
		signature := w.payByHand(w.batches(id)[0])
		w.AdvanceHeight(200)
		w.mustRun(id)
		w.wantEnds("b1 landed")
		if got := w.rows(`SELECT signature || ' ' || detail FROM distribution_attempt_end`)[0]; got != signature.String()+" finalized, found by its memo and decoded" {
			t.Error(got)
		}
		w.wantPaid(17)
	})
}

func TestWhatWasAcceptedWithoutAnAnswerIsNotSignedAgain(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(w *world){
		"no answer":      func(w *world) { w.HangSends(3) },
		"connection cut": func(w *world) { w.CutSends(3) },
		"refused":        func(w *world) { w.FailCalls("sendTransaction", 3, 429) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.approved(51, everybody)
			fault(w)
			if r := w.mustRun(id); r.Signed != 3 {
				t.Errorf("signed %d", r.Signed)
			}
			w.wantEnds("b1 landed, b2 landed, b3 landed")
			w.wantPaid(51)
		})
	}
}

// A payment that we know nothing of, signed by hand from the exported file or by a
// process whose records were lost, is found by its memo before anything is signed.
func TestWhatTheChainPaidAlreadyIsFoundBeforeTheFirstSend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(40, everybody)
	signature := w.payByHand(w.batches(id)[1])
	r := w.mustRun(id)
	if r.Signed != 2 {
		t.Errorf("signed %d, want 2", r.Signed)
	}
	w.wantEnds("b2 landed, b1 landed, b3 landed")
	if got := w.payouts(id)[20].Signature; got != signature.String() {
		t.Errorf("payout 21 landed by %s, want %s", got, signature)
	}
	w.wantPaid(40)
}

// A transaction with the memo of a batch that pays something else keeps the batch
// from being paid, until a person has looked. The others are paid.
func TestAPaymentThatDoesNotFitKeepsItsBatchBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(40, everybody)
	b := w.batches(id)[1]
	w.transferWithMemo(b.Memo, address(17), 5)
	r, err := w.run(id)
	w.wants(err, submit.ErrMisfit, "d1-b2", "5 base units")
	if len(r.Misfits) != 1 {
		t.Errorf("%q", r.Misfits)
	}
	w.wantStates(id, "waiting 17, landed 23")
	w.wantEnds("b1 landed, b3 landed")
}

// Everybody can write a memo beside the treasury's account; who moves nothing out of
// it has paid nobody.
func TestAStrangersMemoIsNoPayment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(17, everybody)
	w.transferWithMemo(w.batches(id)[0].Memo, solana.Key{}, 0)
	w.mustRun(id)
	w.wantPaid(17)
}

// A batch that was paid whole by hand is not paid again in parts.
func TestAWholeThatWasPaidByHandIsNotPaidInParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(17, everybody)
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		return distribution.SetAside(ctx, tx, id, []int{3}, distribution.AsideFrozen, "a test", w.bob)
	})
	w.payByHand(w.batches(id)[0])
	_, err := w.run(id)
	w.wants(err, submit.ErrMisfit, "d1-3 is aside")
	w.wantEnds("")
	w.wantPaid(17)
}

// Two runs at once: one is told so, and if both believe to be alone, the database
// still lets each payout have one attempt.
func TestTwoSubmittersAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(120, everybody)
	errs := make([]error, 4)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() {
			o := w.options()
			o.InFlight = 2
			_, errs[i] = submit.RunUnlocked(context.Background(), w.App, w.client, id, o)
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	w.wantStates(id, "landed 120")
	w.wantPaid(120)
}

func TestASecondSubmitterIsToldSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(40, everybody)
	o := w.options()
	o.InFlight = 1
	var second error
	o.Progress = func(submit.Progress) {
		if second == nil {
			_, second = w.run(id)
		}
	}
	if _, err := submit.Run(t.Context(), w.App, w.client, id, o); err != nil {
		t.Fatal(err)
	}
	w.wants(second, distribution.ErrConflict, "another process is submitting it")
	w.wantPaid(40)
}

// runFor runs for so many looks at the chain, at least, and is then interrupted.
func (w *world) runFor(id string, looks int) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o := w.options().At(func(step string) {
		if step == "asked" {
			if looks--; looks < 0 {
				cancel()
			}
		}
	})
	if _, err := submit.Run(ctx, w.App, w.client, id, o); !errors.Is(err, context.Canceled) {
		w.t.Fatalf("it ended by itself: %v", err)
	}
}

func (w *world) batches(id string) (all []solana.Batch) {
	w.t.Helper()
	w.do(func(ctx context.Context, tx pgx.Tx) error {
		_, instructions, err := distribution.ReadInstructions(ctx, tx, id)
		all = slices.Clone(instructions.Batches)
		return err
	})
	return all
}
