package submit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution"
)

// adopt looks for batches that were paid without our knowledge: signed by hand from
// the exported file, or by a process whose records were lost. They are recorded as
// landed, with the transaction that the chain has; payouts of which the chain knows
// something else are blocked. It is asked before anything is signed, of the
// distribution's every batch, so also of parts and wholes.
func (s *submitter) adopt(ctx context.Context) (adopted bool, err error) {
	if err := s.history.refresh(ctx, s.client); err != nil {
		return false, err
	}
	var found []named
	if err := s.read(ctx, func(tx pgx.Tx) (err error) {
		found, err = batchesOfMemos(ctx, tx, s.id, s.history.memos())
		return err
	}); err != nil {
		return false, err
	}
	for _, n := range found {
		if n.live || s.misfits[n.memo] != "" { // its attempt is looked at until it ends
			continue
		}
		one, err := s.adoptOne(ctx, n)
		if err != nil {
			return adopted, err
		}
		adopted = adopted || one
	}
	return adopted, nil
}

func (s *submitter) adoptOne(ctx context.Context, n named) (bool, error) {
	paid, err := s.payments(ctx, n.memo)
	if err != nil || len(paid) == 0 || len(paid) == 1 && paid[0].signature.String() == n.signature {
		return false, err
	}
	payees, err := s.payees(ctx, n.batch)
	if err != nil {
		return false, err
	}
	err = s.check(n.batch, payees, paid)
	if err == nil {
		err = s.insertFound(ctx, n, payees, paid[0])
	}
	if errors.Is(err, ErrMisfit) {
		s.misfits[n.memo] = err.Error()
		for _, p := range payees {
			s.blocked[p.payout] = true
		}
		return true, nil
	}
	if err != nil {
		return false, err
	}
	s.step("adopted")
	s.result.Landed++
	return true, nil
}

// insertFound records a transaction that was found as an attempt that landed. All of
// its payouts must have been waiting for one.
func (s *submitter) insertFound(ctx context.Context, n named, payees []payee, t payment) error {
	return s.paying(ctx, func(tx pgx.Tx, _ distribution.Distribution) error {
		payouts, err := distribution.ReadPayouts(ctx, tx, s.id)
		if err != nil {
			return err
		}
		var numbers []int
		for _, p := range payees {
			if state := payouts[p.payout-1].State; state != distribution.Waiting {
				return fmt.Errorf("%w: %s-%d is %s, but transaction %s, which carries the memo of %s, paid it: reconcile with the chain",
					ErrMisfit, s.id, p.payout, state, t.signature, s.batchID(n.batch))
			}
			numbers = append(numbers, p.payout)
		}
		a := attempt{distribution: s.id, batch: n.batch, message: t.Message, blockhash: foundBlockhash}
		if known, err := messageIsKnown(ctx, tx, a.message); err != nil || known {
			return errors.Join(err, fmt.Errorf("%w: transaction %s landed after its attempt had ended: reconcile with the chain", ErrMisfit, t.signature))
		}
		if a.id, err = insertAttempt(ctx, tx, a, s.Actor); err != nil {
			return err
		}
		slices.Sort(numbers)
		if err := insertTurns(ctx, tx, s.id, a.id, numbers); err != nil {
			return err
		}
		return insertEnds(ctx, tx, []end{{a.id, outcomeLanded, t.signature.String(), t.Slot, "finalized, not sent by us: found by its memo and decoded"}})
	})
}

// foundBlockhash stands in an attempt that was found: its message holds the real one.
const foundBlockhash = "found"
