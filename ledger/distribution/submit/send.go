package submit

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// candidate is a batch that is made ready to be sent.
type candidate struct {
	solana.Batch

	number     int
	payouts    []int
	attempt    attempt
	simulation solana.Simulation
}

// turn is what a turn of sending did.
type turn struct {
	sent       int  // attempts
	progressed bool // it changed something, and another turn may do more
}

// advance sends up to so many batches more. A batch goes this way, and a kill
// between any two steps loses nothing:
//
//	memo not on the chain ─► signed ─► simulated ─► recorded and committed ─► sent
func (s *submitter) advance(ctx context.Context, room int) (turn, error) {
	if room <= 0 {
		return turn{}, nil
	}
	all, err := s.open(ctx)
	if err != nil || len(all) == 0 {
		return turn{}, err
	}
	if adopted, err := s.adopt(ctx); err != nil || adopted {
		return turn{progressed: adopted}, err
	}
	candidates, divided, err := s.choose(ctx, all, room)
	if err != nil || len(candidates) == 0 {
		return turn{progressed: divided}, err
	}
	if err := s.ready(ctx, candidates); err != nil {
		return turn{progressed: divided}, err
	}
	fit, refused, err := s.simulate(ctx, candidates)
	if err != nil || len(fit) == 0 {
		return turn{progressed: divided || refused}, err
	}
	recorded, err := s.record(ctx, fit)
	if err != nil {
		return turn{progressed: divided || refused}, err
	}
	t := turn{sent: 0, progressed: divided || refused || len(recorded) > 0}
	if len(s.Signer) == 0 { // handed out
		return t, nil
	}
	t.sent = len(recorded)
	s.result.Signed += t.sent
	err = each(ctx, recorded, func(c candidate) error {
		s.step("sending")
		_ = s.client.Send(ctx, c.attempt.transaction) // it may land, whatever the answer: the next look tells
		s.step("sent")
		return ctx.Err()
	})
	return t, err
}

// choose takes the next batches, in order. Those of which a payout was set aside, or
// that failed on the chain, are divided instead.
func (s *submitter) choose(ctx context.Context, all []open, room int) (chosen []candidate, divided bool, err error) {
	var busy map[solana.Key]bool
	if err := s.read(ctx, func(tx pgx.Tx) (err error) {
		busy, err = noncesInUse(ctx, tx)
		return err
	}); err != nil {
		return nil, false, err
	}
	for _, o := range all {
		if len(chosen) == room {
			break
		}
		switch {
		case len(o.live) > 0 || s.isBlocked(o):
			continue
		case len(o.gone) > 0:
			divided, err = true, s.divide(ctx, o.number, [][]int{o.free})
		case o.failure != "" && isPayees(o.failure):
			divided, err = true, s.refuse(ctx, o, o.failure)
		default:
			var b solana.Batch
			if b, err = s.batch(o); err == nil && !busy[b.Nonce] {
				chosen = append(chosen, candidate{Batch: b, number: o.number, payouts: o.free})
				if !b.Nonce.IsZero() {
					busy[b.Nonce] = true
				}
			}
		}
		if err != nil {
			return nil, divided, err
		}
	}
	return chosen, divided, nil
}

func (s *submitter) isBlocked(o open) bool {
	return slices.ContainsFunc(o.free, func(payout int) bool { return s.blocked[payout] })
}

// batch returns the instructions of an open batch: those approved, or a part of
// them, byte for byte.
func (s *submitter) batch(o open) (solana.Batch, error) {
	b, found := s.approved[o.number]
	if !found {
		var err error
		if b, err = s.part(o.number, o.free); err != nil {
			return solana.Batch{}, err
		}
	}
	payouts, err := s.payoutsOf(b)
	if err != nil {
		return solana.Batch{}, err
	}
	if b.Memo != o.memo || !slices.Equal(payouts, o.free) {
		return solana.Batch{}, fmt.Errorf("%w: batch %s on record is not that of the approved file: restore the database, and pay nothing from it",
			distribution.ErrCorrupt, b.ID)
	}
	return b, nil
}

// part builds the batch of some of the payouts of an approved one, in its order.
func (s *submitter) part(number int, payouts []int) (solana.Batch, error) {
	whole := s.approved[s.roots[payouts[0]]]
	var transfers []solana.Transfer
	for _, t := range whole.Transfers {
		payout, err := payoutNumber(s.id, t.Payout)
		if err != nil {
			return solana.Batch{}, err
		}
		if slices.Contains(payouts, payout) {
			transfers = append(transfers, t)
		}
	}
	if len(transfers) != len(payouts) {
		return solana.Batch{}, fmt.Errorf("%w: %s has payouts of several approved batches", distribution.ErrCorrupt, s.batchID(number))
	}
	return solana.NewBatch(s.source, s.batchID(number), whole.Nonce, transfers)
}

func (s *submitter) payoutsOf(b solana.Batch) ([]int, error) {
	all := make([]int, len(b.Transfers))
	for i, t := range b.Transfers {
		var err error
		if all[i], err = payoutNumber(s.id, t.Payout); err != nil {
			return nil, err
		}
	}
	slices.Sort(all)
	return all, nil
}

// ready fills in what instructions lack, and signs them.
func (s *submitter) ready(ctx context.Context, all []candidate) error {
	price, err := s.price(ctx)
	if err != nil {
		return err
	}
	var hash solana.Hash
	var lastValid uint64
	for i := range all {
		c := &all[i]
		if !c.Nonce.IsZero() {
			value, err := s.nonce(ctx, c.Nonce)
			if err != nil {
				return err
			}
			if err := s.sign(c, attempt{nonce: c.Nonce}, value, price); err != nil {
				return err
			}
			continue
		}
		if hash.IsZero() {
			if hash, lastValid, err = s.client.Blockhash(ctx); err != nil {
				return err
			}
		}
		if err := s.sign(c, attempt{lastValid: lastValid}, hash, price); err != nil {
			return err
		}
	}
	s.step("signed")
	return nil
}

// sign makes the candidate's attempt: ready, and signed if we hold the keys.
func (s *submitter) sign(c *candidate, a attempt, hash solana.Hash, price uint64) (err error) {
	a.distribution, a.batch, a.memo, a.blockhash = s.id, c.number, c.Memo, hash.String()
	if a.message, err = solana.Ready(c.Message, hash, price); err != nil {
		return err
	}
	if err = solana.Same(c.Message, a.message); err != nil {
		return err
	}
	if len(s.Signer) > 0 {
		a.transaction, a.signature, err = solana.Sign(a.message, s.Signer...)
	}
	c.attempt = a
	return err
}

// record writes down the attempts with all that is needed to find them again, and
// commits. Only what it returns may be sent. What somebody else took in the
// meantime, or set aside, is left out.
func (s *submitter) record(ctx context.Context, all []candidate) (recorded []candidate, err error) {
	err = s.paying(ctx, func(tx pgx.Tx, d distribution.Distribution) error {
		if d.State != distribution.Approved {
			return fmt.Errorf("%w: it is %s by now: nothing more of it is paid", distribution.ErrCancelled, d.State)
		}
		still, err := openBatches(ctx, tx, s.id)
		if err != nil {
			return err
		}
		for _, c := range all {
			if !isStillOpen(still, c) {
				continue
			}
			if c.attempt.id, err = insertAttempt(ctx, tx, c.attempt, s.Actor); err != nil {
				return err
			}
			if c.attempt.isSigned() {
				if err := insertSigned(ctx, tx, c.attempt.id, c.attempt.signature, c.attempt.transaction); err != nil {
					return err
				}
			}
			if err := insertTurns(ctx, tx, s.id, c.attempt.id, c.payouts); err != nil {
				return err
			}
			recorded = append(recorded, c)
		}
		s.step("recording")
		return nil
	})
	if isRefusal(err) { // somebody was there first; the next round sees what they did
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.step("recorded")
	return recorded, nil
}

func isStillOpen(all []open, c candidate) bool {
	return slices.ContainsFunc(all, func(o open) bool {
		return o.number == c.number && len(o.gone) == 0 && len(o.live) == 0 && slices.Equal(o.free, c.payouts)
	})
}
