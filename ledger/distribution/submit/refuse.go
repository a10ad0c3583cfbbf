package submit

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// blockhashNotFound is the runtime's word for a blockhash, or a value of a nonce, that
// it does not know, or does not know any more.
const blockhashNotFound = "BlockhashNotFound"

// everybodys are the failures of an instruction that no payee is the cause of,
// whoever's transfer they came up in: error 1 is the system program's and the token
// program's word for too little, 4 the token program's for an authority that does
// not own the source.
var everybodys = map[string]bool{
	"Custom 1": true, "Custom 4": true, "InsufficientFunds": true, "MissingRequiredSignature": true,
}

// instructionOf returns the instruction that a failure speaks of, and what it says
// of it; -1 if the transaction failed before any instruction did.
func instructionOf(failure string) (at int, what string) {
	if _, err := fmt.Sscanf(failure, "instruction %d:", &at); err != nil {
		return -1, failure
	}
	_, what, _ = strings.Cut(failure, ": ")
	return at, what
}

// isPayees reports whether one of a batch's payees may be the cause of a failure, so
// that the others can be paid without them.
func isPayees(failure string) bool {
	at, what := instructionOf(failure)
	return at >= 0 && !everybodys[what]
}

// everybody returns the error of a failure that stops a run.
func everybody(batch, failure string) error {
	_, what := instructionOf(failure)
	switch {
	case what == blockhashNotFound:
		return fmt.Errorf("%w: the node does not know its own blockhash, or the nonce's value (%s of %s): it is behind", ErrUnanswered, failure, batch)
	case what == "AlreadyProcessed":
		return fmt.Errorf("%w: %s is on its way already, sent by somebody else", ErrUnanswered, batch)
	case what == "Custom 1" || strings.Contains(what, "Insufficient") || what == "AccountNotFound":
		return fmt.Errorf("%w: %s: %s: fund the treasury's token account, and the fee payer with SOL for fees and rent", ErrFunds, batch, failure)
	}
	return fmt.Errorf("%w: %s: %s: nobody was set aside for it", ErrStopped, batch, failure)
}

// simulate runs each transaction on the node's newest state. Batches that would fail
// because of a payee are divided, down to one payout, which is set aside; a failure
// that would meet everybody is an error.
func (s *submitter) simulate(ctx context.Context, all []candidate) (fit []candidate, refused bool, err error) {
	if err := s.simulateAll(ctx, all); err != nil {
		return nil, false, err
	}
	s.step("simulated")
	for _, c := range all {
		if failure := c.simulation.Failed; failure != "" && !isPayees(failure) {
			return nil, false, everybody(c.ID, failure)
		}
	}
	for _, c := range all {
		if c.simulation.Failed == "" {
			fit = append(fit, c)
			continue
		}
		o := open{number: c.number, memo: c.Memo, free: c.payouts}
		if err := s.refuse(ctx, o, c.simulation.Failed); err != nil {
			return nil, refused, err
		}
		refused = true
	}
	return fit, refused, nil
}

// simulateAll simulates the candidates, some at a time.
func (s *submitter) simulateAll(ctx context.Context, all []candidate) error {
	places := make([]int, len(all))
	for i := range places {
		places[i] = i
	}
	return each(ctx, places, func(i int) error {
		transaction := all[i].attempt.transaction
		if transaction == nil {
			var err error
			if transaction, err = solana.Unsigned(all[i].attempt.message); err != nil {
				return err
			}
		}
		var err error
		all[i].simulation, err = s.client.Simulate(ctx, transaction)
		return err
	})
}

// refuse divides a batch that fails because of a payee: the one whose instruction it
// was, and the rest; halves if nobody knows whose. A single payout is set aside.
func (s *submitter) refuse(ctx context.Context, o open, failure string) error {
	// A treasury that is frozen or empty looks as if each payee were.
	if err := s.treasury(ctx); err != nil {
		return err
	}
	if len(o.free) == 1 {
		return s.setAside(ctx, o.free[0], failure)
	}
	b, err := s.batch(o)
	if err != nil {
		return err
	}
	at, _ := instructionOf(failure)
	culprit := b.TransferAt(at)
	if culprit < 0 {
		half := len(o.free) / 2
		return s.divide(ctx, o.number, [][]int{o.free[:half], o.free[half:]})
	}
	payout, err := payoutNumber(s.id, b.Transfers[culprit].Payout)
	if err != nil {
		return err
	}
	var rest []int
	for _, other := range o.free {
		if other != payout {
			rest = append(rest, other)
		}
	}
	return s.divide(ctx, o.number, [][]int{rest, {payout}})
}

func (s *submitter) setAside(ctx context.Context, payout int, failure string) error {
	err := s.paying(ctx, func(tx pgx.Tx, _ distribution.Distribution) error {
		return distribution.SetAside(ctx, tx, s.id, []int{payout}, distribution.AsideRefused, failure, s.Actor)
	})
	if err != nil {
		return err
	}
	s.step("aside")
	s.result.Refused = append(s.result.Refused, Refusal{payout, failure})
	return nil
}

// divide records the parts of a batch: what of it is paid from now on, in new
// batches with memos of their own. Somebody who divided it first has divided it.
func (s *submitter) divide(ctx context.Context, batch int, parts [][]int) error {
	err := s.paying(ctx, func(tx pgx.Tx, _ distribution.Distribution) error {
		first, err := partsBegin(ctx, tx, s.id, batch)
		if err != nil || first == 0 {
			return err
		}
		for i, payouts := range parts {
			b, err := s.part(first+i, payouts)
			if err != nil {
				return err
			}
			if err := insertPart(ctx, tx, s.id, first+i, batch, b.Memo, payouts); err != nil {
				return err
			}
		}
		s.step("dividing")
		return nil
	})
	if err != nil {
		return err
	}
	s.step("divided")
	return nil
}
