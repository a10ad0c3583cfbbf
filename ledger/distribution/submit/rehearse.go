package submit

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptally/uptally/ledger/distribution/solana"
)

// rehearse is a dry run: it checks the files, the keys if there are any, the treasury
// and the fee payer, and simulates every open batch. It writes nothing, signs nothing
// and sends nothing.
func (s *submitter) rehearse(ctx context.Context) (Result, error) {
	if len(s.Signer) > 0 {
		if err := s.checkSigner(); err != nil {
			return s.result, err
		}
	}
	all, err := s.open(ctx)
	if err != nil {
		return s.result, err
	}
	if err := s.plan(ctx, all); err != nil {
		return s.result, err
	}
	err = s.enough(ctx)
	if err == nil {
		err = s.try(ctx, all)
	}
	return s.result, errors.Join(err, s.sum(ctx))
}

// try simulates the open batches, some at a time, and notes whom the chain refuses.
func (s *submitter) try(ctx context.Context, all []open) error {
	values := map[solana.Key]solana.Hash{}
	for i := 0; i < len(all); i += s.InFlight {
		var candidates []candidate
		for _, o := range all[i:min(i+s.InFlight, len(all))] {
			if len(o.live) > 0 {
				continue
			}
			c, err := s.unsigned(ctx, o, values)
			if err != nil {
				return err
			}
			candidates = append(candidates, c)
		}
		if err := s.simulateAll(ctx, candidates); err != nil {
			return err
		}
		for _, c := range candidates {
			if err := s.note(c); err != nil {
				return err
			}
		}
		if s.Progress != nil {
			s.Progress(Progress{Payouts: len(all), Done: min(i+s.InFlight, len(all))})
		}
	}
	return nil
}

// unsigned makes a batch ready to be simulated. On a nonce its present value is used;
// else the node puts in its newest blockhash.
func (s *submitter) unsigned(ctx context.Context, o open, values map[solana.Key]solana.Hash) (candidate, error) {
	b, err := s.sendable(o)
	if err != nil {
		return candidate{}, err
	}
	c := candidate{Batch: b, number: o.number, payouts: o.free, attempt: attempt{message: b.Message}}
	if b.Nonce.IsZero() {
		return c, nil
	}
	if _, found := values[b.Nonce]; !found {
		if values[b.Nonce], err = s.nonce(ctx, b.Nonce); err != nil {
			return c, err
		}
	}
	c.attempt.message, err = solana.Ready(b.Message, values[b.Nonce], s.result.Budget.Price)
	return c, err
}

// note writes down what a simulation found: the payee that it failed for, or an error
// that would meet everybody.
func (s *submitter) note(c candidate) error {
	failure := c.simulation.Failed
	if failure == "" {
		return nil
	}
	if !isPayees(failure) {
		return everybody(c.ID, failure)
	}
	if at := c.TransferAt(c.simulation.Instruction); at >= 0 {
		payout, err := payoutNumber(s.id, c.Transfers[at].Payout)
		s.result.Refused = append(s.result.Refused, Refusal{payout, failure})
		return err
	}
	for _, payout := range c.payouts {
		s.result.Refused = append(s.result.Refused, Refusal{payout, fmt.Sprintf("%s as a whole: %s", c.ID, failure)})
	}
	return nil
}
