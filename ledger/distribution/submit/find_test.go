package submit_test

import (
	"testing"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/submit"
)

func TestWhatWasPaidByHandIsFoundBeforeItIsCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(20, everybody)
	w.payByHand(w.batches(id)[1]) // the last three
	if err := submit.Find(t.Context(), w.App, w.client, id, w.ann); err != nil {
		t.Fatal(err)
	}
	w.wantEnds("b2 landed")
	for _, p := range w.payouts(id) {
		if want := map[bool]distribution.PayoutState{true: distribution.Landed, false: distribution.Waiting}[p.Number > 17]; p.State != want {
			t.Errorf("payout %d is %s, want %s", p.Number, p.State, want)
		}
	}
}

func TestWhatIsPaidByHandWhileItIsCancelledIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.approved(3, everybody)
	batch := w.batches(id)[0]
	w.askCancel(id)
	if err := submit.Find(t.Context(), w.App, w.client, id, w.ann); err != nil {
		t.Fatal(err)
	}
	w.payByHand(batch)
	w.wants(submit.Find(t.Context(), w.App, w.client, id, w.ann), submit.ErrMisfit, "paid by hand")
}
